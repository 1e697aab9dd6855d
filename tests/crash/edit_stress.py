"""SIGKILL at seeded random moments while people edit, cancel and change lists, then peace, then the verdict."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.crash.editor_actions import EditorActions
from tests.crash.history import History, SenderLife
from tests.crash.history_checker import HistoryChecker
from tests.crash.sandbox_office import Office, SandboxProcess, phones


@dataclass(frozen=True, slots=True)
class EditPlan:
    """How much: people, actions of theirs, kills; ``spare`` people come later."""

    people: int
    actions: int
    kills: int
    seed: int
    spare: int = 20


@dataclass(frozen=True, slots=True)
class EditResult:
    """How it ended; ``actions`` by name. ``hidden`` are public, and in doubt for us."""

    breaches: tuple[str, ...]
    kills: int
    actions: Mapping[str, int]
    deliveries: int
    hidden: int
    states: Mapping[str, int]


def run_edit_stress(folder: Path, sandbox: SandboxProcess, plan: EditPlan) -> EditResult:
    """People worked on the office while its senders were killed so often; then it was left in peace, and judged."""
    everybody = phones(plan.people + plan.spare)
    half = everybody[plan.people // 3 : plan.people]
    office = Office(folder, sandbox, people=everybody[: plan.people // 2], lists={"separuh": half})
    history = History()
    actions = EditorActions(office, history, random.Random(plan.seed), spare=everybody[plan.people :])
    actions.change_config()  # a rate at which a fan-out takes long enough to be met in its middle
    senders = _Senders(office, history, random.Random(plan.seed + 1), least=plan.kills)
    thread = threading.Thread(target=senders.run, name="kills")
    for _ in range(3):
        actions.create_post()
    thread.start()
    try:
        while actions.done.total() < plan.actions or senders.kills < plan.kills:
            actions.act()
            time.sleep(actions.dice.uniform(0.0, 0.4))
    finally:
        senders.is_over.set()
        thread.join()
    if senders.error is not None:
        raise senders.error
    time.sleep(max(0.0, max(version.due for version in history.posts) - time.time()) + 1.0)
    status = office.settle()
    attempts = office.answer("log", "--json")["attempts"]
    checker = HistoryChecker(history, sandbox.objects(), status, attempts)
    breaches = checker.breaches()
    return EditResult(
        (*breaches, *office.damage()),
        senders.kills + actions.kills,
        actions.done,
        len(status["deliveries"]),
        checker.hidden(),
        Counter(row["state"] for row in status["deliveries"]),
    )


@dataclass
class _Senders:
    """One life of a sender after another, each ended by SIGKILL."""

    office: Office
    history: History
    dice: random.Random
    least: int
    kills: int = 0
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.is_over = threading.Event()

    def run(self) -> None:
        """Until it is over."""
        try:
            while not self.is_over.is_set():
                self.kills += self._live()
        except BaseException as error:
            self.error = error

    def _live(self) -> bool:
        command = self.dice.choice(["schedule", "schedule", "run"])
        # Most lives are short; in some there is time for many actions.
        share = self.dice.uniform(0.15, 1.0) if self.dice.random() < 0.7 else self.dice.uniform(1.0, 5.0)
        since = time.time()
        life = self.office.start(command)
        life.wait(share * (3 * self.office.start_up + 0.5))
        was_killed = life.kill() == -signal.SIGKILL
        self.history.lives.append(SenderLife(command, since, time.time()))
        return was_killed

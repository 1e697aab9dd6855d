"""What an office does while its senders are killed: edits, dates, channels, lists, config.toml and decisions, seeded.

Every action is recorded with its time: allowed from just before it was saved, forbidden from just after.
"""

import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.history import Cancellation, History, ListVersion, PostVersion, SenderLife
from tests.crash.sandbox_office import Office, distinct_words, list_text
from tests.support.deadlines import SECOND

#: Seconds before its date in which a post is no longer moved: it may have begun.
NEAR = 2.0
_TEXT_CHANNELS = ("whatsapp", "x")


@dataclass
class EditorActions:
    """A person with a seeded hand. ``spare`` are people who are on no list yet."""

    office: Office
    history: History
    dice: random.Random
    spare: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    _names: int = 0

    def __post_init__(self) -> None:
        self._config = self.office.folder / "config.toml"
        self._settings = self._config.read_text()
        self._config_lock = threading.Lock()
        for path in sorted((self.office.folder / "audiences").glob("*.csv")):
            people = self.office.people if path.stem == "semua" else self.office.lists[path.stem]
            self.history.lists.append(ListVersion(path.stem, 0.0, frozenset(people)))

    def act(self) -> None:
        """One action that is possible now."""
        actions: list[tuple[int, Callable[[], bool]]] = [
            (3, self.create_post),
            (4, self.edit_text),
            (3, self.move_date),
            (4, self.toggle_channel),
            (2, self.change_lists_of_post),
            (3, self.cancel_post),
            (2, self.publish_cancelled),
            (2, self.add_person),
            (2, self.remove_person),
            (2, self.stop_person),
            (2, self.empty_list),
            (2, self.change_config),
            (1, self.break_config),
            (1, self.check_account),
        ]
        weights = [weight for weight, _action in actions]
        action = self.dice.choices(actions, weights)[0][1]
        if action():
            self.done[action.__name__] += 1

    # -- posts ---------------------------------------------------------------------------------

    def create_post(self) -> bool:
        """A new post, due in some seconds."""
        self._names += 1
        is_thread = self.dice.random() < 0.2
        accounts = (
            ["x"] if is_thread else self.dice.choice([["whatsapp"], ["whatsapp"], ["x"], ["x", "whatsapp"]])
        )
        self._save(
            PostVersion(
                f"ed-{self._names:04}",
                1,
                since=time.time(),
                due=int(time.time()) + self.dice.randint(1, 8),
                accounts=frozenset(accounts),
                lists=self._some_lists() if "whatsapp" in accounts else (),
                parts=2 if is_thread else 1,
            )
        )
        return True

    def edit_text(self) -> bool:
        """Other words, before the date or after it."""
        return self._change(self._some_post())

    def move_date(self) -> bool:
        """Another date, while the post has not begun."""
        version = self._some_post()
        if version is None or version.due < time.time() + NEAR:
            return False
        return self._change(version, due=int(time.time()) + self.dice.randint(2, 10))

    def toggle_channel(self) -> bool:
        """A channel is taken out, or is back; the only one is replaced."""
        version = self._some_post()
        if version is None or version.parts > 1:
            return False
        channel = self.dice.choice(_TEXT_CHANNELS)
        accounts = version.accounts ^ {channel} or frozenset(_TEXT_CHANNELS) - {channel}
        lists = version.lists or self._some_lists()
        return self._change(version, accounts=accounts, lists=lists if "whatsapp" in accounts else ())

    def change_lists_of_post(self) -> bool:
        """The post goes to other lists."""
        version = self._some_post()
        if version is None or not version.lists:
            return False
        return self._change(version, lists=self._some_lists())

    def _some_post(self) -> PostVersion | None:
        recent = list(self.history.post_names())[-4:]
        return self.history.latest(self.dice.choice(recent)) if recent else None

    def _some_lists(self) -> tuple[str, ...]:
        names = sorted({version.name for version in self.history.lists})
        return tuple(sorted(self.dice.sample(names, self.dice.randint(1, len(names)))))

    def _change(
        self,
        old: PostVersion | None,
        *,
        due: float | None = None,
        accounts: frozenset[str] | None = None,
        lists: tuple[str, ...] | None = None,
    ) -> bool:
        if old is None:
            return False
        new = PostVersion(
            old.post,
            old.number + 1,
            since=time.time(),
            due=old.due if due is None else due,
            accounts=old.accounts if accounts is None else accounts,
            lists=old.lists if lists is None else lists,
            parts=old.parts,
        )
        self._save(new)
        old.until = time.time()
        return True

    def _save(self, version: PostVersion) -> None:
        when = datetime.fromtimestamp(version.due, UTC).isoformat(timespec="seconds")
        head = [f"id: {version.post}", f'title: "Ujian {version.post}"', f"date: {when}"]
        head.append(f"channels: [{', '.join(sorted(version.accounts))}]")
        head += [f"audiences: [{', '.join(version.lists)}]"] if version.lists else []
        body = "\n<!-- part -->\n".join(f"Ujian {sign}: {distinct_words(sign)}." for sign in version.markers)
        self.history.posts.append(version)
        self._replace(
            self.office.folder / "posts" / f"{version.post}.md", "\n".join(["---", *head, "---", body, ""])
        )

    def _replace(self, path: Path, text: str) -> None:
        beside = self.office.folder / "saved.tmp"
        beside.write_text(text)
        beside.rename(path)

    # -- decisions -----------------------------------------------------------------------------

    def cancel_post(self) -> bool:
        """A post is cancelled, before its date or in mid fan-out."""
        version = self._some_post()
        if version is None:
            return False
        code, text = self.office.try_call("cancel", version.post, "--yes", "--json")
        counts = json.loads(text) if code == 0 else {}
        # Where nothing waits, `cancel` says so and decides nothing.
        is_certain = any(counts.get(name) for name in ("stopped", "sending", "unknown"))
        one = Cancellation(version.post, time.time(), counts.get("sending", 0), is_certain=is_certain)
        self.history.cancellations.append(one)
        return code == 0

    def publish_cancelled(self) -> bool:
        """A cancelled post is published after all; the command is killed after some seconds."""
        cancelled = [
            one for one in self.history.cancellations if one.is_certain and one.undone_at > time.time()
        ]
        if not cancelled:
            return False
        post = self.dice.choice(cancelled).post
        began = time.time()
        for one in self.history.cancellations:
            if one.post == post:
                one.undone_at = min(one.undone_at, began)
        self.history.publications.append((post, began))
        life = self.office.start("publish", post, "--yes")
        life.wait(self.dice.uniform(1.0, 4.0) * self.office.start_up + 1.0)
        self.kills += life.kill() == -signal.SIGKILL
        self.history.lives.append(SenderLife("publish", began, time.time()))
        return True

    # -- lists ---------------------------------------------------------------------------------

    def add_person(self) -> bool:
        """Somebody new is on a list."""
        if not self.spare:
            return False
        self._save_list(self._some_list(), add={self.spare.pop()})
        return True

    def remove_person(self) -> bool:
        """Some are taken out of a list; they may come back."""
        old = self._some_list()
        gone = set(self.dice.sample(sorted(old.people), min(2, len(old.people))))
        self.spare += sorted(gone)
        self._save_list(old, remove=gone)
        return True

    def stop_person(self) -> bool:
        """A row says that its person stopped: that holds for every list, for good."""
        old = self._some_list()
        candidates = sorted(old.people - self.history.stops.keys())
        if not candidates:
            return False
        self._save_list(old, stop={self.dice.choice(candidates)})
        return True

    def empty_list(self) -> bool:
        """A list is empty, or no list at all, for a moment."""
        old = self._some_list()
        path = self._list_path(old.name)
        text = path.read_text()
        began = time.time()
        self._replace(path, self.dice.choice([list_text([]), "", "rusak\n"]))
        gone = time.time()
        if self.dice.random() < 0.5:
            self.office.call("audience", "import", "--yes")
        time.sleep(self.dice.uniform(0.2, 2.0))
        back = time.time()
        self._replace(path, text)
        old.until = gone
        self.history.lists.append(ListVersion(old.name, began, frozenset(), until=time.time()))
        self.history.lists.append(ListVersion(old.name, back, old.people))
        return True

    def _some_list(self) -> ListVersion:
        names = sorted({version.name for version in self.history.lists})
        return self.history.latest_list(self.dice.choice(names))

    def _list_path(self, name: str) -> Path:
        return self.office.folder / "audiences" / f"{name}.csv"

    def _save_list(
        self,
        old: ListVersion,
        *,
        add: Set[str] = frozenset(),
        remove: Set[str] = frozenset(),
        stop: Set[str] = frozenset(),
    ) -> None:
        people = (old.people | add) - remove - stop
        began = time.time()
        stopped = sorted(stop | self.history.stops.keys())
        self._replace(self._list_path(old.name), list_text(sorted(people), stopped=stopped))
        saved = time.time()
        old.until = saved
        self.history.lists.append(ListVersion(old.name, began, people))
        self.history.stops.update(dict.fromkeys(stop, saved))
        if self.dice.random() < 0.5 and self.office.call("audience", "import", "--yes") == 0:
            self.history.imports.append(time.time())

    # -- config.toml and accounts ---------------------------------------------------------------

    def change_config(self) -> bool:
        """Another rate, another policy of an account, or only a comment."""
        rate, decision = self.dice.choice([15, 30, 60]), self.dice.choice(["look", "ask"])
        text = self._settings.replace("rate = 1000", f"rate = {rate}")
        text = text.replace('channel = "x"', f'channel = "x"\non_unknown = "{decision}"')
        self._replace(self._config, f"# saved at {time.time()}\n{text}")
        return True

    def break_config(self) -> bool:
        """Half a config.toml for a moment."""
        text = self._config.read_text()
        self._config.write_text(text[: self.dice.randrange(len(text))])
        time.sleep(self.dice.uniform(0.1, 1.0))
        self._replace(self._config, text)
        return True

    def check_account(self) -> bool:
        """Somebody checks an account."""
        return self.office.call("account", "check", self.dice.choice(_TEXT_CHANNELS), within=60 * SECOND) == 0

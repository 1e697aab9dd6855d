"""The newcomer's first page: one short function per verb of the user, wiring the stages in order."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from humaspost.app import accounts, backups
from humaspost.app.audiences import imported_if_changed, problems_of
from humaspost.app.folder_sync import follow
from humaspost.app.office import Office
from humaspost.app.scan import Scan, enter, scan, vanished
from humaspost.delivery import sender_process
from humaspost.delivery.engine import Engine
from humaspost.delivery.sender_lock import Busy, lock
from humaspost.delivery.worker import account_check
from humaspost.ledger import accounts as ledger_accounts
from humaspost.ledger.deliveries import publish_now, unknown_outcomes
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.webhooks import message_events
from humaspost.model.delivery import Proof, Receipt
from humaspost.model.problem import Problem

__all__ = ["Office", "Report", "Scan", "open_office"]

#: `run` waits this long for a slot or a poll, then leaves the rest to the next run.
PATIENCE = timedelta(seconds=10)
#: and is over after this, whatever comes.
LONGEST = 15 * 60.0

open_office = Office


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: problems found, deliveries touched, and problems of posts that were due."""

    problems: tuple[Problem, ...]
    deliveries: tuple[Row[Any], ...]
    due_problems: tuple[Problem, ...] = ()


def check(office: Office) -> Scan:
    """Every post is read and judged, offline."""
    return scan(office)


def run_due(office: Office, *, patience: timedelta = PATIENCE) -> Report:
    """Send everything that is due, or comes due within ``patience``, once, and say what happened."""
    started = office.now()
    with _sending(office, "run") as engine:
        people = imported_if_changed(office)
        found = scan(office, sending=True, wait=True)
        done = enter(office, found)
        engine.look()
        engine.start()
        engine.drain(patience=patience, deadline=LONGEST)
    problems = (*problems_of(people), *found.problems, *vanished(found, done))
    return Report(problems, _touched(office, started), found.due_problems(office.now(), done))


def schedule(office: Office, stop: threading.Event) -> int:
    """Watch the folder and send when due until ``stop`` is set; how many writes were then still in flight."""
    from humaspost.delivery.daemon import Daemon

    with _sending(office, "schedule") as engine:
        rescan = follow(office)
        return Daemon(engine, office.settings.posts, rescan, stop).run()


def publish(office: Office, post: str, *, account: str | None = None, deadline: float = LONGEST) -> Report:
    """Due, failed and missed deliveries of one post go out now; with a running owner it sends them.

    Raises BrokenOff where a person broke it off.
    """
    started = office.now()
    imported_if_changed(office)
    found = scan(office, sending=True, wait=True)
    enter(office, found)
    ledger = office.ledger(write=True)
    asked = ledger.write(lambda conn: publish_now.ask(conn, post, account=account, now=office.now()))
    try:
        try:
            with _sending(office, "publish", only=post) as engine:
                engine.start()
                engine.drain(patience=timedelta(seconds=60), deadline=deadline)
        except Busy:
            publish_now.follow(ledger, asked.pairs, deadline=deadline)
    except KeyboardInterrupt:
        back = ledger.write(lambda conn: publish_now.withdraw(conn, asked, now=office.now()))
        raise BrokenOff(() if back else _all_of(office, post, account)) from None
    return Report(found.problems, _touched(office, started, post=post))


class BrokenOff(KeyboardInterrupt):
    """Nobody wants it now any more: what was not begun is as before. ``begun`` = all deliveries, where some was."""

    def __init__(self, begun: Sequence[Row[Any]]) -> None:
        super().__init__()
        self.begun = tuple(begun)


def _all_of(office: Office, post: str, account: str | None) -> list[Row[Any]]:
    with office.ledger().read() as conn:
        return delivery_lists.deliveries(conn, post_id=post, account_name=account)


def kept_back(office: Office, post: str, *, account: str | None = None) -> list[Row[Any]]:
    """The ledger's rows of accounts that keep something of the post back."""
    with office.ledger().read() as conn:
        return publish_now.kept_back(conn, post, account=account)


def pause(office: Office, reason: str, *, except_types: Sequence[str] = ()) -> int:
    """Nothing more is sent from here on; how many writes were already committed, once they have ended."""
    ledger = office.ledger(write=True)
    now = office.now()
    committed = ledger.write(lambda conn: pauses.start(conn, reason, except_types=except_types, now=now))
    publish_now.until_landed(ledger, deadline=30.0)
    return committed


def resume(office: Office) -> int:
    """No pause holds; what came due meanwhile goes by the late policy. How many deliveries that freed."""
    now = office.now()
    return office.ledger(write=True).write(lambda conn: pauses.end(conn, now=now))


def resolve(
    office: Office,
    rows: Sequence[Row[Any]],
    what: str,
    *,
    places: Mapping[str, unknown_outcomes.Place] | None = None,
) -> int:
    """A person settles unknown outcomes (``published``, ``retry``, ``cancel``); how many were settled.

    ``places`` tells of some where they are live.
    """
    keys, now, ledger = [row.key for row in rows], office.now(), office.ledger(write=True)
    match what:
        case "published":
            known = dict.fromkeys(keys, (None, None)) | dict(places or {})
            return ledger.write(lambda conn: unknown_outcomes.say_published(conn, known, now=now))
        case "retry":
            return ledger.write(lambda conn: unknown_outcomes.say_retry(conn, keys, now=now))
        case _:
            return ledger.write(lambda conn: unknown_outcomes.say_cancel(conn, keys, now=now))


def look_again(office: Office, rows: Sequence[Row[Any]]) -> dict[str, Receipt | Proof]:
    """Each is looked up on its platform now, for a person to see; nothing is changed by it."""
    from humaspost.delivery.steps.reconcile import evidence

    by_name = {account.name: account for account in office.settings.accounts}
    lines = {name: office.line(by_name[name]) for name in {row.account_name for row in rows} & set(by_name)}
    return {
        row.key: evidence(lines[row.account_name], office.ledger(), row.key)
        for row in rows
        if row.account_name in lines
    }


def check_account(office: Office, name: str) -> tuple[str, datetime | None]:
    """The platform says whose credentials these are; they are bound, and what was held for login is freed.

    Answers (shown, next try): a moment = it did not work, the ledger's account row says why. Raises KeyError
    for a name that the config does not have, ConfigError where its secrets cannot be read.
    """
    account = office.settings.account(name)
    if account is None:
        raise KeyError(name)
    for field in accounts.secrets(office.channels[account.channel], account):
        office.vault.secret(name, field)
    line = office.line(account)
    try:
        shut = account_check.contact(line, office.sender("account-check"), force=True)
        if shut is None:
            office.ledger(write=True).write(
                lambda conn: account_holds.see_to(conn, line.id, now=office.now())
            )
    finally:
        line.close()
    with office.ledger().read() as conn:
        row = ledger_accounts.by_name(conn, name)
    return (row.shown if row is not None else account.shown), shut.until if shut else None


def rename_account(office: Office, old: str, new: str) -> bool:
    """The ledger knows the account by its new name; False where it never knew the old one."""
    return office.ledger(write=True).write(lambda conn: ledger_accounts.rename(conn, old, new))


@contextmanager
def _sending(office: Office, command: str, *, only: str | None = None) -> Iterator[Engine]:
    """This process is the owner; raises Busy where another is. In the end nothing is in flight."""
    with lock(office.settings.state):
        backups.sound(office)
        if only is None:
            backups.daily(office)()
        me = sender_process.me(command)
        sender = office.sender(me.id, only=only)
        with sender_process.enrolled(sender.ledger, me, now=office.now()):
            engine = Engine(office.lines(), sender)
            sender.ledger.write(lambda conn: message_events.match_again(conn, now=office.now()))
            try:
                yield engine
            finally:
                engine.stop()
        backups.left(office)


def _touched(office: Office, since: datetime, *, post: str | None = None) -> tuple[Row[Any], ...]:
    with office.ledger().read() as conn:
        return tuple(delivery_lists.deliveries(conn, post_id=post, touched_since=since))

"""What platforms tell by webhook: kept once, and settled as soon as the message it is about is known.

A message (one wamid) may be told of twice, late, shuffled, and before our own reply is recorded. So what it
means is asked of everything that was ever told of it, in whatever order: delivered or read beats failed, and
failed beats sent (contracts: chatwoot#14529, #13377).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.ledger import accounts
from humaspost.ledger.deliveries import outcomes
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, recipients, service_windows
from humaspost.ledger.schema import attempt, delivery, event
from humaspost.ledger.webhooks import identities
from humaspost.model.channel import Event
from humaspost.model.delivery import Receipt, Stage, State, of_callback

_STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class Change:
    """What a webhook changed, for people to be told: ``found``, ``twice``, ``failed``, ``retry``, ``left``,
    ``no-marketing`` or ``moved``."""

    kind: str
    post: str = ""
    detail: str = ""
    #: The number that a person had, and the one that they have now; to be masked before anybody sees them.
    numbers: tuple[str, ...] = ()


def receive(
    conn: Connection,
    account: str,
    events: Iterable[Event],
    *,
    leaves: Callable[[str], bool],
    now: datetime,
) -> list[Change]:
    """Each event is kept once and everything that follows from it is done, in this one transaction.

    ``account`` is the ledger's id; ``leaves`` says whether a person's words mean that they want no more.
    """
    changes: list[Change | None] = []
    for one in events:
        if not _keep(conn, account, one, now):
            continue
        if one.holds:
            _restrict(conn, account, one, now=now)
        if one.kind == "status" and one.remote_id:
            changes.append(_settle(conn, account, one.remote_id, now=now, told_by=one))
        if one.verdict:
            accounts.judge(conn, account, one.verdict, at=min(one.at, now))
        leaving = one.kind == "left" or leaves(one.text) or leaves(one.payload)
        changes += _of_person(conn, account, one, leaving=leaving, now=now)
    return [change for change in changes if change is not None]


def catch_up(conn: Connection, remote_ids: Sequence[str | None], *, now: datetime) -> None:
    """What was told of these messages before they were known here is settled."""
    known = [remote_id for remote_id in remote_ids if remote_id]
    about = event.c.remote_id.in_(known) & event.c.settled.is_(False)
    for row in conn.execute(select(event.c.account, event.c.remote_id).where(about).distinct()).all():
        _settle(conn, row.account, row.remote_id, now=now)


def match_again(conn: Connection, *, now: datetime, most: int = 1000) -> None:
    """What was told of messages that nobody knew is tried once more, the newest ``most`` of it."""
    open_ = select(event.c.account, event.c.remote_id).where(
        event.c.settled.is_(False), event.c.remote_id.isnot(None)
    )
    for row in conn.execute(open_.order_by(event.c.id.desc()).limit(most)).all():
        _settle(conn, row.account, row.remote_id, now=now)


def _keep(conn: Connection, account: str, one: Event, now: datetime) -> bool:
    """Whether this is the first time that it is told; a person's number and words are not kept."""
    row = {
        # Two accounts have two secrets: neither may use up the other's events.
        "dedupe": f"{account}:{one.dedupe}",
        "account": account,
        "kind": one.kind,
        "key": one.key,
        "remote_id": one.remote_id,
        "stage": one.stage,
        "failed": one.failed,
        "at": min(one.at, now),
        "received_at": now,
        "settled": one.kind != "status",
    }
    return conn.execute(upsert(event).values(row).on_conflict_do_nothing()).rowcount == 1


# -- what is told of one message -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """Everything told of one message, as one word: ``stage`` or ``failed``; ``number`` None = no key of ours."""

    remote_id: str
    stage: Stage
    failed: str | None
    at: datetime
    key: str | None
    number: int | None


def _told(conn: Connection, account: str, remote_id: str) -> _Told:
    about = (event.c.account == account) & (event.c.remote_id == remote_id) & (event.c.kind == "status")
    rows = conn.execute(select(event).where(about).order_by(event.c.id)).all()
    stages = [Stage(row.stage) for row in rows if row.stage]
    stage = max(stages, key=_STAGES.index, default=Stage.ACCEPTED)
    failed = next((row.failed for row in rows if row.failed), None)
    if _STAGES.index(stage) >= _STAGES.index(Stage.DELIVERED):
        failed = None
    ours = (of_callback(row.key) for row in rows)
    key, number = next((found for found in ours if found[0]), (None, None))
    return _Told(remote_id, stage, failed, min(row.at for row in rows), key, number)


def _settle(
    conn: Connection, account: str, remote_id: str, *, now: datetime, told_by: Event | None = None
) -> Change | None:
    """The delivery stands where all that was told of the message puts it; an unknown message stays open."""
    told = _told(conn, account, remote_id)
    about = delivery.c.remote_id == remote_id if told.key is None else delivery.c.key == told.key
    row = conn.execute(select(delivery).where(about, delivery.c.account == account).limit(1)).one_or_none()
    if row is None:
        return None
    of_it = (event.c.account == account) & (event.c.remote_id == remote_id)
    conn.execute(update(event).where(of_it).values(settled=True))
    if told.failed is None:
        return _live(conn, row, told, now)
    return _dead(conn, row, told, now=now, told_by=told_by)


def _live(conn: Connection, row: Row[Any], told: _Told, now: datetime) -> Change | None:
    """It exists: that ends any doubt, and any plan to send it again."""
    mine = delivery.c.key == row.key
    if row.state == State.PUBLISHED:
        if row.remote_id in (None, told.remote_id):
            conn.execute(update(delivery).where(mine).values(remote_id=told.remote_id))
            outcomes.grow(conn, row.key, told.stage, now=now)
            return None
        return _live_too(conn, row, told, now=now)
    if row.state not in (State.SENDING, State.UNKNOWN):
        # Put aside, or waiting to be sent once more: it is a doubt again, which the proof ends.
        conn.execute(update(delivery).where(mine).values(state=State.UNKNOWN, owner=None))
    receipt = Receipt(told.remote_id, told.at, stage=told.stage)
    number = row.attempts if told.number is None else told.number
    outcomes.publish(conn, [outcomes.Published(row.key, number, receipt)], now=now, found=True)
    return Change("found", row.post)


def _live_too(conn: Connection, row: Row[Any], told: _Told, *, now: datetime) -> Change | None:
    """Another attempt's message is live beside the one that counts; said once, when its outcome is learned."""
    this = (attempt.c.key == row.key) & (attempt.c.number == told.number)
    unknown = attempt.c.outcome.is_(None) | (attempt.c.outcome != "published")
    ended = {"outcome": "published", "code": "", "detail": "", "ended_at": now}
    if not conn.execute(update(attempt).where(this, unknown).values(ended)).rowcount:
        return None
    outcomes.name_twice(conn, [row.key], now=now)
    return Change("twice", row.post)


def _dead(
    conn: Connection, row: Row[Any], told: _Told, *, now: datetime, told_by: Event | None
) -> Change | None:
    """It was accepted and then failed: the delivery that rests on it fails, is tried once more, or is held."""
    rests = row.state == State.PUBLISHED and row.remote_id in (None, told.remote_id)
    open_ = row.state in (State.SENDING, State.UNKNOWN) and told.number in (None, row.attempts)
    if not rests and not open_:
        return None
    number = row.attempts if told.number is None else told.number
    code = told.failed or ""
    kind = _fate(conn, row, number, code, told_by)
    values: dict[str, object] = {"state": State.FAILED, "reason": code}
    if kind == "held":
        values = {"state": State.HELD, "reason": "login"}
    if kind == "retry" and told_by is not None:
        wait = timedelta(seconds=told_by.again or 0)
        values = {"state": State.SCHEDULED, "reason": "", "not_before": now + wait}
    values |= {"owner": None, "code": code, "detail": "", "next_look_at": None, "updated_at": now}
    conn.execute(update(delivery).where(delivery.c.key == row.key).values(values))
    conn.execute(
        update(attempt)
        .where(attempt.c.key == row.key, attempt.c.number == number)
        .values(outcome=kind, code=code, ended_at=now)
    )
    return Change(kind, row.post, code)


def _fate(conn: Connection, row: Row[Any], number: int, code: str, told_by: Event | None) -> str:
    """``failed``, ``held`` with its account, or ``retry`` where fewer attempts ended so than may."""
    if told_by is None:
        return "failed"
    if told_by.holds and account_holds.is_held(conn, row.account, "login"):
        return "held"
    same = (attempt.c.key == row.key) & (attempt.c.code == code) & (attempt.c.number < number)
    before = conn.scalar(select(func.count()).select_from(attempt).where(same)) or 0
    return "retry" if told_by.again is not None and before < told_by.tries else "failed"


def _restrict(conn: Connection, account: str, one: Event, *, now: datetime) -> None:
    """Nothing more goes out before a person has seen to it; news from before they did is old."""
    if not account_holds.was_seen_to(conn, account, since=one.at):
        account_holds.hold(conn, account, "login", code=one.failed or "", now=now)


# -- what people do ------------------------------------------------------------------------------------


def _of_person(
    conn: Connection, account: str, one: Event, *, leaving: bool, now: datetime
) -> Iterator[Change]:
    """What follows for whoever it is about; ``leaving`` = they want no more."""
    phone, at = identities.phone(conn, account, one, now=now), min(one.at, now)
    if phone is None:
        _later(conn, account, one, leaving=leaving, now=now)
        return
    if one.user_id and (before := identities.before(conn, account, one.user_id, identities.LEFT)):
        yield _leave(conn, phone, at=before, now=now)
    for word in (identities.NO_MARKETING, identities.MARKETING):
        if one.user_id and (before := identities.before(conn, account, one.user_id, word)):
            _prefer(conn, account, phone, marketing=word == identities.MARKETING, at=before, now=now)
    if one.kind == "inbound":
        _open(conn, account, phone, at=at)
    if one.kind == "closed":
        _close(conn, account, phone, at=at)
    if one.kind in ("no-marketing", "marketing"):
        _prefer(conn, account, phone, marketing=one.kind == "marketing", at=at, now=now)
    if one.kind == "no-marketing":
        yield Change("no-marketing")
    if one.moved and identities.learn(conn, account, one, now=now):
        yield from _moved(conn, phone, one.moved, at=at, now=now)
    if leaving:
        yield _leave(conn, phone, at=at, now=now)
    if leaving and one.sender not in (None, phone):
        # However they wrote it: no list that has it so brings them in again.
        _leave(conn, one.sender, at=at, now=now)


def _moved(conn: Connection, before: str, after: str, *, at: datetime, now: datetime) -> Iterator[Change]:
    """Whoever had left has left with the new number too, whatever list it is written in.

    And the other way round, where the news of the new number is later than their word from it.
    """
    yield Change("moved", numbers=(before, after))
    old, new = recipients.by_phone(conn, before), recipients.by_phone(conn, after)
    if old is not None and old.opted_out_at is not None:
        _leave(conn, after, at=old.opted_out_at, now=now)
    if new is not None and new.opted_out_at is not None and new.opted_out_at >= at:
        _leave(conn, before, at=new.opted_out_at, now=now)


def _later(conn: Connection, account: str, one: Event, *, leaving: bool, now: datetime) -> None:
    """What somebody said who has only the platform's id waits for their number."""
    if one.user_id is None:
        return
    if leaving:
        identities.later(conn, account, one, identities.LEFT, now=now)
    if one.kind == "no-marketing":
        identities.later(conn, account, one, identities.NO_MARKETING, now=now)
    if one.kind == "marketing":
        identities.later(conn, account, one, identities.MARKETING, now=now)


def _open(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """Free text may be sent to the person for 24 hours from ``at``; strangers have no window."""
    person = recipients.by_phone(conn, phone)
    if person is not None:
        service_windows.open_(conn, account, person.id, at=at)


def _close(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """The platform says that the person's window is not open."""
    person = recipients.by_phone(conn, phone)
    if person is not None:
        service_windows.close(conn, account, person.id, at=at)


def _prefer(
    conn: Connection, account: str, phone: str, *, marketing: bool, at: datetime, now: datetime
) -> None:
    """The person wants marketing of the account, or none; a stranger's "none" waits for any later list."""
    if not marketing:
        recipients.add(conn, [(phone, "", None)], now=now)
    person = recipients.by_phone(conn, phone)
    if person is not None:
        marketing_preferences.say(conn, account, person.id, marketing=marketing, at=at)


def _leave(conn: Connection, phone: str, *, at: datetime, now: datetime) -> Change:
    """The person is sent nothing more; a stranger is remembered, so that no later list brings them in."""
    recipients.add(conn, [(phone, "", at)], now=now)
    person = recipients.by_phone(conn, phone)
    if person is not None:
        recipients.opt_out(conn, [(person.id, at)])
    return Change("left")

"""Publishing a post at once at a user's request, and waiting for its outcome."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from humaspost.ledger import accounts
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import restore_gap, states, thread_parts
from humaspost.ledger.holds import pauses
from humaspost.ledger.posts import decisions, post_stops
from humaspost.ledger.schema import account, delivery, plan_row
from humaspost.model.delivery import State
from humaspost.model.reasons import PART_PREFIX, StopReason
from humaspost.model.records import AccountRecord

#: States in which a user's request sends a delivery (again); published and unknown ones are never sent again.
REQUESTABLE_STATES = states.PUBLISH_NOW.sources
#: The columns of a delivery that a request changes, besides the state.
_CHANGED_COLUMNS = ("reason", "due_at", "not_before", "failures", "use_latest_rendition")
_CHANGED_PLAN_COLUMNS = (
    *("due_at", "expanded", "frozen_rendition", "changed"),
    *("decision", "decided_at", "stop", "stop_reason"),
)
_SAVED_COLUMNS = [delivery.c[name] for name in ("key", "recipient", "attempts", "state", *_CHANGED_COLUMNS)]
ENDED_STATES = tuple(
    state for state in State if state not in (State.SCHEDULED, State.PREPARING, State.SENDING)
)


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A user's request to publish now, with everything needed to undo it.

    ``pairs`` are (post, account id). By account id, ``plan_rows`` are the post's plan rows and
    ``saved_rows`` its deliveries, as they were before.
    """

    pairs: tuple[tuple[str, str], ...]
    plan_rows: Mapping[str, Row[Any]]
    saved_rows: Mapping[str, Sequence[Row[Any]]]


def request(conn: Connection, post: str, *, account: str | None, now: datetime) -> PublishRequest:
    """Make the post due now, on all its accounts or on one, even if it was cancelled."""
    targets = list(conn.execute(_select_pairs(post, account)))
    restored = restore_gap.get_restore_gap(conn)
    saved_rows: dict[str, Sequence[Row[Any]]] = {}
    for target in targets:
        account_id = target.account
        condition = (plan_row.c.post == post) & (plan_row.c.account == account_id)
        is_open = not target.expanded and target.stop in (None, State.HELD)
        # What may have gone out in the gap keeps its time: its recipients become unknown, and are not sent to again.
        due_at = target.due_at if is_open and restore_gap.is_in_gap(restored, target) else now
        conn.execute(update(plan_row).where(condition).values(due_at=due_at, stop=None, stop_reason=""))
        is_target = (delivery.c.post == post) & (delivery.c.account == account_id)
        saved_rows[account_id] = conn.execute(select(*_SAVED_COLUMNS).where(is_target)).all()
        decisions.record_publish(conn, post, account_id, now=now)
        # What its list held: the gate holds anew whom the list as it is now does not confirm.
        states.move(
            conn, states.UNHOLD, is_target & (delivery.c.reason == StopReason.LIST), now=now, reason=""
        )
        is_held_part = (delivery.c.state == State.HELD) & delivery.c.reason.startswith(PART_PREFIX)
        conn.execute(update(delivery).where(is_target, is_held_part).values(due_at=now))
        is_unpublished = delivery.c.state.in_((State.MISSED, State.FAILED))
        conn.execute(update(delivery).where(is_target, is_unpublished).values(use_latest_rendition=True))
        states.move(
            conn,
            states.PUBLISH_NOW,
            is_target,
            now=now,
            reason="",
            due_at=now,
            not_before=None,
            owner=None,
            failures=0,
        )
        thread_parts.hold_following(conn, is_target, now=now)
        thread_parts.match_parts(conn, post, account_id, now=now)
    pairs = tuple((post, row.account) for row in targets)
    return PublishRequest(pairs, {row.account: row for row in targets}, saved_rows)


def _select_pairs(post: str, name: str | None) -> Select[Any]:
    columns = [plan_row.c[name] for name in ("account", *_CHANGED_PLAN_COLUMNS)]
    query = select(*columns).join(account, account.c.id == plan_row.c.account)
    # What the newest plan does not have was not shown to the person who publishes the post.
    query = query.where(plan_row.c.post == post, plan_row.c.planned)
    return query if name is None else query.where(account.c.name == name)


def cancel_request(conn: Connection, publish_request: PublishRequest, *, now: datetime) -> bool:
    """Undo the request on accounts where nothing started; return True if that is all of them."""
    all_cancelled = True
    for post, account_id in publish_request.pairs:
        saved = {row.key: row for row in publish_request.saved_rows[account_id]}
        condition = (delivery.c.post == post) & (delivery.c.account == account_id)
        rows = conn.execute(select(*_SAVED_COLUMNS).where(condition)).all()
        if any(_is_started(row, saved.get(row.key)) for row in rows):
            all_cancelled = False
            continue
        for key, row in saved.items():
            values = {name: getattr(row, name) for name in _CHANGED_COLUMNS}
            # A claim is not restored: its sender may have ended.
            state = State.SCHEDULED if row.state == State.PREPARING else State(row.state)
            if state in states.UNDO_PUBLISH_NOW:
                undo = states.UNDO_PUBLISH_NOW[state]
                states.move(conn, undo, delivery.c.key == key, now=now, **values)
        new_parts = [row.key for row in rows if row.key not in saved]
        conn.execute(delete(delivery).where(delivery.c.key.in_(new_parts)))
        pair = (plan_row.c.post == post) & (plan_row.c.account == account_id)
        plan = publish_request.plan_rows[account_id]
        earlier = {name: getattr(plan, name) for name in _CHANGED_PLAN_COLUMNS}
        conn.execute(update(plan_row).where(pair).values(earlier))
    return all_cancelled


def _is_started(row: Row[Any], saved: Row[Any] | None) -> bool:
    """Return True if the delivery was worked on since the request.

    A new delivery to a recipient comes from an audience that was expanded since; a new part from the request.
    """
    if row.attempts != (saved.attempts if saved is not None else 0):
        return True
    if saved is None and row.recipient:
        return True
    is_changed = saved is None or row.state != saved.state
    return is_changed and row.state not in (State.SCHEDULED, State.HELD)


def blocking_accounts(conn: Connection, post: str, *, account: str | None) -> list[AccountRecord]:
    """Return the held accounts on which deliveries of the post wait."""
    account_ids = {row.account for row in conn.execute(_select_pairs(post, account))}
    return [
        row
        for row in accounts.list_accounts(conn)
        if row.id in account_ids and row.hold and (_is_open(conn, post, row.id) or _is_held(conn, post, row))
    ]


def _is_held(conn: Connection, post: str, account_row: AccountRecord) -> bool:
    condition = (delivery.c.post == post) & (delivery.c.account == account_row.id)
    held = (delivery.c.state == State.HELD) & (delivery.c.reason == account_row.hold)
    return bool(conn.scalar(select(delivery.c.key).where(condition, held).limit(1)))


def wait_until_sent(ledger: Ledger, pairs: Sequence[tuple[str, str]], *, deadline: float) -> bool:
    """Wait until another process sent them; return False after ``deadline`` seconds."""
    return _wait_until(lambda conn: not any(_is_open(conn, *pair) for pair in pairs), ledger, deadline)


def _is_open(conn: Connection, post: str, account_id: str) -> bool:
    condition = (delivery.c.post == post) & (delivery.c.account == account_id)
    waiting = select(delivery.c.key).where(condition, delivery.c.state.notin_(ENDED_STATES)).limit(1)
    pair = (plan_row.c.post == post) & (plan_row.c.account == account_id)
    unexpanded = select(plan_row.c.post).where(pair, post_stops.is_waiting())
    return bool(conn.scalar(waiting) or conn.scalar(unexpanded))


def wait_until_idle(ledger: Ledger, *, deadline: float) -> bool:
    """Wait until no write is in flight; return False after ``deadline`` seconds."""
    return _wait_until(lambda conn: pauses.count_in_flight(conn) == 0, ledger, deadline)


def _wait_until(is_done: Callable[[Connection], bool], ledger: Ledger, deadline: float) -> bool:
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        ledger.check_path()
        with ledger.read() as conn:
            if is_done(conn):
                return True
        time.sleep(0.1)
    return False

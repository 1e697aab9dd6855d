"""Publishing a post at once at a user's request, and waiting for its outcome."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from humaspost.ledger import accounts
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import restore_gap, states, thread_parts
from humaspost.ledger.holds import pauses
from humaspost.ledger.posts import decisions, post_stops, recipient_changes
from humaspost.ledger.schema import account, delivery, plan_row
from humaspost.model.decision import CheckLateness, UserDecision
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

    ``at`` is its time, ``pairs`` are (post, account id). By account id, ``plan_rows`` are the post's plan rows
    and ``saved_rows`` its deliveries, as they were before; ``added_keys`` are keys of deliveries that the
    request added.
    """

    at: datetime
    pairs: tuple[tuple[str, str], ...]
    plan_rows: Mapping[str, Row[Any]]
    saved_rows: Mapping[str, Sequence[Row[Any]]]
    added_keys: Mapping[str, Collection[str]]


def request(
    conn: Connection, post: str, *, account: str | None, verdict: CheckLateness, now: datetime
) -> PublishRequest:
    """Make the post due now, on all its accounts or on one, even if it was cancelled.

    People who joined its lists or consented since it was sent get it too.
    """
    targets = list(conn.execute(_select_pairs(post, account)))
    restored = restore_gap.get_restore_gap(conn)
    saved_rows: dict[str, Sequence[Row[Any]]] = {}
    added_keys: dict[str, Collection[str]] = {}
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
        recipient_changes.sync_recipients(conn, post, account_id, verdict=verdict, now=now)
        keys = conn.scalars(select(delivery.c.key).where(is_target))
        added_keys[account_id] = set(keys) - {row.key for row in saved_rows[account_id]}
    pairs = tuple((post, row.account) for row in targets)
    return PublishRequest(now, pairs, {row.account: row for row in targets}, saved_rows, added_keys)


def _select_pairs(post: str, name: str | None) -> Select[Any]:
    columns = [plan_row.c[name] for name in ("account", "fingerprint", *_CHANGED_PLAN_COLUMNS)]
    query = select(*columns).join(account, account.c.id == plan_row.c.account)
    # What the newest plan does not have was not shown to the person who publishes the post.
    query = query.where(plan_row.c.post == post, plan_row.c.planned)
    return query if name is None else query.where(account.c.name == name)


def cancel_request(
    conn: Connection, publish_request: PublishRequest, *, verdict: CheckLateness, now: datetime
) -> bool:
    """Undo the request on accounts where nothing started; return True if that is all of them.

    What a person decided since, and what changed in the file or on the lists, stays.
    """
    undone = [
        _undo(conn, publish_request, post, account_id, verdict=verdict, now=now)
        for post, account_id in publish_request.pairs
    ]
    return all(undone)


def _undo(
    conn: Connection,
    publish_request: PublishRequest,
    post: str,
    account_id: str,
    *,
    verdict: CheckLateness,
    now: datetime,
) -> bool:
    saved = {row.key: row for row in publish_request.saved_rows[account_id]}
    is_target = (delivery.c.post == post) & (delivery.c.account == account_id)
    rows = conn.execute(select(*_SAVED_COLUMNS).where(is_target)).all()
    pair = (plan_row.c.post == post) & (plan_row.c.account == account_id)
    plan = conn.execute(select(plan_row).where(pair)).one()
    is_ours = (plan.decision, plan.decided_at) == (UserDecision.PUBLISH, publish_request.at)
    if not is_ours or any(_is_started(row, saved.get(row.key)) for row in rows):
        return False
    earlier = publish_request.plan_rows[account_id]
    values = {"decision": earlier.decision, "decided_at": earlier.decided_at}
    if plan.due_at == publish_request.at:
        values["due_at"] = earlier.due_at
    touched = [row for row in rows if row.due_at == publish_request.at]
    if plan.planned and plan.fingerprint == earlier.fingerprint:
        values |= {name: getattr(earlier, name) for name in _CHANGED_PLAN_COLUMNS if name != "due_at"}
        for row in touched:
            if row.key in saved:
                _restore(conn, row, saved[row.key], now=now)
        is_new = delivery.c.key.in_(publish_request.added_keys[account_id])
        conn.execute(delete(delivery).where(is_target, is_new))
    else:
        # The deliveries follow the file as it is since: only their time was ours.
        is_touched = delivery.c.key.in_([row.key for row in touched])
        conn.execute(update(delivery).where(is_touched).values(due_at=values.get("due_at", plan.due_at)))
        values |= decisions.STOP_OF_CANCEL if earlier.decision == UserDecision.CANCEL else {}
    conn.execute(update(plan_row).where(pair).values(values))
    recipient_changes.sync_recipients(conn, post, account_id, verdict=verdict, now=now)
    decisions.settle_cancelled(conn, is_target, now=now)
    return True


def _restore(conn: Connection, row: Row[Any], saved: Row[Any], *, now: datetime) -> None:
    """Give a delivery the state that it had before the request, and its times."""
    is_one = delivery.c.key == row.key
    # A claim is not restored: its sender may have ended.
    state = State.SCHEDULED if saved.state == State.PREPARING else State(saved.state)
    is_held_since = row.state == State.HELD and not row.reason.startswith(PART_PREFIX)
    # A hold that began since stays, and one that ended since does not come back: nothing would end it again.
    if state in states.UNDO_PUBLISH_NOW and not (state is State.SCHEDULED and is_held_since):
        values = {name: getattr(saved, name) for name in _CHANGED_COLUMNS}
        states.move(conn, states.UNDO_PUBLISH_NOW[state], is_one, now=now, **values)
    else:
        times = {"due_at": saved.due_at, "not_before": saved.not_before}
        conn.execute(update(delivery).where(is_one).values(times))


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

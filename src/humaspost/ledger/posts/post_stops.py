"""Stops of whole fan-outs: a post that may not go is stopped once, not person by person.

Recipients without rows are stopped by ``plan_row.stop``; those with rows change by one statement per post.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from humaspost.ledger import dialect
from humaspost.ledger.deliveries import restore_gap, states
from humaspost.ledger.deliveries.gate_facts import GateFactsReader, has_recipients, is_list_held, post_facts
from humaspost.ledger.posts.unexpanded import is_unexpanded
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import account, delivery, pause, plan_row, post
from humaspost.model.decision import Decide, Deny, GateFacts
from humaspost.model.delivery import State
from humaspost.model.reasons import AccountHold, StopReason
from humaspost.model.records import PostStop


def settle_due(
    conn: Connection,
    account_id: str,
    *,
    decide: Decide,
    until: datetime,
    now: datetime,
    only_post: str | None = None,
) -> list[PostStop]:
    """Stop the due fan-outs of the account that may not go; return those whose stop is new.

    A fan-out whose stop ended goes on. ``only_post`` = look at one post.
    """
    reader = GateFactsReader(conn, account_id, now=now)
    is_due = (plan_row.c.account == account_id) & plan_row.c.fan_out
    if only_post is not None:
        is_due &= plan_row.c.post == only_post
    return [
        *_settle_unexpanded(conn, reader, is_due & (plan_row.c.due_at <= until), decide),
        *_settle_expanded(conn, reader, is_due, decide, until=until, now=now),
    ]


def is_waiting() -> ColumnElement[bool]:
    """Return the condition of posts whose recipients are entered once they are due.

    `publish` waits for such posts, and a sender enters their recipients. Both ask this: `publish` must not wait for
    recipients that no sender enters.
    """
    is_free = plan_row.c.stop.is_(None) | ((plan_row.c.stop == State.HELD) & _is_hold_over())
    return is_unexpanded() & is_free & ~_has_file_hold()


def release_held(conn: Connection, *, until: datetime) -> None:
    """End the held stops of fan-outs that are due: after a restore they may have gone out."""
    is_held = is_unexpanded() & (plan_row.c.stop == State.HELD)
    values = {"stop": None, "stop_reason": ""}
    conn.execute(update(plan_row).where(is_held, plan_row.c.due_at <= until).values(values))


def _has_file_hold() -> ColumnElement[bool]:
    return exists(post.c.id).where(post.c.id == plan_row.c.post, post.c.hold.isnot(None)).correlate(plan_row)


def _is_hold_over() -> ColumnElement[bool]:
    """Return the condition that the cause of a held stop is gone: the rule is asked again then."""
    has_pause = exists(pause.c.id).where(pause.c.ended_at.is_(None)).correlate(None)
    has_account_hold = exists(account.c.id).where(
        account.c.id == plan_row.c.account, account.c.hold == plan_row.c.stop_reason
    )
    reason = plan_row.c.stop_reason
    return or_(
        (reason == StopReason.PAUSE) & ~has_pause,
        (reason == StopReason.FILE) & ~_has_file_hold(),
        (reason == StopReason.NOT_PLANNED) & plan_row.c.planned,
        (reason == StopReason.LIST) & not_(is_list_held()),
        (reason == StopReason.NO_RECIPIENTS) & has_recipients(),
        reason.in_(list(AccountHold)) & ~has_account_hold,
    )


def _settle_unexpanded(
    conn: Connection, reader: GateFactsReader, is_due: ColumnElement[bool], decide: Decide
) -> Iterator[PostStop]:
    is_open = plan_row.c.expanded.is_(False) & (plan_row.c.stop.is_(None) | (plan_row.c.stop == State.HELD))
    columns = [
        *post_facts(),
        plan_row.c.stop,
        plan_row.c.stop_reason,
        has_recipients().label("has_recipients"),
    ]
    rows = conn.execute(_select_posts(*columns).where(is_due, is_open)).all()
    restored = restore_gap.get_restore_gap(conn) if rows else None
    changes = []
    for row in rows:
        # What may have gone out in the gap is not stopped: its recipients become unknown, one by one.
        denial = None if restore_gap.is_in_gap(restored, row) else decide(reader.read_post(row))
        stop = denial if isinstance(denial, Deny) and denial.state in states.SETTLEMENTS else None
        if row.stop_reason == StopReason.NO_RECIPIENTS and not row.has_recipients:
            continue
        state, reason = (stop.state, stop.reason) if stop else (None, "")
        if (row.stop, row.stop_reason) != (state, reason):
            changes.append({"the_post": row.post, "new_stop": state, "new_reason": reason})
        if state is not None and (row.stop, row.stop_reason) != (state, reason):
            yield PostStop(row.post, reader.account_row.name, state, reason)
    if changes:
        is_one = (plan_row.c.account == reader.account_row.id) & (plan_row.c.post == bindparam("the_post"))
        values: dict[str, Any] = {"stop": bindparam("new_stop"), "stop_reason": bindparam("new_reason")}
        conn.execute(update(plan_row).where(is_one).values(values), changes)


def _settle_expanded(
    conn: Connection,
    reader: GateFactsReader,
    is_due: ColumnElement[bool],
    decide: Decide,
    *,
    until: datetime,
    now: datetime,
) -> Iterator[PostStop]:
    is_claimable = and_(
        delivery.c.account == reader.account_row.id,
        delivery.c.recipient != "",
        delivery.c.state == State.SCHEDULED,
        # Else the database takes the index of due times, and reads all that is due for each post.
        dialect.without_index(delivery.c.due_at) <= until,
        delivery.c.not_before.is_(None) | (delivery.c.not_before <= now),
    )
    has_claimable = exists(delivery.c.key).where(is_claimable, delivery.c.post == plan_row.c.post)
    for row in conn.execute(_select_posts(*post_facts()).where(is_due, has_claimable)).all():
        of_post = is_claimable & (delivery.c.post == row.post)
        denial = _deny_expanded(conn, reader.read_post(row), of_post, decide)
        if denial is not None:
            transition = states.SETTLEMENTS[denial.state]
            if states.move(conn, transition, of_post, now=now, reason=denial.reason):
                yield PostStop(row.post, reader.account_row.name, denial.state, denial.reason)


def _deny_expanded(
    conn: Connection, facts: GateFacts, of_post: ColumnElement[bool], decide: Decide
) -> Deny | None:
    """Return why nobody of the post may get it, or None where the gate decides on each.

    The recipient who waited longest decides: if that one is too late, all are. A wait can only make a post less late.
    So the waits, thousands of rows, are read only where the post would be stopped without them.
    """
    denial = decide(facts)
    if isinstance(denial, Deny):
        waited_until = conn.scalar(select(func.max(delivery.c.not_before)).where(of_post))
        denial = decide(replace(facts, waited_until=waited_until))
    return denial if isinstance(denial, Deny) and denial.state in states.SETTLEMENTS else None


def list_stops(conn: Connection) -> set[PostStop]:
    """Return the stops of fan-outs whose recipients have no rows."""
    query = select(plan_row.c.post, account.c.name, plan_row.c.stop, plan_row.c.stop_reason)
    is_stopped = plan_row.c.expanded.is_(False) & plan_row.c.stop.isnot(None)
    rows = conn.execute(query.join(account, account.c.id == plan_row.c.account).where(is_stopped))
    recipients = totals.count_unexpanded(conn)
    return {
        PostStop(
            row.post, row.name, State(row.stop), row.stop_reason, recipients.get((row.post, row.name), 0)
        )
        for row in rows
    }


def _select_posts(*columns: Any) -> Select[Any]:
    return select(*columns).join(post, post.c.id == plan_row.c.post)


def stop_empty(conn: Connection, row: Row[Any]) -> bool:
    """Hold a post whose lists reach nobody, until one has recipients; return True if it is held."""
    pair = (plan_row.c.post == row.post) & (plan_row.c.account == row.account)
    values = {"stop": State.HELD, "stop_reason": StopReason.NO_RECIPIENTS}
    return bool(conn.execute(update(plan_row).where(pair, not_(has_recipients())).values(values)).rowcount)

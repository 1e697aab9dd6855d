"""Webhook events: each is stored once, and applied as soon as its message is known.

Events of one message (one wamid) can be repeated, late, out of order, and earlier than the record of our own
reply. So the status of a message is computed from all its events, in any order: delivered or read wins over
failed, and failed wins over sent (contracts: chatwoot#14529, #13377).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Connection, Row, func, select, update

from humaspost.ledger import accounts
from humaspost.ledger.deliveries import receipts, states
from humaspost.ledger.dialect import insert_or_ignore
from humaspost.ledger.holds import account_holds
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import attempt, delivery, message_event
from humaspost.ledger.webhooks import person_events
from humaspost.ledger.webhooks.forgotten_events import hide_forgotten
from humaspost.ledger.webhooks.webhook_change import WebhookChange
from humaspost.model.channel_event import (
    AccountRestricted,
    ChannelEvent,
    InboundMessage,
    MarketingPreference,
    MessageStatus,
    NumberChanged,
    OptOut,
    PersonEvent,
    ServiceWindowClosed,
    TemplateStatus,
)
from humaspost.model.delivery import Receipt, Stage, State, parse_callback
from humaspost.model.event_kind import EventKind
from humaspost.model.reasons import AccountHold, StopReason

_STAGES = tuple(Stage)
#: The stored kind of a MessageStatus.
_STATUS = "status"


def receive_events(
    conn: Connection,
    account: str,
    events: Iterable[ChannelEvent],
    *,
    is_opt_out: Callable[[str], bool],
    now: datetime,
) -> list[WebhookChange]:
    """Store each event once and apply all its effects, in this one transaction.

    Returns the changes to report. ``account`` is the ledger's id; ``is_opt_out`` tells whether a text means
    that the person wants no more messages.
    """
    changes: list[WebhookChange | None] = []
    for event in hide_forgotten(conn, events):
        if not _save_event(conn, account, event, now):
            continue
        match event:
            case MessageStatus():
                if event.restricts_account:
                    _restrict_account(conn, account, event.failure_code or "", at=event.at, now=now)
                changes.append(_apply_status(conn, account, event.remote_id, now=now, event=event))
            case AccountRestricted():
                _restrict_account(conn, account, event.code, at=event.at, now=now)
            case TemplateStatus():
                accounts.record_template_change(conn, account, event.change, at=min(event.at, now))
            case (
                InboundMessage() | OptOut() | MarketingPreference() | ServiceWindowClosed() | NumberChanged()
            ):
                pass  # only about a person: applied below
            case _:
                assert_never(event)
        if isinstance(event, PersonEvent):
            changes += person_events.apply(conn, account, event, is_opt_out=is_opt_out, now=now)
    return [change for change in changes if change is not None]


def apply_pending(conn: Connection, remote_ids: Sequence[str | None], *, now: datetime) -> None:
    """Apply stored events of these messages that arrived before the messages were recorded."""
    recorded_ids = [remote_id for remote_id in remote_ids if remote_id]
    condition = message_event.c.remote_id.in_(recorded_ids) & message_event.c.settled.is_(False)
    for row in conn.execute(
        select(message_event.c.account, message_event.c.remote_id).where(condition).distinct()
    ).all():
        _apply_status(conn, row.account, row.remote_id, now=now)


def retry_unmatched(conn: Connection, *, now: datetime, limit: int = 1000) -> None:
    """Apply stored events of unknown messages again, the newest ``limit`` of them."""
    query = select(message_event.c.account, message_event.c.remote_id).where(
        message_event.c.settled.is_(False), message_event.c.remote_id.isnot(None)
    )
    for row in conn.execute(query.order_by(message_event.c.id.desc()).limit(limit)).all():
        _apply_status(conn, row.account, row.remote_id, now=now)


def _save_event(conn: Connection, account: str, event: ChannelEvent, now: datetime) -> bool:
    """Store the event without the person's number and words; return False for a duplicate."""
    row = {
        # Two accounts have two secrets: neither may block the other's events.
        "dedupe_key": f"{account}:{event.dedupe_key}",
        "account": account,
        "kind": _stored_kind(event),
        "key": event.key if isinstance(event, PersonEvent) else None,
        "remote_id": None,
        "stage": None,
        "failure_code": None,
        "at": min(event.at, now),
        "received_at": now,
        "settled": not isinstance(event, MessageStatus),
    }
    match event:
        case MessageStatus():
            row |= {"remote_id": event.remote_id, "stage": event.stage, "failure_code": event.failure_code}
        case InboundMessage() | MarketingPreference() | ServiceWindowClosed():
            row |= {"remote_id": event.remote_id}
        case AccountRestricted():
            row |= {"failure_code": event.code}
        case OptOut() | NumberChanged() | TemplateStatus():
            pass
        case _:
            assert_never(event)
    return conn.execute(insert_or_ignore(message_event).values(row)).rowcount == 1


def _stored_kind(event: ChannelEvent) -> str:
    match event:
        case MessageStatus():
            return _STATUS
        case InboundMessage():
            return "inbound"
        case OptOut():
            return "opted-out"
        case MarketingPreference():
            return "marketing" if event.accepts_marketing else "no-marketing"
        case ServiceWindowClosed():
            return "window-closed"
        case NumberChanged():
            return "number-changed"
        case TemplateStatus():
            return "template"
        case AccountRestricted():
            return "account"
        case _:
            assert_never(event)


# -- the status of one message -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _StatusSummary:
    """The status of one message from all its events.

    The result is in ``stage`` or ``failure_code``; ``attempt_number`` None = no event has a key of ours.
    """

    remote_id: str
    stage: Stage
    failure_code: str | None
    at: datetime
    key: str | None
    attempt_number: int | None


def _summarize_status(conn: Connection, account: str, remote_id: str) -> _StatusSummary:
    condition = (
        (message_event.c.account == account)
        & (message_event.c.remote_id == remote_id)
        & (message_event.c.kind == _STATUS)
    )
    rows = conn.execute(select(message_event).where(condition).order_by(message_event.c.id)).all()
    stages = [Stage(row.stage) for row in rows if row.stage]
    stage = max(stages, key=_STAGES.index, default=Stage.ACCEPTED)
    failed = next((row.failure_code for row in rows if row.failure_code), None)
    if _STAGES.index(stage) >= _STAGES.index(Stage.DELIVERED):
        failed = None
    callbacks = (parse_callback(row.key) for row in rows)
    key, number = next((callback for callback in callbacks if callback[0]), (None, None))
    return _StatusSummary(remote_id, stage, failed, min(row.at for row in rows), key, number)


def _apply_status(
    conn: Connection,
    account: str,
    remote_id: str,
    *,
    now: datetime,
    event: MessageStatus | None = None,
) -> WebhookChange | None:
    """Apply the status of a message to its delivery; events of an unknown message stay open."""
    status = _summarize_status(conn, account, remote_id)
    delivery_condition = (
        delivery.c.remote_id == remote_id if status.key is None else delivery.c.key == status.key
    )
    row = conn.execute(
        select(delivery).where(delivery_condition, delivery.c.account == account).limit(1)
    ).one_or_none()
    if row is None:
        return None
    event_condition = (message_event.c.account == account) & (message_event.c.remote_id == remote_id)
    conn.execute(update(message_event).where(event_condition).values(settled=True))
    if status.failure_code is None:
        return _mark_live(conn, row, status, now)
    return _mark_failed(conn, row, status, now=now, event=event)


def _mark_live(
    conn: Connection, row: Row[Any], status: _StatusSummary, now: datetime
) -> WebhookChange | None:
    """Mark the delivery as published: its message exists.

    This ends an unknown outcome, and any plan to send the delivery again.
    """
    condition = delivery.c.key == row.key
    if row.state == State.PUBLISHED:
        if row.remote_id in (None, status.remote_id):
            conn.execute(update(delivery).where(condition).values(remote_id=status.remote_id))
            receipts.advance_receipt_stage(conn, row.key, status.stage, now=now)
            return None
        return _mark_duplicate(conn, row, status, now=now)
    if row.state not in (State.SENDING, State.UNKNOWN):
        # The delivery was stopped or waits for another try: it becomes unknown again, and the proof ends that.
        states.move(conn, states.REOPEN, condition, now=now, owner=None)
    receipt = Receipt(status.remote_id, status.at, stage=status.stage)
    number = row.attempts if status.attempt_number is None else status.attempt_number
    receipts.mark_published(
        conn, [receipts.PublishedReceipt(row.key, number, receipt)], now=now, by_lookup=True
    )
    return WebhookChange(EventKind.FOUND, row.post)


def _mark_duplicate(
    conn: Connection, row: Row[Any], status: _StatusSummary, *, now: datetime
) -> WebhookChange | None:
    """Record that another attempt's message is live too; report it only once."""
    is_attempt = (attempt.c.key == row.key) & (attempt.c.number == status.attempt_number)
    is_unconfirmed = attempt.c.outcome.is_(None) | (attempt.c.outcome != "published")
    ended = {"outcome": "published", "code": "", "detail": "", "ended_at": now}
    if not conn.execute(update(attempt).where(is_attempt, is_unconfirmed).values(ended)).rowcount:
        return None
    receipts.mark_duplicate(conn, [row.key], now=now)
    return WebhookChange(EventKind.DUPLICATE, row.post)


def _mark_failed(
    conn: Connection,
    row: Row[Any],
    status: _StatusSummary,
    *,
    now: datetime,
    event: MessageStatus | None,
) -> WebhookChange | None:
    """Fail, hold or retry the delivery whose message was accepted and then failed."""
    is_current = row.state == State.PUBLISHED and row.remote_id in (None, status.remote_id)
    is_pending = row.state in (State.SENDING, State.UNKNOWN) and status.attempt_number in (None, row.attempts)
    if not is_current and not is_pending:
        return None
    number = row.attempts if status.attempt_number is None else status.attempt_number
    code = status.failure_code or ""
    kind = _failure_result(conn, row, number, code, event)
    state = State.FAILED
    values: dict[str, object] = {"reason": code}
    if kind is EventKind.HELD:
        state, values = State.HELD, {"reason": StopReason.LOGIN}
    if kind is EventKind.RETRY and event is not None:
        wait = timedelta(seconds=event.retry_after or 0)
        state, values = State.SCHEDULED, {"reason": "", "not_before": now + wait}
    states.move(
        conn,
        states.WEBHOOK_FAILURES[state],
        delivery.c.key == row.key,
        now=now,
        owner=None,
        code=code,
        detail="",
        next_lookup_at=None,
        **values,
    )
    conn.execute(
        update(attempt)
        .where(attempt.c.key == row.key, attempt.c.number == number)
        .values(outcome=kind, code=code, ended_at=now)
    )
    decisions.settle_cancelled(conn, delivery.c.key == row.key, now=now)
    return WebhookChange(kind, row.post, code)


def _failure_result(
    conn: Connection, row: Row[Any], number: int, code: str, event: MessageStatus | None
) -> EventKind:
    """Return HELD if the failure holds the account, RETRY if a retry is left, else FAILED."""
    if event is None:
        return EventKind.FAILED
    if event.restricts_account and account_holds.is_held(conn, row.account, AccountHold.LOGIN):
        return EventKind.HELD
    condition = (attempt.c.key == row.key) & (attempt.c.code == code) & (attempt.c.number < number)
    previous_failures = conn.scalar(select(func.count()).select_from(attempt).where(condition)) or 0
    return (
        EventKind.RETRY
        if event.retry_after is not None and previous_failures < event.max_retries
        else EventKind.FAILED
    )


def _restrict_account(conn: Connection, account: str, code: str, *, at: datetime, now: datetime) -> None:
    """Hold the account until a user fixes it; ignore reports from before the last fix."""
    if not account_holds.acknowledged_since(conn, account, since=at):
        account_holds.hold_account(conn, account, AccountHold.LOGIN, code=code, now=now)

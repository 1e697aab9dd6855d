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
from humaspost.ledger.deliveries import outcomes, states
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, recipients, service_windows
from humaspost.ledger.schema import attempt, delivery, message_event
from humaspost.ledger.webhooks import identities
from humaspost.model.channel import ChannelEvent
from humaspost.model.delivery import Receipt, Stage, State, parse_callback

_STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What a webhook changed, for people to be told: ``found``, ``duplicate``, ``failed``, ``retry``,
    ``opted-out``, ``no-marketing`` or ``number-changed``."""

    kind: str
    post: str = ""
    detail: str = ""
    #: The number that a person had, and the one that they have now; to be masked before anybody sees them.
    phones: tuple[str, ...] = ()


def receive_events(
    conn: Connection,
    account: str,
    events: Iterable[ChannelEvent],
    *,
    is_opt_out: Callable[[str], bool],
    now: datetime,
) -> list[WebhookChange]:
    """Each event is kept once and everything that follows from it is done, in this one transaction.

    ``account`` is the ledger's id; ``leaves`` says whether a person's words mean that they want no more.
    """
    changes: list[WebhookChange | None] = []
    for channel_event in events:
        if not _save_event(conn, account, channel_event, now):
            continue
        if channel_event.restricts_account:
            _restrict_account(conn, account, channel_event, now=now)
        if channel_event.kind == "status" and channel_event.remote_id:
            changes.append(
                _apply_status(conn, account, channel_event.remote_id, now=now, channel_event=channel_event)
            )
        if channel_event.template_change:
            accounts.record_template_change(
                conn, account, channel_event.template_change, at=min(channel_event.at, now)
            )
        opts_out = (
            channel_event.kind == "opted-out"
            or is_opt_out(channel_event.text)
            or is_opt_out(channel_event.payload)
        )
        changes += _apply_person_event(conn, account, channel_event, opts_out=opts_out, now=now)
    return [change for change in changes if change is not None]


def apply_pending(conn: Connection, remote_ids: Sequence[str | None], *, now: datetime) -> None:
    """What was told of these messages before they were known here is settled."""
    recorded_ids = [remote_id for remote_id in remote_ids if remote_id]
    condition = message_event.c.remote_id.in_(recorded_ids) & message_event.c.settled.is_(False)
    for row in conn.execute(
        select(message_event.c.account, message_event.c.remote_id).where(condition).distinct()
    ).all():
        _apply_status(conn, row.account, row.remote_id, now=now)


def retry_unmatched(conn: Connection, *, now: datetime, limit: int = 1000) -> None:
    """What was told of messages that nobody knew is tried once more, the newest ``most`` of it."""
    query = select(message_event.c.account, message_event.c.remote_id).where(
        message_event.c.settled.is_(False), message_event.c.remote_id.isnot(None)
    )
    for row in conn.execute(query.order_by(message_event.c.id.desc()).limit(limit)).all():
        _apply_status(conn, row.account, row.remote_id, now=now)


def _save_event(conn: Connection, account: str, channel_event: ChannelEvent, now: datetime) -> bool:
    """Whether this is the first time that it is told; a person's number and words are not kept."""
    row = {
        # Two accounts have two secrets: neither may use up the other's events.
        "dedupe_key": f"{account}:{channel_event.dedupe_key}",
        "account": account,
        "kind": channel_event.kind,
        "key": channel_event.key,
        "remote_id": channel_event.remote_id,
        "stage": channel_event.stage,
        "failure_code": channel_event.failure_code,
        "at": min(channel_event.at, now),
        "received_at": now,
        "settled": channel_event.kind != "status",
    }
    return conn.execute(upsert(message_event).values(row).on_conflict_do_nothing()).rowcount == 1


# -- what is told of one message -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _MessageStatus:
    """Everything told of one message, as one word: ``stage`` or ``failure_code``; ``attempt_number`` None = no key of ours."""

    remote_id: str
    stage: Stage
    failure_code: str | None
    at: datetime
    key: str | None
    attempt_number: int | None


def _read_message_status(conn: Connection, account: str, remote_id: str) -> _MessageStatus:
    condition = (
        (message_event.c.account == account)
        & (message_event.c.remote_id == remote_id)
        & (message_event.c.kind == "status")
    )
    rows = conn.execute(select(message_event).where(condition).order_by(message_event.c.id)).all()
    stages = [Stage(row.stage) for row in rows if row.stage]
    stage = max(stages, key=_STAGES.index, default=Stage.ACCEPTED)
    failed = next((row.failure_code for row in rows if row.failure_code), None)
    if _STAGES.index(stage) >= _STAGES.index(Stage.DELIVERED):
        failed = None
    callbacks = (parse_callback(row.key) for row in rows)
    key, number = next((callback for callback in callbacks if callback[0]), (None, None))
    return _MessageStatus(remote_id, stage, failed, min(row.at for row in rows), key, number)


def _apply_status(
    conn: Connection,
    account: str,
    remote_id: str,
    *,
    now: datetime,
    channel_event: ChannelEvent | None = None,
) -> WebhookChange | None:
    """The delivery stands where all that was told of the message puts it; an unknown message stays open."""
    status = _read_message_status(conn, account, remote_id)
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
    return _mark_failed(conn, row, status, now=now, channel_event=channel_event)


def _mark_live(
    conn: Connection, row: Row[Any], status: _MessageStatus, now: datetime
) -> WebhookChange | None:
    """It exists: that ends any doubt, and any plan to send it again."""
    condition = delivery.c.key == row.key
    if row.state == State.PUBLISHED:
        if row.remote_id in (None, status.remote_id):
            conn.execute(update(delivery).where(condition).values(remote_id=status.remote_id))
            outcomes.advance_receipt_stage(conn, row.key, status.stage, now=now)
            return None
        return _mark_duplicate(conn, row, status, now=now)
    if row.state not in (State.SENDING, State.UNKNOWN):
        # Put aside, or waiting to be sent once more: it is a doubt again, which the proof ends.
        states.move(conn, states.REOPEN, condition, now=now, owner=None)
    receipt = Receipt(status.remote_id, status.at, stage=status.stage)
    number = row.attempts if status.attempt_number is None else status.attempt_number
    outcomes.mark_published(
        conn, [outcomes.PublishedReceipt(row.key, number, receipt)], now=now, by_lookup=True
    )
    return WebhookChange("found", row.post)


def _mark_duplicate(
    conn: Connection, row: Row[Any], status: _MessageStatus, *, now: datetime
) -> WebhookChange | None:
    """Another attempt's message is live beside the one that counts; said once, when its outcome is learned."""
    is_attempt = (attempt.c.key == row.key) & (attempt.c.number == status.attempt_number)
    is_unconfirmed = attempt.c.outcome.is_(None) | (attempt.c.outcome != "published")
    ended = {"outcome": "published", "code": "", "detail": "", "ended_at": now}
    if not conn.execute(update(attempt).where(is_attempt, is_unconfirmed).values(ended)).rowcount:
        return None
    outcomes.mark_duplicate(conn, [row.key], now=now)
    return WebhookChange("duplicate", row.post)


def _mark_failed(
    conn: Connection,
    row: Row[Any],
    status: _MessageStatus,
    *,
    now: datetime,
    channel_event: ChannelEvent | None,
) -> WebhookChange | None:
    """It was accepted and then failed: the delivery that rests on it fails, is tried once more, or is held."""
    is_current = row.state == State.PUBLISHED and row.remote_id in (None, status.remote_id)
    is_pending = row.state in (State.SENDING, State.UNKNOWN) and status.attempt_number in (None, row.attempts)
    if not is_current and not is_pending:
        return None
    number = row.attempts if status.attempt_number is None else status.attempt_number
    code = status.failure_code or ""
    kind = _failure_result(conn, row, number, code, channel_event)
    state = State.FAILED
    values: dict[str, object] = {"reason": code}
    if kind == "held":
        state, values = State.HELD, {"reason": "login"}
    if kind == "retry" and channel_event is not None:
        wait = timedelta(seconds=channel_event.retry_after or 0)
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
    return WebhookChange(kind, row.post, code)


def _failure_result(
    conn: Connection, row: Row[Any], number: int, code: str, channel_event: ChannelEvent | None
) -> str:
    """``failed``, ``held`` with its account, or ``retry`` where fewer attempts ended so than may."""
    if channel_event is None:
        return "failed"
    if channel_event.restricts_account and account_holds.is_held(conn, row.account, "login"):
        return "held"
    condition = (attempt.c.key == row.key) & (attempt.c.code == code) & (attempt.c.number < number)
    previous_failures = conn.scalar(select(func.count()).select_from(attempt).where(condition)) or 0
    return (
        "retry"
        if channel_event.retry_after is not None and previous_failures < channel_event.max_retries
        else "failed"
    )


def _restrict_account(conn: Connection, account: str, channel_event: ChannelEvent, *, now: datetime) -> None:
    """Nothing more goes out before a person has seen to it; news from before they did is old."""
    if not account_holds.acknowledged_since(conn, account, since=channel_event.at):
        account_holds.hold_account(conn, account, "login", code=channel_event.failure_code or "", now=now)


# -- what people do ------------------------------------------------------------------------------------


def _apply_person_event(
    conn: Connection, account: str, channel_event: ChannelEvent, *, opts_out: bool, now: datetime
) -> Iterator[WebhookChange]:
    """What follows for whoever it is about; ``opts_out`` = they want no more."""
    phone, at = identities.find_phone(conn, account, channel_event, now=now), min(channel_event.at, now)
    if phone is None:
        _remember_choices(conn, account, channel_event, opts_out=opts_out, now=now)
        return
    if channel_event.user_id and (
        chosen_at := identities.pop_remembered_choice(
            conn, account, channel_event.user_id, identities.OPTED_OUT
        )
    ):
        yield _opt_out(conn, phone, at=chosen_at, now=now)
    for choice in (identities.NO_MARKETING, identities.MARKETING):
        if channel_event.user_id and (
            chosen_at := identities.pop_remembered_choice(conn, account, channel_event.user_id, choice)
        ):
            _record_preference(
                conn, account, phone, marketing=choice == identities.MARKETING, at=chosen_at, now=now
            )
    if channel_event.kind == "inbound":
        _open_window(conn, account, phone, at=at)
    if channel_event.kind == "window-closed":
        _close_window(conn, account, phone, at=at)
    if channel_event.kind in ("no-marketing", "marketing"):
        _record_preference(conn, account, phone, marketing=channel_event.kind == "marketing", at=at, now=now)
    if channel_event.kind == "no-marketing":
        yield WebhookChange("no-marketing")
    if channel_event.new_phone and identities.link(conn, account, channel_event, now=now):
        yield from _change_phone(conn, phone, channel_event.new_phone, at=at, now=now)
    if opts_out:
        yield _opt_out(conn, phone, at=at, now=now)
    if opts_out and channel_event.phone not in (None, phone):
        # However they wrote it: no list that has it so brings them in again.
        _opt_out(conn, channel_event.phone, at=at, now=now)


def _change_phone(
    conn: Connection, old_phone: str, new_phone: str, *, at: datetime, now: datetime
) -> Iterator[WebhookChange]:
    """Whoever had left has left with the new number too, whatever list it is written in.

    And the other way round, where the news of the new number is later than their word from it.
    """
    yield WebhookChange("number-changed", phones=(old_phone, new_phone))
    old_person, new_person = (
        recipients.get_by_phone(conn, old_phone),
        recipients.get_by_phone(conn, new_phone),
    )
    if old_person is not None and old_person.opted_out_at is not None:
        _opt_out(conn, new_phone, at=old_person.opted_out_at, now=now)
    if new_person is not None and new_person.opted_out_at is not None and new_person.opted_out_at >= at:
        _opt_out(conn, old_phone, at=new_person.opted_out_at, now=now)


def _remember_choices(
    conn: Connection, account: str, channel_event: ChannelEvent, *, opts_out: bool, now: datetime
) -> None:
    """What somebody said who has only the platform's id waits for their number."""
    if channel_event.user_id is None:
        return
    if opts_out:
        identities.remember_choice(conn, account, channel_event, identities.OPTED_OUT, now=now)
    if channel_event.kind == "no-marketing":
        identities.remember_choice(conn, account, channel_event, identities.NO_MARKETING, now=now)
    if channel_event.kind == "marketing":
        identities.remember_choice(conn, account, channel_event, identities.MARKETING, now=now)


def _open_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """Free text may be sent to the person for 24 hours from ``at``; strangers have no window."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.open_window(conn, account, person.id, at=at)


def _close_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """The platform says that the person's window is not open."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.close_window(conn, account, person.id, at=at)


def _record_preference(
    conn: Connection, account: str, phone: str, *, marketing: bool, at: datetime, now: datetime
) -> None:
    """The person wants marketing of the account, or none; a stranger's "none" waits for any later list."""
    if not marketing:
        recipients.add_recipients(conn, [(phone, "", None)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        marketing_preferences.record_preference(conn, account, person.id, marketing=marketing, at=at)


def _opt_out(conn: Connection, phone: str, *, at: datetime, now: datetime) -> WebhookChange:
    """The person is sent nothing more; a stranger is remembered, so that no later list brings them in."""
    recipients.add_recipients(conn, [(phone, "", at)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        recipients.record_opt_outs(conn, [(person.id, at)])
    return WebhookChange("opted-out")

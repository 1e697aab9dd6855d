"""Lookups of unknown outcomes on the platform, at the times of the channel; read-only."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps.bugs import describe_bug, is_bug
from humaspost.delivery.steps.retry import as_channel_error
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import outcomes, receipts, unknown_outcomes
from humaspost.ledger.deliveries.unknown_outcomes import UnknownDelivery
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.event_kind import EventKind
from humaspost.model.rendition import Rendition

#: The interval at which a lookup without an answer is repeated, and for how long.
RECHECK_DELAY = timedelta(minutes=15)
RECHECK_PERIOD = timedelta(days=1)


def check_unknown(account_sessions: Mapping[str, AccountSession], sender: SenderContext) -> int:
    """Look up each unknown outcome whose lookup is due; return how many were due.

    The lookups never wait. ``account_sessions`` are by the ledger's account id.
    """
    now = sender.now()
    with sender.ledger.read() as conn:
        due = unknown_outcomes.list_due(conn, now=now, only_post=sender.only_post)
    for unknown in due:
        account_session = account_sessions.get(unknown.account)
        if account_session is not None:
            try:
                _check_delivery(account_session, sender, unknown)
            except Exception as error:
                if not is_bug(error):
                    raise
                _stop_lookups(account_session, sender, unknown, error)
    return len(due)


def _stop_lookups(
    account_session: AccountSession, sender: SenderContext, unknown: UnknownDelivery, error: Exception
) -> None:
    """Leave the delivery to a person: the lookup would raise again, and before the others."""
    now, name = sender.now(), account_session.account.name
    sender.emit(DeliveryEvent(now, EventKind.CHECK_FAILED, unknown.post, name, detail=describe_bug(error)))
    sender.ledger.write(
        lambda conn: outcomes.record_check(
            conn, unknown.key, proof=Proof.CANNOT_TELL, next_at=None, now=now, retry=False
        )
    )


def _check_delivery(account_session: AccountSession, sender: SenderContext, unknown: UnknownDelivery) -> None:
    with sender.ledger.read() as conn:
        attempt = _build_attempt(unknown, unknown_outcomes.list_used_remote_ids(conn, unknown))
    try:
        answer = account_session.session.find(attempt, to=_build_recipient(unknown))
    except Exception as error:
        # The platform did not answer, so nothing is proven; the other lookups go on.
        message = str(as_channel_error(error))
        sender.emit(
            DeliveryEvent(
                sender.now(),
                EventKind.CHECK_FAILED,
                unknown.post,
                account_session.account.name,
                detail=message,
            )
        )
        answer = Proof.NO_ANSWER
    answer = sender.ledger.write(
        lambda conn: _record_result(conn, account_session, sender, unknown, answer), is_outcome=True
    )
    if answer is Proof.NO_ANSWER:
        return
    kind = EventKind.FOUND if isinstance(answer, Receipt) else EventKind.CHECKED
    url = answer.url if isinstance(answer, Receipt) else None
    detail = "" if isinstance(answer, Receipt) else answer
    sender.emit(
        DeliveryEvent(sender.now(), kind, unknown.post, account_session.account.name, detail=detail, url=url)
    )


def _record_result(
    conn: Connection,
    account_session: AccountSession,
    sender: SenderContext,
    unknown: UnknownDelivery,
    answer: Receipt | Proof,
) -> Receipt | Proof:
    """Record what the answer proves about this delivery, and return it.

    An object that belongs to another delivery proves nothing.
    """
    now = sender.now()
    if isinstance(answer, Receipt) and answer.remote_id in unknown_outcomes.list_used_remote_ids(
        conn, unknown
    ):
        answer = Proof.ABSENT_SO_FAR
    if isinstance(answer, Receipt):
        receipts.mark_published(
            conn, [receipts.PublishedReceipt(unknown.key, unknown.number, answer)], now=now, by_lookup=True
        )
        return answer
    next_at = (
        None
        if answer is Proof.CANNOT_TELL
        else _next_check_at(account_session, unknown, now, is_answered=answer is not Proof.NO_ANSWER)
    )
    retry = account_session.account.on_unknown == "retry" and answer is not Proof.NO_ANSWER
    outcomes.record_check(conn, unknown.key, proof=answer, next_at=next_at, now=now, retry=retry)
    return answer


def _next_check_at(
    account_session: AccountSession, unknown: UnknownDelivery, now: datetime, *, is_answered: bool
) -> datetime | None:
    """Return the time of the next lookup, or None after the last one.

    Times count from the end of the attempt. A lookup without an answer proves nothing: it is repeated, for a
    day at most.
    """
    times = [
        unknown.unknown_since + timedelta(seconds=after)
        for after in account_session.channel.lookup_schedule.delays
    ]
    upcoming = next((time for time in times[unknown.lookups + 1 :] if time > now), None)
    if upcoming is None and not is_answered and now < unknown.unknown_since + RECHECK_PERIOD:
        return now + RECHECK_DELAY
    return upcoming


def _build_attempt(unknown: UnknownDelivery, used_remote_ids: frozenset[str]) -> Attempt:
    part = Rendition.from_json(json.loads(unknown.body)).parts[unknown.part - 1]
    return Attempt(
        key=unknown.key,
        number=unknown.number,
        started_at=unknown.started_at,
        ended_at=unknown.unknown_since,
        part=part,
        token=json.loads(unknown.token),
        reply_to=unknown.reply_to,
        code=unknown.code,
        used_remote_ids=used_remote_ids,
    )


def _build_recipient(unknown: UnknownDelivery) -> Recipient | None:
    return None if unknown.phone is None else Recipient(unknown.recipient, unknown.phone)


def lookup(account_session: AccountSession, ledger: Ledger, key: str) -> Receipt | Proof:
    """Return what the platform shows of a delivery with unknown outcome or address; read-only."""
    with ledger.read() as conn:
        unknown = unknown_outcomes.get_unknown(conn, key)
        if unknown is None:
            return Proof.CANNOT_TELL
        attempt = _build_attempt(unknown, unknown_outcomes.list_used_remote_ids(conn, unknown))
    try:
        return account_session.session.find(attempt, to=_build_recipient(unknown))
    except Exception:
        return Proof.NO_ANSWER  # no answer, or one that we cannot read

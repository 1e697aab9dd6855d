"""Steps 4 to 7: the last check of the clocks, one write, and the record of its outcome."""

import random
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.bugs import BUG_CODE, describe_bug, is_bug
from humaspost.delivery.steps.durable_write import commit, report_refusal
from humaspost.ledger.deliveries import attempts, outcomes, receipts
from humaspost.ledger.deliveries.write_outcomes import record_outcome
from humaspost.model.channel import Ready
from humaspost.model.delivery import Intent, Receipt
from humaspost.model.errors import AnyChannelError
from humaspost.model.event_kind import EventKind
from humaspost.model.outcome import HoldAccount, NotSent, RetryLater, WriteFailed, WriteOutcome

#: Seconds. After a longer time between the gate and the socket nothing is sent: the facts may have changed.
MAX_INTENT_AGE = 5.0


def send_intent(
    account_session: AccountSession,
    sender: SenderContext,
    intent: Intent,
    *,
    gated_monotonic: float,
    sleep: Callable[[float], None] = time.sleep,
) -> datetime | None:
    """Write the intent at most once, and record its outcome on disk.

    Returns until when the account must wait, or None. ``gated_monotonic`` is the monotonic time at which the
    intent was committed.
    """
    wait = (intent.at - sender.now()).total_seconds()
    if wait <= MAX_INTENT_AGE:  # a longer one means that the clock was set back since the gate
        sleep(max(0.0, wait))
    wall_delay = abs((sender.now() - intent.gated_at).total_seconds())
    if wall_delay > MAX_INTENT_AGE or time.monotonic() - gated_monotonic > MAX_INTENT_AGE:
        _record(account_session, sender, intent, NotSent(), now=sender.now())
        return None
    try:
        return _publish(account_session, sender, intent)
    except Exception as error:
        if not is_bug(error):
            raise
        # The write may be live, and what is known of it cannot be recorded.
        _record_bug(account_session, sender, intent, error)
        return None


def record_not_sent(account_session: AccountSession, sender: SenderContext, intent: Intent) -> None:
    """Record that no thread began to write the intent, and none will.

    Tried once, so that a disk that refuses does not keep the process alive: the next start calls it unknown.
    """
    now, account_id = sender.now(), account_session.account_id
    try:
        sender.ledger.write(
            lambda conn: record_outcome(conn, intent, NotSent(), account=account_id, now=now), is_outcome=True
        )
    except Exception as error:
        report_refusal(sender, error)


def _publish(account_session: AccountSession, sender: SenderContext, intent: Intent) -> datetime | None:
    try:
        receipt = account_session.session.publish(
            intent.part,
            Ready(intent.token),
            key=f"hp1:{intent.key}:{intent.number}",
            to=intent.to,
            reply_to=intent.reply_to,
        )
    except Exception as error:
        channel_error = retry.as_channel_error(error)
        if intent.to is not None:
            channel_error.without_person(phone=intent.to.phone, name=intent.to.name)
        return _record_error(account_session, sender, intent, channel_error)
    _record_published(account_session, sender, intent, receipt)
    return None


def _record_bug(
    account_session: AccountSession, sender: SenderContext, intent: Intent, error: Exception
) -> None:
    """Mark the outcome as unknown; an outcome that is recorded already stays as it is."""
    now, detail = sender.now(), describe_bug(error)
    delay = account_session.first_check_delay

    def operation(conn: Connection) -> bool:
        return bool(
            outcomes.mark_unknown(
                conn,
                intent.key,
                intent.number,
                code=BUG_CODE,
                detail=detail,
                now=now,
                first_check_delay=delay,
            )
        )

    kind = EventKind.UNKNOWN if commit(sender, operation) else EventKind.PROBLEM
    sender.emit(
        DeliveryEvent(now, kind, intent.post, account_session.account.name, detail=f"{BUG_CODE}: {detail}")
    )


def _record_published(
    account_session: AccountSession, sender: SenderContext, intent: Intent, receipt: Receipt
) -> None:
    now = sender.now()
    published = receipts.PublishedReceipt(intent.key, intent.number, receipt)
    sender.receipts.commit(
        sender.ledger, published, now=now, on_error=lambda error: report_refusal(sender, error)
    )
    url = receipt.url or (_fetch_url(account_session, sender, intent, receipt) if intent.to is None else None)
    sender.emit(DeliveryEvent(now, EventKind.PUBLISHED, intent.post, account_session.account.name, url=url))


def _fetch_url(
    account_session: AccountSession, sender: SenderContext, intent: Intent, receipt: Receipt
) -> str | None:
    """Return the public address of the delivery, requested once, or None.

    The delivery is published and recorded, whatever the result.
    """
    if receipt.remote_id is None:
        return None
    try:
        snapshot = account_session.session.read_back(receipt)
        url = snapshot.url if snapshot else None
        if url is not None:
            sender.ledger.write(lambda conn: receipts.set_url(conn, intent.key, url), is_outcome=True)
    except Exception as error:
        detail = f"address: {getattr(error, 'orig', error)}"
        sender.emit(
            DeliveryEvent(
                sender.now(), EventKind.PROBLEM, intent.post, account_session.account.name, detail=detail
            )
        )
        return None
    return url


def _record_error(
    account_session: AccountSession, sender: SenderContext, intent: Intent, error: AnyChannelError
) -> datetime | None:
    now = sender.now()
    failures, same_code_failures = commit(
        sender, lambda conn: attempts.count_failures(conn, intent.key, code=error.code)
    )
    jitter = random.random()  # noqa: S311  # spreads load
    decision = retry.decide(
        error, failures=failures, now=now, jitter=jitter, same_code_failures=same_code_failures
    )
    outcome = WriteFailed(error, decision, account_session.first_check_delay)
    kind = _record(account_session, sender, intent, outcome, now=now)
    sender.emit(DeliveryEvent(now, kind, intent.post, account_session.account.name, detail=str(error)))
    if isinstance(decision, RetryLater) and decision.whole_account:
        return decision.at
    return None


def _record(
    account_session: AccountSession,
    sender: SenderContext,
    intent: Intent,
    outcome: WriteOutcome,
    *,
    now: datetime,
) -> EventKind:
    account_id = account_session.account_id
    kind = commit(sender, lambda conn: record_outcome(conn, intent, outcome, account=account_id, now=now))
    if isinstance(outcome, NotSent) or isinstance(outcome.decision, RetryLater | HoldAccount):
        # The worker loads from the ledger how far the part is prepared, for the next delivery of it.
        account_session.invalidated_parts.add(intent.part.hash)
    return kind

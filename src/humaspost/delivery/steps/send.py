"""Steps 4 to 7: look at the clocks once more, write once, record what is known."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.durable_write import commit, report_refusal
from humaspost.ledger.deliveries import outcomes, preparations
from humaspost.ledger.deliveries.gate import Intent
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, service_windows
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt
from humaspost.model.errors import Rejected, Scope, Transient
from humaspost.model.event_kind import EventKind
from humaspost.model.reasons import AccountHold

#: Longer than this between the gate and the socket and nothing is sent: the world may have changed.
MAX_INTENT_AGE = 5.0


def send_intent(
    account_session: AccountSession,
    sender: SenderContext,
    intent: Intent,
    *,
    gated_monotonic: float,
    sleep: Callable[[float], None] = time.sleep,
) -> datetime | None:
    """The intent is written at most once and its outcome is on disk; until when the lane waits, if it must.

    ``gated`` is the monotonic clock when the intent was committed.
    """
    wait = (intent.at - sender.now()).total_seconds()
    if wait <= MAX_INTENT_AGE:  # a longer one means that the clock was set back since the gate
        sleep(max(0.0, wait))
    wall_delay = abs((sender.now() - intent.gated_at).total_seconds())
    if wall_delay > MAX_INTENT_AGE or time.monotonic() - gated_monotonic > MAX_INTENT_AGE:
        commit(sender, lambda conn: _record_not_sent(conn, account_session, intent, sender.now()))
        _invalidate_preparation(account_session, intent)
        return None
    try:
        receipt = account_session.session.publish(
            intent.part,
            Ready(intent.token),
            key=f"hp1:{intent.key}:{intent.number}",
            to=intent.to,
            reply_to=intent.reply_to,
        )
    except Exception as error:
        return _record_error(account_session, sender, intent, retry.as_channel_error(error))
    _record_published(account_session, sender, intent, receipt)
    return None


def _record_not_sent(
    conn: Connection, account_session: AccountSession, intent: Intent, now: datetime
) -> None:
    outcomes.reschedule(
        conn, intent.key, intent.number, at=None, now=now, outcome="not-sent", counts_failure=False
    )
    _return_preparation(conn, account_session, intent, now)


def _return_preparation(
    conn: Connection, account_session: AccountSession, intent: Intent, now: datetime
) -> None:
    """What the intent took is there again: proof that nothing was created came before it was used."""
    if intent.to is None:
        preparations.restore_preparation(
            conn, account_session.account_id, intent.part.hash, token=intent.token, now=now
        )


def _invalidate_preparation(account_session: AccountSession, intent: Intent) -> None:
    """The lane asks the ledger how far the part is prepared, for whoever is still to be sent it."""
    account_session.invalidated_parts.add(intent.part.hash)


def _record_published(
    account_session: AccountSession, sender: SenderContext, intent: Intent, receipt: Receipt
) -> None:
    now = sender.now()
    published = outcomes.PublishedReceipt(intent.key, intent.number, receipt)
    sender.receipts.commit(
        sender.ledger, published, now=now, on_error=lambda error: report_refusal(sender, error)
    )
    url = receipt.url or (_fetch_url(account_session, sender, intent, receipt) if intent.to is None else None)
    sender.emit(DeliveryEvent(now, EventKind.PUBLISHED, intent.post, account_session.account.name, url=url))


def _fetch_url(
    account_session: AccountSession, sender: SenderContext, intent: Intent, receipt: Receipt
) -> str | None:
    """Where it can be seen, asked once; it is published and recorded whatever comes of this."""
    if receipt.remote_id is None:
        return None
    try:
        snapshot = account_session.session.read_back(receipt)
        url = snapshot.url if snapshot else None
        if url is not None:
            sender.ledger.write(lambda conn: outcomes.set_url(conn, intent.key, url))
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
    account_session: AccountSession, sender: SenderContext, intent: Intent, error: retry.AnyChannelError
) -> datetime | None:
    now = sender.now()
    failures, same_code_failures = commit(
        sender, lambda conn: outcomes.count_failures(conn, intent.key, code=error.code)
    )
    jitter = random.random()  # noqa: S311  # spreads load
    decision = retry.decide(
        error, failures=failures, now=now, jitter=jitter, same_code_failures=same_code_failures
    )
    code, detail = error.code, error.detail
    key, number, whole_post = intent.key, intent.number, error.scope is Scope.POST

    def record_decision(conn: Connection) -> str:
        match decision:
            case retry.RetryLater(at, counts, _, restart_preparation):
                outcomes.reschedule(
                    conn,
                    key,
                    number,
                    at=at,
                    now=now,
                    code=code,
                    detail=detail,
                    counts_failure=counts,
                    whole_post=whole_post,
                )
                if isinstance(error, Transient) and error.window_closed and intent.to is not None:
                    service_windows.close_window(
                        conn, account_session.account_id, intent.to.id, at=intent.gated_at
                    )
                if restart_preparation:
                    preparations.delete_preparation(conn, account_session.account_id, intent.part.hash)
                else:
                    _return_preparation(conn, account_session, intent, now)
                return "retry"
            case retry.HoldAccount(reason) as hold_decision:
                outcomes.reschedule(
                    conn,
                    key,
                    number,
                    at=None,
                    now=now,
                    code=code,
                    detail=detail,
                    counts_failure=False,
                    hold_reason=reason,
                )
                _return_preparation(conn, account_session, intent, now)
                until = retry.next_login_check(hold_decision, now)
                account_holds.hold_account(
                    conn, account_session.account_id, reason, code=code, detail=detail, until=until, now=now
                )
                return "held"
            case retry.MarkFailed():
                outcomes.mark_failed(
                    conn, key, number, code=code, detail=detail, now=now, whole_post=whole_post
                )
                if isinstance(error, Rejected) and error.marketing_refused:
                    marketing_preferences.record_refusal(conn, key, at=now)
                return "failed"
            case retry.MarkUnknown(hold):
                _mark_unknown(conn, account_session, intent, error, now=now, hold_account=hold)
                return "unknown"

    kind = commit(sender, record_decision)
    if isinstance(decision, retry.RetryLater | retry.HoldAccount):
        _invalidate_preparation(account_session, intent)
    sender.emit(
        DeliveryEvent(now, EventKind(kind), intent.post, account_session.account.name, detail=str(error))
    )
    if isinstance(decision, retry.RetryLater) and decision.whole_account:
        return decision.at
    return None


def _mark_unknown(
    conn: Connection,
    account_session: AccountSession,
    intent: Intent,
    error: retry.AnyChannelError,
    *,
    now: datetime,
    hold_account: bool,
) -> None:
    streak = outcomes.mark_unknown(
        conn,
        intent.key,
        intent.number,
        code=error.code,
        detail=error.detail,
        now=now,
        first_check_delay=account_session.first_check_delay,
    )
    if hold_account:
        # A suspected spam block lets one log in all the same: only a person ends it, by `account check`.
        account_holds.hold_account(
            conn, account_session.account_id, AccountHold.QUOTA, code=error.code, detail=error.detail, now=now
        )
    elif streak >= outcomes.THROTTLE_STREAK:
        until = now + timedelta(seconds=30 * 2 ** min(streak - outcomes.THROTTLE_STREAK, 7))
        account_holds.throttle(conn, account_session.account_id, code=error.code, until=until)

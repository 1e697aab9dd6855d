"""Step 2: the preparation of a part, until the channel is ready; nothing of it is public."""

import random
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.base.canonical_json import Json
from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.bugs import as_rejection, is_bug
from humaspost.delivery.steps.durable_write import commit
from humaspost.ledger.deliveries import limits, preparations
from humaspost.ledger.holds import account_holds
from humaspost.model.channel import MediaNotReady, Ready
from humaspost.model.errors import ChannelError, QuotaExceeded, Transient, UnknownOutcome
from humaspost.model.event_kind import EventKind
from humaspost.model.outcome import HoldAccount, RetryLater
from humaspost.model.rendition import Part

#: Polls closer together than this are made at once; a longer wait frees the thread.
IMMEDIATE_POLL = timedelta(seconds=0.2)
#: The most steps of one call: an upload of half a gigabyte has 512.
MAX_STEP_COUNT = 1000
#: The longest wait between two polls; no platform needs longer.
MAX_POLL_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a part: ``ready``, or the next step at ``next_at``.

    ``failed`` = it can never be ready; ``deferred_by`` = it was refused for now.
    """

    ready: bool
    token: Json = None
    next_at: datetime | None = None
    failed: ChannelError | None = None
    deferred_by: ChannelError | MediaNotReady | None = None
    account_blocked_until: datetime | None = None


def load_progress(account_session: AccountSession, sender: SenderContext, part_hash: str) -> Progress:
    """Return the progress of the part in the ledger."""
    with sender.ledger.read() as conn:
        saved = preparations.load_preparation(conn, account_session.account_id, part_hash)
    if saved is None:
        return Progress(False)
    return Progress(saved.ready, saved.token, saved.next_at)


def advance(
    account_session: AccountSession, sender: SenderContext, part: Part, *, part_hash: str, token: Json
) -> Progress:
    """Make all steps that are possible now, each saved before the next, up to a limit."""
    for _step_number in range(MAX_STEP_COUNT):
        is_counted = token is None and any(quota.counts_preparation for quota in account_session.rules.quotas)
        with account_session.quota_lock if is_counted else nullcontext():
            progress = _run_step(account_session, sender, part, part_hash=part_hash, token=token)
        if progress.ready or progress.failed or progress.next_at is not None:
            return progress
        token = progress.token
    return replace(progress, next_at=sender.now())


def _run_step(
    account_session: AccountSession, sender: SenderContext, part: Part, *, part_hash: str, token: Json
) -> Progress:
    """Make one step; without ``next_at`` the next one follows at once."""
    now = sender.now()
    over_quota = _check_quota(account_session, sender, now) if token is None else None
    if over_quota is not None:
        return over_quota
    try:
        step = account_session.session.prepare(part, token)
    except MediaNotReady as not_ready:
        # Its claims are released, so that a long conversion occupies no place in the worker.
        return Progress(False, token, now + _poll_delay(not_ready.retry_after), deferred_by=not_ready)
    except Exception as error:
        return _handle_error(account_session, sender, part_hash, token, error)
    if isinstance(step, Ready):
        if step.token is not None:
            _save_progress(account_session, sender, part_hash, token=step.token, ready=True, next_at=now)
        return Progress(True, step.token)
    delay = _poll_delay(step.retry_after)
    next_at = now + delay
    _save_progress(
        account_session,
        sender,
        part_hash,
        token=step.token,
        ready=False,
        next_at=next_at,
        used_quota=step.used_quota,
    )
    return Progress(False, step.token, next_at if delay > IMMEDIATE_POLL else None)


def _poll_delay(seconds: float) -> timedelta:
    """Return the wait that a channel requests; MAX_POLL_DELAY for NaN or a longer wait."""
    return (
        timedelta(seconds=max(0.0, seconds)) if seconds <= MAX_POLL_DELAY.total_seconds() else MAX_POLL_DELAY
    )


def _save_progress(
    account_session: AccountSession,
    sender: SenderContext,
    part_hash: str,
    *,
    token: Json,
    ready: bool,
    next_at: datetime,
    failures: int = 0,
    restarted: bool = False,
    used_quota: str = "",
) -> None:
    now = sender.now()

    def operation(conn: Connection) -> None:
        preparations.save_preparation(
            conn,
            account_session.account_id,
            part_hash,
            token=token,
            ready=ready,
            next_at=next_at,
            failures=failures,
            restarted=restarted,
            now=now,
        )
        if used_quota:
            limits.record_use(conn, account_session.account_id, used_quota, now=now)

    commit(sender, operation)


def _check_quota(account_session: AccountSession, sender: SenderContext, now: datetime) -> Progress | None:
    """Return why no part can start now, or None: a quota of preparations is used up.

    A part that was started goes on.
    """
    for quota in account_session.rules.quotas:
        if quota.counts_preparation:
            with sender.ledger.read() as conn:
                at = limits.get_next_free_at(conn, account_session.account_id, quota, now=now)
            if at is not None:
                sender.emit(
                    DeliveryEvent(
                        now, EventKind.LIMIT, account=account_session.account.name, detail=quota.name
                    )
                )
                return Progress(False, None, at, deferred_by=QuotaExceeded(quota.name, resets_at=at))
    return None


def _handle_error(
    account_session: AccountSession, sender: SenderContext, part_hash: str, token: Json, error: Exception
) -> Progress:
    """Record a failed step, and return the progress of the part.

    A failed step made nothing public, so even an unknown outcome is only a reason to try again. A bug is not:
    it would come again with the same part.
    """
    channel_error = as_rejection(error) if is_bug(error) else retry.as_channel_error(error)
    if isinstance(channel_error, UnknownOutcome):
        channel_error = Transient(channel_error.code, channel_error.detail)
    with sender.ledger.read() as conn:
        saved = preparations.load_preparation(conn, account_session.account_id, part_hash)
    failures, now = max(saved.failures, saved.restarts) if saved else 0, sender.now()
    decision = retry.decide(channel_error, failures=failures, now=now, jitter=random.random())  # noqa: S311  # spreads load
    name = account_session.account.name
    sender.emit(DeliveryEvent(now, EventKind.PREPARE_FAILED, account=name, detail=str(channel_error)))
    match decision:
        case RetryLater() as later:
            next_token = None if later.restart_preparation else token
            _save_progress(
                account_session,
                sender,
                part_hash,
                token=next_token,
                ready=False,
                next_at=later.at,
                failures=failures + 1 if later.counts_failure else failures,
                restarted=later.restart_preparation,
            )
            blocked_until = later.at if later.whole_account else None
            return Progress(
                False, next_token, later.at, deferred_by=channel_error, account_blocked_until=blocked_until
            )
        case HoldAccount() as hold:
            sender.ledger.write(
                lambda conn: account_holds.hold_refused_account(
                    conn, account_session.account_id, channel_error, hold, now=now
                )
            )
            return Progress(False, token, now + timedelta(seconds=1), deferred_by=channel_error)
        case _:
            # A delivery that is scheduled again starts from the beginning, not with the failed preparation.
            commit(
                sender,
                lambda conn: preparations.delete_preparation(conn, account_session.account_id, part_hash),
            )
            return Progress(False, token, failed=channel_error)

"""Step 2: a part is prepared until the channel says Ready; nothing of it is public."""

import random
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.base.canonical_json import Json
from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.durable_write import commit
from humaspost.ledger.deliveries import limits, preparations
from humaspost.ledger.holds import account_holds
from humaspost.model.channel import MediaNotReady, Ready
from humaspost.model.errors import ChannelError, QuotaExceeded, Transient, UnknownOutcome
from humaspost.model.event_kind import EventKind
from humaspost.model.outcome import HoldAccount, RetryLater
from humaspost.model.rendition import Part

#: Polls closer together than this are made at once; longer ones free the thread.
IMMEDIATE_POLL = timedelta(seconds=0.2)
#: More are not made in one go: an upload of half a gigabyte has 512.
MAX_STEP_COUNT = 1000
#: No platform's processing takes longer than this between two looks.
MAX_POLL_DELAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a part is: ``ready``, or again at ``next_at``; ``failed`` = never, ``refused`` = not for now."""

    ready: bool
    token: Json = None
    next_at: datetime | None = None
    failed: ChannelError | None = None
    deferred_by: ChannelError | MediaNotReady | None = None
    account_blocked_until: datetime | None = None


def load_progress(account_session: AccountSession, sender: SenderContext, part_hash: str) -> Progress:
    """What the ledger remembers of the part."""
    with sender.ledger.read() as conn:
        saved = preparations.load_preparation(conn, account_session.account_id, part_hash)
    if saved is None:
        return Progress(False)
    return Progress(saved.ready, saved.token, saved.next_at)


def advance(
    account_session: AccountSession, sender: SenderContext, part: Part, *, part_hash: str, token: Json
) -> Progress:
    """As many steps as can be made now are made, each remembered before the next; some, of those without end."""
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
    """One step; without ``next_at`` the next one is made at once."""
    now = sender.now()
    over_quota = _check_quota(account_session, sender, now) if token is None else None
    if over_quota is not None:
        return over_quota
    try:
        step = account_session.session.prepare(part, token)
    except MediaNotReady as not_ready:
        # What is claimed for it is put back, so that a long conversion keeps no place in the lane.
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
    """As long as a channel asks for; what no clock can count (NaN, too long) is the longest of ours."""
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
    """Why no part can be begun now: a quota of preparation is spent. One that was begun goes on."""
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
    """A step that failed created nothing public, so even doubt is only a reason to try again."""
    channel_error = retry.as_channel_error(error)
    if isinstance(channel_error, UnknownOutcome):
        channel_error = Transient(channel_error.code, channel_error.detail)
    with sender.ledger.read() as conn:
        saved = preparations.load_preparation(conn, account_session.account_id, part_hash)
    failures, now = max(saved.failures, saved.restarts) if saved else 0, sender.now()
    decision = retry.decide(channel_error, failures=failures, now=now, jitter=random.random())  # noqa: S311  # spreads load
    sender.emit(
        DeliveryEvent(
            now, EventKind.PREPARE_FAILED, account=account_session.account.name, detail=str(channel_error)
        )
    )
    match decision:
        case RetryLater(at, counts, whole_account, restart_preparation):
            next_token = None if restart_preparation else token
            count = failures + 1 if counts else failures
            _save_progress(
                account_session,
                sender,
                part_hash,
                token=next_token,
                ready=False,
                next_at=at,
                failures=count,
                restarted=restart_preparation,
            )
            return Progress(
                False,
                next_token,
                at,
                deferred_by=channel_error,
                account_blocked_until=at if whole_account else None,
            )
        case HoldAccount() as hold:
            sender.ledger.write(
                lambda conn: account_holds.hold_refused_account(
                    conn, account_session.account_id, channel_error, hold, now=now
                )
            )
            return Progress(False, token, now + timedelta(seconds=1), deferred_by=channel_error)
        case _:
            # Whoever frees it begins anew, not with what failed.
            commit(
                sender,
                lambda conn: preparations.delete_preparation(conn, account_session.account_id, part_hash),
            )
            return Progress(False, token, failed=channel_error)

"""Step 2: a part is prepared until the channel says Ready; nothing of it is public."""

import random
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.base.canonical_json import Json
from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.durable_write import record
from humaspost.ledger.deliveries import limits, preparations
from humaspost.ledger.holds import account_holds
from humaspost.model.channel import NotFitYet, Ready
from humaspost.model.errors import ChannelError, QuotaExceeded, Transient, UnknownOutcome
from humaspost.model.rendition import Part

#: Polls closer together than this are made at once; longer ones free the thread.
SOON = timedelta(seconds=0.2)
#: More are not made in one go: an upload of half a gigabyte has 512.
STEPS = 1000
#: No platform's processing takes longer than this between two looks.
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a part is: ``ready``, or again at ``next_at``; ``failed`` = never, ``refused`` = not for now."""

    ready: bool
    token: Json = None
    next_at: datetime | None = None
    failed: ChannelError | None = None
    refused: ChannelError | NotFitYet | None = None
    lane_until: datetime | None = None


def recall(line: Line, sender: Sender, part_hash: str) -> Progress:
    """What the ledger remembers of the part."""
    with sender.ledger.read() as conn:
        row = preparations.load(conn, line.id, part_hash)
    if row is None:
        return Progress(False)
    return Progress(row.ready, preparations.token_of(row), row.next_at)


def advance(line: Line, sender: Sender, part: Part, *, part_hash: str, token: Json) -> Progress:
    """As many steps as can be made now are made, each remembered before the next; some, of those without end."""
    for _step_now in range(STEPS):
        counted = token is None and any(quota.preparing for quota in line.rules.quotas)
        with line.beginning if counted else nullcontext():
            progress = _step(line, sender, part, part_hash=part_hash, token=token)
        if progress.ready or progress.failed or progress.next_at is not None:
            return progress
        token = progress.token
    return replace(progress, next_at=sender.now())


def _step(line: Line, sender: Sender, part: Part, *, part_hash: str, token: Json) -> Progress:
    """One step; without ``next_at`` the next one is made at once."""
    now = sender.now()
    full = _full(line, sender, now) if token is None else None
    if full is not None:
        return full
    try:
        step = line.session.prepare(part, token)
    except NotFitYet as wait:
        # What is claimed for it is put back, so that a long conversion keeps no place in the lane.
        return Progress(False, token, now + _pause(wait.after), refused=wait)
    except Exception as error:
        return _failed(line, sender, part_hash, token, error)
    if isinstance(step, Ready):
        if step.token is not None:
            _keep(line, sender, part_hash, token=step.token, ready=True, next_at=now)
        return Progress(True, step.token)
    pause = _pause(step.after)
    next_at = now + pause
    _keep(line, sender, part_hash, token=step.token, ready=False, next_at=next_at, spent=step.spent)
    return Progress(False, step.token, next_at if pause > SOON else None)


def _pause(seconds: float) -> timedelta:
    """As long as a channel asks for; what no clock can count (NaN, too long) is the longest of ours."""
    return timedelta(seconds=max(0.0, seconds)) if seconds <= LONGEST.total_seconds() else LONGEST


def _keep(
    line: Line,
    sender: Sender,
    part_hash: str,
    *,
    token: Json,
    ready: bool,
    next_at: datetime,
    failures: int = 0,
    remade: bool = False,
    spent: str = "",
) -> None:
    now = sender.now()

    def work(conn: Connection) -> None:
        preparations.keep(
            conn,
            line.id,
            part_hash,
            token=token,
            ready=ready,
            next_at=next_at,
            failures=failures,
            remade=remade,
            now=now,
        )
        if spent:
            limits.use(conn, line.id, spent, now=now)

    record(sender, work)


def _full(line: Line, sender: Sender, now: datetime) -> Progress | None:
    """Why no part can be begun now: a quota of preparation is spent. One that was begun goes on."""
    for quota in line.rules.quotas:
        if quota.preparing:
            with sender.ledger.read() as conn:
                at = limits.free_at(conn, line.id, quota, now=now)
            if at is not None:
                sender.tell(Happened(now, "limit", account=line.account.name, detail=quota.name))
                return Progress(False, None, at, refused=QuotaExceeded(quota.name, resets_at=at))
    return None


def _failed(line: Line, sender: Sender, part_hash: str, token: Json, error: Exception) -> Progress:
    """A step that failed created nothing public, so even doubt is only a reason to try again."""
    one = retry.as_one_of_six(error)
    if isinstance(one, UnknownOutcome):
        one = Transient(one.code, one.detail)
    with sender.ledger.read() as conn:
        row = preparations.load(conn, line.id, part_hash)
    failures, now = max(row.failures, row.remade) if row else 0, sender.now()
    verdict = retry.decide(one, failures=failures, now=now, jitter=random.random())  # noqa: S311  # spreads load
    sender.tell(Happened(now, "prepare-failed", account=line.account.name, detail=str(one)))
    match verdict:
        case retry.Again(at, counts, lane, redo):
            kept = None if redo else token
            count = failures + 1 if counts else failures
            _keep(line, sender, part_hash, token=kept, ready=False, next_at=at, failures=count, remade=redo)
            return Progress(False, kept, at, refused=one, lane_until=at if lane else None)
        case retry.HoldAccount(reason) as held:
            code, detail = one.code, one.detail
            sender.ledger.write(
                lambda conn: account_holds.hold(
                    conn,
                    line.id,
                    reason,
                    code=code,
                    detail=detail,
                    until=retry.asks_again(held, now),
                    now=now,
                )
            )
            return Progress(False, token, now + timedelta(seconds=1), refused=one)
        case _:
            # Whoever frees it begins anew, not with what failed.
            record(sender, lambda conn: preparations.forget(conn, line.id, part_hash))
            return Progress(False, token, failed=one)

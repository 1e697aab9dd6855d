"""Receipts: the publication of a delivery, the stage of its message, and its address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, select, update

from humaspost.ledger.deliveries import attempts, states, thread_parts
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import forgotten
from humaspost.ledger.schema import account, delivery
from humaspost.model.delivery import Receipt, Stage, State
from humaspost.model.reasons import AccountHold, StopReason

#: The reason of a delivery that is live twice.
DUPLICATE = StopReason.DUPLICATE
_ORDER = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class PublishedReceipt:
    """A receipt for one attempt."""

    key: str
    number: int
    receipt: Receipt


_KEPT_REASONS = (StopReason.FOUND, DUPLICATE)
_PUBLISH = states.statement(
    states.PUBLISH,
    delivery.c.key == bindparam("the_key"),
    reason=bindparam("why"),
    remote_id=bindparam("remote_id"),
    url=bindparam("url"),
    published_at=bindparam("at"),
    stage=bindparam("stage"),
    owner=None,
    use_latest_rendition=False,
    next_lookup_at=None,
    code="",
    detail="",
    updated_at=bindparam("now"),
)


def mark_published(
    conn: Connection, receipts: Sequence[PublishedReceipt], *, now: datetime, by_lookup: bool
) -> None:
    """Mark deliveries as published, unless they were settled before.

    ``by_lookup`` = a lookup found them, not the reply to the write.
    """
    receipt_ids = forgotten.hide_remote_ids(conn, {item.key: item.receipt.remote_id for item in receipts})
    rows = [
        {
            "the_key": item.key,
            "why": StopReason.FOUND if by_lookup else item.receipt.note,
            "remote_id": receipt_ids[item.key],
            "url": item.receipt.url,
            "at": item.receipt.at,
            "stage": item.receipt.stage,
            "now": now,
        }
        for item in receipts
    ]
    conn.execute(_PUBLISH, rows)
    attempts.end_attempts(conn, [(item.key, item.number) for item in receipts], outcome="published", now=now)
    keys = [item.key for item in receipts]
    is_published = (delivery.c.key.in_(keys)) & (delivery.c.state == State.PUBLISHED)
    columns = [delivery.c[name] for name in ("key", "post", "account", "part", "recipient", "remote_id")]
    settled = list(conn.execute(select(*columns).where(is_published)))
    duplicates = [
        row.key
        for row in settled
        if None not in (row.remote_id, receipt_ids[row.key]) and row.remote_id != receipt_ids[row.key]
    ]
    mark_duplicate(conn, duplicates, now=now)
    for account_id in {row.account for row in settled}:
        _reset_unknown_streak(conn, account_id, now=now)
    for row in settled:
        if not row.recipient and row.remote_id is not None:
            thread_parts.release_following(conn, row.post, row.account, part=row.part, now=now)


def mark_duplicate(conn: Connection, keys: Sequence[str], *, now: datetime) -> None:
    """Record that two of a delivery are live.

    A user had it sent again, and the first write turned out to be live.
    """
    if keys:
        condition = delivery.c.key.in_(keys) & (delivery.c.state == State.PUBLISHED)
        conn.execute(update(delivery).where(condition).values(reason=DUPLICATE, updated_at=now))


def set_url(conn: Connection, key: str, url: str) -> None:
    """Save the address of a published delivery that has none; nothing else changes."""
    condition = (delivery.c.key == key) & (delivery.c.state == State.PUBLISHED) & delivery.c.url.is_(None)
    conn.execute(update(delivery).where(condition).values(url=url))


def _reset_unknown_streak(conn: Connection, account_id: str, *, now: datetime) -> None:
    """Reset the count of unknown outcomes, and end a throttle with what it holds."""
    condition = account.c.id == account_id
    row = conn.execute(select(account.c.unknown_streak, account.c.hold).where(condition)).one()
    if row.unknown_streak:
        conn.execute(update(account).where(condition).values(unknown_streak=0))
    if row.hold == AccountHold.THROTTLE:
        free = {"hold": None, "hold_code": "", "hold_detail": "", "hold_until": None}
        conn.execute(update(account).where(condition).values(free))
        account_holds.release_throttled(conn, account_id, now=now)


def advance_receipt_stage(conn: Connection, key: str, stage: Stage, *, now: datetime) -> None:
    """Advance the stage of a receipt, which never goes back.

    The stages are accepted, sent, delivered, read. A note that the delivery might be kept back is cleared.
    """
    lower = [s for s in Stage if _ORDER[s] < _ORDER[stage]]
    conn.execute(
        update(delivery)
        .where(delivery.c.key == key, delivery.c.state == State.PUBLISHED, delivery.c.stage.in_(lower))
        .values(
            stage=stage,
            reason=case((delivery.c.reason.in_(_KEPT_REASONS), delivery.c.reason), else_=""),
            updated_at=now,
        )
    )

"""The facts that the gate's rules need, read in the transaction that commits the intent."""

import json
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select

from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.holds import pauses
from humaspost.ledger.schema import (
    account,
    consent,
    delivery,
    marketing_preference,
    plan_row,
    post,
    recipient,
    rendition,
    service_window,
)
from humaspost.model.account import AccountStatus, is_marketing
from humaspost.model.decision import GateFacts
from humaspost.model.delivery import Receipt, State
from humaspost.model.post import Late
from humaspost.model.reasons import AccountHold, FileHold
from humaspost.model.rendition import Fallback, Part, Rendition


class GateFactsReader:
    """A reader of facts about the deliveries of one account.

    Facts that the deliveries share are read once; ``account_row`` is the account's row.
    """

    def __init__(self, conn: Connection, account_id: str, *, now: datetime, same_text: timedelta) -> None:
        self._conn, self._now, self._same_text = conn, now, same_text
        self._pauses = pauses.list_active(conn)
        self._ledger_created_at = get_created_at(conn) or now
        self.account_row = conn.execute(select(account).where(account.c.id == account_id)).one()

    def read(self, row: Row[Any], part: Part, *, is_started: bool) -> GateFacts:
        """Return every fact that may stop the write of ``part``.

        ``is_started`` = a delivery of the post was written on this account before.
        """
        account_row, now = self.account_row, self._now
        window_open = not row.recipient or (row.open_until is not None and row.open_until > now)
        is_probing = account_row.hold == AccountHold.THROTTLE and (
            account_row.hold_until is None or account_row.hold_until <= now
        )
        return GateFacts(
            now=now,
            due_at=row.due_at,
            expires_at=row.expires_at,
            late=Late(row.late),
            grace=timedelta(seconds=row.grace),
            first_write_at=row.first_write_at or (now if is_started else None),
            is_paused=pauses.is_paused(self._pauses, row.type, row.during_pause),
            file_hold=FileHold(row.file_hold) if row.file_hold else None,
            account_hold=None if is_probing or not account_row.hold else AccountHold(account_row.hold),
            has_consent=not row.recipient or bool(row.agreed),
            opted_out=row.opted_out_at is not None,
            service_window_open=window_open,
            has_template=part.fallback is not None,
            marketing_refused=row.marketing is False
            and not window_open
            and self._is_marketing(part.fallback),
            due_before_ledger=row.due_at < self._ledger_created_at,
            duplicate_of=None if is_started else _find_duplicate(self._conn, row, now - self._same_text),
        )

    def _is_marketing(self, fallback: Fallback | None) -> bool:
        return fallback is not None and is_marketing(fallback, self._account_status)

    @cached_property
    def _account_status(self) -> AccountStatus | None:
        return accounts.status_from_row(self.account_row)


def select_claimed(keys: list[str], owner: str) -> Any:
    """Return the query for the deliveries' rows, with all facts that the gate needs.

    It gives only rows that ``owner`` has claimed.
    """
    plan_join = and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account)
    agreed = exists().where(consent.c.recipient == delivery.c.recipient)
    preference_join = and_(
        marketing_preference.c.account == delivery.c.account,
        marketing_preference.c.recipient == delivery.c.recipient,
    )
    window_join = and_(
        service_window.c.account == delivery.c.account, service_window.c.recipient == delivery.c.recipient
    )
    delivery_columns = ("key", "post", "account", "part", "recipient", "attempts", "use_latest_rendition")
    plan_columns = ("due_at", "expires_at", "late", "grace", "type", "during_pause")
    text_columns = ("first_write_at", "frozen_rendition", "rendition", "replies_to", "repeats")
    return (
        select(
            *[delivery.c[name] for name in delivery_columns],
            *[plan_row.c[name] for name in plan_columns + text_columns],
            post.c.hold.label("file_hold"),
            recipient.c.phone,
            recipient.c.opted_out_at,
            agreed.label("agreed"),
            service_window.c.open_until,
            marketing_preference.c.marketing,
        )
        .join(plan_row, plan_join)
        .join(post, post.c.id == delivery.c.post)
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .outerjoin(service_window, window_join)
        .outerjoin(marketing_preference, preference_join)
        .where(delivery.c.key.in_(keys), delivery.c.state == State.PREPARING, delivery.c.owner == owner)
    )


def load_part(conn: Connection, rendition_hash: str, number: int) -> Part:
    """Return part ``number`` of the stored rendition with this hash."""
    text = conn.scalar(select(rendition.c.body).where(rendition.c.hash == rendition_hash))
    return Rendition.from_json(json.loads(text or "")).parts[number - 1]


def _find_duplicate(conn: Connection, row: Row[Any], since: datetime) -> str | None:
    """Return the id of another post with the same first text on this account, or None.

    Only first writes after ``since`` count, and none of a post that this one repeats, or that repeats this one.
    """
    query = select(plan_row.c.post, plan_row.c.repeats).where(
        plan_row.c.account == row.account,
        plan_row.c.frozen_rendition == row.rendition,
        plan_row.c.post != row.post,
        plan_row.c.first_write_at > since,
    )
    repeated = json.loads(row.repeats or "[]")
    for other in conn.execute(query):
        if other.post not in repeated and row.post not in json.loads(other.repeats or "[]"):
            return str(other.post)
    return None


def find_reply_target(conn: Connection, row: Row[Any]) -> Receipt | None:
    """Return the receipt of the post that this delivery replies to, or None if it is not live.

    This is the earlier part of the thread, or the first part of the post that this one corrects.
    """
    post_id, part = (row.post, row.part - 1) if row.part > 1 else (row.replies_to, 1)
    if post_id is None:
        return None
    query = select(delivery.c.remote_id, delivery.c.url, delivery.c.published_at).where(
        delivery.c.post == post_id,
        delivery.c.account == row.account,
        delivery.c.part == part,
        delivery.c.recipient == "",
        delivery.c.state == State.PUBLISHED,
        delivery.c.remote_id.isnot(None),
    )
    live_row = conn.execute(query.limit(1)).one_or_none()
    return Receipt(live_row.remote_id, live_row.published_at, live_row.url) if live_row else None

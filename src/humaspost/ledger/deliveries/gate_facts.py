"""What the gate's rules are told of a delivery, read in the transaction that commits its intent."""

import json
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, select

from humaspost.ledger import accounts
from humaspost.ledger.database import created_at
from humaspost.ledger.holds import pauses
from humaspost.ledger.schema import (
    account,
    consent,
    delivery,
    planned,
    post,
    preference,
    recipient,
    rendition,
    window,
)
from humaspost.model.account import Facts, is_marketing
from humaspost.model.decision import Case
from humaspost.model.delivery import Receipt, State
from humaspost.model.post import Late
from humaspost.model.rendition import Fallback, Part, Rendition


class Cases:
    """The cases of one account: what they share is read once, ``lane`` (the account's row) among it."""

    def __init__(self, conn: Connection, account_id: str, *, now: datetime, same_text: timedelta) -> None:
        self._conn, self._now, self._same_text = conn, now, same_text
        self._pauses = pauses.active(conn)
        self._born = created_at(conn) or now
        self.lane = conn.execute(select(account).where(account.c.id == account_id)).one()

    def of(self, row: Row[Any], part: Part, *, begun: bool) -> Case:
        """Everything that may stop the write of ``part``; ``begun`` = something of the post was written here before."""
        lane, now = self.lane, self._now
        open_now = not row.recipient or (row.open_until is not None and row.open_until > now)
        probing = lane.hold == "lane" and (lane.hold_until is None or lane.hold_until <= now)
        return Case(
            now=now,
            due_at=row.due_at,
            expires_at=row.expires_at,
            late=Late(row.late),
            grace=timedelta(seconds=row.grace),
            first_write_at=row.first_write_at or (now if begun else None),
            paused=pauses.holds(self._pauses, row.type, row.during_pause),
            file_hold=row.file_hold,
            account_hold=None if probing else lane.hold,
            consent=not row.recipient or bool(row.agreed),
            opted_out=row.opted_out_at is not None,
            window=open_now,
            template=part.fallback is not None,
            unwanted=row.marketing is False and not open_now and self._is_marketing(part.fallback),
            before_ledger=row.due_at < self._born,
            same_text=None if begun else _twin(self._conn, row, now - self._same_text),
        )

    def _is_marketing(self, fallback: Fallback | None) -> bool:
        return fallback is not None and is_marketing(fallback, self._facts)

    @cached_property
    def _facts(self) -> Facts | None:
        return accounts.facts_of(self.lane)


def facts(keys: list[str], owner: str) -> Any:
    """The rows of these deliveries, where they are ours, with all that the rules ask of each."""
    pair = and_(planned.c.post == delivery.c.post, planned.c.account == delivery.c.account)
    agreed = exists().where(consent.c.recipient == delivery.c.recipient)
    said = and_(preference.c.account == delivery.c.account, preference.c.recipient == delivery.c.recipient)
    open_ = and_(window.c.account == delivery.c.account, window.c.recipient == delivery.c.recipient)
    of_delivery = ("key", "post", "account", "part", "recipient", "attempts", "follows")
    of_planned = ("due_at", "expires_at", "late", "grace", "type", "during_pause")
    of_text = ("first_write_at", "frozen", "rendition", "replies_to", "repeats")
    return (
        select(
            *[delivery.c[name] for name in of_delivery],
            *[planned.c[name] for name in of_planned + of_text],
            post.c.hold.label("file_hold"),
            recipient.c.phone,
            recipient.c.opted_out_at,
            agreed.label("agreed"),
            window.c.open_until,
            preference.c.marketing,
        )
        .join(planned, pair)
        .join(post, post.c.id == delivery.c.post)
        .outerjoin(recipient, recipient.c.id == delivery.c.recipient)
        .outerjoin(window, open_)
        .outerjoin(preference, said)
        .where(delivery.c.key.in_(keys), delivery.c.state == State.PREPARING, delivery.c.owner == owner)
    )


def part_of(conn: Connection, body: str, number: int) -> Part:
    """Part ``number`` of the kept rendition with the hash ``body``."""
    text = conn.scalar(select(rendition.c.body).where(rendition.c.hash == body))
    return Rendition.from_json(json.loads(text or "")).parts[number - 1]


def _twin(conn: Connection, row: Row[Any], since: datetime) -> str | None:
    """Another post whose first write on this account said exactly this, and which this does not repeat."""
    twin = select(planned.c.post).where(
        planned.c.account == row.account,
        planned.c.frozen == row.rendition,
        planned.c.post != row.post,
        planned.c.first_write_at > since,
    )
    found = conn.scalar(twin.limit(1))
    return None if found is None or found == row.repeats else str(found)


def replied_to(conn: Connection, row: Row[Any]) -> Receipt | None:
    """The earlier part, or the first part of the post that this one corrects, where that one is live."""
    of, part = (row.post, row.part - 1) if row.part > 1 else (row.replies_to, 1)
    if of is None:
        return None
    live = select(delivery.c.remote_id, delivery.c.url, delivery.c.published_at).where(
        delivery.c.post == of,
        delivery.c.account == row.account,
        delivery.c.part == part,
        delivery.c.recipient == "",
        delivery.c.state == State.PUBLISHED,
        delivery.c.remote_id.isnot(None),
    )
    found = conn.execute(live.limit(1)).one_or_none()
    return Receipt(found.remote_id, found.published_at, found.url) if found else None

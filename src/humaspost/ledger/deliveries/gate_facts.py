"""The facts that the gate's rules need, read in the transaction that commits the intent."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, and_, func, select

from humaspost.ledger import accounts, dialect
from humaspost.ledger.database import get_created_at
from humaspost.ledger.holds import pauses
from humaspost.ledger.posts import vanished_posts
from humaspost.ledger.schema import (
    account,
    audience,
    audience_candidate,
    audience_member,
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
from humaspost.model.decision import CheckFile, FileState, GateFacts, UserDecision, assume_present
from humaspost.model.delivery import Receipt, State
from humaspost.model.post import Late
from humaspost.model.reasons import AccountHold, FileHold
from humaspost.model.rendition import Fallback, Part, Rendition


class GateFactsReader:
    """A reader of facts about the deliveries of one account.

    Facts that the deliveries share are read once; ``account_row`` is the account's row. ``check_file`` looks
    at a post's file, at most once per post.
    """

    def __init__(
        self,
        conn: Connection,
        account_id: str,
        *,
        now: datetime,
        same_text: timedelta = timedelta(0),
        check_file: CheckFile = assume_present,
    ) -> None:
        self._conn, self._now, self._same_text, self._check_file = conn, now, same_text, check_file
        self._pauses = pauses.list_active(conn)
        self._ledger_created_at = get_created_at(conn) or now
        self._file_states: dict[str, FileState] = {}
        self.account_row = conn.execute(select(account).where(account.c.id == account_id)).one()

    def read(self, row: Row[Any], part: Part | None, *, is_started: bool) -> GateFacts:
        """Return every fact that may stop the write of ``part``.

        ``part`` is None if the rendition has no such part. ``is_started`` = a delivery of the post was written on this account before.
        """
        now = self._now
        window_open = not row.recipient or (row.open_until is not None and row.open_until > now)
        fallback = part.fallback if part is not None else None
        return replace(
            self.read_post(row),
            first_write_at=row.first_write_at or (now if is_started else None),
            waited_until=row.not_before,
            is_planned=bool(row.planned) and part is not None,
            file_state=self._get_file_state(row),
            is_member=not row.recipient or bool(row.is_member),
            is_confirmed=not row.recipient or bool(row.is_confirmed),
            has_consent=not row.recipient or bool(row.agreed),
            # Without a row in the register the person was forgotten.
            opted_out=row.opted_out_at is not None or (bool(row.recipient) and row.phone is None),
            service_window_open=window_open,
            has_template=fallback is not None,
            marketing_refused=row.marketing is False and not window_open and self._is_marketing(fallback),
            duplicate_of=None if is_started else _find_duplicate(self._conn, row, now - self._same_text),
        )

    def read_post(self, row: Row[Any]) -> GateFacts:
        """Return the facts that a post on the account shares with all its deliveries.

        ``row`` has the columns of ``post_facts``.
        """
        account_row, now = self.account_row, self._now
        is_probing = account_row.hold == AccountHold.THROTTLE and (
            account_row.hold_until is None or account_row.hold_until <= now
        )
        return GateFacts(
            now=now,
            due_at=row.due_at,
            expires_at=row.expires_at,
            late=Late(row.late),
            grace=timedelta(seconds=row.grace),
            first_write_at=row.first_write_at,
            progress_at=row.progress_at,
            decision=UserDecision(row.decision) if row.decision else None,
            decided_at=row.decided_at,
            is_planned=bool(row.planned),
            is_paused=pauses.is_paused(self._pauses, row.type, row.during_pause),
            file_hold=FileHold(row.file_hold) if row.file_hold else None,
            account_hold=None if is_probing or not account_row.hold else AccountHold(account_row.hold),
            list_held_at=row.list_held_at,
            due_before_ledger=row.due_at < self._ledger_created_at,
        )

    def _get_file_state(self, row: Row[Any]) -> FileState:
        """Return the state of the post's file now.

        Where so many files vanished that a scan changed nothing, the plan stands: it counts as present.
        """
        if row.post not in self._file_states:
            state = self._check_file(row.file, row.stamp)
            if state is FileState.ABSENT and row.post in self._vanished_posts:
                state = FileState.PRESENT
            self._file_states[row.post] = state
        return self._file_states[row.post]

    @cached_property
    def _vanished_posts(self) -> frozenset[str]:
        return vanished_posts.load_vanished(self._conn)

    def _is_marketing(self, fallback: Fallback | None) -> bool:
        return fallback is not None and is_marketing(fallback, self._account_status)

    @cached_property
    def _account_status(self) -> AccountStatus | None:
        return accounts.status_from_row(self.account_row)


def read_posts(conn: Connection, *, now: datetime) -> dict[tuple[str, str], GateFacts]:
    """Return the facts of each planned post, by post and account name, for reports."""
    query = select(account.c.id, account.c.name, *post_facts()).join(
        account, account.c.id == plan_row.c.account
    )
    rows = conn.execute(query.join(post, post.c.id == plan_row.c.post)).all()
    readers = {id_: GateFactsReader(conn, id_, now=now) for id_ in {row.id for row in rows}}
    return {(row.post, row.name): readers[row.id].read_post(row) for row in rows}


def post_facts() -> list[Any]:
    """Return the columns of ``plan_row`` joined with ``post`` that ``read_post`` needs."""
    of_file = ("post", "due_at", "expires_at", "late", "grace", "type", "during_pause", "planned")
    names = (*of_file, "decision", "decided_at", "first_write_at", "progress_at")
    return [
        *[plan_row.c[name] for name in names],
        post.c.hold.label("file_hold"),
        _list_held_at().label("list_held_at"),
    ]


def is_list_held() -> ColumnElement[bool]:
    """Return the condition that a list that the post of ``plan_row`` names now is held."""
    return _list_held_at().is_not(None)


def _list_held_at() -> ScalarSelect[datetime]:
    named = dialect.json_texts(plan_row.c.audiences)
    began_at = func.coalesce(audience.c.held_at, audience.c.imported_at)
    held = select(func.max(began_at)).join(named, named.c.value == audience.c.name)
    return held.where(audience.c.hold.isnot(None)).correlate(plan_row).scalar_subquery()


def is_member_of_named(recipient_id: Any) -> ColumnElement[bool]:
    """Return the condition that a list that ``plan_row`` names now has the recipient."""
    named = dialect.json_texts(plan_row.c.audiences)
    member = select(audience_member.c.audience).join(named, named.c.value == audience_member.c.audience)
    return (
        member.where(audience_member.c.recipient == recipient_id)
        .correlate_except(audience_member, named)
        .exists()
    )


def is_confirmed_member() -> ColumnElement[bool]:
    """Return the condition that a list is not held, or that its held file has the member too.

    It is about rows of ``audience_member`` joined with ``audience``.
    """
    is_in_file = (
        select(audience_candidate.c.audience)
        .where(
            audience_candidate.c.audience == audience_member.c.audience,
            audience_candidate.c.recipient == audience_member.c.recipient,
        )
        .correlate(audience_member)
        .exists()
    )
    return audience.c.hold.is_(None) | is_in_file


def is_confirmed_by_named(recipient_id: Any) -> ColumnElement[bool]:
    """Return the condition that a list that ``plan_row`` names confirms the recipient.

    A list that is held confirms those of its people whom its file has too.
    """
    named = dialect.json_texts(plan_row.c.audiences)
    member = (
        select(audience_member.c.audience)
        .join(named, named.c.value == audience_member.c.audience)
        .join(audience, audience.c.name == audience_member.c.audience)
    )
    confirmed = member.where(audience_member.c.recipient == recipient_id, is_confirmed_member())
    return confirmed.correlate_except(audience_member, audience, named).exists()


def has_recipients() -> ColumnElement[bool]:
    """Return the condition that the lists that the post of ``plan_row`` names now reach anybody."""
    named = dialect.json_texts(plan_row.c.audiences)
    joined = (
        select(recipient.c.id)
        .join(audience_member, audience_member.c.recipient == recipient.c.id)
        .join(named, named.c.value == audience_member.c.audience)
    )
    reached = joined.where(recipient.c.opted_out_at.is_(None), has_consent(recipient.c.id))
    return reached.correlate(plan_row).exists()


def has_consent(recipient_id: Any) -> ColumnElement[bool]:
    """Return the condition that the recipient agreed, by the newest list that names them."""
    agreed = select(consent.c.recipient).where(
        consent.c.recipient == recipient_id, consent.c.withdrawn_at.is_(None)
    )
    return agreed.correlate_except(consent).exists()


def select_claimed(keys: list[str], owner: str) -> Any:
    """Return the query for the deliveries' rows, with all facts that the gate needs.

    It gives only rows that ``owner`` has claimed.
    """
    plan_join = and_(plan_row.c.post == delivery.c.post, plan_row.c.account == delivery.c.account)
    preference_join = and_(
        marketing_preference.c.account == delivery.c.account,
        marketing_preference.c.recipient == delivery.c.recipient,
    )
    window_join = and_(
        service_window.c.account == delivery.c.account, service_window.c.recipient == delivery.c.recipient
    )
    delivery_columns = (
        "key",
        "account",
        "part",
        "recipient",
        "attempts",
        "use_latest_rendition",
        "not_before",
    )
    text_columns = ("frozen_rendition", "rendition", "replies_to", "repeats")
    return (
        select(
            *[delivery.c[name] for name in delivery_columns],
            *post_facts(),
            *[plan_row.c[name] for name in text_columns],
            post.c.file,
            post.c.stamp,
            recipient.c.phone,
            recipient.c.name,
            recipient.c.opted_out_at,
            has_consent(delivery.c.recipient).label("agreed"),
            is_member_of_named(delivery.c.recipient).label("is_member"),
            is_confirmed_by_named(delivery.c.recipient).label("is_confirmed"),
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


def load_part(conn: Connection, rendition_hash: str, number: int) -> Part | None:
    """Return part ``number`` of the stored rendition, or None if it has fewer parts."""
    text = conn.scalar(select(rendition.c.body).where(rendition.c.hash == rendition_hash))
    parts = Rendition.from_json(json.loads(text or "")).parts
    return parts[number - 1] if number <= len(parts) else None


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

"""Deliveries that need a person: one item per post, accounts and state, with evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.deliveries.restore_gap import get_restore_gap
from humaspost.ledger.people import list_holds
from humaspost.ledger.queries import delivery_lists, recipient_counts
from humaspost.model.delivery import UNRESOLVED_STATES, State
from humaspost.model.reasons import AccountHold, FileHold, StopReason
from humaspost.model.records import DeliveryRecord, PostTotals
from humaspost.reports.public_page import public_page

#: An expired post that was due before the ledger was made is a need for so long.
EXPIRED_PERIOD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """A number of deliveries of a post, on some accounts, that wait for the same action."""

    state: str
    post: str
    accounts: tuple[str, ...]
    count: int
    due: datetime
    reason: str = ""
    code: str = ""
    detail: str = ""
    sent_at: datetime | None = None
    lookups: tuple[tuple[datetime, str], ...] = ()
    next_lookup_at: datetime | None = None
    page_url: str = ""
    is_fan_out: bool = False
    #: From the backup to the restore, if it may have been sent meanwhile.
    gap: tuple[datetime, datetime] | None = None
    #: ``resolve`` can ask the platform.
    can_check: bool = False
    #: ``publish`` would send to somebody now.
    can_publish: bool = False


@dataclass(frozen=True, slots=True)
class LoginRequired:
    """An account whose login the platform does not accept."""

    account: str
    code: str
    detail: str


def attention(office: Office, conn: Connection, posts: Sequence[PostTotals]) -> list[AttentionItem]:
    """Return all items: deliveries, missing files, replies without an address, stopped posts.

    ``posts`` are those of the ledger as the rule says now. The same problem on several accounts is one item.
    """
    now = office.now()
    rows = delivery_lists.list_deliveries(conn, states=UNRESOLVED_STATES)
    order = {state: index for index, state in enumerate(UNRESOLVED_STATES)}
    rows.sort(key=lambda row: (order[State(row.state)], row.due_at, row.post, row.account_name))
    items = [
        _attention_item(office, conn, list(group))
        for _key, group in groupby(rows, key=lambda row: (row.state, row.post, row.account_name))
    ]
    return [
        *_merge_accounts(
            [
                *items,
                *_with_stopped_posts(posts, now=now),
                *_held_by_lists(conn, posts, now=now),
                *_expired_posts(conn, posts, now=now),
            ]
        ),
        *_replies_without_address(conn),
        *_with_missing_file(posts, now=now),
    ]


def _with_missing_file(posts: Sequence[PostTotals], *, now: datetime) -> list[AttentionItem]:
    """Return due posts whose file is missing; a person or an accident may have moved it."""
    items = [
        AttentionItem(
            str(State.HELD),
            entry.id,
            (entry.account,),
            entry.remaining_count,
            entry.due_at,
            reason=FileHold.GONE,
            is_fan_out=bool(entry.audiences),
        )
        for entry in posts
        if entry.hold == FileHold.GONE and entry.due_at <= now and entry.remaining_count
    ]
    return _merge_accounts(items)


def _with_stopped_posts(posts: Sequence[PostTotals], *, now: datetime) -> list[AttentionItem]:
    """Return due posts that wait for a person as a whole, noticed by a sender or not."""
    return [
        AttentionItem(
            str(entry.stop),
            entry.id,
            (entry.account,),
            entry.stopped,
            entry.due_at,
            entry.stop_reason,
            is_fan_out=bool(entry.audiences),
        )
        for entry in posts
        if entry.due_at <= now and _needs_person(entry)
    ]


def _held_by_lists(conn: Connection, posts: Sequence[PostTotals], *, now: datetime) -> list[AttentionItem]:
    """Return due posts of which people wait for a list that is held."""
    held = {record.audience for record in list_holds.list_holds(conn)}
    return [
        AttentionItem(
            str(State.HELD),
            entry.id,
            (entry.account,),
            entry.counts[State.HELD] - entry.unplanned,
            entry.due_at,
            StopReason.LIST,
            detail=" ".join(name for name in entry.audiences if name in held),
            is_fan_out=True,
            can_publish=bool(
                recipient_counts.count_waiting(
                    conn, entry.id, account_name=entry.account, audiences=entry.audiences
                )
            ),
        )
        for entry in posts
        if entry.due_at <= now and _waits_for_list(entry)
    ]


def _waits_for_list(entry: PostTotals) -> bool:
    """Return True for a post that a list holds, and for people that `publish` left out."""
    return StopReason.LIST in (entry.stop_reason, entry.reasons.get(State.HELD))


def _needs_person(entry: PostTotals) -> bool:
    if entry.stop is State.HELD:
        return entry.stop_reason == StopReason.NO_RECIPIENTS
    return bool(entry.stopped) and entry.stop is State.MISSED


def _expired_posts(conn: Connection, posts: Sequence[PostTotals], *, now: datetime) -> list[AttentionItem]:
    """Return what expired, recorded or not, until a person gives it new dates or cancels it."""
    created_at = get_created_at(conn) or now
    return [
        AttentionItem(
            str(State.EXPIRED),
            entry.id,
            (entry.account,),
            entry.counts[State.EXPIRED],
            entry.due_at,
            entry.stop_reason if entry.stop is State.EXPIRED else entry.reasons.get(State.EXPIRED, ""),
            is_fan_out=bool(entry.audiences),
        )
        for entry in posts
        if entry.counts[State.EXPIRED]
        and entry.cancelled_at is None
        and not _is_archived(entry, created_at, now)
    ]


def _is_archived(entry: PostTotals, created_at: datetime, now: datetime) -> bool:
    """Return True for a post that was over before the office had a ledger."""
    if entry.due_at >= created_at:
        return False
    last_time = max(entry.due_at, entry.expires_at or entry.due_at)
    return not (entry.stop is State.EXPIRED and last_time >= now - EXPIRED_PERIOD)


def _replies_without_address(conn: Connection) -> list[AttentionItem]:
    """Return published parts that hold later parts back because their address is unknown."""
    keys = unknown_outcomes.blocking_parts(conn, unknown_outcomes.published_without_id(conn))
    rows = delivery_lists.list_deliveries(conn, states=(State.PUBLISHED,)) if keys else []
    return [
        AttentionItem(
            str(State.HELD),
            row.post,
            (row.account_name,),
            1,
            row.due_at,
            StopReason.NO_ADDRESS,
            detail=str(row.part),
        )
        for row in rows
        if row.key in keys
    ]


def _attention_item(office: Office, conn: Connection, rows: Sequence[DeliveryRecord]) -> AttentionItem:
    first = rows[0]
    item = AttentionItem(
        str(first.state),
        first.post,
        (first.account_name,),
        len(rows),
        first.due_at,
        first.reason,
        first.code,
        first.detail,
        is_fan_out=bool(first.recipient),
    )
    return _with_evidence(office, conn, item, first) if first.state == State.UNKNOWN else item


def _with_evidence(
    office: Office, conn: Connection, item: AttentionItem, row: DeliveryRecord
) -> AttentionItem:
    from dataclasses import replace

    from humaspost.app.resolve import has_address

    lookups = unknown_outcomes.list_lookups(conn, row.key)
    gap = get_restore_gap(conn) if row.reason == StopReason.RESTORED else None
    return replace(
        item,
        sent_at=row.unknown_since,
        lookups=tuple((lookup.at, str(lookup.proof)) for lookup in lookups),
        next_lookup_at=row.next_lookup_at,
        page_url=public_page(office, row.channel, row.account_name),
        gap=(gap.since, gap.until) if gap is not None else None,
        can_check=has_address(office, row),
    )


def _merge_accounts(items: Sequence[AttentionItem]) -> list[AttentionItem]:
    """Merge equal items of several accounts; each unknown outcome stays separate."""
    from dataclasses import replace

    merged: dict[tuple[str, ...], AttentionItem] = {}
    for item in items:
        separate_accounts = item.accounts if item.state == State.UNKNOWN else ()
        key = (item.state, item.post, item.reason, item.code, item.detail, *separate_accounts)
        previous = merged.get(key)
        if previous is not None:
            item = replace(
                previous,
                accounts=tuple(dict.fromkeys((*previous.accounts, *item.accounts))),
                count=previous.count + item.count,
                can_publish=previous.can_publish or item.can_publish,
            )
        merged[key] = item
    return list(merged.values())


def logins_required(conn: Connection) -> list[LoginRequired]:
    """Return the accounts whose login the platform refuses."""
    return [
        LoginRequired(account.name, account.hold_code, account.hold_detail)
        for account in accounts.list_accounts(conn)
        if account.hold == AccountHold.LOGIN
    ]


def login_required(office: Office, name: str) -> LoginRequired | None:
    """Return why the platform refuses the login of one account, or None if it does not."""
    with office.ledger().read() as conn:
        return next((login for login in logins_required(conn) if login.account == name), None)

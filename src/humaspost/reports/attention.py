"""Deliveries that need a person: one item per post, accounts and state, with evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.posts import post_stops
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.model.delivery import UNRESOLVED_STATES, State
from humaspost.model.reasons import AccountHold, FileHold, StopReason
from humaspost.model.records import DeliveryRecord, PostStop
from humaspost.reports.public_page import public_page


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


@dataclass(frozen=True, slots=True)
class LoginRequired:
    """An account whose login the platform does not accept."""

    account: str
    code: str
    detail: str


def attention(office: Office, conn: Connection) -> list[AttentionItem]:
    """Return all items: deliveries, missing files, replies without an address, stopped posts.

    The same problem on several accounts is one item.
    """
    rows = delivery_lists.list_deliveries(conn, states=UNRESOLVED_STATES)
    order = {state: index for index, state in enumerate(UNRESOLVED_STATES)}
    rows.sort(key=lambda row: (order[State(row.state)], row.due_at, row.post, row.account_name))
    items = [
        _attention_item(office, conn, list(group))
        for _key, group in groupby(rows, key=lambda row: (row.state, row.post, row.account_name))
    ]
    return [
        *_merge_accounts(items),
        *_replies_without_address(conn),
        *_with_missing_file(conn, now=office.now()),
        *_with_stopped_posts(conn, now=office.now()),
    ]


def _with_missing_file(conn: Connection, *, now: datetime) -> list[AttentionItem]:
    """Return due posts whose file is missing; a person or an accident may have moved it."""
    if not any(row.hold == FileHold.GONE for row in delivery_lists.list_posts(conn)):
        return []
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
        for entry in totals.list_by_post(conn)
        if entry.hold == FileHold.GONE and entry.due_at <= now and entry.remaining_count
    ]
    return _merge_accounts(items)


def _with_stopped_posts(conn: Connection, *, now: datetime) -> list[AttentionItem]:
    """Return due fan-outs that wait for a person as a whole: nobody of them has a delivery."""
    stops = {(stop.post, stop.account) for stop in post_stops.list_stops(conn) if _needs_person(stop)}
    if not stops:
        return []
    return [
        AttentionItem(
            str(entry.stop),
            entry.id,
            (entry.account,),
            entry.counts[entry.stop],
            entry.due_at,
            entry.stop_reason,
            is_fan_out=True,
        )
        for entry in totals.list_by_post(conn)
        if (entry.id, entry.account) in stops and entry.stop is not None and entry.due_at <= now
    ]


def _needs_person(stop: PostStop) -> bool:
    return stop.state is State.MISSED or stop.reason == StopReason.NO_RECIPIENTS


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

    lookups = unknown_outcomes.list_lookups(conn, row.key)
    return replace(
        item,
        sent_at=row.unknown_since,
        lookups=tuple((lookup.at, str(lookup.proof)) for lookup in lookups),
        next_lookup_at=row.next_lookup_at,
        page_url=public_page(office, row.channel, row.account_name),
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
                previous, accounts=(*previous.accounts, *item.accounts), count=previous.count + item.count
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

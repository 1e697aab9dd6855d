"""What needs a person: one entry per post, account and state, with the evidence and the ways out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.model.delivery import NEEDS_PERSON, WAITING, State
from humaspost.views.resolve import own_page


@dataclass(frozen=True, slots=True)
class Need:
    """``count`` deliveries of a post on some accounts that wait for the same thing."""

    state: str
    post: str
    accounts: tuple[str, ...]
    count: int
    due: datetime
    reason: str = ""
    code: str = ""
    detail: str = ""
    sent_at: datetime | None = None
    looks: tuple[tuple[datetime, str], ...] = ()
    next_look: datetime | None = None
    where: str = ""
    fan_out: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """An account whose login the platform does not accept."""

    account: str
    code: str
    detail: str


def needs(office: Office, conn: Connection) -> list[Need]:
    """Unknown first, then missed, then failed, then what answers a post whose address nobody knows.

    The same on several accounts is told once.
    """
    rows = delivery_lists.deliveries(conn, states=NEEDS_PERSON)
    order = {state: number for number, state in enumerate(NEEDS_PERSON)}
    rows.sort(key=lambda row: (order[State(row.state)], row.due_at, row.post, row.account_name))
    found = [
        _need(office, conn, list(group))
        for _key, group in groupby(rows, key=lambda row: (row.state, row.post, row.account_name))
    ]
    return [*_together(found), *_answering_nothing(conn), *_gone(conn, now=office.now())]


def _gone(conn: Connection, *, now: datetime) -> list[Need]:
    """What was due, and whose file is not there: moved away by a person who wanted that, or by accident."""
    if not any(row.hold == "gone" for row in delivery_lists.post_ids(conn)):
        return []
    found = [
        Need(
            str(State.HELD),
            entry["id"],
            (entry["account"],),
            count,
            entry["due_at"],
            reason="gone",
            fan_out=bool(entry["audiences"]),
        )
        for entry in totals.by_post(conn)
        if entry["hold"] == "gone" and entry["due_at"] <= now
        if (count := sum(entry["counts"][state] for state in (*WAITING, State.HELD)))
    ]
    return _together(found)


def _answering_nothing(conn: Connection) -> list[Need]:
    """Parts held by one that is live, and nobody knows where."""
    keys = unknown_outcomes.waited_for(conn, unknown_outcomes.lost(conn))
    rows = delivery_lists.deliveries(conn, states=(State.PUBLISHED,)) if keys else []
    return [
        Need(str(State.HELD), row.post, (row.account_name,), 1, row.due_at, "nowhere", detail=str(row.part))
        for row in rows
        if row.key in keys
    ]


def _need(office: Office, conn: Connection, rows: Sequence[Row[Any]]) -> Need:
    first = rows[0]
    need = Need(
        str(first.state),
        first.post,
        (first.account_name,),
        len(rows),
        first.due_at,
        first.reason,
        first.code,
        first.detail,
        fan_out=bool(first.recipient),
    )
    return _evidence(office, conn, need, first) if first.state == State.UNKNOWN else need


def _evidence(office: Office, conn: Connection, need: Need, row: Row[Any]) -> Need:
    from dataclasses import replace

    looked = unknown_outcomes.looks_of(conn, row.key)
    return replace(
        need,
        sent_at=row.unknown_since,
        looks=tuple((look.at, str(look.proof)) for look in looked),
        next_look=row.next_look_at,
        where=own_page(office, row),
    )


def _together(found: Sequence[Need]) -> list[Need]:
    """Missed (and failed alike) posts are one entry for all their accounts; each doubt stands alone."""
    from dataclasses import replace

    merged: dict[tuple[str, ...], Need] = {}
    for need in found:
        alone = need.accounts if need.state == State.UNKNOWN else ()
        key = (need.state, need.post, need.reason, need.code, need.detail, *alone)
        before = merged.get(key)
        if before is not None:
            need = replace(
                before, accounts=(*before.accounts, *need.accounts), count=before.count + need.count
            )
        merged[key] = need
    return list(merged.values())


def logins(conn: Connection) -> list[Login]:
    """Accounts that wait for a login."""
    return [
        Login(row.name, row.hold_code, row.hold_detail) for row in accounts.every(conn) if row.hold == "login"
    ]

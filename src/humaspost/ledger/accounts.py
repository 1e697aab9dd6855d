"""Accounts: random ids, bound at first contact to the platform's own id."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from humaspost.base.canonical_json import canonical
from humaspost.ledger.schema import account, delivery, planned, preparation, quota_use, rate
from humaspost.model.account import Account, Facts, Identity, Verdict


class AccountConflict(Exception):
    """The platform's id is bound to another name; both are in the config."""

    def __init__(self, name: str, other: str, shown: str) -> None:
        super().__init__(f"{name} and {other} are the same account {shown}")
        self.name, self.other, self.shown = name, other, shown


class WrongAccount(Exception):
    """The credentials are of another account than the one this name was bound to."""

    def __init__(self, name: str, bound: str, shown: str) -> None:
        super().__init__(f"{name} was bound to {bound}, the credentials are of {shown}")
        self.name, self.bound, self.shown = name, bound, shown


def ensure(conn: Connection, known: Account, *, platform_id: str | None = None) -> str:
    """The ledger's id of a configured account; a renamed one with the same platform id keeps its own."""
    found = conn.scalar(select(account.c.id).where(account.c.name == known.name))
    if found:
        return str(found)
    if platform_id:
        renamed = conn.execute(
            update(account)
            .where(account.c.channel == known.channel, account.c.platform_id == platform_id)
            .values(name=known.name)
        )
        if renamed.rowcount:
            return ensure(conn, known)
    fresh = secrets.token_hex(8)
    conn.execute(insert(account).values(id=fresh, name=known.name, channel=known.channel, shown=known.shown))
    return fresh


def by_name(conn: Connection, name: str) -> Row[Any] | None:
    """The account's row, None before its first use."""
    return conn.execute(select(account).where(account.c.name == name)).one_or_none()


def every(conn: Connection) -> list[Row[Any]]:
    """All accounts that the ledger knows, by name."""
    return list(conn.execute(select(account).order_by(account.c.name)))


def bind(
    conn: Connection,
    account_id: str,
    identity: Identity,
    *,
    now: datetime,
    configured: frozenset[str],
    asked_as: str = "",
) -> str:
    """The account is the platform's own; its id in the ledger (an older one if it was only renamed).

    ``configured`` are the names in the config, ``asked_as`` is a digest of what the config says of it.
    Raises AccountConflict where two of them are the same,
    WrongAccount where the name is bound to another platform id.
    """
    me = conn.execute(select(account).where(account.c.id == account_id)).one()
    same = (account.c.channel == me.channel) & (account.c.platform_id == identity.platform_id)
    other = conn.execute(select(account).where(same, account.c.id != account_id)).one_or_none()
    if other is not None and other.name in configured:
        raise AccountConflict(me.name, other.name, identity.shown)
    if me.platform_id and me.platform_id != identity.platform_id:
        raise WrongAccount(me.name, me.shown, identity.shown)
    if other is not None:
        _forget_unsent(conn, account_id)
        conn.execute(update(account).where(account.c.id == other.id).values(name=me.name))
        account_id = other.id
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(platform_id=identity.platform_id, shown=identity.shown, bound_at=now, checked_at=now)
    )
    asked(conn, account_id, asked_as)
    return account_id


def asked(conn: Connection, account_id: str, identity: str) -> None:
    """The platform was asked about exactly this: the same handle, the same secrets."""
    conn.execute(update(account).where(account.c.id == account_id).values(asked_as=identity))


def ask_anew(conn: Connection, account_id: str) -> None:
    """Nothing is sent before the platform said once more whose account it is."""
    conn.execute(update(account).where(account.c.id == account_id).values(checked_at=None))


def _forget_unsent(conn: Connection, account_id: str) -> None:
    """A name that was never bound never sent anything: its plans are made again under the older id."""
    for table in (delivery, planned, preparation, rate, quota_use):
        conn.execute(delete(table).where(table.c.account == account_id))
    conn.execute(delete(account).where(account.c.id == account_id))


def rename(conn: Connection, old: str, new: str) -> bool:
    """The account has its new name and everything it ever did; False where there is no such account."""
    return bool(conn.execute(update(account).where(account.c.name == old).values(name=new)).rowcount)


def keep_facts(conn: Connection, account_id: str, facts: Facts) -> None:
    """What the platform said is read offline from now on."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(facts=canonical(facts.to_json()), checked_at=facts.taken_at)
    )


def facts_of(row: Row[Any] | None) -> Facts | None:
    """What the platform last said, None where it was never asked."""
    return Facts.from_json(json.loads(row.facts)) if row is not None and row.facts else None


def judge(conn: Connection, account_id: str, verdict: Verdict, *, at: datetime) -> None:
    """The platform decided of a template at ``at``: that is read offline, and the next sender asks for everything."""
    mine = account.c.id == account_id
    facts = facts_of(conn.execute(select(account).where(mine)).one_or_none())
    # A webhook may be days late, and tells whole seconds.
    if facts is not None and facts.taken_at >= at + timedelta(seconds=1):
        return
    if facts is not None:
        conn.execute(update(account).where(mine).values(facts=canonical(facts.judged(verdict).to_json())))
    conn.execute(update(account).where(mine).values(checked_at=None))

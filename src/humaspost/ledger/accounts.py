"""Accounts with random ids, bound at first contact to the platform's own id."""

import json
import secrets
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from humaspost.base.canonical_json import dump_canonical
from humaspost.base.i18n import _
from humaspost.ledger.schema import account
from humaspost.model.account import Account, AccountStatus, Identity, TemplateStatusChange
from humaspost.model.records import AccountRecord


class AccountConflict(Exception):
    """Two configured names that belong to the same account on the platform."""

    def __init__(self, name: str, other_name: str, display_name: str) -> None:
        super().__init__(f"{name} and {other_name} are the same account {display_name}")
        self.name, self.other_name, self.display_name = name, other_name, display_name


class WrongAccount(Exception):
    """Credentials of another account than the one that this name is bound to."""

    def __init__(self, name: str, bound_name: str, display_name: str) -> None:
        super().__init__(f"{name} was bound to {bound_name}, the credentials are of {display_name}")
        self.name, self.bound_name, self.display_name = name, bound_name, display_name


class AccountRenamed(Exception):
    """An account of the ledger that the configuration has under another name.

    Only a person knows that it is the same one; as another one it would get every post again.
    """

    def __init__(self, old: str, new: str, display_name: str) -> None:
        message = _(
            "{new} is {display_name}, which the ledger knows as {old}; stop the scheduler if it is running, then type: "
            "humaspost account rename {old} {new}"
        )
        super().__init__(message.format(old=old, new=new, display_name=display_name))
        self.old, self.new = old, new


def ensure_account(conn: Connection, configured: Account, *, platform_id: str | None = None) -> str:
    """Return the ledger's id of a configured account; add the account where it is missing.

    Raises AccountRenamed where the ledger has it under another name: by ``platform_id``, or by the name that
    people use.
    """
    account_id = conn.scalar(select(account.c.id).where(account.c.name == configured.name))
    if account_id:
        return str(account_id)
    for row in conn.execute(select(account).where(account.c.channel == configured.channel)):
        is_same_name = row.display_name.casefold() == configured.display_name.casefold() != ""
        if row.platform_id == platform_id if platform_id else row.bound_at and is_same_name:
            raise AccountRenamed(row.name, configured.name, row.display_name)
    new_id = secrets.token_hex(8)
    conn.execute(
        insert(account).values(
            id=new_id, name=configured.name, channel=configured.channel, display_name=configured.display_name
        )
    )
    return new_id


def get_by_name(conn: Connection, name: str) -> AccountRecord | None:
    """Return the account, or None before its first use."""
    row = conn.execute(_select_records().where(account.c.name == name)).one_or_none()
    return AccountRecord(*row) if row is not None else None


def get_by_id(conn: Connection, account_id: str) -> AccountRecord | None:
    """Return the account, or None where the ledger does not have it any more."""
    row = conn.execute(_select_records().where(account.c.id == account_id)).one_or_none()
    return AccountRecord(*row) if row is not None else None


def list_accounts(conn: Connection) -> list[AccountRecord]:
    """Return all accounts that the ledger has, by name."""
    return [AccountRecord(*row) for row in conn.execute(_select_records().order_by(account.c.name))]


def _select_records() -> Select[Any]:
    columns = {field.name: field.name for field in fields(AccountRecord)} | {"status_json": "status"}
    return select(*(account.c[name] for name in columns.values()))


def bind_account(
    conn: Connection,
    account_id: str,
    identity: Identity,
    *,
    now: datetime,
    configured: frozenset[str],
    checked_identity: str = "",
) -> None:
    """Bind the account to the platform's own id.

    ``configured`` are the names in the configuration; ``checked_identity`` is a digest of the configured
    handle and secrets. Raises AccountConflict where two configured names are the same account, AccountRenamed
    where the ledger has it under a name that is not configured any more, and WrongAccount where the name is
    bound to another platform id.
    """
    row = conn.execute(select(account).where(account.c.id == account_id)).one()
    same = (account.c.channel == row.channel) & (account.c.platform_id == identity.platform_id)
    other = conn.execute(select(account).where(same, account.c.id != account_id)).one_or_none()
    if other is not None and other.name in configured:
        raise AccountConflict(row.name, other.name, identity.display_name)
    if row.platform_id and row.platform_id != identity.platform_id:
        raise WrongAccount(row.name, row.display_name, identity.display_name)
    if other is not None:
        raise AccountRenamed(other.name, row.name, identity.display_name)
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            platform_id=identity.platform_id, display_name=identity.display_name, bound_at=now, checked_at=now
        )
    )
    record_identity_check(conn, account_id, checked_identity)


def record_identity_check(conn: Connection, account_id: str, identity: str) -> None:
    """Record the identity that the platform was asked about: a digest of handle and secrets."""
    conn.execute(update(account).where(account.c.id == account_id).values(checked_identity=identity))


def require_identity_check(conn: Connection, account_id: str) -> None:
    """Require an identity check before the account sends again."""
    conn.execute(update(account).where(account.c.id == account_id).values(checked_at=None))


def save_status(conn: Connection, account_id: str, status: AccountStatus) -> None:
    """Save the status that the platform reported, for reading offline."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(status=dump_canonical(status.to_json()), checked_at=status.taken_at)
    )


def status_from_row(row: Row[Any] | None) -> AccountStatus | None:
    """Return the status that the platform last reported, or None before the first check."""
    return AccountStatus.from_json(json.loads(row.status)) if row is not None and row.status else None


def record_template_change(
    conn: Connection, account_id: str, change: TemplateStatusChange, *, at: datetime
) -> None:
    """Record a platform's decision on a template at ``at``.

    The change is read offline, and the next sender fetches the whole status again.
    """
    condition = account.c.id == account_id
    status = status_from_row(conn.execute(select(account).where(condition)).one_or_none())
    # A webhook can be days late, and its time is in whole seconds.
    if status is not None and status.taken_at >= at + timedelta(seconds=1):
        return
    if status is not None:
        conn.execute(
            update(account)
            .where(condition)
            .values(status=dump_canonical(status.with_template_status(change).to_json()))
        )
    conn.execute(update(account).where(condition).values(checked_at=None))

"""Forgotten people: a keyed digest of each number, so that nothing brings them back.

The key is a file of the state folder's secrets and never in the ledger: who has only the ledger, or a backup, cannot
try all numbers.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, case, select, update

from humaspost.base.files import created, make_folder
from humaspost.ledger.dialect import file_of, table_names, upsert
from humaspost.ledger.schema import delivery, forgotten, recipient

FOLDER, FILE = "secrets", "forgotten.key"
_PSEUDONYM_PREFIX = "forgotten:"


@dataclass(frozen=True, slots=True)
class ForgottenPerson:
    """A forgotten person: a keyed digest of the number, and the stop that stays."""

    digest: str
    opted_out_at: datetime | None
    forgotten_at: datetime


def list_forgotten(conn: Connection) -> list[ForgottenPerson]:
    """Return all forgotten people."""
    return [ForgottenPerson(*row) for row in conn.execute(select(forgotten))]


def load_key(state: Path) -> bytes | None:
    """Return the key, or None where there is none."""
    with suppress(FileNotFoundError):
        return (state / FOLDER / FILE).read_bytes() or None
    return None


def ensure_key(state: Path) -> bytes:
    """Return the key; make it at its first use."""
    make_folder(state / FOLDER)
    # If another command made the file first, its key is used.
    with suppress(FileExistsError), created(state / FOLDER / FILE) as file:
        file.write(secrets.token_bytes(32))
    return (state / FOLDER / FILE).read_bytes()


def digest_of(key: bytes, phone: str) -> str:
    """Return the keyed digest of a number."""
    return hmac.new(key, phone.encode(), hashlib.sha256).hexdigest()


def pseudonym_of(key: bytes, text: str) -> str:
    """Return the constant replacement of an id that has the person's number inside."""
    if text.startswith(_PSEUDONYM_PREFIX):
        return text
    return _PSEUDONYM_PREFIX + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def record_forgotten(
    conn: Connection, digest: str, *, opted_out_at: datetime | None, forgotten_at: datetime
) -> None:
    """Record the digest; a stop stays, and an earlier one counts."""
    if forgotten.name not in table_names(conn):
        return
    statement = upsert(forgotten).values(digest=digest, opted_out_at=opted_out_at, forgotten_at=forgotten_at)
    earlier = case(
        (forgotten.c.opted_out_at.is_(None), statement.excluded.opted_out_at), else_=forgotten.c.opted_out_at
    )
    conn.execute(statement.on_conflict_do_update(index_elements=["digest"], set_={"opted_out_at": earlier}))


def find_forgotten(conn: Connection, phones: Collection[str]) -> set[str]:
    """Return those of the numbers that nothing may bring back.

    Where the key is lost, any of them may be one: all count.
    """
    # All of them: they are few, and a list may have more numbers than a statement has parameters.
    digests = set(conn.scalars(select(forgotten.c.digest))) if phones else set()
    if not digests:
        return set()
    key = _key_of(conn)
    return {phone for phone in phones if key is None or digest_of(key, phone) in digests}


def record_stops(conn: Connection, stops: Mapping[str, datetime]) -> set[str]:
    """Record the opt-outs of forgotten numbers; return the numbers for which that was possible."""
    key = _key_of(conn)
    if key is None:
        return set()
    for phone, at in stops.items():
        condition = (forgotten.c.digest == digest_of(key, phone)) & forgotten.c.opted_out_at.is_(None)
        conn.execute(update(forgotten).where(condition).values(opted_out_at=at))
    return set(stops)


def get_key(conn: Connection) -> bytes | None:
    """Return the key if anybody was forgotten and it is there, else None."""
    return _key_of(conn) if _has_forgotten(conn) else None


def hide_remote_ids(conn: Connection, remote_ids: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the remote ids, by delivery key, with pseudonyms for forgotten people."""
    hidden = dict(remote_ids)
    if (key := get_key(conn)) is not None:
        for delivery_key in list_keys_without_person(conn, list(remote_ids)):
            remote_id = remote_ids[delivery_key]
            hidden[delivery_key] = pseudonym_of(key, remote_id) if remote_id else None
    return hidden


def list_keys_without_person(conn: Connection, keys: Collection[str]) -> list[str]:
    """Return those of the deliveries that went to a person who is not in the register any more."""
    is_known = select(recipient.c.id).where(recipient.c.id == delivery.c.recipient).exists()
    condition = delivery.c.key.in_(keys) & (delivery.c.recipient != "") & ~is_known
    return list(conn.scalars(select(delivery.c.key).where(condition)))


def _has_forgotten(conn: Connection) -> bool:
    return conn.scalar(select(forgotten.c.digest).limit(1)) is not None


def _key_of(conn: Connection) -> bytes | None:
    path = file_of(conn)
    return load_key(path.parent) if path is not None else None

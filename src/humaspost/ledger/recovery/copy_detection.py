"""The detection of copied or restored ledgers, by a generation.

The generation is in the ledger and in a file beside it. Both change at every start of a sender, so a copy has
an old one.
"""

import uuid
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, select

from humaspost.base.files import atomic_write
from humaspost.base.i18n import _
from humaspost.ledger.database import Ledger, LedgerError
from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import meta

FILE = "generation"
KEY = "generation"
#: Written in the file for a ledger on which no sender ever started.
_NONE = "none"


def start_generation(ledger: Ledger, state: Path) -> None:
    """Write a new generation to the ledger and the file; the caller holds the sender's lock.

    Raises LedgerError where the two do not belong together. Between the two writes the file accepts both
    generations, so that a crash there does not block the office. Nothing is sent before the last write.
    """
    with ledger.read() as conn:
        current = get_generation(conn)
    accepted = _read_accepted(state)
    if (accepted or current is not None) and (current or _NONE) not in accepted:
        raise LedgerError(
            _(
                "this ledger is a copy, or was put back: it does not know what was sent since, so nothing is sent"
            ),
            _("what was due since becomes unknown and is yours to settle: humaspost restore --adopt"),
        )
    new_generation = uuid.uuid4().hex
    _write_accepted(state, (current or _NONE, new_generation))
    ledger.write(lambda conn: set_generation(conn, new_generation))
    _write_accepted(state, (new_generation,))


def is_copied(ledger: Ledger, state: Path) -> bool:
    """Return True if no sender would start on this ledger.

    The file is read before and after the ledger, because a sender may start at the same time.
    """
    accepted_before = _read_accepted(state)
    with ledger.read() as conn:
        current = get_generation(conn)
    accepted = {*accepted_before, *_read_accepted(state)}
    return bool((accepted or current is not None) and (current or _NONE) not in accepted)


def get_generation(conn: Connection) -> str | None:
    """Return the ledger's own generation, or None before the first sender."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == KEY))
    return str(value) if value else None


def set_generation(conn: Connection, generation: str) -> None:
    """Set the generation of the ledger."""
    row = upsert(meta).values(key=KEY, value=generation)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": generation}))


def add_accepted(state: Path, generation: str) -> None:
    """Accept a ledger of this generation too, beside those accepted now."""
    _write_accepted(state, (*_read_accepted(state), generation))


def set_accepted(state: Path, generation: str) -> None:
    """Accept only a ledger of this generation."""
    _write_accepted(state, (generation,))


def _read_accepted(state: Path) -> tuple[str, ...]:
    try:
        return tuple((state / FILE).read_text("ascii", errors="replace").split())
    except FileNotFoundError:
        return ()


def _write_accepted(state: Path, accepted: Iterable[str]) -> None:
    with atomic_write(state / FILE) as file:
        file.write("".join(f"{generation}\n" for generation in accepted).encode())

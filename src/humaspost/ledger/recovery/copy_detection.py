"""A copied or restored ledger is noticed: a word in it and one in a file beside it change at every sender's start."""

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
#: Stands in the file for a ledger that no sender ever started on.
_NONE = "none"


def start_generation(ledger: Ledger, state: Path) -> None:
    """Ledger and file have a new generation. Hold the sender's lock.

    Raises LedgerError where they do not belong together. Between the two writes the file names both
    generations, so that a crash there locks nobody out; nothing is sent before the last one.
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
    """Whether no sender would start on this ledger; one that starts at this very moment is no reason to say so."""
    accepted_before = _read_accepted(state)
    with ledger.read() as conn:
        current = get_generation(conn)
    accepted = {*accepted_before, *_read_accepted(state)}
    return bool((accepted or current is not None) and (current or _NONE) not in accepted)


def get_generation(conn: Connection) -> str | None:
    """The ledger's own generation; None before the first sender."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == KEY))
    return str(value) if value else None


def set_generation(conn: Connection, generation: str) -> None:
    """The ledger is of this generation."""
    row = upsert(meta).values(key=KEY, value=generation)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": generation}))


def add_accepted(state: Path, generation: str) -> None:
    """A ledger of this generation is taken too, beside the one that is taken now."""
    _write_accepted(state, (*_read_accepted(state), generation))


def set_accepted(state: Path, generation: str) -> None:
    """No ledger but one of this generation is taken."""
    _write_accepted(state, (generation,))


def _read_accepted(state: Path) -> tuple[str, ...]:
    try:
        return tuple((state / FILE).read_text("ascii", errors="replace").split())
    except FileNotFoundError:
        return ()


def _write_accepted(state: Path, accepted: Iterable[str]) -> None:
    with atomic_write(state / FILE) as file:
        file.write("".join(f"{generation}\n" for generation in accepted).encode())

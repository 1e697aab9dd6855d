"""A copied or restored ledger is noticed: a word in it and one in a file beside it change at every sender's start."""

import uuid
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.base.files import written
from humaspost.base.i18n import _
from humaspost.ledger.database import Ledger, LedgerError
from humaspost.ledger.schema import meta

FILE = "generation"
KEY = "generation"
#: Stands in the file for a ledger that no sender ever started on.
_NONE = "none"


def begin(ledger: Ledger, state: Path) -> None:
    """Ledger and file have a new generation. Hold the sender's lock.

    Raises LedgerError where they do not belong together. Between the two writes the file names both
    generations, so that a crash there locks nobody out; nothing is sent before the last one.
    """
    with ledger.read() as conn:
        mine = of(conn)
    accepted = _read(state)
    if (accepted or mine is not None) and (mine or _NONE) not in accepted:
        raise LedgerError(
            _(
                "this ledger is a copy, or was put back: it does not know what was sent since, so nothing is sent"
            ),
            _("what was due since becomes unknown and is yours to settle: humaspost restore --adopt"),
        )
    fresh = uuid.uuid4().hex
    _write(state, (mine or _NONE, fresh))
    ledger.write(lambda conn: put(conn, fresh))
    _write(state, (fresh,))


def is_foreign(ledger: Ledger, state: Path) -> bool:
    """Whether no sender would start on this ledger; one that starts at this very moment is no reason to say so."""
    before = _read(state)
    with ledger.read() as conn:
        mine = of(conn)
    accepted = {*before, *_read(state)}
    return bool((accepted or mine is not None) and (mine or _NONE) not in accepted)


def of(conn: Connection) -> str | None:
    """The ledger's own generation; None before the first sender."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == KEY))
    return str(value) if value else None


def put(conn: Connection, fresh: str) -> None:
    """The ledger is of this generation."""
    row = upsert(meta).values(key=KEY, value=fresh)
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": fresh}))


def accept_also(state: Path, fresh: str) -> None:
    """A ledger of this generation is taken too, beside the one that is taken now."""
    _write(state, (*_read(state), fresh))


def accept_only(state: Path, fresh: str) -> None:
    """No ledger but one of this generation is taken."""
    _write(state, (fresh,))


def _read(state: Path) -> tuple[str, ...]:
    try:
        return tuple((state / FILE).read_text("ascii", errors="replace").split())
    except FileNotFoundError:
        return ()


def _write(state: Path, accepted: Iterable[str]) -> None:
    with written(state / FILE) as file:
        file.write("".join(f"{one}\n" for one in accepted).encode())

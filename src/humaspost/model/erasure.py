"""The erasure of a person: what the ledger has of them, and what remains to be done by hand."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class RemainderReason(StrEnum):
    """The reason for a file that may still hold the person."""

    #: No complete ledger, or a file that cannot be deleted either.
    UNREADABLE = "unreadable"
    #: Another process writes it, or reads the ledger.
    IN_USE = "in-use"


@dataclass(frozen=True, slots=True)
class PersonRecords:
    """The records of one number in the ledger.

    ``pending`` of ``deliveries`` were not sent yet, ``sending`` ones are being sent, ``unknown`` ones may be live.
    """

    is_registered: bool = False
    is_forgotten: bool = False
    lists: tuple[str, ...] = ()
    deliveries: int = 0
    pending: int = 0
    sending: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Remainder:
    """A file that may still hold the person."""

    path: Path
    reason: RemainderReason


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """The result of an erasure: ``records`` are gone, also from ``rewritten`` copies."""

    records: PersonRecords
    rewritten: tuple[Path, ...] = ()
    #: Files of lists that still name the person, each with a row's number.
    list_rows: tuple[tuple[str, int], ...] = ()
    remainders: tuple[Remainder, ...] = ()
    #: Lists whose files could not be searched.
    unread_lists: tuple[str, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Return True if something remains to be done by hand."""
        return bool(self.list_rows or self.remainders or self.unread_lists)

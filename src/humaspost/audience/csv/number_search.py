"""The search for one number in a list's file, whatever else of the file cannot be read."""

import re
import unicodedata
from pathlib import Path

from humaspost.audience.csv.encoding import decode_list
from humaspost.audience.csv.list_file import read_bytes
from humaspost.audience.csv.records import Record, detect_delimiter, read_records
from humaspost.audience.csv.unreadable import UnreadableList

#: 6281234567890.0, as programs export a column of numbers.
_EXPORTED_ZEROS = re.compile(r"(?<=\d{8})[.,]0+(?!\d)")
_RUN = re.compile(r"\d(?:[^\w,;/]*\d)*")


def find_number_rows(path: Path, phone: str, *, display_path: str) -> tuple[int, ...]:
    """Return the rows with the number in a cell; or raise UnreadableList.

    Where the records cannot be told apart, a row is a line.
    """
    spellings = _spell(phone)
    return tuple(
        record.number
        for record in _read_records(read_bytes(path, display_path))
        if any(_has_number(cell, spellings) for cell in record.cells)
    )


def _read_records(data: bytes) -> list[Record]:
    try:
        text = decode_list(data)
        delimiter, skip = detect_delimiter(text)
        return list(read_records(text, delimiter, skip=skip))
    except UnreadableList as error:
        if not error.salvage:
            raise
        delimiter, skip = detect_delimiter(error.salvage)
        return list(read_records(error.salvage, delimiter, skip=skip, strict=False))


def _spell(phone: str) -> frozenset[str]:
    """Return the digits by which a list may write the number."""
    digits = phone.removeprefix("+")
    national = digits.removeprefix("62")
    own = {national, f"0{national}", f"620{national}"} if national != digits else set()
    return frozenset({digits, f"00{digits}", *own})


def _has_number(cell: str, spellings: frozenset[str]) -> bool:
    plain = _EXPORTED_ZEROS.sub("", unicodedata.normalize("NFKC", cell))
    runs = (_digits(run) for run in (*_RUN.findall(plain), *plain.split()))
    return any(run in spellings for run in runs)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)

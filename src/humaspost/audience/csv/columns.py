"""The columns of a list, by the names that offices and spreadsheets give them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.problem import Position, Problem

CONSENT_COLUMNS = ("basis", "purpose", "source", "consented_at")
REQUIRED_COLUMNS = ("phone", "name", *CONSENT_COLUMNS)
COLUMNS = (*REQUIRED_COLUMNS, "opted_out_at")
#: Names that mean a column, in small letters with single spaces; the names above count themselves.
SYNONYMS = {
    "phone": (
        "telepon", "telpon", "telp", "tlp", "tel", "ponsel", "hp", "handphone", "wa", "whatsapp", "nomor",
        "number", "mobile", "mobile phone", "phone number", "mobile number", "whatsapp number",
        *(f"{no} {of}" for no in ("no", "nomor") for of in
          ("telepon", "telpon", "telp", "tlp", "ponsel", "hp", "handphone", "wa", "whatsapp")),
    ),
    "name": ("nama", "nama lengkap", "nama penerima", "full name"),
    "basis": ("dasar", "dasar hukum", "dasar pemrosesan", "legal basis"),
    "purpose": ("tujuan", "keperluan", "tujuan pemrosesan"),
    "source": ("sumber", "sumber data", "asal", "asal data"),
    "consented_at": (
        "tanggal", "tgl", "disetujui", "disetujui pada", "setuju sejak", "consent date", "date of consent",
        *(f"{tgl} {of}" for tgl in ("tanggal", "tgl") for of in ("persetujuan", "setuju")),
    ),
    "opted_out_at": (
        "berhenti", "berhenti pada", "keluar", "opt out", "opted out", "opt out date", "unsubscribe",
        "unsubscribed", "unsubscribed at", "stop",
        *(f"{tgl} {of}" for tgl in ("tanggal", "tgl") for of in ("berhenti", "keluar")),
    ),
}  # fmt: skip
#: Names of a column that numbers the rows; it is not read.
ROW_NUMBER_NAMES = frozenset({"no", "nr", "no urut", "nomor urut", "#"})
#: A name that means the row number where another column is the phone.
_WEAK_PHONE_NAMES = frozenset({"nomor", "number"})
#: Short names are like many words: only a likely typing error is taken for one.
_SYNONYM_CUTOFF = 0.8
_BY_NAME = {
    name: column
    for column in COLUMNS
    for name in (column, column.replace("_", " "), *SYNONYMS.get(column, ()))
}


def find_columns(cells: Sequence[str]) -> list[str | None]:
    """Return the column that each cell of a header names, or None."""
    names = [_normalize(cell) for cell in cells]
    columns = [_BY_NAME.get(name) for name in names]
    if columns.count("phone") > 1:
        columns = [
            None if name in _WEAK_PHONE_NAMES else column for name, column in zip(names, columns, strict=True)
        ]
    return columns


def is_ignored(cell: str, columns: Sequence[str | None]) -> bool:
    """Return True for a column without a name, and for one that numbers the rows."""
    name = _normalize(cell)
    return not name or name in ROW_NUMBER_NAMES or (name in _WEAK_PHONE_NAMES and "phone" in columns)


def _normalize(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).casefold()
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(re.sub(r"[_\-./:*]+", " ", visible).split())


def check_header(
    cells: Sequence[str], columns: Sequence[str | None], *, line: int, text: str, starts: Sequence[int]
) -> Iterator[Problem]:
    """Yield the problems of a header; ``starts`` are the columns where its cells begin."""
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    found = False
    for index, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        is_duplicate = column is not None and column in columns[:index]
        if not is_duplicate and (column is not None or is_ignored(cell, columns)):
            continue
        found = True
        shown = cell.strip()
        position = Position(line, starts[index], max(1, len(shown)))
        if is_duplicate:
            message, hint = _("the column {name!r} is there twice"), _("leave one of the two out")
        else:
            message, hint = _("a list has no column {name!r}"), _column_hint(shown, missing)
        yield Problem("audience-column", message.format(name=shown), hint, position=position, text=text)
    if missing and not found:
        message = _("the column {names} is missing").format(names=", ".join(missing))
        hint = _("write: {line}").format(line=",".join(COLUMNS))
        yield Problem("audience-column", message, hint, position=Position(line, 1), text=text)


def _column_hint(name: str, missing: Sequence[str]) -> str:
    near = nearest(_normalize(name).replace(" ", "_"), COLUMNS) or _BY_NAME.get(
        nearest(_normalize(name), tuple(_BY_NAME), cutoff=_SYNONYM_CUTOFF)
    )
    if near:
        return _("write: {line}").format(line=near)
    if missing:
        return _("the columns are {names}").format(names=", ".join(COLUMNS))
    return _("leave this column out: what is not needed is not kept")

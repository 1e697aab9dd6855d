"""One row of a list: a person with a reason to be written to, or the reason why not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from humaspost.audience.phone import BadPhone, e164
from humaspost.base.i18n import _

CONSENT = ("basis", "purpose", "source", "consented_at")
#: Law 27 of 2022 on personal data, article 20 (2) a to f, and what offices write for them.
BASES = {
    "consent": ("persetujuan",),
    "contract": ("perjanjian", "kontrak"),
    "legal-obligation": ("kewajiban hukum", "kewajiban-hukum", "legal obligation"),
    "vital-interest": ("kepentingan vital", "kepentingan-vital", "vital interest"),
    "public-task": ("tugas publik", "kepentingan umum", "pelayanan publik", "public task"),
    "legitimate-interest": ("kepentingan sah", "kepentingan yang sah", "legitimate interest"),
}
_BASIS = {word: basis for basis, words in BASES.items() for word in (basis, *words)}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")
_NOTHING = ("", "-")
#: Nobody agreed, or left, before there were lists like these.
_EARLIEST = 1970


@dataclass(frozen=True, slots=True)
class Consent:
    """On what basis, for what, told where, and since when; ``consented_at`` as written in the list."""

    basis: str
    purpose: str
    source: str
    consented_at: str

    @property
    def is_complete(self) -> bool:
        """Whether every question that the law asks has an answer."""
        return all((self.basis, self.purpose, self.source, self.consented_at))


@dataclass(frozen=True, slots=True)
class Row:
    """A person as one list has them; ``number`` is the row as a spreadsheet counts, the header being 1."""

    number: int
    phone: str
    name: str
    consent: Consent
    opted_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not imported, by its number; ``code`` is a code of ``audience``."""

    number: int
    code: str
    message: str


class _No(Exception):
    """The row is refused; becomes a Refused at once."""


def read_row(number: int, cells: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Row | Refused:
    """The person of one row; dates without a zone are the office's own."""
    try:
        return _row(number, {key: value.strip() for key, value in cells.items()}, now=now, zone=zone)
    except BadPhone as bad:
        return Refused(number, bad.code, bad.message)
    except _No as no:
        return Refused(number, *no.args)


def is_known_basis(basis: str) -> bool:
    """Whether the law knows it."""
    return basis in BASES


def _row(number: int, cells: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Row:
    for column, value in cells.items():
        if value.startswith(("=", "@")) or (column != "phone" and re.match(r"[+-]\S", value)):
            raise _No("recipient-formula", _("{column} begins like a formula").format(column=column))
    phone = e164(cells["phone"])
    left = _moment("opted_out_at", cells.get("opted_out_at", ""), now=now, zone=zone)
    given = [column for column in CONSENT if cells[column] not in _NOTHING]
    missing = [column for column in CONSENT if column not in given]
    # Who left is kept as having left, however little the list says of them.
    if missing and left is None:
        raise _No("recipient-consent", _("{columns} is empty").format(columns=", ".join(missing)))
    if "consented_at" in given and left is None:
        _moment("consented_at", cells["consented_at"], now=now, zone=zone)
    consent = _consent(cells, complete=not missing and bool(_ISO.fullmatch(cells["consented_at"])))
    return Row(number, phone, "" if cells["name"] in _NOTHING else cells["name"], consent, left)


def _consent(cells: Mapping[str, str], *, complete: bool) -> Consent:
    basis = _BASIS.get(cells["basis"].casefold(), cells["basis"])
    consented_at = cells["consented_at"] if complete else ""
    basis, purpose, source = ("" if v in _NOTHING else v for v in (basis, cells["purpose"], cells["source"]))
    return Consent(basis, purpose, source, consented_at)


def _moment(column: str, text: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    if text in _NOTHING:
        return None
    if not _ISO.fullmatch(text):
        raise _No("recipient-date", _date_hint(column, text))
    try:
        if len(text) == len("2026-01-31"):
            moment = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _No("recipient-date", _date_hint(column, text)) from error
    if moment.year < _EARLIEST:
        raise _No(
            "recipient-date",
            _("{column} {text} is mistyped: look at the year").format(column=column, text=text),
        )
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment > now:
        raise _No(
            "recipient-future", _("{column} {text} lies in the future").format(column=column, text=text)
        )
    return moment.astimezone(UTC)


def _date_hint(column: str, text: str) -> str:
    return _("{column} {text} is not a date like 2026-01-31").format(column=column, text=repr(text[:20]))

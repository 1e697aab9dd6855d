"""One row of a list: a person with a legal basis for messages, or the reason for rejection."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from humaspost.audience.phone import InvalidPhone, parse_phone
from humaspost.base.i18n import _

CONSENT_COLUMNS = ("basis", "purpose", "source", "consented_at")
#: Law 27 of 2022 on personal data, article 20 (2) a to f, and the words that offices use for them.
BASES = {
    "consent": ("persetujuan",),
    "contract": ("perjanjian", "kontrak"),
    "legal-obligation": ("kewajiban hukum", "kewajiban-hukum", "legal obligation"),
    "vital-interest": ("kepentingan vital", "kepentingan-vital", "vital interest"),
    "public-task": ("tugas publik", "kepentingan umum", "pelayanan publik", "public task"),
    "legitimate-interest": ("kepentingan sah", "kepentingan yang sah", "legitimate interest"),
}
_BASIS_BY_WORD = {word: basis for basis, words in BASES.items() for word in (basis, *words)}
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")
_EMPTY_VALUES = ("", "-")
#: An earlier year is a typing error: such lists did not exist.
_MIN_YEAR = 1970


@dataclass(frozen=True, slots=True)
class Consent:
    """The basis, purpose, source and date of a consent; ``consented_at`` is as in the list."""

    basis: str
    purpose: str
    source: str
    consented_at: str

    @property
    def is_complete(self) -> bool:
        """Return True if every detail that the law requires is there."""
        return all((self.basis, self.purpose, self.source, self.consented_at))


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """A person of one list; ``number`` is the row as a spreadsheet counts, with header 1."""

    number: int
    phone: str
    name: str
    consent: Consent
    opted_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not imported, by its number; ``code`` is a code of ``audience``."""

    number: int
    code: str
    message: str


class _RowRejected(Exception):
    """A row that is not imported; ``read_row`` turns it into a RejectedRow."""


def read_row(
    number: int, cells: Mapping[str, str], *, now: datetime, zone: ZoneInfo
) -> AudienceRow | RejectedRow:
    """Return the person of one row; dates without a zone are in the office's zone."""
    try:
        return _parse_row(number, {key: value.strip() for key, value in cells.items()}, now=now, zone=zone)
    except InvalidPhone as bad:
        return RejectedRow(number, bad.code, bad.message)
    except _RowRejected as no:
        return RejectedRow(number, *no.args)


def is_valid_basis(basis: str) -> bool:
    """Return True if the law has this basis."""
    return basis in BASES


def _parse_row(number: int, cells: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> AudienceRow:
    for column, value in cells.items():
        if value.startswith(("=", "@")) or (column != "phone" and re.match(r"[+-]\S", value)):
            raise _RowRejected("recipient-formula", _("{column} begins like a formula").format(column=column))
    phone = parse_phone(cells["phone"])
    opted_out_at = _parse_date("opted_out_at", cells.get("opted_out_at", ""), now=now, zone=zone)
    consent_values = [column for column in CONSENT_COLUMNS if cells[column] not in _EMPTY_VALUES]
    missing = [column for column in CONSENT_COLUMNS if column not in consent_values]
    # An opt-out is always kept, even if the list has no other detail of the person.
    if missing and opted_out_at is None:
        raise _RowRejected("recipient-consent", _("{columns} is empty").format(columns=", ".join(missing)))
    if "consented_at" in consent_values and opted_out_at is None:
        _parse_date("consented_at", cells["consented_at"], now=now, zone=zone)
    consent = _parse_consent(
        cells, is_complete=not missing and bool(_ISO_DATE.fullmatch(cells["consented_at"]))
    )
    return AudienceRow(
        number, phone, "" if cells["name"] in _EMPTY_VALUES else cells["name"], consent, opted_out_at
    )


def _parse_consent(cells: Mapping[str, str], *, is_complete: bool) -> Consent:
    basis = _BASIS_BY_WORD.get(cells["basis"].casefold(), cells["basis"])
    consented_at = cells["consented_at"] if is_complete else ""
    basis, purpose, source = (
        "" if v in _EMPTY_VALUES else v for v in (basis, cells["purpose"], cells["source"])
    )
    return Consent(basis, purpose, source, consented_at)


def _parse_date(column: str, text: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    if text in _EMPTY_VALUES:
        return None
    if not _ISO_DATE.fullmatch(text):
        raise _RowRejected("recipient-date", _date_hint(column, text))
    try:
        if len(text) == len("2026-01-31"):
            instant = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise _RowRejected("recipient-date", _date_hint(column, text)) from error
    if instant.year < _MIN_YEAR:
        raise _RowRejected(
            "recipient-date",
            _("{column} {text} is mistyped: look at the year").format(column=column, text=text),
        )
    instant = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    if instant > now:
        raise _RowRejected(
            "recipient-future", _("{column} {text} lies in the future").format(column=column, text=text)
        )
    return instant.astimezone(UTC)


def _date_hint(column: str, text: str) -> str:
    return _("{column} {text} is not a date like 2026-01-31").format(column=column, text=repr(text[:20]))

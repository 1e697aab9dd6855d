"""One row of a list: a person with a legal basis for messages, or the reason for rejection."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from humaspost.audience.csv.bases import is_valid_basis, read_basis
from humaspost.audience.csv.columns import CONSENT_COLUMNS
from humaspost.audience.csv.dates import DateFault, UnreadableDate, parse_date
from humaspost.audience.csv.masking import quote_cell
from humaspost.audience.csv.opt_out_cell import MIN_YEAR, OptOut, read_opt_out
from humaspost.audience.phone import InvalidPhone, parse_phone
from humaspost.base.i18n import _
from humaspost.model.problem import Problem

_EMPTY_VALUES = ("", "-")
_FORMULA_TEXT = re.compile(r'="?([^"=]*)"?')


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
    """A row that is not imported, with what can be read of it.

    ``phone`` is "" if it cannot be read. ``is_consent_empty`` means that a cell of the consent is plainly
    empty. ``problem`` has the position of the cell. ``readable_at`` is when a date of the row is no longer in the
    future; the row must be read again then.
    """

    number: int
    problem: Problem
    phone: str = ""
    name: str = ""
    opt_out: OptOut | None = None
    is_consent_empty: bool = False
    readable_at: datetime | None = None

    @property
    def code(self) -> str:
        """Return the code of the problem."""
        return self.problem.code

    @property
    def message(self) -> str:
        """Return the message of the problem."""
        return self.problem.message


class CellFault(Exception):
    """A cell that cannot be read: its column, and the problem without a position."""

    def __init__(
        self, column: str, code: str, message: str, hint: str = "", *, readable_at: datetime | None = None
    ) -> None:
        super().__init__(code)
        self.column = column
        self.code = code
        self.message = message
        self.hint = hint
        self.readable_at = readable_at


def read_row(
    number: int, cells: Mapping[str, str], *, now: datetime, zone: ZoneInfo
) -> AudienceRow | tuple[RejectedRow, str]:
    """Return the person of one row, or the rejected row and the column that is the reason.

    Dates without a zone are in the office's zone.
    """
    values = {column: value.strip() for column, value in cells.items()}
    opt_out = read_opt_out(values.get("opted_out_at", ""), now=now, zone=zone)
    try:
        return _parse_row(number, values, opt_out, now=now, zone=zone)
    except CellFault as fault:
        if fault.column in CONSENT_COLUMNS and opt_out is not None:
            # The cells may be shifted, so that the date is another column's.
            opt_out = OptOut(now, is_unclear=True)
        return reject_row(number, values, fault, opt_out=opt_out), fault.column


def reject_row(
    number: int, values: Mapping[str, str], fault: CellFault, *, opt_out: OptOut | None
) -> RejectedRow:
    """Return the rejected row with what can be read of it."""
    try:
        phone = parse_phone(_without_formula(values.get("phone", "")))
    except InvalidPhone:
        phone = ""
    return RejectedRow(
        number,
        Problem(fault.code, fault.message, fault.hint),
        phone,
        _optional(values.get("name", "")),
        opt_out,
        is_consent_empty=any(values.get(column, "") in _EMPTY_VALUES for column in CONSENT_COLUMNS),
        readable_at=fault.readable_at,
    )


def _without_formula(value: str) -> str:
    """Return the text in ``="0812…"``, which keeps a spreadsheet from making a number of it."""
    formula = _FORMULA_TEXT.fullmatch(value)
    return formula[1] if formula else value


def _parse_row(
    number: int, cells: Mapping[str, str], opt_out: OptOut | None, *, now: datetime, zone: ZoneInfo
) -> AudienceRow:
    _check_formulas(cells)
    phone = _read_phone(cells["phone"])
    if opt_out is not None and opt_out.is_unclear:
        raise _unclear_opt_out(cells["opted_out_at"], now=now, zone=zone)
    missing = [column for column in CONSENT_COLUMNS if cells[column] in _EMPTY_VALUES]
    # An opt-out is always kept, even if the list has no other detail of the person. Beside a basis that the law does
    # not know the cells may be shifted.
    is_shifted = cells["basis"] not in _EMPTY_VALUES and not is_valid_basis(read_basis(cells["basis"]))
    if missing and (opt_out is None or is_shifted):
        message = _("{columns} is empty").format(columns=", ".join(missing))
        raise CellFault(missing[0], "recipient-consent", message, _consent_hint(missing))
    consented_at = ""
    if "consented_at" not in missing:
        # Also of a person who left: where it cannot be read, the cells may be shifted.
        consented_at = _read_consent_date(cells["consented_at"], now=now, zone=zone)
    consent = _parse_consent(cells, "" if missing else consented_at)
    return AudienceRow(number, phone, _optional(cells["name"]), consent, opt_out.at if opt_out else None)


def _check_formulas(cells: Mapping[str, str]) -> None:
    for column, value in cells.items():
        if value.startswith(("=", "@")) or (column != "phone" and re.match(r"[+-]\S", value)):
            message = _("{column} begins like a formula").format(column=column)
            raise CellFault(column, "recipient-formula", message, _("write plain text in the cell"))


def _read_phone(text: str) -> str:
    try:
        return parse_phone(text)
    except InvalidPhone as bad:
        raise CellFault("phone", bad.code, bad.message, bad.hint) from bad


def _optional(value: str) -> str:
    return "" if value in _EMPTY_VALUES else value


def _consent_hint(missing: list[str]) -> str:
    if missing == ["consented_at"]:
        return _("write the date of the consent, like 2026-01-31; without one nobody is written to")
    return _("write {columns}; without them nobody is written to").format(columns=", ".join(missing))


def _parse_consent(cells: Mapping[str, str], consented_at: str) -> Consent:
    basis = _optional(read_basis(cells["basis"]))
    return Consent(basis, _optional(cells["purpose"]), _optional(cells["source"]), consented_at)


def _read_consent_date(text: str, *, now: datetime, zone: ZoneInfo) -> str:
    """Return the date of the consent: as it is written if that is ISO 8601, else as 2026-01-31."""
    instant = _parse_past_date("consented_at", text, now=now, zone=zone)
    return text if re.match(r"\d{4}-\d{2}-\d{2}", text) else instant.date().isoformat()


def _unclear_opt_out(text: str, *, now: datetime, zone: ZoneInfo) -> CellFault:
    try:
        _parse_past_date("opted_out_at", text, now=now, zone=zone)
    except CellFault as fault:
        hint = _("humaspost sends nothing to this person now; {hint}, or empty the cell").format(
            hint=fault.hint
        )
        return CellFault(fault.column, fault.code, fault.message, hint, readable_at=fault.readable_at)
    raise AssertionError("an opt-out is unclear only where its date cannot be read")


def _parse_past_date(column: str, text: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    try:
        instant = parse_date(text, zone=zone)
    except UnreadableDate as unreadable:
        raise CellFault(column, "recipient-date", *_explain_date(column, text, unreadable)) from unreadable
    if instant.year < MIN_YEAR:
        message = _("{column} {text} is mistyped: look at the year").format(
            column=column, text=quote_cell(text)
        )
        raise CellFault(column, "recipient-date", message, _("write it like 2026-01-31"))
    if instant > now:
        message = _("{column} {text} is in the future").format(column=column, text=quote_cell(text))
        hint = _("humaspost reads the row again on that day; if the day is wrong, write it like 2026-01-31")
        raise CellFault(column, "recipient-future", message, hint, readable_at=instant.astimezone(UTC))
    return instant


def _explain_date(column: str, text: str, unreadable: UnreadableDate) -> tuple[str, str]:
    """Return the message and the hint."""
    values = {"column": column, "text": quote_cell(text), "day": unreadable.suggestion}
    match unreadable.fault:
        case DateFault.SERIAL:
            message = _("{column} {text} is a spreadsheet's number for a day")
            return message.format(**values), _("format the column as a date, or write: {day}").format(
                **values
            )
        case DateFault.MONTH_FIRST:
            message = _("{column} {text} has no month like that: the day stands first")
            return message.format(**values), _("if it is the month that stands first, write: {day}").format(
                **values
            )
        case DateFault.IMPOSSIBLE:
            return (
                _("{column} {text}: there is no such day or time").format(**values),
                _("write it like 2026-01-31"),
            )
        case _:
            return (
                _("{column} {text} is not a date like 2026-01-31").format(**values),
                _("write it like 2026-01-31, or 31/01/2026"),
            )

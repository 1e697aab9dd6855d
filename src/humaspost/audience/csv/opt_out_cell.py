"""The opt-out cell of a row: when its person left, or that nobody can tell."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from humaspost.audience.csv.dates import UnreadableDate, parse_date

#: Cells that say that the person has not left.
NO_OPT_OUT = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "tidak",
        "tdk",
        "tidak ada",
        "belum",
        "bukan",
        "no",
        "n",
        "none",
        "false",
        "0",
        "aktif",
    }
)
#: Cells that say that the person has left, without a date.
UNDATED_OPT_OUT = frozenset(
    {"ya", "y", "yes", "true", "1", "x", "v", "✓", "✔", "sudah", "berhenti", "stop", "keluar", "opt out", "opt-out"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OptOut:
    """An opt-out; an ``is_unclear`` one counts until its cell is mended."""

    at: datetime
    is_unclear: bool = False


def read_opt_out(cell: str, *, now: datetime, zone: ZoneInfo) -> OptOut | None:
    """Return the opt-out that the cell states, or None.

    A cell that cannot be read states one from now on.
    """
    plain = " ".join(cell.casefold().split())
    if plain in NO_OPT_OUT:
        return None
    if plain in UNDATED_OPT_OUT:
        return OptOut(now)
    try:
        instant = parse_date(cell, zone=zone)
    except UnreadableDate:
        return OptOut(now, is_unclear=True)
    is_plausible = instant.year >= MIN_YEAR and instant <= now
    return OptOut(instant.astimezone(UTC)) if is_plausible else OptOut(now, is_unclear=True)


#: An earlier year is a typing error: such lists did not exist.
MIN_YEAR = 1970

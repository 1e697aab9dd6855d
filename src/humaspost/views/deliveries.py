"""Deliveries and attempts as tables, and as CSV that no spreadsheet can be tricked by."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row

from humaspost.audience.phone import masked
from humaspost.base.i18n import _
from humaspost.views.states import state_word
from humaspost.views.text import columns as aligned
from humaspost.views.text import cut, safe
from humaspost.views.times import Clock

_FIELDS = (
    "started_at",
    "ended_at",
    "post",
    "account",
    "channel",
    "part",
    "recipient",
    "number",
    "outcome",
    "code",
    "detail",
    "remote_id",
    "url",
    "key",
)
#: What a spreadsheet would take for a formula, or skip to reach one (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def delivery_lines(rows: Sequence[Row[Any]], *, clock: Clock) -> list[str]:
    """One line per delivery, by due time."""
    if not rows:
        return [_("There is no such delivery.")]
    table = [
        (clock.date(row.due_at), state_word(row.state), row.post, row.account_name, *_tail(row))
        for row in rows
    ]
    return aligned(table, indent=0)


def _tail(row: Row[Any]) -> tuple[str, ...]:
    to = masked(row.phone) if row.phone else _("part {number}").format(number=row.part)
    return to, row.key[:8], row.url or row.reason or ""


def attempt_lines(rows: Sequence[Row[Any]], *, clock: Clock) -> list[str]:
    """One line per attempt, newest first."""
    if not rows:
        return [_("Nothing was ever sent.")]
    table = [
        (f"{clock.date(row.started_at)[:-5].rstrip()} {clock.second(row.started_at)}", *_attempt(row))
        for row in rows
    ]
    return aligned(table, indent=0)


def _attempt(row: Row[Any]) -> tuple[str, ...]:
    outcome = state_word(row.outcome) if row.outcome else _("no answer yet")
    to = masked(row.phone) if row.phone else _("part {number}").format(number=row.part)
    why = ": ".join(word for word in (row.code, row.detail) if word)
    return outcome, row.post, row.account_name, to, cut(row.url or why, 60)


def attempts_csv(entries: Iterable[dict[str, Any]]) -> str:
    """Every attempt as CSV; a cell that begins like a formula gets a ' in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_FIELDS)
    for entry in entries:
        writer.writerow([_cell(entry.get(field)) for field in _FIELDS])
    return out.getvalue().rstrip("\n")


def _cell(value: object) -> str:
    text = "" if value is None else safe(str(value)).replace("\n", " ")
    return f"'{text}" if text.startswith(_FORMULA) else text


def counted_words(counts: dict[str, int]) -> str:
    """``17 published, 1 unknown``."""
    words = [f"{count:,} {state_word(state)}" for state, count in counts.items() if count]
    return ", ".join(words) or _("nothing")

"""Deliveries and attempts as tables, and as CSV that no spreadsheet can be tricked by."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from humaspost.audience.phone import masked
from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.views.json_output import counted
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


def result_lines(rows: Sequence[Row[Any]]) -> list[str]:
    """One line per part, or per account where it went to many people."""
    ordered = sorted(rows, key=lambda row: (row.post, row.account_name, row.part))
    table: list[tuple[str, ...]] = []
    for (post, account), group in groupby(ordered, key=lambda row: (row.post, row.account_name)):
        mine = list(group)
        if mine[0].recipient:
            table.append((post, account, counted_words(dict(counted(mine)))))
        else:
            table += [(post, account, _part(row, of=len(mine))) for row in mine]
    return aligned(table)


def _part(row: Row[Any], *, of: int) -> str:
    number = _("part {number}: ").format(number=row.part) if of > 1 else ""
    word = state_word(row.state)
    if row.state == State.PUBLISHED:
        return f"{number}{word}  {safe(row.url or '')}".rstrip()
    why = ": ".join(text for text in (row.code, row.detail) if text) or row.reason
    return f"{number}{word}  {safe(why)}".rstrip()

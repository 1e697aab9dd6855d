"""Deliveries and attempts as tables, and as CSV that is safe in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from humaspost.audience.phone import mask_phone
from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.model.records import AttemptRecord, DeliveryRecord
from humaspost.views.json_output import count_states
from humaspost.views.states import state_word
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import escape_unsafe, truncate
from humaspost.views.times import TimeFormatter

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
#: A spreadsheet reads these as a formula, or skips them to reach one (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def format_deliveries(rows: Sequence[DeliveryRecord], *, clock: TimeFormatter) -> list[str]:
    """Return one line per delivery, by due time."""
    if not rows:
        return [_("There is no such delivery.")]
    table = [
        (
            clock.format_date(row.due_at),
            state_word(row.state),
            row.post,
            row.account_name,
            *_format_address_or_error(row),
        )
        for row in rows
    ]
    return aligned(table, indent=0)


def _format_address_or_error(row: DeliveryRecord) -> tuple[str, ...]:
    to = mask_phone(row.phone) if row.phone else _("part {number}").format(number=row.part)
    return to, row.key[:8], row.url or row.reason or ""


def format_attempts(rows: Sequence[AttemptRecord], *, clock: TimeFormatter) -> list[str]:
    """Return one line per attempt, newest first."""
    table = [
        (
            f"{clock.format_date(row.started_at)[:-5].rstrip()} {clock.format_seconds(row.started_at)}",
            *_attempt_cells(row),
        )
        for row in rows
    ]
    return aligned(table, indent=0)


def format_refused(rows: Sequence[DeliveryRecord]) -> list[str]:
    """Return one line per person who may not get the post, and how a reason is explained."""
    table = [
        (state_word(row.state), row.post, row.account_name, mask_phone(row.phone or ""), row.reason)
        for row in rows
    ]
    reasons = dict.fromkeys(row.reason for row in rows)
    return [
        *aligned(table, indent=0),
        *(_("what {reason} means: humaspost explain {reason}").format(reason=reason) for reason in reasons),
    ]


def _attempt_cells(row: AttemptRecord) -> tuple[str, ...]:
    outcome = state_word(row.outcome) if row.outcome else _("no answer yet")
    to = mask_phone(row.phone) if row.phone else _("part {number}").format(number=row.part)
    reason = ": ".join(outcome_word for outcome_word in (row.code, row.detail) if outcome_word)
    return outcome, row.post, row.account_name, to, truncate(row.url or reason, 60)


def csv_head() -> str:
    """Return the first line of the CSV of attempts."""
    return ",".join(_FIELDS)


def attempts_to_csv(entries: Iterable[dict[str, Any]]) -> str:
    """Return the attempts as lines of CSV; a cell that begins like a formula gets a ' in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for entry in entries:
        writer.writerow([_csv_cell(entry.get(field)) for field in _FIELDS])
    return out.getvalue().rstrip("\n")


def _csv_cell(value: object) -> str:
    text = "" if value is None else escape_unsafe(str(value)).replace("\n", " ")
    return f"'{text}" if text.startswith(_FORMULA) else text


def format_state_counts(counts: dict[str, int]) -> str:
    """Return ``17 published, 1 unknown``."""
    words = [f"{count:,} {state_word(state)}" for state, count in counts.items() if count]
    return ", ".join(words) or _("nothing")


def format_results(rows: Sequence[DeliveryRecord]) -> list[str]:
    """Return one line per part, or one per account with many recipients."""
    sorted_rows = sorted(rows, key=lambda row: (row.post, row.account_name, row.part))
    table: list[tuple[str, ...]] = []
    for (post, account), group in groupby(sorted_rows, key=lambda row: (row.post, row.account_name)):
        account_rows = list(group)
        if account_rows[0].recipient:
            table.append((post, account, format_state_counts(dict(count_states(account_rows)))))
        else:
            table += [(post, account, _format_part(row, total=len(account_rows))) for row in account_rows]
    return aligned(table)


def _format_part(row: DeliveryRecord, *, total: int) -> str:
    number = _("part {number}: ").format(number=row.part) if total > 1 else ""
    state = state_word(row.state)
    if row.state == State.PUBLISHED:
        return f"{number}{state}  {escape_unsafe(row.url or '')}".rstrip()
    reason = ": ".join(text for text in (row.code, row.detail) if text) or row.reason
    return f"{number}{state}  {escape_unsafe(reason)}".rstrip()

"""Audiences and the changes of an import; the output has row numbers, no personal data."""

from collections.abc import Mapping
from typing import Any

from humaspost.audience.changes import ImportChanges
from humaspost.base.i18n import _, ngettext
from humaspost.model.records import AudienceRecord
from humaspost.settings.settings import Settings
from humaspost.views.json_output import utc_iso
from humaspost.views.problems import format_problem, problem_to_json
from humaspost.views.text import align_columns as aligned
from humaspost.views.text import wrap_text
from humaspost.views.times import TimeFormatter

MAX_REFUSED_ROWS_PRINTED = 20
_REFUSED_KEYS = ("code", "line", "column", "message", "hint")


def format_audiences(
    settings: Settings, rows: Mapping[str, AudienceRecord], *, clock: TimeFormatter
) -> list[str]:
    """Return one line per audience of the config."""
    if not settings.audiences:
        return [_("There is no audience; write one in config.toml: [audiences.masyarakat]")]
    return aligned([_format_audience(name, rows.get(name), clock) for name in settings.audiences], indent=0)


def _format_audience(name: str, row: AudienceRecord | None, clock: TimeFormatter) -> tuple[str, ...]:
    if row is None or not row.digest:
        return name, _("never imported: humaspost audience import {name}").format(name=name)
    people = ngettext("{count} person", "{count} people", row.members).format(count=f"{row.members:,}")
    opted_out = _("{count} of them left").format(count=row.opted_out) if row.opted_out else ""
    held = _("its new file is held: humaspost check {name}").format(name=name) if row.hold else ""
    return name, people, _("read {when}").format(when=clock.format_near(row.imported_at)), opted_out, held


def audiences_to_json(settings: Settings, rows: Mapping[str, AudienceRecord]) -> list[dict[str, Any]]:
    """Return the audiences of ``audience list --json``."""
    return [
        {
            "name": name,
            "file": str(path),
            "members": rows[name].members if name in rows else 0,
            "opted_out": rows[name].opted_out if name in rows else 0,
            "imported_at": utc_iso(rows[name].imported_at) if name in rows else None,
        }
        for name, path in settings.audiences.items()
    ]


def has_no_changes(changes: ImportChanges) -> bool:
    """Return True if the file changes nothing or cannot be used."""
    is_changed = changes.new or changes.updated or changes.removed or changes.opted_out or changes.withdrawn
    return not changes.is_usable or not (is_changed or changes.hold)


def format_changes(changes: ImportChanges, *, columns: int = 80) -> list[str]:
    """Return the number of rows in the file and the effect of the import."""
    if not changes.is_usable:
        return [
            line for problem in changes.problems for line in [*format_problem(problem, columns=columns), ""]
        ]
    rows = ngettext("{count} row", "{count} rows", changes.read).format(count=f"{changes.read:,}")
    counts = (
        (changes.new, _("{count} new")),
        (changes.updated, _("{count} with another name or consent")),
        (changes.unchanged, _("{count} as before")),
        (changes.opted_out, _("{count} who left, and get nothing")),
        (changes.merged, _("{count} that repeat a person")),
        (changes.removed, _("{count} not in the file any more: off the list")),
        (len(changes.rejected), _("{count} refused")),
        (changes.kept, _("{count} known, and on the list as before")),
        (changes.withdrawn, _("{count} whose consent is gone")),
        (changes.forgotten, _("{count} whom you forgot, and who stay away")),
    )
    labels = ", ".join(text.format(count=f"{count:,}") for count, text in counts if count)
    lines = wrap_text(f"{changes.name}: {rows}: {labels or _('nothing')}.", columns)
    for refused in changes.rejected[:MAX_REFUSED_ROWS_PRINTED]:
        lines += ["", *format_problem(refused.problem, columns=columns)]
    if len(changes.rejected) > MAX_REFUSED_ROWS_PRINTED:
        more = _("and {count} more refused rows: --json lists them all")
        lines += ["", "  " + more.format(count=len(changes.rejected) - MAX_REFUSED_ROWS_PRINTED)]
    for problem in changes.problems:
        lines += ["", *format_problem(problem, columns=columns)]
    if changes.hold is not None and changes.summary is not None:
        lines += [
            "",
            *wrap_text(changes.summary.message, columns),
        ]
    return lines


def changes_to_json(changes: ImportChanges) -> dict[str, Any]:
    """Return one audience of ``audience import --json``."""
    return {
        "name": changes.name,
        "read": changes.read,
        "imported": changes.imported_count,
        "new": changes.new,
        "updated": changes.updated,
        "unchanged": changes.unchanged,
        "opted_out": changes.opted_out,
        "merged": changes.merged,
        "removed": changes.removed,
        "kept": changes.kept,
        "withdrawn": changes.withdrawn,
        "forgotten": changes.forgotten,
        "hold": changes.hold,
        "refused": [
            {"row": row.number, **{key: problem_to_json(row.problem)[key] for key in _REFUSED_KEYS}}
            for row in changes.rejected
        ],
        "problems": [problem_to_json(problem) for problem in changes.problems],
    }

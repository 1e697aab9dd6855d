"""Lists of recipients, and what an import changes; numbers of rows, never of people."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from humaspost.audience.importer import Changes
from humaspost.base.i18n import _, ngettext
from humaspost.settings.settings import Settings
from humaspost.views.json_output import moment
from humaspost.views.problems import problem_json, problem_lines
from humaspost.views.text import columns as aligned
from humaspost.views.text import wrap
from humaspost.views.times import Clock

_REFUSED_SHOWN = 20


def audience_lines(settings: Settings, rows: Mapping[str, Row[Any]], *, clock: Clock) -> list[str]:
    """One line per audience of the config."""
    if not settings.audiences:
        return [_("There is no audience; write one in config.toml: [audiences.masyarakat]")]
    return aligned([_line(name, rows.get(name), clock) for name in settings.audiences], indent=0)


def _line(name: str, row: Row[Any] | None, clock: Clock) -> tuple[str, ...]:
    if row is None or not row.digest:
        return name, _("never imported: humaspost audience import {name}").format(name=name)
    people = ngettext("{count} person", "{count} people", row.members).format(count=f"{row.members:,}")
    left = _("{count} of them left").format(count=row.left) if row.left else ""
    return name, people, _("read {when}").format(when=clock.near(row.imported_at)), left


def audience_json(settings: Settings, rows: Mapping[str, Row[Any]]) -> list[dict[str, Any]]:
    """The audiences of ``audience list --json``."""
    return [
        {
            "name": name,
            "file": str(path),
            "people": rows[name].members if name in rows else 0,
            "left": rows[name].left if name in rows else 0,
            "imported_at": moment(rows[name].imported_at) if name in rows else None,
        }
        for name, path in settings.audiences.items()
    ]


def nothing_to_do(changes: Changes) -> bool:
    """Whether the list says already what the file says, or the file cannot be used."""
    return not (changes.new or changes.updated or changes.removed or changes.opted_out)


def changes_lines(changes: Changes, *, columns: int = 80) -> list[str]:
    """What the file holds and what becomes of every row."""
    if not changes.is_usable:
        return [
            line for problem in changes.problems for line in [*problem_lines(problem, columns=columns), ""]
        ]
    rows = ngettext("{count} row", "{count} rows", changes.read).format(count=f"{changes.read:,}")
    counts = (
        (changes.new, _("{count} new")),
        (changes.updated, _("{count} with another name or consent")),
        (changes.unchanged, _("{count} as before")),
        (changes.opted_out, _("{count} who left, and get nothing")),
        (changes.merged, _("{count} that repeat a person")),
        (changes.removed, _("{count} not in the file any more: off the list")),
        (len(changes.refused), _("{count} refused")),
    )
    words = ", ".join(text.format(count=f"{count:,}") for count, text in counts if count)
    lines = wrap(f"{changes.name}: {rows}: {words or _('nothing')}.", columns)
    for refused in changes.refused[:_REFUSED_SHOWN]:
        lines += wrap(
            _("row {number}: {message} [{code}]").format(
                number=refused.number, message=refused.message, code=refused.code
            ),
            columns,
            indent="  ",
        )
    if len(changes.refused) > _REFUSED_SHOWN:
        more = _("and {count} more refused rows: --json lists them all")
        lines.append("  " + more.format(count=len(changes.refused) - _REFUSED_SHOWN))
    for problem in changes.problems:
        lines += problem_lines(problem, columns=columns)
    return lines


def changes_json(changes: Changes) -> dict[str, Any]:
    """One audience of ``audience import --json``."""
    return {
        "name": changes.name,
        "read": changes.read,
        "imported": changes.imported,
        "new": changes.new,
        "updated": changes.updated,
        "unchanged": changes.unchanged,
        "opted_out": changes.opted_out,
        "merged": changes.merged,
        "removed": changes.removed,
        "refused": [{"row": r.number, "code": r.code, "message": r.message} for r in changes.refused],
        "problems": [problem_json(problem) for problem in changes.problems],
    }

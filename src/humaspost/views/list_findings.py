"""The findings in the files of lists, for ``status``, ``plan``, ``check`` and JSON."""

from collections.abc import Sequence
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.reports.list_findings import ListFinding
from humaspost.views.problems import format_problem, problem_to_json
from humaspost.views.text import escape_unsafe, is_command, wrap_text

#: `check` prints so many rows of a list; --json has all.
MAX_ROWS_PRINTED = 20


def format_finding(finding: ListFinding, columns: int = 80) -> list[str]:
    """Return place, reason and next step of a list, without its name."""
    if finding.summary is None:
        return []
    summary = finding.summary
    location = f":{summary.position.line}:{summary.position.column}" if summary.position else ""
    lines = [f"{escape_unsafe(finding.file)}{location}: {summary.code}"]
    lines += wrap_text(escape_unsafe(summary.message), columns)
    for line in summary.hint.splitlines():
        lines += [escape_unsafe(line)] if is_command(line) else wrap_text(line, columns)
    return lines


def format_list_block(findings: Sequence[ListFinding], columns: int = 80) -> list[str]:
    """Return the lists that are held or have unreadable rows, for ``plan``."""
    told = [finding for finding in findings if finding.summary is not None]
    lines = ["", _("Lists")] if told else []
    for finding in told:
        lines.append(f"  {escape_unsafe(finding.name)}")
        lines += [f"    {line}" for line in format_finding(finding, columns - 4)]
    return lines


def format_problems_of_lists(findings: Sequence[ListFinding], *, columns: int = 80) -> list[str]:
    """Return each problem of each list, for ``check``."""
    lines: list[str] = []
    for finding in findings:
        for problem in finding.problems[:MAX_ROWS_PRINTED]:
            lines += [*format_problem(problem, columns=columns), ""]
        more = len(finding.problems) - MAX_ROWS_PRINTED
        if more > 0:
            message = ngettext(
                "and {count} more in {file}: --json lists all",
                "and {count} more in {file}: --json lists all",
                more,
            )
            lines += [message.format(count=f"{more:,}", file=escape_unsafe(finding.file)), ""]
    return lines


def format_list_summary(findings: Sequence[ListFinding], *, held_posts: int) -> list[str]:
    """Return one line per list with an error, and how many posts wait for one."""
    lines = []
    for finding in findings:
        if finding.summary is None:
            continue
        count = sum(problem.is_error for problem in finding.problems)
        errors = ngettext("{count} error", "{count} errors", count).format(count=f"{count:,}")
        effect = _("it is not taken over.") if finding.hold else _("the other rows are used.")
        head = _("List {name}: {errors}; {effect}")
        lines.append(head.format(name=escape_unsafe(finding.name), errors=errors, effect=effect))
    if held_posts:
        message = ngettext(
            "{count} post waits for its list.", "{count} posts wait for their lists.", held_posts
        )
        lines.append(message.format(count=held_posts))
    return lines


def finding_to_json(finding: ListFinding) -> dict[str, Any]:
    """Return one list of ``status --json`` and ``plan --json``."""
    return {
        "name": finding.name,
        "file": finding.file,
        "hold": finding.hold,
        "problem": problem_to_json(finding.summary) if finding.summary else None,
    }

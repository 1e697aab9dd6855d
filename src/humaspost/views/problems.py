"""Problems as text for a person, and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.problem import Position, Problem
from humaspost.views.text import display_width, escape_unsafe, is_command, wrap_text

_EXCERPT_WIDTH = 66


def format_problem(problem: Problem, *, columns: int = 80) -> list[str]:
    """Return position, message, the line with a caret below it, and the hint."""
    severity = _("error") if problem.is_error else _("warning")
    head = f"{_format_location(problem)}{severity}[{problem.code}]"
    lines = [head, *wrap_text(problem.message, columns, indent="  ")]
    if problem.position and problem.text.strip():
        lines += ["", *_format_excerpt(problem.text, problem.position)]
    return [*lines, *_format_hint(problem.hint, columns)]


def _format_location(problem: Problem) -> str:
    if not problem.file:
        return ""
    if problem.position is None:
        return f"{escape_unsafe(problem.file)}: "
    return f"{escape_unsafe(problem.file)}:{problem.position.line}:{problem.position.column}: "


def _format_excerpt(text: str, position: Position) -> list[str]:
    """Return the source line, shortened so that the caret is visible."""
    number = f"{position.line:>5}"
    start, prefix = _visible_range(position)
    remainder = "..." if len(text.rstrip()) > start + _EXCERPT_WIDTH else ""
    visible = escape_unsafe(text[start : start + _EXCERPT_WIDTH].replace("\n", " ").rstrip("\r"))
    before = display_width(escape_unsafe(text[start : position.column - 1])) + len(prefix)
    marked = (
        display_width(escape_unsafe(text[position.column - 1 : position.column - 1 + position.length])) or 1
    )
    room = max(1, len(prefix) + display_width(visible) - before)
    return [
        f"{number} | {prefix}{visible}{remainder}".rstrip(),
        f"      | {' ' * before}{'^' * min(marked, room)}",
    ]


def _visible_range(position: Position) -> tuple[int, str]:
    if position.column + min(position.length, 20) <= _EXCERPT_WIDTH:
        return 0, ""
    return position.column - 1 - _EXCERPT_WIDTH // 2, "..."


def _format_hint(hint: str, columns: int) -> list[str]:
    """Return the hint; text to copy (``write: ...``, a command) stays on one line."""
    lines: list[str] = []
    for line in hint.splitlines():
        is_copyable = line.partition(" ")[0].endswith(":") or is_command(line)
        lines += [f"  {escape_unsafe(line)}"] if is_copyable else wrap_text(line, columns, indent="  ")
    return lines


def unique_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return each problem once, even if several accounts have it."""
    return list({(p.file, p.position, p.code, p.message): p for p in reversed(list(problems))}.values())[::-1]


def format_report(
    problems: Sequence[Problem],
    *,
    posts: int,
    drafts: int,
    sendable: int,
    broken_files: int,
    columns: int = 80,
) -> list[str]:
    """Return the lines of ``check``: each problem, then the effect on the posts.

    ``sendable`` posts will be published, as ``plan`` says.
    """
    lines: list[str] = []
    for problem in problems:
        lines += [*format_problem(problem, columns=columns), ""]
    return lines + _format_summary(
        problems, posts=posts, drafts=drafts, sendable=sendable, broken_files=broken_files
    )


def _format_summary(
    problems: Sequence[Problem], *, posts: int, drafts: int, sendable: int, broken_files: int
) -> list[str]:
    errors = [problem for problem in problems if problem.is_error]
    warnings = _format_warning_count(len(problems) - len(errors))
    total = ngettext("{count} post", "{count} posts", posts).format(count=posts)
    if errors and not broken_files:
        # The error is one of the folder: what was planned of it goes out.
        return [_("What goes out all the same, and when: humaspost plan")]
    if not errors:
        return _format_success(total, warnings, active_count=sendable, drafts=drafts)
    many = ngettext("{count} error", "{count} errors", len(errors)).format(count=len(errors))
    files = ngettext("in {count} post", "in {count} posts", broken_files).format(count=broken_files)
    code = next((problem.code for problem in reversed(errors)), "")
    return [
        f"{total}: {many} {files}, {warnings}.",
        _format_unaffected(broken_files, posts - broken_files),
        _("What a code means: humaspost explain {code}").format(code=code),
    ]


def _format_warning_count(count: int) -> str:
    return ngettext("{count} warning", "{count} warnings", count).format(count=count)


def _format_unaffected(broken_files: int, other_count: int) -> str:
    held = ngettext(
        "It will not be published until mended.",
        "Those {count} will not be published until mended.",
        broken_files,
    ).format(count=broken_files)
    if not other_count:
        return held
    rest = ngettext("The other one is unaffected.", "The other {count} are unaffected.", other_count)
    return f"{held} {rest.format(count=other_count)}"


def _format_success(total: str, warnings: str, *, active_count: int, drafts: int) -> list[str]:
    effect = _("{count} would be published").format(count=active_count)
    drafts_note = ngettext("{count} is a draft", "{count} are drafts", drafts).format(count=drafts)
    tail = f"{effect}, {drafts_note}." if drafts else f"{effect}."
    return [
        _("{posts}: no errors, {warnings}.").format(posts=total, warnings=warnings) + " " + tail,
        _("See when: humaspost plan"),
    ]


def problems_to_json(problems: Iterable[Problem], *, posts: int) -> dict[str, Any]:
    """Return the document of ``check --json``."""
    return {"schema": 1, "posts": posts, "problems": [problem_to_json(problem) for problem in problems]}


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """Return one problem as plain JSON."""
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "file": problem.file or None,
        "line": problem.position.line if problem.position else None,
        "column": problem.position.column if problem.position else None,
        "field": problem.field,
        "channel": problem.channel,
        "message": problem.message,
        "hint": problem.hint,
    }

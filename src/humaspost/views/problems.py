"""Problems as a person reads them, and as ``--json`` gives them."""

from collections.abc import Iterable, Sequence
from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.problem import Place, Problem
from humaspost.views.text import safe, width, wrap

_ROOM = 66


def problem_lines(problem: Problem, *, columns: int = 80) -> list[str]:
    """Where, what, the line with a caret under it, and what to write."""
    severity = _("error") if problem.is_error else _("warning")
    head = f"{_where(problem)}{severity}[{problem.code}]"
    lines = [head, *wrap(problem.message, columns, indent="  ")]
    if problem.place and problem.text.strip():
        lines += ["", *_excerpt(problem.text, problem.place)]
    return [*lines, *_hint(problem.hint, columns)]


def _where(problem: Problem) -> str:
    if not problem.file:
        return ""
    if problem.place is None:
        return f"{safe(problem.file)}: "
    return f"{safe(problem.file)}:{problem.place.line}:{problem.place.column}: "


def _excerpt(text: str, place: Place) -> list[str]:
    """The source line with the caret in sight, however long the line is."""
    number = f"{place.line:>5}"
    start, gone = _window(place)
    rest = "..." if len(text.rstrip()) > start + _ROOM else ""
    shown = safe(text[start : start + _ROOM].replace("\n", " ").rstrip("\r"))
    before = width(safe(text[start : place.column - 1])) + len(gone)
    marked = width(safe(text[place.column - 1 : place.column - 1 + place.length])) or 1
    room = max(1, len(gone) + width(shown) - before)
    return [f"{number} | {gone}{shown}{rest}".rstrip(), f"      | {' ' * before}{'^' * min(marked, room)}"]


def _window(place: Place) -> tuple[int, str]:
    if place.column + min(place.length, 20) <= _ROOM:
        return 0, ""
    return place.column - 1 - _ROOM // 2, "..."


def _hint(hint: str, columns: int) -> list[str]:
    """What is to be copied (``write: ...``, a command) stays on one line; a sentence is wrapped."""
    lines: list[str] = []
    for line in hint.splitlines():
        word = line.partition(" ")[0]
        copied = word.endswith(":") or word in ("humaspost", "chmod", "chown")
        lines += [f"  {safe(line)}"] if copied else wrap(line, columns, indent="  ")
    return lines


def distinct(problems: Iterable[Problem]) -> list[Problem]:
    """Each finding once, though several accounts may have found it."""
    return list({(p.file, p.place, p.code, p.message): p for p in reversed(list(problems))}.values())[::-1]


def report(
    problems: Sequence[Problem], *, posts: int, drafts: int, broken: int, columns: int = 80
) -> list[str]:
    """Everything ``check`` shows: each problem, then what it means for the posts."""
    lines: list[str] = []
    for problem in problems:
        lines += [*problem_lines(problem, columns=columns), ""]
    return lines + _summary(problems, posts=posts, drafts=drafts, broken=broken)


def _summary(problems: Sequence[Problem], *, posts: int, drafts: int, broken: int) -> list[str]:
    errors = [problem for problem in problems if problem.is_error]
    warnings = _warnings(len(problems) - len(errors))
    total = ngettext("{count} post", "{count} posts", posts).format(count=posts)
    if not errors:
        return _all_well(total, warnings, live=posts - drafts, drafts=drafts)
    many = ngettext("{count} error", "{count} errors", len(errors)).format(count=len(errors))
    inside = ngettext("in {count} post", "in {count} posts", broken).format(count=broken)
    code = next((problem.code for problem in reversed(errors)), "")
    return [
        f"{total}: {many} {inside}, {warnings}.",
        _untouched(broken, posts - broken),
        _("What a code means: humaspost explain {code}").format(code=code),
    ]


def _warnings(count: int) -> str:
    return ngettext("{count} warning", "{count} warnings", count).format(count=count)


def _untouched(broken: int, others: int) -> str:
    held = ngettext(
        "It will not be published until mended.",
        "Those {count} will not be published until mended.",
        broken,
    ).format(count=broken)
    if not others:
        return held
    rest = ngettext("The other one is unaffected.", "The other {count} are unaffected.", others)
    return f"{held} {rest.format(count=others)}"


def _all_well(total: str, warnings: str, *, live: int, drafts: int) -> list[str]:
    would = _("{count} would be published").format(count=live)
    idle = ngettext("{count} is a draft", "{count} are drafts", drafts).format(count=drafts)
    tail = f"{would}, {idle}." if drafts else f"{would}."
    return [
        _("{posts}: no errors, {warnings}.").format(posts=total, warnings=warnings) + " " + tail,
        _("See when: humaspost plan"),
    ]


def problems_json(problems: Iterable[Problem], *, posts: int) -> dict[str, Any]:
    """The document of ``check --json``."""
    return {"schema": 1, "posts": posts, "problems": [problem_json(problem) for problem in problems]}


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem in plain JSON."""
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "file": problem.file or None,
        "line": problem.place.line if problem.place else None,
        "column": problem.place.column if problem.place else None,
        "field": problem.field,
        "channel": problem.channel,
        "message": problem.message,
        "hint": problem.hint,
    }

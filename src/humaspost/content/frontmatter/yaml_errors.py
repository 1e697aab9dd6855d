"""YAML's own errors, translated for the author of the line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from humaspost.base.i18n import _
from humaspost.content.frontmatter.hints import (
    KEY_LINE,
    format_scalar,
    quoted_line_hint,
    strip_quotes,
    write_line_hint,
)
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_HASH_IN_LIST = re.compile(r"[\[,][ \t]*#(?=\w)")
_MISSING_SPACE = re.compile(r"\s*(?:-\s+)*(?P<key>[A-Za-z_]\w*):(?P<value>[^\s/].*)")
_CLOSING_BRACKET = re.compile(r"[\]}]\s*$")
_OPENING_QUOTE = re.compile(r"\s*(?:-\s+)*(?:[^\s:#]+:\s+)?(?P<quote>[\"'])(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class _YamlError:
    """One YAML error with file positions; ``context_position`` is where the construct begins."""

    yaml_context: str
    yaml_problem: str
    position: Position
    context_position: Position
    report: FileReport

    @property
    def line_text(self) -> str:
        """Return the line at which the parser stopped."""
        return self.report.line_text(self.position.line)

    @property
    def text_before(self) -> str:
        """Return the text before the parser's position on its line."""
        return self.line_text[: self.position.column - 1]


def translate_error(error: yaml.YAMLError, report: FileReport, *, first_line: int) -> None:
    """Report one problem in plain words, at the mistake and not where YAML noticed it."""
    yaml_error = _parse_error(error, report, first_line)
    for rule in _RULES:
        if rule(yaml_error):
            return
    hint = _("if this is text, put it between quotes; see the examples for lists and keys")
    report.add_error(
        "yaml-syntax", _("this line cannot be read as `key: value`"), hint=hint, position=yaml_error.position
    )


def _parse_error(error: yaml.YAMLError, report: FileReport, first_line: int) -> _YamlError:
    def position_of(mark: Any) -> Position:
        return Position(mark.line + first_line, mark.column + 1) if mark else Position(first_line, 1)

    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    yaml_context, yaml_problem = getattr(error, "context", None) or "", getattr(error, "problem", None) or ""
    return _YamlError(
        yaml_context, yaml_problem, position_of(problem), position_of(context or problem), report
    )


def report_tab(position: Position, report: FileReport) -> None:
    """Report a tab where YAML counts columns."""
    message = _("there is a tab here; keys are set in with spaces")
    report.add_error("yaml-tab", message, hint=_("replace the tab with two spaces"), position=position)


def report_alias(position: Position, report: FileReport) -> None:
    """Report an alias or anchor, usually a text that begins with the same sign."""
    message = _("a '*' or '&' at the beginning of a text needs quotes around the text")
    report.add_error(
        "yaml-alias", message, hint=quoted_line_hint(report.line_text(position.line)), position=position
    )


def report_not_mapping(position: Position, report: FileReport) -> None:
    """Report front matter that is a list or a bare text."""
    _report_missing_colon(position, report)


def line_without_hash(line: str, column: int) -> str:
    """Return the hint for a line whose ``#`` at ``column`` (from 0) turns a word into a comment."""
    head, tail = line[:column], line[column:]
    key = head.strip().removeprefix("-").strip()
    if re.fullmatch(r"(tags|tagar|hashtags?):", key):
        words = re.findall(r"\w+", tail)
        return write_line_hint(f"tags: [{', '.join(words)}]")
    if not key:
        return write_line_hint(f"- {format_scalar(tail[1:].strip())}")
    if "[" in head or "{" in head:
        return write_line_hint(re.sub(r"#(?=\w)", "", line))
    return quoted_line_hint(line)


def _check_tab(fault: _YamlError) -> bool:
    column = fault.line_text.find("\t")
    if "\t" not in fault.line_text or ("token" not in fault.yaml_problem and "tab" not in fault.yaml_problem):
        return False
    report_tab(Position(fault.position.line, column + 1), fault.report)
    return True


def _check_hash_in_list(fault: _YamlError) -> bool:
    if "flow" not in fault.yaml_context:
        return False
    for number in range(fault.position.line, max(1, fault.position.line - 3), -1):
        line = fault.report.line_text(number)
        match = _HASH_IN_LIST.search(line)
        if match:
            message = _("from this '#' on the line is a comment, so the word after it is lost")
            hint = line_without_hash(line, match.end() - 1)
            fault.report.add_error("hash-comment", message, hint=hint, position=Position(number, match.end()))
            return True
    return False


def _check_second_colon(fault: _YamlError) -> bool:
    """Report a second colon, as in ``title: RALAT: jam``."""
    if not fault.yaml_problem.startswith("mapping values") and not (
        "flow mapping" in fault.yaml_context and fault.line_text[fault.position.column - 1 :].startswith(":")
    ):
        return False
    if ":" not in fault.text_before:
        return _check_stray_key(fault)
    message = _("a ':' followed by a space inside text needs quotes around the text")
    match = KEY_LINE.match(fault.line_text)
    is_flow = "flow" in fault.yaml_context
    hint = _("put the text between quotes") if is_flow or not match else quoted_line_hint(fault.line_text)
    fault.report.add_error("quote-colon", message, hint=hint, position=fault.position)
    return True


def _check_stray_key(fault: _YamlError) -> bool:
    """Report a key below a line that is incomplete or not a key."""
    line_above = fault.position.line - 1
    if _MISSING_SPACE.fullmatch(fault.report.line_text(line_above)) or ":" not in fault.report.line_text(
        line_above
    ):
        _report_missing_colon(
            Position(line_above, 1, max(1, len(fault.report.line_text(line_above)))), fault.report
        )
    else:
        _report_indent(fault.position.line, fault.report)
    return True


def _report_missing_colon(position: Position, report: FileReport) -> None:
    line = report.line_text(position.line)
    match = _MISSING_SPACE.fullmatch(line)
    hint = write_line_hint(f"{match['key']}: {match['value']}") if match else _("write: key: value")
    message = _("a key ends with ':' and a space") if match else _("this line is not `key: value`")
    start = len(line) - len(line.lstrip()) + 1
    key_position = Position(position.line, start, max(1, len(line.strip())))
    report.add_error("front-matter-shape", message, hint=hint, position=key_position)


def _check_missing_colon(fault: _YamlError) -> bool:
    if "simple key" not in fault.yaml_context:
        return False
    _report_missing_colon(fault.context_position, fault.report)
    return True


def _report_indent(number: int, report: FileReport) -> None:
    line = report.line_text(number)
    start = len(line) - len(line.lstrip()) + 1
    report.add_error(
        "yaml-indent",
        _("this line begins at another column than the lines it belongs to"),
        hint=_("begin keys that belong together at the same column, with spaces"),
        position=Position(number, start, max(1, len(line.strip()))),
    )


def _check_open_quote(fault: _YamlError) -> bool:
    """Report a quote that is not closed; YAML notices it at the end or at the next quote."""
    if "quoted scalar" in fault.yaml_context and "unexpected end" in fault.yaml_problem:
        return _report_open_quote(fault.context_position, fault)
    if "did not find expected" not in fault.yaml_problem:
        return False
    for number in range(2, fault.position.line):
        match = _OPENING_QUOTE.fullmatch(fault.report.line_text(number))
        if match and match["quote"] not in match["rest"]:
            return _report_open_quote(Position(number, match.start("quote") + 1), fault)
    return False


def _report_open_quote(position: Position, fault: _YamlError) -> bool:
    line = fault.report.line_text(position.line)
    quote = line[position.column - 1 : position.column]
    message = _("the quote that begins here is not closed")
    fault.report.add_error(
        "quote-open", message, hint=write_line_hint(f"{line.rstrip()}{quote}"), position=position
    )
    return True


def _check_escape(fault: _YamlError) -> bool:
    if "quoted scalar" not in fault.yaml_context:
        return False
    message = _("between double quotes a backslash has a meaning of its own")
    match = KEY_LINE.match(fault.line_text)
    hint = _("use single quotes around the text")
    if match and "'" not in match["value"]:
        hint = write_line_hint(f"{match['key']}: '{strip_quotes(match['value'])}'")
    fault.report.add_error("quote-escape", message, hint=hint, position=fault.position)
    return True


def _check_alias(fault: _YamlError) -> bool:
    if "alias" not in fault.yaml_context + fault.yaml_problem and "anchor" not in fault.yaml_context:
        return False
    report_alias(fault.context_position, fault.report)
    return True


def _check_text_after_value(fault: _YamlError) -> bool:
    """Report a value that ends before the line does, as in ``alt: "a" dan "b"``."""
    match = KEY_LINE.match(fault.line_text)
    if (
        "block mapping" not in fault.yaml_context
        or not match
        or fault.position.column <= match.start("value") + 1
    ):
        return False
    message = _("the text goes on after its closing mark; put all of it between quotes")
    fault.report.add_error(
        "quote-inside", message, hint=quoted_line_hint(fault.line_text), position=fault.position
    )
    return True


def _check_bracket(fault: _YamlError) -> bool:
    lines = (fault.report.line_text(n) for n in range(fault.context_position.line, fault.position.line + 1))
    if (
        "flow" not in fault.yaml_context
        or fault.position.line == fault.context_position.line
        or any(map(_CLOSING_BRACKET.search, lines))
    ):
        return False
    message = _("the bracket that begins here is not closed")
    hint = _("close it on the same line: [A, B]")
    fault.report.add_error("bracket-open", message, hint=hint, position=fault.context_position)
    return True


def _check_first_character(fault: _YamlError) -> bool:
    """Report a text that begins with a sign that YAML reserves."""
    at = fault.context_position if "block scalar" in fault.yaml_context else fault.position
    line = fault.report.line_text(at.line)
    key_line = KEY_LINE.match(line)
    starts_value = key_line.start("value") if key_line else len(line) - len(line.lstrip(" -"))
    if starts_value != at.column - 1 or at.column > len(line) or line[starts_value] not in "@`%|>-?,]}!":
        return False
    message = _("a text that begins with {sign!r} needs quotes around it").format(sign=line[starts_value])
    fault.report.add_error("quote-start", message, hint=quoted_line_hint(line), position=at)
    return True


def _check_indent(fault: _YamlError) -> bool:
    if "block" not in fault.yaml_context:
        return False
    _report_indent(fault.position.line, fault.report)
    return True


_RULES: tuple[Callable[[_YamlError], bool], ...] = (
    _check_tab,
    _check_hash_in_list,
    _check_alias,
    _check_bracket,
    _check_second_colon,
    _check_open_quote,
    _check_escape,
    _check_missing_colon,
    _check_first_character,
    _check_text_after_value,
    _check_indent,
)

"""What YAML's own errors mean for the person who wrote the line."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from humaspost.base.i18n import _
from humaspost.content.frontmatter.hints import KEY_LINE, in_quotes, scalar, unquoted, write
from humaspost.content.report import Page
from humaspost.model.problem import Place

_HASH_ITEM = re.compile(r"[\[,][ \t]*#(?=\w)")
_GLUED = re.compile(r"\s*(?:-\s+)*(?P<key>[A-Za-z_]\w*):(?P<value>[^\s/].*)")
_CLOSING = re.compile(r"[\]}]\s*$")
_OPENING = re.compile(r"\s*(?:-\s+)*(?:[^\s:#]+:\s+)?(?P<quote>[\"'])(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class _Fault:
    """One YAML error in the file's own coordinates; ``context`` is where the construct began."""

    doing: str
    said: str
    at: Place
    context: Place
    page: Page

    @property
    def line(self) -> str:
        """The line that the parser stumbled over."""
        return self.page.line(self.at.line)

    @property
    def before(self) -> str:
        """What stands before the stumbling point on its line."""
        return self.line[: self.at.column - 1]


def translate(error: yaml.YAMLError, page: Page, *, first_line: int) -> None:
    """One problem, in our words, where the mistake is rather than where YAML noticed it."""
    fault = _fault(error, page, first_line)
    for judge in _JUDGES:
        if judge(fault):
            return
    hint = _("if this is text, put it between quotes; see the examples for lists and keys")
    page.error("yaml-syntax", _("this line cannot be read as `key: value`"), hint=hint, at=fault.at)


def _fault(error: yaml.YAMLError, page: Page, first_line: int) -> _Fault:
    def place(mark: Any) -> Place:
        return Place(mark.line + first_line, mark.column + 1) if mark else Place(first_line, 1)

    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    doing, said = getattr(error, "context", None) or "", getattr(error, "problem", None) or ""
    return _Fault(doing, said, place(problem), place(context or problem), page)


def tab(at: Place, page: Page) -> None:
    """A tab where YAML counts columns is a problem."""
    message = _("there is a tab here; keys are set in with spaces")
    page.error("yaml-tab", message, hint=_("replace the tab with two spaces"), at=at)


def alias(at: Place, page: Page) -> None:
    """An alias or anchor is a problem, usually a text that only looks like one."""
    message = _("a '*' or '&' at the beginning of a text needs quotes around the text")
    page.error("yaml-alias", message, hint=in_quotes(page.line(at.line)), at=at)


def no_mapping(at: Place, page: Page) -> None:
    """Front matter that is a list or a bare text is a problem."""
    _colon_missing(at, page)


def without_hash(line: str, column: int) -> str:
    """What to write instead of a line whose ``#`` at ``column`` (from 0) made a comment of a word."""
    head, tail = line[:column], line[column:]
    key = head.strip().removeprefix("-").strip()
    if re.fullmatch(r"(tags|tagar|hashtags?):", key):
        words = re.findall(r"\w+", tail)
        return write(f"tags: [{', '.join(words)}]")
    if not key:
        return write(f"- {scalar(tail[1:].strip())}")
    if "[" in head or "{" in head:
        return write(re.sub(r"#(?=\w)", "", line))
    return in_quotes(line)


def _tab(fault: _Fault) -> bool:
    column = fault.line.find("\t")
    if "\t" not in fault.line or ("token" not in fault.said and "tab" not in fault.said):
        return False
    tab(Place(fault.at.line, column + 1), fault.page)
    return True


def _hash_in_list(fault: _Fault) -> bool:
    if "flow" not in fault.doing:
        return False
    for number in range(fault.at.line, max(1, fault.at.line - 3), -1):
        line = fault.page.line(number)
        found = _HASH_ITEM.search(line)
        if found:
            message = _("from this '#' on the line is a comment, so the word after it is lost")
            hint = without_hash(line, found.end() - 1)
            fault.page.error("hash-comment", message, hint=hint, at=Place(number, found.end()))
            return True
    return False


def _second_colon(fault: _Fault) -> bool:
    """``title: RALAT: jam``."""
    if not fault.said.startswith("mapping values") and not (
        "flow mapping" in fault.doing and fault.line[fault.at.column - 1 :].startswith(":")
    ):
        return False
    if ":" not in fault.before:
        return _stray_key(fault)
    message = _("a ':' followed by a space inside text needs quotes around the text")
    found = KEY_LINE.match(fault.line)
    flow = "flow" in fault.doing
    hint = _("put the text between quotes") if flow or not found else in_quotes(fault.line)
    fault.page.error("quote-colon", message, hint=hint, at=fault.at)
    return True


def _stray_key(fault: _Fault) -> bool:
    """A key below a line that was not finished, or that was no key."""
    above = fault.at.line - 1
    if _GLUED.fullmatch(fault.page.line(above)) or ":" not in fault.page.line(above):
        _colon_missing(Place(above, 1, max(1, len(fault.page.line(above)))), fault.page)
    else:
        _indent(fault.at.line, fault.page)
    return True


def _colon_missing(at: Place, page: Page) -> None:
    line = page.line(at.line)
    glued = _GLUED.fullmatch(line)
    hint = write(f"{glued['key']}: {glued['value']}") if glued else _("write: key: value")
    message = _("a key ends with ':' and a space") if glued else _("this line is not `key: value`")
    start = len(line) - len(line.lstrip()) + 1
    place = Place(at.line, start, max(1, len(line.strip())))
    page.error("front-matter-shape", message, hint=hint, at=place)


def _no_colon(fault: _Fault) -> bool:
    if "simple key" not in fault.doing:
        return False
    _colon_missing(fault.context, fault.page)
    return True


def _indent(number: int, page: Page) -> None:
    line = page.line(number)
    start = len(line) - len(line.lstrip()) + 1
    page.error(
        "yaml-indent",
        _("this line begins at another column than the lines it belongs to"),
        hint=_("begin keys that belong together at the same column, with spaces"),
        at=Place(number, start, max(1, len(line.strip()))),
    )


def _open_quote(fault: _Fault) -> bool:
    """A quote that is not closed, noticed at the end or at the next quote."""
    if "quoted scalar" in fault.doing and "unexpected end" in fault.said:
        return _tell_open(fault.context, fault)
    if "did not find expected" not in fault.said:
        return False
    for number in range(2, fault.at.line):
        found = _OPENING.fullmatch(fault.page.line(number))
        if found and found["quote"] not in found["rest"]:
            return _tell_open(Place(number, found.start("quote") + 1), fault)
    return False


def _tell_open(at: Place, fault: _Fault) -> bool:
    line = fault.page.line(at.line)
    quote = line[at.column - 1 : at.column]
    message = _("the quote that begins here is not closed")
    fault.page.error("quote-open", message, hint=write(f"{line.rstrip()}{quote}"), at=at)
    return True


def _escape(fault: _Fault) -> bool:
    if "quoted scalar" not in fault.doing:
        return False
    message = _("between double quotes a backslash has a meaning of its own")
    found = KEY_LINE.match(fault.line)
    hint = _("use single quotes around the text")
    if found and "'" not in found["value"]:
        hint = write(f"{found['key']}: '{unquoted(found['value'])}'")
    fault.page.error("quote-escape", message, hint=hint, at=fault.at)
    return True


def _alias(fault: _Fault) -> bool:
    if "alias" not in fault.doing + fault.said and "anchor" not in fault.doing:
        return False
    alias(fault.context, fault.page)
    return True


def _after_value(fault: _Fault) -> bool:
    """``alt: "a" dan "b"``: a value that ended before the line did."""
    found = KEY_LINE.match(fault.line)
    if "block mapping" not in fault.doing or not found or fault.at.column <= found.start("value") + 1:
        return False
    message = _("the text goes on after its closing mark; put all of it between quotes")
    fault.page.error("quote-inside", message, hint=in_quotes(fault.line), at=fault.at)
    return True


def _bracket(fault: _Fault) -> bool:
    spanned = (fault.page.line(n) for n in range(fault.context.line, fault.at.line + 1))
    if "flow" not in fault.doing or fault.at.line == fault.context.line or any(map(_CLOSING.search, spanned)):
        return False
    message = _("the bracket that begins here is not closed")
    hint = _("close it on the same line: [A, B]")
    fault.page.error("bracket-open", message, hint=hint, at=fault.context)
    return True


def _first_sign(fault: _Fault) -> bool:
    """A text that begins with a sign YAML keeps for itself."""
    at = fault.context if "block scalar" in fault.doing else fault.at
    line = fault.page.line(at.line)
    found = KEY_LINE.match(line)
    begins = found.start("value") if found else len(line) - len(line.lstrip(" -"))
    if begins != at.column - 1 or at.column > len(line) or line[begins] not in "@`%|>-?,]}!":
        return False
    message = _("a text that begins with {sign!r} needs quotes around it").format(sign=line[begins])
    fault.page.error("quote-start", message, hint=in_quotes(line), at=at)
    return True


def _outdent(fault: _Fault) -> bool:
    if "block" not in fault.doing:
        return False
    _indent(fault.at.line, fault.page)
    return True


_JUDGES: tuple[Callable[[_Fault], bool], ...] = (
    _tab,
    _hash_in_list,
    _alias,
    _bracket,
    _second_colon,
    _open_quote,
    _escape,
    _no_colon,
    _first_sign,
    _after_value,
    _outdent,
)

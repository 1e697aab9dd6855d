"""Characters that are invisible, belong to one font, or show other words than were approved."""

import re
from itertools import islice

from humaspost.base.i18n import _
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
#: Every character to report; tabs and line feeds are allowed.
_SUSPICIOUS_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ue000-\uf8ff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d"
_LAST_LATIN_LETTER = "\u0250"
_BLACK_FLAG = "\U0001f3f4"
#: More problems of this kind would hide the others.
_MAX_PROBLEMS = 20


def check(text: str, report: FileReport, *, first_line: int) -> bool:
    """Return True if the text has no control characters; report every suspicious character."""
    is_clean = True
    for match in islice(_find_suspicious(text), _MAX_PROBLEMS):
        is_clean &= _report_character(match[0], _position_of(text, match.start(), first_line), report)
    return is_clean


def check_value(value: str, report: FileReport, position: Position) -> None:
    """Report a suspicious character that the value spells with a backslash.

    ``position`` is the position of the value.
    """
    for match in islice(_find_suspicious(value), 1):
        _report_character(match[0], position, report)


def _find_suspicious(text: str) -> "filter[re.Match[str]]":
    return filter(
        lambda match: not _is_valid_joiner(text, match.start()), _SUSPICIOUS_CHARACTERS.finditer(text)
    )


def _is_valid_joiner(text: str, index: int) -> bool:
    """Return True if a joiner or tag is part of an emoji, or joins letters that are not Latin."""
    char = text[index]
    if char in _JOINERS:
        return min(text[index - 1 : index] or "a", text[index + 1 : index + 2] or "a") >= _LAST_LATIN_LETTER
    if char >= "\U000e0020":
        return _BLACK_FLAG in text[max(0, index - 8) : index]
    return False


def _position_of(text: str, index: int, first_line: int) -> Position:
    return Position(first_line + text.count("\n", 0, index), index - text.rfind("\n", 0, index))


def _report_character(char: str, position: Position, report: FileReport) -> bool:
    name = f"U+{ord(char):04X}"
    hint = _("delete it, or write the line anew")
    if _CONTROL_CHARACTERS.match(char):
        message = _("there is a control character here ({name}), which no post may contain").format(name=name)
        report.add_error("control-character", message, hint=hint, position=position)
        return False
    if char in _BIDI:
        message = _(
            "an invisible character here ({name}) makes the text read in another order than it is written"
        )
        report.add_error("bidi-override", message.format(name=name), hint=hint, position=position)
    elif "\ue000" <= char <= "\uf8ff":
        message = _("there is a sign of one font only here ({name}); readers would see an empty box")
        report.add_warning("font-character", message.format(name=name), hint=hint, position=position)
    else:
        message = _("there is an invisible character here ({name}); it would be published too")
        report.add_warning("invisible-character", message.format(name=name), hint=hint, position=position)
    return True

"""Characters that a reader cannot see, or that show other words than were approved."""

import re
from itertools import islice

from humaspost.base.i18n import _
from humaspost.content.report import Page
from humaspost.model.problem import Place

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
#: Everything that deserves a look; tabs and line feeds do not.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d"
_LATIN_END = "\u0250"
_FLAG = "\U0001f3f4"
#: More findings of this kind would bury the others.
_MOST = 20


def look(text: str, page: Page, *, first_line: int) -> bool:
    """Whether the text is free of control characters; all that is odd in it is told to ``page``."""
    clean = True
    for match in islice(_odd(text), _MOST):
        clean &= _tell(match[0], _place(text, match.start(), first_line), page)
    return clean


def look_at_value(value: str, page: Page, at: Place) -> None:
    """The same for a value that spelled the character with a backslash; ``at`` is where the value stands."""
    for match in islice(_odd(value), 1):
        _tell(match[0], at, page)


def _odd(text: str) -> "filter[re.Match[str]]":
    return filter(lambda match: not _belongs(text, match.start()), _SUSPECT.finditer(text))


def _belongs(text: str, index: int) -> bool:
    """Whether a joiner or tag does its work there: within an emoji, or between letters that are not Latin."""
    char = text[index]
    if char in _JOINERS:
        return min(text[index - 1 : index] or "a", text[index + 1 : index + 2] or "a") >= _LATIN_END
    if char >= "\U000e0020":
        return _FLAG in text[max(0, index - 8) : index]
    return False


def _place(text: str, index: int, first_line: int) -> Place:
    return Place(first_line + text.count("\n", 0, index), index - text.rfind("\n", 0, index))


def _tell(char: str, at: Place, page: Page) -> bool:
    name = f"U+{ord(char):04X}"
    hint = _("delete it, or write the line anew")
    if _CONTROL.match(char):
        message = _("there is a control character here ({name}), which no post may contain").format(name=name)
        page.error("control-character", message, hint=hint, at=at)
        return False
    if char in _BIDI:
        message = _(
            "an invisible character here ({name}) makes the text read in another order than it is written"
        )
        page.error("bidi-override", message.format(name=name), hint=hint, at=at)
    else:
        message = _("there is an invisible character here ({name}); it would be published too")
        page.warning("invisible-character", message.format(name=name), hint=hint, at=at)
    return True

"""The words by which a person leaves all lists at once."""

import re
import unicodedata

#: The one word of the message, in any case; a sentence is for a person to read.
OPT_OUT_KEYWORDS = frozenset({"berhenti", "stop", "unsubscribe"})

_WORD = re.compile(r"[^\W_]+")


def is_opt_out(text: str) -> bool:
    """Whether the message says nothing but that its sender wants no more; decoration says nothing."""
    words = set(_WORD.findall(_normalize(text).casefold()))
    return bool(words) and words <= OPT_OUT_KEYWORDS


def _normalize(text: str) -> str:
    """The letters as anybody reads them: full-width and bold ones are the same, and invisible marks are none."""
    normalized = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normalized if unicodedata.category(c) != "Cf")

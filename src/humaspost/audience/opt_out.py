"""The words by which a recipient opts out of all lists."""

import re
import unicodedata

#: A message of these words alone, in any case. A user must read a whole sentence.
OPT_OUT_KEYWORDS = frozenset({"berhenti", "stop", "unsubscribe"})

_WORD = re.compile(r"[^\W_]+")


def is_opt_out(text: str) -> bool:
    """Return True if the message has only opt-out words; punctuation and emoji do not count."""
    words = set(_WORD.findall(_normalize(text).casefold()))
    return bool(words) and words <= OPT_OUT_KEYWORDS


def _normalize(text: str) -> str:
    """Return the text with full-width and bold letters as plain ones, without invisible marks."""
    normalized = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normalized if unicodedata.category(c) != "Cf")

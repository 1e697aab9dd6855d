"""Similarity: of known words to a mistyped one, and of two texts."""

from collections.abc import Iterable

#: A longer word is not a typing error, and its comparison would be slow.
_LONGEST = 60
#: Of longer texts the beginning is compared: comparing takes time with the square of the length.
_LONGEST_TEXT = 2_000


def nearest(word: str, words: Iterable[str], *, cutoff: float = 0.6, longest: int = _LONGEST) -> str:
    """Return the most similar known word in any case, or ''."""
    return next(iter(similar(word, words, most=1, cutoff=cutoff, longest=longest)), "")


def similar(
    word: str, words: Iterable[str], *, most: int = 3, cutoff: float = 0.6, longest: int = _LONGEST
) -> list[str]:
    """Return the similar known words, the most similar first.

    Of ``word`` only the first ``longest`` characters are compared.
    """
    import difflib  # only needed for a mistyped word

    names = {name.casefold(): name for name in words}
    found = difflib.get_close_matches(word[:longest].casefold(), names, n=most, cutoff=cutoff)
    return [names[name] for name in found]


def is_similar_text(one: str, other: str, *, share: float) -> bool:
    """Return True if this share of the two texts is the same, in the same order."""
    import difflib

    matcher = difflib.SequenceMatcher(None, one[:_LONGEST_TEXT], other[:_LONGEST_TEXT], autojunk=False)
    return all(ratio() >= share for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))

"""Suggestions of known words for a mistyped word."""

from collections.abc import Iterable

#: A longer word is not a typing error, and its comparison would be slow.
_LONGEST = 60


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

"""Known words for one that was mistyped."""

from collections.abc import Iterable

#: Nobody mistypes a longer word; comparing one would take long.
_LONGEST = 60


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the known word that looks most like this one, upper or lower case, or ''."""
    return next(iter(similar(word, known, most=1, cutoff=cutoff)), "")


def similar(word: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return the known words that look like this one, the most alike first."""
    import difflib  # only where somebody mistyped

    names = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word[:_LONGEST].casefold(), names, n=most, cutoff=cutoff)
    return [names[name] for name in found]

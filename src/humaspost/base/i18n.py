"""The words a person reads: English in the source, translated by whatever ``cli`` installed."""

from collections.abc import Callable

Translate = Callable[[str], str]
Plural = Callable[[str, str, int], str]


def _english_plural(singular: str, plural: str, count: int) -> str:
    return singular if count == 1 else plural


_translate: Translate = str
_plural: Plural = _english_plural


def install(translate: Translate, plural: Plural) -> None:
    """Every later ``_()`` and ``ngettext()`` answers in the installed language."""
    global _translate, _plural
    _translate, _plural = translate, plural


def _(message: str) -> str:
    """The message in the installed language; values are put in afterwards, with ``.format``."""
    return _translate(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of the message that fits ``count``, with ``{count}`` still to be put in."""
    return _plural(singular, plural, count)

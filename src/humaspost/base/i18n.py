"""The texts for users: English in the source, translated by functions that ``cli`` installs."""

from collections.abc import Callable

Translate = Callable[[str], str]
Plural = Callable[[str, str, int], str]


def _english_plural(singular: str, plural: str, count: int) -> str:
    return singular if count == 1 else plural


_translate: Translate = str
_plural: Plural = _english_plural
_language = "en"


def install(translate: Translate, plural: Plural, language: str = "en") -> None:
    """Install the translation that every later ``_()`` and ``ngettext()`` uses."""
    global _translate, _plural, _language
    _translate, _plural, _language = translate, plural, language


def language() -> str:
    """Return the language of the installed translation."""
    return _language


def _(message: str) -> str:
    """Return the translated message; values are inserted afterwards with ``.format``."""
    return _translate(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the translated form for ``count``; ``{count}`` is inserted afterwards."""
    return _plural(singular, plural, count)

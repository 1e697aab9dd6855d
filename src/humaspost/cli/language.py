"""The language of the output: that of config.toml, and of the environment before it is read."""

import os
from pathlib import Path

from humaspost.base import i18n

DOMAIN = "humaspost"
LOCALES = Path(__file__).parents[1] / "locale"


def from_environment() -> None:
    """Select Indonesian if HUMASPOST_LANGUAGE or the locale names it, otherwise English."""
    name = os.environ.get("HUMASPOST_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    use_language("id" if name.lower().startswith("id") else "en")


def use_language(name: str) -> None:
    """Install the language's catalogue; texts that it does not contain stay English."""
    if not (LOCALES / name / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file():
        i18n.install(str, _english_ngettext)
        return
    import gettext

    catalogue = gettext.translation(DOMAIN, LOCALES, [name], fallback=True)
    i18n.install(catalogue.gettext, catalogue.ngettext, name)


def _english_ngettext(singular: str, plural: str, count: int) -> str:
    return singular if count == 1 else plural

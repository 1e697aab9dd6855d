"""Explanations of all codes, collected from the modules of the rules."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping

import humaspost.channels.registry as registry
from humaspost.base.i18n import _
from humaspost.base.suggest import similar
from humaspost.views.states import REASON_EXPLANATIONS, STATE_EXPLANATIONS
from humaspost.views.text import wrap_text

_PACKAGES = ("content", "media", "planning", "audience", "settings", "app")


def all_codes() -> dict[str, str]:
    """Return every code of a Problem with its English explanation.

    Imports no client of a platform.
    """
    codes: dict[str, str] = {}
    for module in _code_modules():
        codes.update(module)
    return codes


def _code_modules() -> Iterable[Mapping[str, str]]:
    names = [f"humaspost.{package}.codes" for package in _PACKAGES]
    names += [f"humaspost.channels.{name}.codes" for name in registry.channel_names()]
    for name in names:
        if importlib.util.find_spec(name):
            yield importlib.import_module(name).CODES


def format_explanation(code: str, *, columns: int = 80) -> list[str] | None:
    """Return the code and its explanation, or None if the code is unknown.

    States and reasons are also codes.
    """
    codes = all_codes() | STATE_EXPLANATIONS | REASON_EXPLANATIONS
    if code not in codes:
        return None
    return [code, *wrap_text(_(codes[code]), columns, indent="  ")]


def similar_codes(code: str) -> list[str]:
    """Return codes that look similar to this one."""
    return similar(code, sorted(all_codes() | STATE_EXPLANATIONS | REASON_EXPLANATIONS))

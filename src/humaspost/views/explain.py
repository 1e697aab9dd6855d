"""What every code means: the sentences beside the rules, gathered in one dictionary."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping

import humaspost.channels.registry as registry
from humaspost.base.i18n import _
from humaspost.base.suggest import similar
from humaspost.views.states import REASONS, STATES
from humaspost.views.text import wrap

_PACKAGES = ("content", "media", "planning", "audience", "settings", "app")


def codes() -> dict[str, str]:
    """Every code of a Problem with its English sentence; importing no client of any platform."""
    found: dict[str, str] = {}
    for module in _modules():
        found.update(module)
    return found


def _modules() -> Iterable[Mapping[str, str]]:
    names = [f"humaspost.{package}.codes" for package in _PACKAGES]
    names += [f"humaspost.channels.{name}.codes" for name in registry.names()]
    for name in names:
        if importlib.util.find_spec(name):
            yield importlib.import_module(name).CODES


def explanation(code: str, *, columns: int = 80) -> list[str] | None:
    """The code and what it means; None = there is no such code. States and reasons count too."""
    known = codes() | STATES | REASONS
    if code not in known:
        return None
    return [code, *wrap(_(known[code]), columns, indent="  ")]


def near(code: str) -> list[str]:
    """Codes that look like this one."""
    return similar(code, sorted(codes() | STATES | REASONS))

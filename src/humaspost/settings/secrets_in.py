"""Secrets that stand where they must not: in config.toml."""

from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.problem import Problem
from humaspost.settings.problems import Page, named_like_secret


def secrets_in(data: Mapping[str, Any], page: Page) -> Iterator[Problem]:
    """A problem for every key that is named like a secret and has a value; the value is never shown."""
    for path in _paths(data, ()):
        if named_like_secret(path[-1]) and path[:1] != ("audiences",):
            yield page.at_key(_problem(path), ".".join(path))


def _paths(data: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in data.items():
        path = (*above, key)
        if isinstance(value, Mapping):
            yield from _paths(value, path)
        else:
            yield path


def _problem(path: tuple[str, ...]) -> Problem:
    message = _("{key!r} is a secret; config.toml is no place for one").format(key=path[-1])
    table = path[1] if len(path) > 2 and path[0] == "accounts" else ""
    hint = _("move it to credentials.toml, under [{table}], and make a new one on the platform")
    return Problem("secret-in-config", message, hint.format(table=table or "ACCOUNT"), field=".".join(path))

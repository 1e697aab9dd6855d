"""Checks of a channel's rules and problems for ``contract``, without an open session."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from humaspost.model.problem import Problem
from humaspost.model.rules import Limit, Rules, Source

_TEXTS = ("", "a", "Halo, warga.", "https://kota.example/a", "😀" * 3, "漢字", "e\u0301")


def check_rules(rules: Rules) -> None:
    """Check that every figure has a unit and a source, and every refusal a reason.

    Raises AssertionError with the name of the incomplete one.
    """
    for path, found in _walk_values(rules, "rules"):
        if isinstance(found, Source):
            assert found.url.startswith("https://"), f"{path}: a source is a public address"
            assert found.read_on.year >= 2020, f"{path}: the day it was read"
        if isinstance(found, Limit):
            assert found.value > 0, f"{path}: a limit is above nothing"
            assert found.unit, f"{path}: a limit has a unit"
    for text in _TEXTS:
        assert 0 <= rules.text.measure(text) <= rules.text.upper_bound(text), (
            f"{text!r}: bound is never below measure"
        )
    for kind, media in rules.media.items():
        assert media.mimes, f"{kind}: names the types it takes"
    for rate in rules.rates:
        assert min(rate.count, rate.seconds, rate.burst) > 0, f"{rate.name}: a rate lets something through"
    for quota in rules.quotas:
        assert min(quota.count, quota.seconds) > 0, f"{quota.name}: a quota lets something through"
    for sources in ([c.operation, c.reason] for c in rules.unsupported):
        assert all(sources), f"{sources}: what the platform cannot do has a name and a reason"
    for key, meaning in rules.keys.items():
        assert meaning, f"{key}: a key has a meaning"


def check_problem(post: str, problem: Problem, channel: str) -> None:
    """Check that the problem names its channel and its key, and has a hint."""
    assert problem.channel == channel, f"{post}: {problem.code} names its channel"
    assert problem.code == problem.code.lower().replace("_", "-").strip(), (
        f"{post}: {problem.code} is kebab-case"
    )
    assert problem.message, f"{post}: {problem.code} has a message"
    assert problem.hint, f"{post}: {problem.code} says what to do"
    assert problem.field, f"{post}: {problem.code} names a key"


def _walk_values(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    if is_dataclass(value):
        for field in fields(value):
            yield from _walk_values(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, nested in value.items():
            yield from _walk_values(nested, f"{path}[{key}]")
    elif isinstance(value, tuple | list):
        for number, nested in enumerate(value):
            yield from _walk_values(nested, f"{path}[{number}]")

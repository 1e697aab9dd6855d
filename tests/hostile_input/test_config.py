"""Whatever bytes stand in config.toml: settings, or findings; never anything else."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from humaspost.model.problem import Problem
from humaspost.settings.load import load_settings
from humaspost.settings.problems import ConfigError
from humaspost.settings.settings import Settings
from tests.support.examples import examples

_TABLES = [
    "accounts.x",
    "accounts.wa",
    "accounts",
    "media",
    "policy",
    "policy.types.a",
    "audiences.w",
    "[a]",
    "x y",
]
_KEYS = [
    "channel",
    "handle",
    "timezone",
    "posts",
    "state",
    "file",
    "grace",
    "late",
    "rate",
    "templates",
    "base_url",
]
_KEYS += [
    "user_id",
    "phone_number_id",
    "public_base_url",
    "default",
    "language",
    "settle",
    "'a b'",
    "a.b",
    "access_token",
]
_VALUES = [
    '"x"',
    '"whatsapp"',
    '"instagram"',
    '"Asia/Jakarta"',
    '"../.."',
    '"\\u0000"',
    '"\\u202e"',
    "1e400",
    "-1",
]
_VALUES += [
    "[]",
    "{}",
    "{a = {b = 1}}",
    "true",
    "nan",
    "2026-02-30",
    "2026-02-03",
    '"' + "a" * 5000 + '"',
    "'''\n'''",
    '"1h"',
]
_VALUES += [
    '"http://[::1"',
    '"https://a:b@c"',
    '"-9999999999999d"',
    '"99999999999999999999d"',
    '"~"',
    '"/dev/zero"',
]

line = st.one_of(
    st.builds("[{}]".format, st.sampled_from(_TABLES)),
    st.builds("{} = {}".format, st.sampled_from(_KEYS), st.sampled_from(_VALUES) | st.text(max_size=8)),
)


def _check_load(raw: bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "config.toml")
        file.write_bytes(raw)
        problems = _problems(file)
    assert all(problem.message and problem.hint for problem in problems), raw


def _problems(file: Path) -> tuple[Problem, ...]:
    try:
        assert isinstance(load_settings(file), Settings)
    except ConfigError as error:
        return error.problems
    return ()


@examples(20, 60)
@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    _check_load(raw)


@examples(37, 150)
@given(st.lists(line, max_size=12).map("\n".join))
def test_anything_that_resembles_a_config(text: str) -> None:
    _check_load(text.encode(errors="surrogatepass"))


def test_what_is_nested_without_end_is_a_finding() -> None:
    for raw in (b"a = " + b"[" * 20_000, b"a = " + b"{b=" * 20_000, b"a." * 20_000 + b"b = 1"):
        began = time.process_time()
        _check_load(raw)
        assert time.process_time() - began < 1.0

"""The scanner knows where every key and value of a valid TOML text stands."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.settings.toml_positions import error_position, positions_of
from tests.support.examples import examples

TEXT = '''\
# a comment with [brackets] and = signs
timezone = "Asia/Jakarta"   # after
"quoted key" = 'x'
a.b = 1

[accounts.x]
channel = "x"
base_url = """
line [not.a.table]
key = "not a key"
"""
list = [ "a", # comment ]
  { name = "b", params = ["{x}", 2] },
]
[[many]]
n = 1
[[many]]
  n = 2
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("timezone", 2, 1),
        ("a.b", 4, 1),
        ("accounts.x", 6, 2),
        ("accounts.x.channel", 7, 1),
        ("accounts.x.list", 12, 1),
        ("accounts.x.list.1.name", 13, 5),
        ("many.0.n", 16, 1),
        ("many.1.n", 18, 3),
        ("quoted key", 3, 1),
    ],
)
def test_a_key_is_located_where_it_stands(path: str, line: int, column: int) -> None:
    place = positions_of(TEXT).keys[path]
    assert (place.line, place.column) == (line, column)


def test_a_value_is_located_behind_its_key() -> None:
    found = positions_of(TEXT)
    assert (found.values["timezone"].line, found.values["timezone"].column) == (2, 12)
    assert found.values["timezone"].length == len('"Asia/Jakarta"')
    assert (found.values["accounts.x.list.1.params.1"].column) == 34


def test_nothing_inside_a_string_is_a_key() -> None:
    assert "accounts.x.key" not in positions_of(TEXT).keys


def test_a_missing_key_is_reported_at_the_table_that_lacks_it() -> None:
    assert positions_of(TEXT).key_position("accounts.x.handle") == positions_of(TEXT).keys["accounts.x"]


def test_the_parsers_position_is_read_from_its_message() -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads("a = 1\nb = = 2\n")
    assert error_position(caught.value) == (2, 5)


KEYS = st.text("abcdefghij_-", min_size=1, max_size=6)
SCALARS = st.one_of(
    st.integers(0, 99).map(str),
    st.sampled_from(["true", "2027-02-03 08:30:00", "1.5", "''", '"#=[]{}"', "'''\n[x]\n'''", '"""a\\"b"""']),
)


@examples(50, 100)
@given(
    st.dictionaries(
        KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3).map(lambda v: f"[{', '.join(v)}]"))
    )
)
def test_every_key_of_any_text_is_located(pairs: dict[str, str]) -> None:
    text = "".join(f"{key} = {value} # c\n" for key, value in pairs.items())
    assert set(pairs) <= set(positions_of(text).keys)
    lines = text.splitlines()
    for key in pairs:
        place = positions_of(text).keys[key]
        assert lines[place.line - 1][place.column - 1 :].startswith(key)
    _assert_positions(tomllib.loads(text), positions_of(text).values)


def _assert_positions(data: dict[str, Any], positions: dict[str, Any]) -> None:
    for key, value in data.items():
        assert key in positions
        if isinstance(value, list):
            assert all(f"{key}.{index}" in positions for index in range(len(value)))

"""JSON as text: the same as that of the standard library, without secrets."""

import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.base.redaction import REDACTED
from humaspost.cli.json_text import format_json

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_KEYS = st.text() | st.integers() | st.none() | st.booleans()
_DOCUMENTS = st.recursive(
    _SCALARS, lambda values: st.lists(values) | st.lists(values).map(tuple) | st.dictionaries(_KEYS, values)
)


class _Word(StrEnum):
    HELD = "held"


@given(_DOCUMENTS)
def test_it_is_the_text_of_the_standard_library(document: object) -> None:
    assert format_json(document) == json.dumps(document, indent=2)


@pytest.mark.parametrize("document", [_Word.HELD, {_Word.HELD: [_Word.HELD]}, {"a": {}, "b": [], "c": ()}])
def test_words_and_empty_values_are_written_as_usual(document: object) -> None:
    assert format_json(document) == json.dumps(document, indent=2)


def test_a_deeper_entry_begins_on_the_line_of_its_place() -> None:
    assert format_json({"a": [1]}, indent=4) == '{\n      "a": [\n        1\n      ]\n    }'


def test_every_text_at_any_depth_is_redacted() -> None:
    document = {"a": ["access_token=abcdefgh", {"b": ("app_secret=abcdefgh",)}]}
    assert format_json(document).count(REDACTED) == 2
    assert "abcdefgh" not in format_json(document)

"""The pretend X's own count of a text, against twitter-text's official cases."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from humaspost.sandbox.x import text
from tests.support.examples import examples
from tests.support.reference_data import shared


def cases() -> list[dict[str, Any]]:
    document = yaml.safe_load(shared("contracts/data/twitter-text/validate.yml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["tests"]["WeightedTweetsWithDiscountedEmojiCounterTest"]
    return found + document["tests"]["UnicodeDirectionalMarkerCounterTest"]


def test_official_weighted_lengths() -> None:
    judged = [
        (c["description"], text.weighted_length(c["text"]), c["expected"]["weightedLength"]) for c in cases()
    ]
    assert len(judged) >= 24
    assert [j for j in judged if j[1] != j[2]] == []


@examples(20, 60)
@given(st.text(alphabet="ab. é日🙂\n#@", max_size=60), st.integers(0, 120))
def test_the_quick_answer_is_the_exact_one(words: str, longest: int) -> None:
    assert text.is_within(words, longest) is (text.weighted_length(words) <= longest)


@pytest.mark.parametrize("words", ["a." * 50_000, "a." * 2_500, "a " * 5_000, "日" * 30_000])
def test_endless_texts_are_refused_at_once(words: str) -> None:
    assert not text.is_within(words, 280)

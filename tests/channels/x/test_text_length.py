"""X's weighted length, by twitter-text's own cases."""

import json
import time
from functools import cache
from typing import Any

import pytest
import twitter_text
import yaml
from hypothesis import given
from hypothesis import strategies as st
from twitter_text import extract_urls, parse_tweet
from twitter_text.config import config

from humaspost.channels.x import text_length
from humaspost.channels.x.text_length import has_link, upper_bound, weighted_length
from tests.support.examples import examples
from tests.support.reference_data import shared

_UNDER_V3 = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")


def _parsed(text: str, version: int) -> int:
    """What twitter-text's own parser counts for the whole text at once."""
    settings = {"emoji_parsing_enabled": False, **config[f"version{version}"]}
    return int(parse_tweet(text, settings).weightedLength)


@cache
def _cases() -> dict[str, list[dict[str, Any]]]:
    path = shared("contracts/data/twitter-text/validate.yml")
    cases: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text("utf-8"))["tests"]
    return cases


def test_the_first_twenty_cases_hold_under_configuration_two() -> None:
    cases = _cases()["WeightedTweetsCounterTest"]
    assert len(cases) == 20
    for case in cases:
        assert _parsed(case["text"], 2) == case["expected"]["weightedLength"], case["description"]


@pytest.mark.parametrize(("name", "count"), [(_UNDER_V3[0], 22), (_UNDER_V3[1], 2)])
def test_the_other_cases_hold_for_the_product_itself(name: str, count: int) -> None:
    cases = _cases()[name]
    assert len(cases) == count
    for case in cases:
        assert weighted_length(case["text"]) == case["expected"]["weightedLength"], case["description"]
        assert upper_bound(case["text"]) >= weighted_length(case["text"])


def test_each_character_counts_as_the_configuration_states() -> None:
    path = shared("contracts/data/twitter-text/config-v3.json")
    config = json.loads(path.read_text("utf-8"))
    edges = [edge for one in config["ranges"] for edge in (one["start"], one["end"])]
    # The last one, a joiner of emoji, weighs what it stands between; zero is no text.
    asked = sorted({code + step for code in edges for step in (-1, 0, 1)} - {-1, 0, 8205})
    wrong = {}
    for code in asked:
        inside = (one["weight"] for one in config["ranges"] if one["start"] <= code <= one["end"])
        expected = next(inside, config["defaultWeight"]) // config["scale"]
        if (found := weighted_length(f"a{chr(code)}a") - 2) != expected:
            wrong[hex(code)] = (found, expected)
    assert wrong == {}
    assert len(asked) >= 18
    assert weighted_length("https://kotacontoh.go.id/berita/panjang-sekali") == config["transformedURLLength"]


_RANDOM_WORDS = st.sampled_from(
    [
        "halo",
        "dua.tiga",
        "https://x.com/a",
        "kota.go.id",
        "20.00",
        "👨‍👩‍👧",
        "日本",
        "é",
        "a.co",
        "(t.co/x)",
        "@b.co",
    ]
)
_TEXTS = st.lists(_RANDOM_WORDS | st.text(max_size=6), max_size=12).map(" ".join)


@examples(37, 150)
@given(_TEXTS)
def test_word_by_word_is_the_same_as_at_once(text: str) -> None:
    assert weighted_length(text) == _parsed(text, 3)


_HOSTS = st.sampled_from(
    [
        "x.com",
        "kota.go.id",
        "a.co.example",
        "kotacontoh.example",
        "t.co",
        "a-.com",
        "-",
        "1.2.3.4",
        "A.CO.UK",
        "a..b",
        "xn--p1ai",
    ]
) | st.from_regex(r"[a-z0-9.-]{1,24}", fullmatch=True)
_PATHS = st.from_regex(r"(/[A-Za-z0-9_-]{1,60}){0,3}/?", fullmatch=True)


@examples(100, 400)
@given(st.sampled_from(["http://", "https://", "HTTPS://"]), _HOSTS, _PATHS)
def test_a_plain_link_counts_as_its_host_does(scheme: str, host: str, path: str) -> None:
    assert weighted_length(scheme + host + path) == _parsed(scheme + host + path, 3)


@examples(75, 300)
@given(_TEXTS)
def test_the_cheap_bound_is_never_below(text: str) -> None:
    assert upper_bound(text) >= weighted_length(text)


@pytest.mark.parametrize(
    "text", ["a." * 5000, "." * 20_000, "日本." * 5000, "a" * 200_000, "https://a.co/" + "a." * 2000]
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    assert weighted_length(text) > 280
    assert time.process_time() - started < 2


def test_a_link_counts_23_however_long_it_is() -> None:
    assert weighted_length("https://kota.go.id/" + "a" * 200) == weighted_length("https://kota.go.id/a") == 23


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Baca https://kotacontoh.go.id/a", True),
        ("Baca https://kota.example/a", False),  # X links no name outside the public list
        ("Baca kotacontoh.go.id", True),
        ("Baca kotacontoh.go.id/a ya.", True),
        ("Pukul 20.00 WIB.", False),
        ("Surat a.n. Wali Kota, No.12", False),
        ("warga@kota.go.id", False),
        ("a." * 300, True),
        ("", False),
    ],
)
def test_what_x_sees_as_a_link_and_charges_as_one(text: str, linked: bool) -> None:
    assert has_link(text) is linked


_LABELS = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
_HOSTS = st.lists(_LABELS, min_size=1, max_size=3).flatmap(
    lambda labels: st.sampled_from(["id", "com", "go.id", "example", "co", "c", "-", "xn--p1ai", ""]).map(
        lambda end: ".".join([*labels, end])
    )
)
_PATHS = st.from_regex(r"(/[a-z0-9_-]{1,50}){0,3}/?", fullmatch=True)


@given(st.sampled_from(["http://", "https://", "HTTPS://"]), _HOSTS | st.just("t.co"), _PATHS)
@examples(500, 5000)
def test_a_link_is_one_for_x_itself_whatever_its_path(scheme: str, host: str, path: str) -> None:
    address = f"{scheme}{host}{path}"
    assert has_link(f"Baca {address} hari ini.") == bool(extract_urls(address))


def test_the_addresses_of_one_host_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(twitter_text, "extract_urls", lambda word: searched.append(word) or [word])
    host = "https://satu-kali.kotacontoh.go.id"
    assert all(has_link(f"Baca {host}/siaran/{number}") for number in range(100))
    assert searched == [host]


def test_only_words_with_a_dot_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    word_length = text_length._word_length
    monkeypatch.setattr(text_length, "_word_length", lambda word: looked_at.append(word) or word_length(word))
    text = "Loket 7 buka pukul 08.30.\nBaca https://kotacontoh.go.id/loket hari ini"
    assert weighted_length(text) == _parsed(text, 3)
    assert looked_at == ["08.30.", "https://kotacontoh.go.id/loket"]

"""However a text is written: no part is too long, no word is lost, no URL and no grapheme is cut."""

import re
from typing import Any

import regex
from hypothesis import given
from hypothesis import strategies as st

from humaspost.channels.x import X
from humaspost.channels.x.config import XConfig
from humaspost.model.rendition import Part, Rendition
from humaspost.planning.thread_split import split_thread
from tests.support.examples import examples

_RULES = X().rules(XConfig(handle="kotacontoh"))
_FAMILY = "👨‍👩‍👧‍👦"
_URLS = st.sampled_from(
    ["https://kota.go.id/siaran/014", "https://kota.example/" + "a" * 60, "kota.go.id", "http://x.co"]
)
_RANDOM_WORDS = st.one_of(
    st.sampled_from(
        [
            "Kec.",
            "Melati,",
            "pukul",
            "20.00",
            "WIB.",
            "Siaga!",
            "(ralat)",
            _FAMILY * 3,
            "é",
            "日本語",
            "\n\n",
            "\n",
        ]
    ),
    _URLS,
    st.text(alphabet="abcdef", min_size=1, max_size=12),
    st.text(min_size=1, max_size=5),
    st.integers(1, 60).map(lambda n: _FAMILY * n),
    st.integers(200, 500).map(lambda n: "x" * n),
)
_BODIES = st.lists(_RANDOM_WORDS, min_size=1, max_size=120).map(" ".join)
_CLOSINGS = st.sampled_from(["", "#Tag", "https://kota.go.id/014\n#LayananMalam #KotaContoh"])


def _fitted(body: str, closing: str) -> tuple[Part, ...]:
    whole = f"{body}\n{closing}" if closing else body
    extra: dict[str, Any] = {"thread": "auto", "closing": closing}
    return split_thread(Rendition("x", (Part(1, whole, (), extra),)), _RULES).parts


def _without_frame(parts: tuple[Part, ...], closing: str) -> list[str]:
    """The words of each part, without counter and closing."""
    texts = [part.text for part in parts]
    if closing:
        assert texts[-1].endswith(closing)
        texts[-1] = texts[-1].removesuffix(closing).rstrip("\n")
    if len(texts) == 1:
        return texts
    counters = [f"{number}/{len(texts)}" for number in range(1, len(texts) + 1)]
    assert all(text.endswith(counter) for text, counter in zip(texts, counters, strict=True))
    return [text.removesuffix(counter) for text, counter in zip(texts, counters, strict=True)]


@examples(37, 150)
@given(_BODIES, _CLOSINGS)
def test_no_part_is_too_long(body: str, closing: str) -> None:
    for part in _fitted(body, closing):
        assert _RULES.text.measure(part.text) <= 280


@examples(37, 150)
@given(_BODIES, _CLOSINGS)
def test_nothing_is_lost_and_nothing_moves(body: str, closing: str) -> None:
    words = "".join(_without_frame(_fitted(body, closing), closing))
    assert re.sub(r"\s+", "", words) == re.sub(r"\s+", "", body)


@examples(37, 150)
@given(_BODIES, _URLS, _BODIES, _CLOSINGS)
def test_no_url_is_cut(before: str, url: str, after: str, closing: str) -> None:
    parts = _without_frame(_fitted(f"{before} {url} {after}", closing), closing)
    assert any(url in part.split() for part in parts)


@examples(25, 100)
@given(_BODIES, _CLOSINGS)
def test_no_grapheme_is_cut(body: str, closing: str) -> None:
    squeezed = "".join(regex.findall(r"\X", re.sub(r"\s+", " ", body)))
    bounds = {0}
    for grapheme in regex.findall(r"\X", squeezed):
        bounds.add(max(bounds) + len(grapheme.replace(" ", "")))
    at = 0
    for part in _without_frame(_fitted(body, closing), closing):
        at += len(re.sub(r"\s+", "", part))
        assert at in bounds

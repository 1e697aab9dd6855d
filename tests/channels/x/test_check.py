"""What X refuses beyond lengths and sizes."""

from typing import Any

import pytest

from humaspost.channels.registry import load_channel
from humaspost.channels.x import X
from humaspost.channels.x.codes import CODES
from humaspost.channels.x.config import XConfig
from humaspost.model.post import MediaKind
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part, Rendition
from tests.support.sample_posts import medium, post

_X, _CONFIG = X(), XConfig(handle="@kotacontoh")
_RULES = _X.rules(_CONFIG)


def _problems(*texts: str, media: tuple[MediaKind, ...] = (), **own: Any) -> list[Problem]:
    items = [medium(f"{n}.bin", kind=kind) for n, kind in enumerate(media)]
    rendition = _X.render(post(*texts, media=items, own={"x": own}), _CONFIG, _RULES, account="x")
    return _X.check(rendition, _RULES, None, config=_CONFIG)


def _codes(*texts: str, **more: Any) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in _problems(*texts, **more)]


def test_a_plain_post_has_no_problem() -> None:
    assert _codes("Halo. Harga $5, USD $AAA.") == []


def test_two_cashtags_are_refused() -> None:
    assert _codes("Beli $AAA dan $BBB.") == [("x-cashtags", "x.text")]
    assert _codes("$AAA naik, beli $AAA.") == [("x-cashtags", "x.text")]


@pytest.mark.parametrize(
    "text",
    [
        "Kurs https://k.id/?a=$ABC&b=$DEF hari ini.",
        "Kurs $ABC: https://k.id/$DEF",
        "Bayar US$AAA atau Rp$BBB",
        "Tulis ($ABC) dan ($DEF)",
        "$ABCDEFG $HIJKLMN",
        "$AAA1 dan $BBB2",
    ],
)
def test_what_is_no_cashtag_by_twitter_text_is_none(text: str) -> None:
    assert _codes(text) == []


@pytest.mark.parametrize("text", ["$AAA, $BBB", "$AAA.\n$b.cd!", "$AAA_b $CCC"])
def test_cashtags_end_where_twitter_text_ends_them(text: str) -> None:
    assert _codes(text) == [("x-cashtags", "x.text")]


def test_two_parts_with_the_same_text_are_refused() -> None:
    def codes(*texts: str) -> list[str]:
        parts = tuple(Part(number, text) for number, text in enumerate(texts, 1))
        return [p.code for p in _X.check(Rendition("x", parts), _RULES, None, config=_CONFIG)]

    assert codes("Sama.", "Lain.", " Sama.\n") == ["x-same-parts"]
    assert codes("Sama.", "sama.") == []
    assert codes("", "") == ["x-empty", "x-empty"]


@pytest.mark.parametrize("character", ["\ufeff", "\ufffe", "\uffff"])
def test_a_character_that_x_refuses_is_an_error(character: str) -> None:
    assert _codes(f"Halo{character} warga") == [("x-character", "x.text")]


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Baca https://x.com/kota/status/12345", True),
        ("Baca https://twitter.com/kota/status/12345?s=20 ya.", True),
        ("Baca x.com/kota/status/12345", True),
        ("Baca https://x.com/i/web/status/12345", True),
        ("https://x.com/kota/status/1 lalu https://kota.example/a", False),
        ("Ikuti https://x.com/kotacontoh", False),
        ("https://akses.example/x.com/a/status/1", False),
    ],
)
def test_a_post_s_address_at_the_end_is_a_quote_and_warned_of(text: str, quotes: bool) -> None:
    found = _problems(text)
    assert [problem.code for problem in found] == ["x-quote-link"] * quotes
    assert not any(problem.is_error for problem in found)


def test_nothing_to_show_is_refused() -> None:
    assert _codes() == [("x-empty", "x.text")]
    assert _codes(media=(MediaKind.IMAGE,)) == []
    assert _codes(poll={"options": ["A", "B"]}) == [("x-empty", "x.text")]


def test_media_are_not_mixed() -> None:
    assert _codes("A.", media=(MediaKind.IMAGE, MediaKind.GIF)) == [("x-media-mix", "media.1")]
    assert _codes("A.", media=(MediaKind.IMAGE,) * 4) == []


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        ({"options": ["A", "B"], "duration": "5m"}, []),
        ({"options": ["A", "B"], "duration": "7d"}, []),
        ({"options": ["A"]}, [("x-poll-options", "x.poll.options")]),
        ({"options": list("ABCDE")}, [("x-poll-options", "x.poll.options")]),
        ({"options": ["A", "B" * 26]}, [("x-poll-options", "x.poll.options.1")]),
        ({"options": ["A", " "]}, [("x-poll-options", "x.poll.options.1")]),
        ({"options": ["A", None]}, [("x-poll-options", "x.poll.options.1")]),
        ({"options": ["A", " A "]}, [("x-poll-options", "x.poll.options")]),
        ({"options": ["A", "  B" + " " * 30]}, []),
        ({"options": ["A", "B"], "durasi": "1d"}, [("x-key-value", "x.poll")]),
        ({"options": ["A", "B"], "duration": "4m"}, [("x-poll-duration", "x.poll.duration")]),
        ({"options": ["A", "B"], "duration": "8d"}, [("x-poll-duration", "x.poll.duration")]),
        ({"options": ["A", "B"], "duration": "lama"}, [("x-poll-duration", "x.poll.duration")]),
    ],
)
def test_polls_keep_to_their_limits(poll: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert _codes("Pilih.", poll=poll) == expected


def test_a_poll_with_a_picture_is_refused() -> None:
    poll = {"options": ["A", "B"]}
    assert _codes("Pilih.", poll=poll, media=(MediaKind.IMAGE,)) == [("x-poll-media", "x.poll")]


def test_values_of_the_wrong_kind_are_named() -> None:
    assert _codes("A.", thread="ya", made_with_ai="mungkin", poll=["A"])[:2] == [
        ("x-key-value", "x.made_with_ai"),
        ("x-key-value", "x.thread"),
    ]
    assert _codes("A.", reply_settings="semua") == [("x-reply-settings", "x.reply_settings")]


def test_every_code_is_explained() -> None:
    seen = {
        code
        for code, _ in _codes(poll={}, media=(MediaKind.GIF, MediaKind.IMAGE), reply_settings="x", thread="y")
    }
    assert seen | {"x-empty", "x-cashtags"} <= set(CODES)


def test_the_registry_finds_it() -> None:
    assert isinstance(load_channel("x"), X)


def test_a_handle_has_its_at_sign() -> None:
    assert XConfig(handle="kotacontoh").handle == XConfig(handle="@kotacontoh").handle == "@kotacontoh"
    with pytest.raises(ValueError):
        XConfig(handle="kota contoh")

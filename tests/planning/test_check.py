"""Renditions against Rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from humaspost.model.post import MediaKind, Post, Visibility
from humaspost.model.problem import Problem
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import Limit, MediaRules, Rules, Source, TextRules
from humaspost.planning.check import check
from humaspost.planning.codes import CODES
from tests.support.sample_posts import medium

_SOURCE = Source("https://docs.example/limits", date(2026, 11, 23))
_MEDIA: Mapping[MediaKind, MediaRules] = {
    MediaKind.IMAGE: MediaRules(
        ("image/jpeg",),
        Limit(1e6, "bytes", _SOURCE),
        _SOURCE,
        convert_to="image/jpeg",
        ratio=(0.8, 1.91),
        width=(320, 1440),
        max_count=3,
    ),
    MediaKind.GIF: MediaRules(("image/gif",), Limit(2e6, "bytes", _SOURCE), _SOURCE, width=(1, 1280)),
}
_RULES = Rules(
    is_public=True,
    text=TextRules(Limit(20, "characters", _SOURCE), len),
    media=_MEDIA,
    max_media=4,
    alt=Limit(30, "characters", _SOURCE),
    max_parts=3,
)
_POST = Post(id="sp-1", file="posts/a.md", title="T", body=())


def _image(index: int = 0, **values: Any) -> Attachment:
    item = Attachment(
        "posts/a.jpg", "0f" * 32, MediaKind.IMAGE, "image/jpeg", 500, "Loket.", index, 1080, 1080
    )
    return replace(item, **values)


def _gif(**values: Any) -> Attachment:
    return _image(kind=MediaKind.GIF, mime="image/gif", path="posts/a.gif", **values)


def _problems_of(*parts: Part, post: Post = _POST, **rules: Any) -> list[Problem]:
    return check(post, Rendition("x", parts), replace(_RULES, **rules))


def _codes(*parts: Part, post: Post = _POST, **rules: Any) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in _problems_of(*parts, post=post, **rules)]


def _with(*media: Attachment) -> Part:
    return Part(1, "Halo.", media)


def test_what_fits_has_no_problem() -> None:
    assert _codes(Part(1, "x" * 20, (_image(), _image(1)))) == []


def test_too_long_states_by_how_much_and_both_ways_out() -> None:
    problem = _problems_of(Part(1, "x" * 25))[0]
    assert (problem.code, problem.field, problem.channel) == ("too-long", "x.text", "x")
    assert problem.message == "the text is 25/20 characters long on x: 5 too many"
    assert problem.hint == "shorten it in x.text, or write thread: auto under x:"


def test_a_part_of_a_thread_is_named() -> None:
    problem = _problems_of(Part(1, "a"), Part(2, "x" * 21))[0]
    assert problem.message == "part 2 of 2 is 21/20 characters long on x: 1 too many"
    assert problem.hint == "shorten this part, or divide it with <!-- part -->"


def test_a_channel_without_threads_offers_none() -> None:
    assert "thread" not in _problems_of(Part(1, "x" * 21), max_parts=1)[0].hint


def test_the_exact_measure_is_computed_only_beyond_the_bound() -> None:
    asked: list[str] = []

    def measure(text: str) -> int:
        asked.append(text)
        return 3

    text = TextRules(Limit(20, "characters", _SOURCE), measure)
    assert _codes(Part(1, "x" * 20), text=text) == []
    assert asked == []
    assert _codes(Part(1, "x" * 21), text=text) == []
    assert asked == ["x" * 21]


def test_more_parts_than_a_thread_has() -> None:
    parts = [Part(n, "a") for n in range(1, 5)]
    assert _codes(*parts) == [("too-many-parts", "x.text")]


def test_a_medium_for_a_part_that_is_not_there() -> None:
    item = replace(medium(), part=2)
    for only, expected in ((), [("media-part", "media.0.part")]), (("instagram",), []):
        post = replace(_POST, media=(replace(item, only_for=only),))
        assert _codes(Part(1, "a"), post=post) == expected


@pytest.mark.parametrize("alt", ["", "  "])
def test_every_picture_needs_words(alt: str) -> None:
    assert _codes(_with(_image(alt=alt), _gif(alt=alt, index=2))) == [
        ("alt-missing", "media.0.alt"),
        ("alt-missing", "media.2.alt"),
    ]
    assert _problems_of(_with(_image(alt="")))[0].channel is None


def test_words_for_a_picture_have_a_limit() -> None:
    assert _codes(_with(_image(alt="x" * 31))) == [("alt-too-long", "media.0.alt")]


def test_no_more_media_than_one_post_shows() -> None:
    assert _codes(_with(*map(_image, range(5)))) == [("media-count", "media.4")]
    assert _codes(_with(*map(_image, range(4)))) == [("media-count", "media.3")]
    assert _codes(_with(_gif(), _gif(index=1))) == [("media-count", "media.1")]


def test_a_channel_that_needs_media() -> None:
    assert _codes(Part(1, "a"), media_required=True) == [("media-missing", "channels")]
    assert _codes(_with(_image()), media_required=True) == []


def test_a_medium_that_could_not_be_read_is_not_missing_too() -> None:
    post = replace(_POST, media=(replace(medium(), facts=None),))
    assert _codes(Part(1, "a"), post=post, media_required=True) == []


def test_a_kind_without_rules_is_not_taken() -> None:
    video = _image(kind=MediaKind.VIDEO, mime="video/mp4", alt="")
    assert _codes(_with(video)) == [("media-kind", "media.0.file")]
    document = _image(kind=MediaKind.DOCUMENT, mime="application/pdf", alt="")
    assert _codes(_with(document)) == [("media-kind", "media.0.file")]


def test_media_sent_as_they_are_have_limits_of_size_and_width() -> None:
    assert _codes(_with(_gif(size=3_000_000))) == [("media-too-large", "media.0.file")]
    assert _codes(_with(_gif(width=1300))) == [("media-too-wide", "media.0.file")]


def test_a_still_picture_is_made_smaller_but_never_larger() -> None:
    assert _codes(_with(_image(size=9_000_000, width=4000, height=4000, mime="image/png"))) == []
    assert _codes(_with(_image(width=300, height=300))) == [("media-too-small", "media.0.file")]


@pytest.mark.parametrize(
    ("width", "height", "fits"),
    [
        (1080, 1350, True),
        (1080, 1351, False),
        (1080, 1358, False),
        (1080, 1400, False),
        (1910, 1000, True),
        (1080, 566, True),
        (1080, 565, False),
        (1080, 564, False),
        (2000, 1000, False),
    ],
)
def test_ratios(width: int, height: int, fits: bool) -> None:
    expected = [] if fits else [("media-ratio", "media.0.file")]
    assert _codes(_with(_image(width=width, height=height))) == expected


@pytest.mark.parametrize(
    ("width", "height", "message"),
    [
        (1080, 1351, "0.799 times"),
        (40_000, 50_001, "0.79998 times"),
        (1080, 565, "1.912"),
        (1080, 1400, "0.77"),
    ],
)
def test_a_ratio_is_printed_so_precisely_that_it_is_visibly_outside(
    width: int, height: int, message: str
) -> None:
    part = _with(_image(width=width, height=height))
    (problem,) = _problems_of(part)
    assert message in problem.message


def test_a_restricted_post_never_goes_to_a_public_channel() -> None:
    post = replace(_POST, visibility=Visibility.RESTRICTED)
    assert _codes(Part(1, "a"), post=post) == [("restricted-public", "visibility")]
    assert _codes(Part(1, "a"), post=post, is_public=False) == []


def test_a_channel_to_people_needs_to_know_whom() -> None:
    assert _codes(Part(1, "a"), is_per_recipient=True) == [("audience-missing", "channels")]
    assert _codes(Part(1, "a"), post=replace(_POST, audiences=("wartawan",)), is_per_recipient=True) == []


def test_every_code_is_explained() -> None:
    parts = (
        Part(1, "x" * 99, (_image(alt=""), _gif(size=10**8), _image(1, width=10), _image(2, height=10))),
        Part(
            2,
            "",
            (
                _image(kind=MediaKind.VIDEO),
                _image(kind=MediaKind.AUDIO),
                _gif(width=9999),
                _image(alt="x" * 99),
            ),
        ),
        Part(3, "", tuple(map(_image, range(9)))),
        Part(4, ""),
    )
    post = replace(_POST, visibility=Visibility.RESTRICTED)
    seen = {code for code, _ in _codes(*parts, post=post, is_per_recipient=True, media_required=True)}
    assert seen - set(CODES) == set()
    assert len(seen) == 13

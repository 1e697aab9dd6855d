"""The keys under ``instagram:``, as content reads them: what is kept, and what is a Problem where."""

from dataclasses import replace
from typing import Any

import pytest

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.codes import CODES
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.model.post import MediaFacts, MediaKind, Medium
from humaspost.model.problem import Severity
from humaspost.model.rendition import Part, Rendition
from tests.support.sample_posts import medium, post

CHANNEL = Instagram()
CONFIG = InstagramConfig(user_id="1")
RULES = CHANNEL.rules(CONFIG)
VIDEO = medium("media/a.mp4", kind=MediaKind.VIDEO)


def video_lasting(seconds: float, *, cover: bool = False) -> Medium:
    assert VIDEO.facts is not None
    facts = replace(VIDEO.facts, duration=seconds)
    if not cover:
        return replace(VIDEO, facts=facts)
    still = MediaFacts(MediaKind.IMAGE, "image/jpeg", "1f" * 32, 99, 1080, 1920)
    return replace(VIDEO, facts=facts, cover=VIDEO.path.with_name("c.jpg"), cover_facts=still)


def rendition(media: list[Medium], own: dict[str, Any]) -> Rendition:
    of = post("Halo", media=media, own={"instagram": own})
    return CHANNEL.render(of, CONFIG, RULES, account="instagram")


def part(media: list[Medium], **own: Any) -> Part:
    return rendition(media, own).parts[0]


def problems_of(media: list[Medium], **own: Any) -> list[tuple[str, str | None]]:
    problems = CHANNEL.check(rendition(media, own), RULES, None, config=CONFIG)
    assert {p.code for p in problems} <= set(CODES)
    assert all(p.hint and p.message and p.channel == "instagram" for p in problems)
    return [(p.code, p.field) for p in problems]


def test_values_are_kept_as_instagram_requires_them() -> None:
    own = {
        "collaborators": ["@bpbd_kota", "dinas.pu"],
        "location_id": "106377336067638",
        "made_with_ai": "true",
        "share_to_feed": False,
        "thumb_offset": "1500",
        "user_tags": [{"username": "@walikota"}],
    }
    extra = part([video_lasting(5)], **own).extra
    assert extra == {
        "format": "feed",
        "collaborators": ["bpbd_kota", "dinas.pu"],
        "location_id": "106377336067638",
        "made_with_ai": True,
        "share_to_feed": False,
        "thumb_offset": 1500,
        "user_tags": [{"username": "walikota", "x": None, "y": None, "media": 1}],
    }
    assert problems_of([video_lasting(5)], **own) == []


def test_a_story_is_fitted_by_rules_of_its_own() -> None:
    (item,) = part([medium()], format="story").media
    assert item.use == "story"
    limits = RULES.media_rules_for(item)
    assert limits is not None
    assert limits.ratio is None
    (film,) = part([video_lasting(5)], format="story").media
    story, reel = RULES.media_rules_for(film), RULES.media_rules_for(replace(film, use=""))
    assert story is not None
    assert reel is not None
    assert (story.duration, reel.duration) == ((3.0, 60.0), (3.0, 900.0))
    assert (story.max_bytes.value, reel.max_bytes.value) == (100_000_000, 300_000_000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("share_to_feed", "mungkin"),
        ("thumb_offset", "1.5 s"),
        ("thumb_offset", "-1"),
        ("thumb_offset", "٣"),
        ("collaborators", {"a": "b"}),
        ("collaborators", [["a"]]),
        ("location_id", "Alun-alun"),
        ("made_with_ai", "sedikit"),
        ("user_tags", [{"name": "a"}]),
        ("user_tags", [{"username": "a", "x": "kiri", "y": "0"}]),
        ("user_tags", [{"username": "a", "x": "nan", "y": "0"}]),
        ("user_tags", [{"username": "a", "z": "0"}]),
        ("user_tags", [3]),
    ],
)
def test_a_value_of_another_kind_is_a_problem_and_never_an_exception(key: str, value: Any) -> None:
    assert problems_of([video_lasting(5)], **{key: value}) == [("instagram-key-value", f"instagram.{key}")]


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (["a", "b", "c"], None),
        (["a", "b", "c", "d"], "instagram.collaborators.3"),
        (["a", "b c"], "instagram.collaborators.1"),
        ([""], "instagram.collaborators.0"),
        (["a" * 31], "instagram.collaborators.0"),
    ],
)
def test_collaborators_are_three_usernames(names: list[str], field: str | None) -> None:
    expected = [] if field is None else [("instagram-collaborators", field)]
    assert problems_of([medium()], collaborators=names) == expected


@pytest.mark.parametrize(
    ("tag", "fine"),
    [
        ({"username": "a", "x": "0.5", "y": "1"}, True),
        ({"username": "a", "x": "0.5", "y": "1", "media": "2"}, False),
        ({"username": "a", "x": "0.5", "y": "1.01"}, False),
        ({"username": "a", "x": "-0.1", "y": "1"}, False),
        ({"username": "a", "x": "0.5"}, False),
        ({"username": "a"}, False),
        ({"username": "a b", "x": "0", "y": "0"}, False),
        ({"username": "a", "x": "0", "y": "0", "media": "0"}, False),
    ],
)
def test_a_tag_in_a_picture_has_a_position(tag: dict[str, str], fine: bool) -> None:
    expected = [] if fine else [("instagram-user-tags", "instagram.user_tags.0")]
    assert problems_of([medium()], user_tags=[tag]) == expected


def test_a_tag_in_a_video_has_no_position_and_in_a_story_has_an_optional_one() -> None:
    placed, named = [{"username": "a", "x": "0", "y": "0"}], [{"username": "a"}]
    assert problems_of([video_lasting(5)], user_tags=named) == []
    assert problems_of([video_lasting(5)], user_tags=placed) == [
        ("instagram-user-tags", "instagram.user_tags.0")
    ]
    assert problems_of([medium()], format="story", user_tags=named) == []


@pytest.mark.parametrize(
    ("media", "own", "number"),
    [([medium(), video_lasting(5)], {}, "2"), ([video_lasting(5)], {"format": "story"}, "1")],
)
def test_a_video_in_a_carousel_or_a_story_takes_no_tags(
    media: list[Medium], own: dict[str, Any], number: str
) -> None:
    named = [{"username": "a", "media": number}]
    assert problems_of(media, **own, user_tags=named) == [("instagram-user-tags", "instagram.user_tags.0")]


def test_more_than_twenty_tags_are_refused() -> None:
    tags = [{"username": f"a{n}", "x": "0", "y": "0"} for n in range(21)]
    assert problems_of([medium()], user_tags=tags[:20]) == []
    assert problems_of([medium()], user_tags=tags) == [("instagram-user-tags", "instagram.user_tags.20")]


def test_the_time_of_the_cover_lies_within_the_video() -> None:
    wrong = [("instagram-thumb-offset", "instagram.thumb_offset")]
    assert problems_of([video_lasting(5)], thumb_offset="4999") == []
    assert problems_of([video_lasting(5)], thumb_offset="5000") == wrong
    assert problems_of([video_lasting(5, cover=True)], thumb_offset="1") == wrong


def test_a_cover_without_a_reel_only_warns() -> None:
    problems = CHANNEL.check(
        rendition([video_lasting(5, cover=True)], {"format": "story"}), RULES, None, config=CONFIG
    )
    assert [(p.code, p.field, p.severity) for p in problems] == [
        ("instagram-cover", "media.0.cover", Severity.WARNING)
    ]
    assert problems_of([video_lasting(5, cover=True)]) == []


@pytest.mark.parametrize(
    ("media", "own", "field"),
    [
        ([medium()], {"share_to_feed": True}, "share_to_feed"),
        ([medium(), video_lasting(5)], {"thumb_offset": "1"}, "thumb_offset"),
        ([video_lasting(5)], {"format": "story", "share_to_feed": True}, "share_to_feed"),
        ([medium()], {"format": "story", "collaborators": ["a"]}, "collaborators"),
        ([medium()], {"format": "story", "location_id": "1"}, "location_id"),
        ([medium()], {"format": "story", "made_with_ai": True}, "made_with_ai"),
    ],
)
def test_a_key_that_does_nothing_here_is_a_problem(
    media: list[Medium], own: dict[str, Any], field: str
) -> None:
    assert problems_of(media, **own) == [("instagram-key-unfit", f"instagram.{field}")]


def test_a_story_with_its_own_caption_gets_a_warning() -> None:
    own = {"format": "story", "text": "Loket buka."}
    problems = CHANNEL.check(rendition([medium()], own), RULES, None, config=CONFIG)
    assert [(p.code, p.field, p.severity) for p in problems] == [
        ("instagram-key-unfit", "instagram.text", Severity.WARNING)
    ]
    assert problems_of([medium()], text="Loket buka.") == []


def test_a_story_shows_no_caption_so_nothing_is_wrong_with_it() -> None:
    tags = tuple(f"T{n}" for n in range(40))
    of = post("Halo", media=[medium()], tags=tags, own={"instagram": {"format": "story"}})
    shown = CHANNEL.render(of, CONFIG, RULES, account="instagram")
    assert CHANNEL.check(shown, RULES, None, config=CONFIG) == []
    assert [part.text for part in shown.parts] == [""], "nor is it too long, nor anything else"

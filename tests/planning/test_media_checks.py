"""A GIF where a channel takes none: a video that is made of it, where the office has that done."""

from dataclasses import replace
from pathlib import Path

import pytest

from humaspost.model.post import MediaFacts, MediaKind, Medium, Post, Video
from humaspost.model.rules import Rules
from humaspost.planning.media_checks import with_converted_gifs
from tests.planning.test_video_checks import _RULES, _VIDEO

_GIF = MediaFacts(MediaKind.GIF, "image/gif", "0f" * 32, 90_000, 401, 300, 1.2, Video("gif", frames=12))
_ONLY_VIDEOS = replace(_RULES, media={MediaKind.VIDEO: _VIDEO})


def _planned_media(facts: MediaFacts | None, rules: Rules) -> MediaFacts | None:
    medium = Medium("a.gif", Path("/office/posts/a.gif"), 0, alt="Loket.", facts=facts)
    post = Post(id="sp-1", file="posts/a.md", title="T", body=(), media=(medium,))
    return with_converted_gifs(post, rules).media[0].facts


def test_it_is_a_video_as_long_as_the_channels_shortest() -> None:
    assert _planned_media(_GIF, _ONLY_VIDEOS) == replace(_GIF, kind=MediaKind.VIDEO, duration=3.0)


def test_a_longer_one_is_not_looped() -> None:
    facts = replace(_GIF, duration=7.5)
    assert _planned_media(facts, _ONLY_VIDEOS) == replace(facts, kind=MediaKind.VIDEO)


def test_where_the_channel_has_no_shortest_it_lasts_what_it_lasts() -> None:
    rules = replace(_RULES, media={MediaKind.VIDEO: replace(_VIDEO, duration=None)})
    assert _planned_media(_GIF, rules) == replace(_GIF, kind=MediaKind.VIDEO)


@pytest.mark.parametrize(
    ("facts", "rules"),
    [
        (_GIF, _RULES),
        (_GIF, replace(_RULES, media={})),
        (replace(_GIF, kind=MediaKind.IMAGE), _ONLY_VIDEOS),
        (None, _ONLY_VIDEOS),
    ],
)
def test_everything_else_stays_as_it_is(facts: MediaFacts | None, rules: Rules) -> None:
    assert _planned_media(facts, rules) == facts

"""What Instagram shows of a post, and what only Instagram finds wrong with it."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from humaspost.channels.instagram import Instagram, rules
from humaspost.channels.instagram.codes import CODES
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.model.document import PartBreak
from humaspost.model.post import MediaKind, Post
from humaspost.model.problem import Severity
from humaspost.model.rendition import Part
from tests.support.sample_posts import medium, paragraphs, post

CONFIG = InstagramConfig(user_id="17841400000000000", handle="@kotacontoh")
CHANNEL = Instagram()
RULES = CHANNEL.rules(CONFIG)


def rendered(of: Post) -> Part:
    (part,) = CHANNEL.render(of, CONFIG, RULES, account="instagram").parts
    return part


def problems_of(of: Post) -> list[tuple[str, str | None, Severity]]:
    rendition = CHANNEL.render(of, CONFIG, RULES, account="instagram")
    problems = CHANNEL.check(rendition, RULES, None, config=CONFIG)
    assert {p.code for p in problems} <= set(CODES)
    assert all(p.hint and p.message and p.channel == "instagram" for p in problems)
    return [(p.code, p.field, p.severity) for p in problems]


def test_the_caption_is_the_body_an_empty_line_and_the_hashtags_without_the_link() -> None:
    of = post("Satu.", "Dua.", tags=("LayananMalam", "#Kota"), link="https://a.example", media=[medium()])
    assert rendered(of).text == "Satu.\n\nDua.\n\n#LayananMalam #Kota"


def test_its_own_text_replaces_the_body() -> None:
    of = post("Badan.", tags=("A",), own={"instagram": {"text": "Sendiri.\n"}}, media=[medium()])
    assert rendered(of).text == "Sendiri.\n\n#A"


def test_a_part_break_is_a_paragraph_break() -> None:
    body = (*paragraphs("Satu."), PartBreak(), *paragraphs("Dua."))
    of = Post(id="a", file="posts/a.md", title="T", body=body)
    assert rendered(of).text == "Satu.\n\nDua."
    own = post("x", own={"instagram": {"text": "Satu.\n<!-- part -->\nDua."}})
    assert rendered(own).text == "Satu.\n\nDua."


def test_media_keep_their_order_and_alt_text() -> None:
    part = rendered(post("a", media=[medium("media/1.jpg", alt="satu"), medium("media/2.jpg", alt="dua")]))
    assert [(m.path, m.alt, m.index) for m in part.media] == [
        ("posts/media/1.jpg", "satu", 0),
        ("posts/media/2.jpg", "dua", 1),
    ]
    assert part.extra == {"format": "feed"}


def test_rendering_a_second_time_gives_the_same_hash() -> None:
    of = post("a", media=[medium()], tags=("B",))
    renditions = [CHANNEL.render(of, CONFIG, RULES, account="instagram") for _ in range(2)]
    assert renditions[0].hash == renditions[1].hash


@pytest.mark.parametrize(
    ("count", "severity"), [(5, None), (6, Severity.WARNING), (30, Severity.WARNING), (31, Severity.ERROR)]
)
def test_hashtags_are_counted(count: int, severity: Severity | None) -> None:
    tags = tuple(f"Tagar{n}" for n in range(count - 1))
    of = post("Dengan #SatuTagar di badan, bukan a&#b.", tags=tags, media=[medium()])
    expected = [] if severity is None else [("instagram-hashtags", "tags", severity)]
    assert problems_of(of) == expected


def test_adjacent_hashtags_are_one_each() -> None:
    assert rules.count_hashtags("#a#b #c, (#d) e#f g&#h #") == 4
    of = post("#a" * 31, media=[medium()])
    assert [problem[0] for problem in problems_of(of)] == ["instagram-hashtags"]


def test_more_than_twenty_mentions_are_refused() -> None:
    names = " ".join(f"@akun{n}" for n in range(20))
    assert problems_of(post(f"{names} humas@kota.example", media=[medium()])) == []
    assert problems_of(post(f"{names} @satu_lagi", media=[medium()])) == [
        ("instagram-mentions", "instagram.text", Severity.ERROR)
    ]


def test_a_caption_near_the_limit_is_a_warning() -> None:
    assert problems_of(post("a" * 2090, media=[medium()])) == []
    near = ("instagram-caption-near-limit", "instagram.text", Severity.WARNING)
    assert problems_of(post("a" * 2200, media=[medium()])) == [near]


@pytest.mark.parametrize(
    ("chosen", "media", "wrong"),
    [
        ("feed", [medium()], False),
        ("story", [medium()], False),
        ("story", [medium(), medium()], True),
        ("reel", [medium()], True),
        ("reel", [medium("media/a.mp4", kind=MediaKind.VIDEO)], False),
        ("kisah", [medium()], True),
        (["feed"], [medium()], True),
    ],
)
def test_the_format_fits_the_media(chosen: Any, media: list[Any], wrong: bool) -> None:
    expected = [("instagram-format", "instagram.format", Severity.ERROR)] if wrong else []
    assert problems_of(post("a", media=media, own={"instagram": {"format": chosen}})) == expected


def test_a_text_that_is_not_text_is_a_problem_and_never_an_exception() -> None:
    of = post("a", media=[medium()], own={"instagram": {"text": ["a", "b"]}})
    assert problems_of(of) == [("instagram-key-value", "instagram.text", Severity.ERROR)]


def test_rules_name_their_sources() -> None:
    assert RULES.is_public
    assert RULES.media_required
    assert RULES.public_url_required
    image = RULES.media[MediaKind.IMAGE]
    assert (image.convert_to, image.ratio, image.width) == ("image/jpeg", (0.8, 1.91), (320, 1440))
    assert {c.operation for c in RULES.unsupported} >= {"text-only", "edit", "retract"}
    facebook = CHANNEL.rules(InstagramConfig(user_id="1", login="facebook"))
    assert "retract" not in {c.operation for c in facebook.unsupported}


def test_the_host_follows_the_login() -> None:
    assert CONFIG.api_url == "https://graph.instagram.com/v26.0"
    assert InstagramConfig(user_id="1", login="facebook").api_url == "https://graph.facebook.com/v26.0"
    assert InstagramConfig(user_id="1", base_url="http://127.0.0.1:1/instagram/").api_url.endswith(
        "/instagram/v26.0"
    )


def test_what_a_person_calls_the_account() -> None:
    assert CHANNEL.display_name(CONFIG) == "@kotacontoh"
    assert CHANNEL.display_name(InstagramConfig(user_id="178")) == "178"


def test_an_unknown_key_in_the_config_is_refused() -> None:
    with pytest.raises(ValidationError):
        InstagramConfig.model_validate({"user_id": "1", "token": "x"})


def test_importing_the_channel_imports_no_http() -> None:
    code = "import sys, humaspost.channels.instagram; print({'requests', 'tweepy', 'humaspost.sandbox'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

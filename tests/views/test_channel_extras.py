"""What ``preview`` prints of the things that only one channel has."""

from dataclasses import replace
from datetime import date

from humaspost.base.canonical_json import Json
from humaspost.channels.registry import load_channels
from humaspost.model.account import Account
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Fallback, Part, Rendition
from humaspost.model.rules import Limit, Rules, Source, TextRules
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.views.renditions import format_extras, format_full

_SOURCE = Source("https://docs.example/limits", date(2026, 11, 23))
_RULES = Rules(
    True, TextRules(Limit(280, "characters", _SOURCE), len), {}, 4, Limit(99, "characters", _SOURCE)
)
_PICTURE = Attachment("posts/a.jpg", "0f" * 32, MediaKind.IMAGE, "image/jpeg", 9000, "Loket.", 0)


_CONFIGS = {"x": {"handle": "@a"}, "instagram": {"user_id": "1"}}


def rules_of(channel: str) -> Rules:
    one = load_channels()[channel]
    return one.rules(one.Config.model_validate(_CONFIGS[channel]))


def extra_lines(channel: str, extra: dict[str, Json], *, media: int = 1, columns: int = 80) -> list[str]:
    return format_extras(Part(1, "Halo.", (_PICTURE,) * media, extra), rules_of(channel), columns)


def tag(name: str, x: float | None, y: float | None, media: int = 1) -> Json:
    return {"username": name, "x": x, "y": y, "media": media}


def test_nothing_is_printed_where_nothing_was_requested() -> None:
    extra: dict[str, Json] = {"format": "feed", "made_with_ai": False, "share_to_feed": True}
    assert extra_lines("instagram", extra) == []
    assert extra_lines("x", {"made_with_ai": False, "paid_partnership": False}) == []
    assert _RULES.describe_extras(Part(1, "Halo.", (), {"made_with_ai": True})) == ()


def test_of_instagram() -> None:
    assert extra_lines(
        "instagram",
        {
            "collaborators": ["dinasdukcapil", "bpbd_kota"],
            "user_tags": [tag("walikota", 0.5, 0.4)],
            "location_id": "106377336067638",
            "made_with_ai": True,
        },
    ) == [
        "  asked to show it as theirs too: @dinasdukcapil, @bpbd_kota",
        "  tagged: @walikota at 0.5, 0.4",
        "  place: Facebook page 106377336067638",
        "  labelled as made with AI",
    ]


def test_of_a_reel_and_a_story() -> None:
    assert extra_lines("instagram", {"format": "reel", "share_to_feed": False, "thumb_offset": 1500}) == [
        "  as a reel",
        "  not shown in the feed",
        "  cover: its picture at 1500 ms",
    ]
    assert extra_lines("instagram", {"format": "story"}) == ["  as a story"]


def test_the_extras_of_a_video_are_displayed_and_an_alternative_text_only_where_it_is_sent() -> None:
    words = replace(_PICTURE, path="posts/media/film.id.srt", kind=MediaKind.DOCUMENT, mime="text/srt")
    film = replace(
        _PICTURE, kind=MediaKind.VIDEO, mime="video/mp4", alt="Tidak dikirim.", captions=words, cover=_PICTURE
    )
    for channel in _CONFIGS:
        rules = rules_of(channel)
        account = Account(channel, channel, None, display_name="@kotacontoh")
        lines = format_full(
            RenditionPreview(account, Rendition(channel, (Part(1, "Halo.", (film,)),)), rules)
        )
        assert f"    cover: {_PICTURE.path}" in lines
        assert "    captions: posts/media/film.id.srt" in lines
        assert not any("alt:" in line for line in lines)
        shown = format_full(
            RenditionPreview(account, Rendition(channel, (Part(1, "Halo.", (_PICTURE,)),)), rules)
        )
        assert any("alt:" in line for line in shown)
        story = replace(_PICTURE, use="story")
        assert channel == "x" or not any(
            "alt:" in line
            for line in format_full(
                RenditionPreview(account, Rendition(channel, (Part(1, "", (story,)),)), rules)
            )
        )


def test_a_template_is_displayed_with_its_header_its_names_and_its_buttons() -> None:
    template = Fallback(
        "undangan",
        "id",
        ("Musrenbang", "3 Februari"),
        names=("acara", "hari"),
        top="Warga Melati",
        top_name="siapa",
        buttons=(("", ""), ("url", "daftar/7")),
    )
    account = Account("whatsapp", "whatsapp", None, display_name="+62")
    part = Part(1, "Halo.", fallback=template)
    lines = format_full(RenditionPreview(account, Rendition("whatsapp", (part,)), _RULES))
    assert lines[-4:] == [
        "  | header {{siapa}} Warga Melati",
        "  | {{acara}} Musrenbang",
        "  | {{hari}} 3 Februari",
        "  | button 2: daftar/7",
    ]


def test_in_a_carousel_a_tag_names_its_medium() -> None:
    assert extra_lines(
        "instagram", {"user_tags": [tag("a", 0.0, 1.0, 2), tag("b", None, None, 3)]}, media=3
    ) == [
        "  tagged: @a at 0, 1 in medium 2",
        "  tagged: @b in medium 3",
    ]


def test_of_x() -> None:
    assert extra_lines(
        "x", {"reply_settings": "mentionedUsers", "made_with_ai": True, "paid_partnership": True}
    ) == [
        "  who may reply: accounts that it mentions",
        "  labelled as made with AI",
        "  labelled as a paid partnership",
    ]
    assert extra_lines("x", {"reply_settings": "nobody\x1b[2J"}) == ["  who may reply: nobody\\x1b[2J"]


def test_many_collaborators_are_wrapped() -> None:
    lines = extra_lines("instagram", {"collaborators": ["dinas_kependudukan_catatan_sipil"] * 3}, columns=60)
    assert len(lines) > 1
    assert all(len(line) <= 60 for line in lines)


def test_preview_shows_them_below_the_media() -> None:
    part = Part(
        1, "Halo.", (_PICTURE,), {"made_with_ai": True, "poll": {"options": ["a"], "duration_minutes": 5}}
    )
    account = Account("x", "x", None, display_name="@kotacontoh")
    lines = format_full(RenditionPreview(account, Rendition("x", (part,)), rules_of("x")))
    assert lines[-3:] == ["  poll, open for 5 minutes", "    ( ) a", "  labelled as made with AI"]

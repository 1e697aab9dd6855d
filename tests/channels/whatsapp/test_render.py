"""What WhatsApp shows of a post, its templates, and what only WhatsApp finds wrong with it."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.codes import CODES
from humaspost.channels.whatsapp.config import WhatsAppConfig, mask_number
from humaspost.channels.whatsapp.markup import format_document
from humaspost.model.account import AccountStatus, Template
from humaspost.model.document import (
    Block,
    Break,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Link,
    ListBlock,
    Paragraph,
    PartBreak,
    Quote,
    Strike,
    Strong,
    Text,
)
from humaspost.model.post import MediaKind, Post
from humaspost.model.rendition import Fallback, Part
from tests.support.sample_posts import medium, post

_PARAMS = ["{title}", "{text}", "{link}"]
CONFIG = WhatsAppConfig.model_validate(
    {
        "phone_number_id": "106540352242922",
        "business_account_id": "102290129340398",
        "templates": {
            "text": {"name": "pengumuman", "params": _PARAMS},
            "image": {"name": "pengumuman_gambar", "params": _PARAMS},
        },
    }
)
CHANNEL = WhatsApp()
RULES = CHANNEL.rules(CONFIG)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
TEMPLATES = (
    Template("pengumuman", "id", "APPROVED", "MARKETING", 3),
    Template("pengumuman_gambar", "id", "APPROVED", "MARKETING", 3, "image"),
    Template("jeda", "id", "PAUSED", "MARKETING", 3),
    Template("bernama", "id", "APPROVED", "UTILITY", 3, "", ("nama", "tanggal", "jam")),
)


def rendered(of: Post, config: WhatsAppConfig = CONFIG) -> Part:
    (part,) = CHANNEL.render(of, config, RULES, account="whatsapp").parts
    return part


def problems_of(of: Post, templates: tuple[Template, ...] | None = None) -> list[tuple[str, str | None]]:
    facts = None if templates is None else AccountStatus(NOW, templates=templates)
    rendition = CHANNEL.render(of, CONFIG, RULES, account="whatsapp")
    problems = CHANNEL.check(rendition, RULES, facts, config=CONFIG)
    assert {p.code for p in problems} <= {*CODES, "too-long"}
    assert all(p.hint and p.message and p.channel == "whatsapp" and p.is_error for p in problems)
    return [(p.code, p.field) for p in problems]


def test_the_message_is_title_body_and_link_without_hashtags() -> None:
    of = post("Satu.", "Dua.", title="Loket  buka\nmalam", link="https://a.example/1", tags=("Tagar",))
    assert rendered(of).text == "*Loket buka malam*\n\nSatu.\n\nDua.\n\nhttps://a.example/1"


def _p(*children: Any) -> Paragraph:
    return Paragraph(tuple(Text(child) if isinstance(child, str) else child for child in children))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (_p(Strong((Text("tebal"),)), " dan ", Emphasis((Text("miring"),))), "*tebal* dan _miring_"),
        (_p(Strike((Text("salah"),)), " ", Code("x")), "~salah~ ```x```"),
        (_p("a", Strong((Text(" tebal "),)), "b"), "a *tebal* b"),
        (_p(Strong((Text("satu"), Break(), Text("dua")))), "*satu*\n*dua*"),
        (_p(Strong((Emphasis((Text("x"),)),))), "*_x_*"),
        (_p(Link("https://a.example", (Text("laman"),))), "laman (https://a.example)"),
        (_p(Link("https://a.example", (Text("https://a.example"),))), "https://a.example"),
        (Heading(2, (Text("Jadwal "), Strong((Text("baru"),)))), "*Jadwal baru*"),
        (ListBlock(None, ((_p("a"),), (_p("b"), ListBlock(None, ((_p("c"),),))))), "- a\n- b\n  - c"),
        (ListBlock(3, ((_p("a"),), (_p("b"),))), "3. a\n4. b"),
        (Quote((_p("a"), _p("b"))), "> a\n>\n> b"),
        (CodeBlock("x = 1\n"), "```x = 1```"),
        (PartBreak(), ""),
    ],
)
def test_the_body_is_printed_in_whatsapps_own_marks(block: Block, text: str) -> None:
    assert format_document((block,)) == text


def test_the_template_follows_the_kind_of_the_first_medium() -> None:
    of = post("Isi  pesan\n\tpanjang.", link="https://a.example")
    assert rendered(of).fallback == Fallback(
        "pengumuman", "id", ("Loket buka malam", "Isi pesan panjang.", "https://a.example")
    )
    picture = rendered(replace(of, media=(medium(),))).fallback
    assert picture is not None
    assert (picture.name, picture.header) == ("pengumuman_gambar", True)
    assert rendered(replace(of, media=(medium("a.pdf", kind=MediaKind.DOCUMENT),))).fallback is None


def test_the_posts_own_template_wins() -> None:
    own = {
        "whatsapp": {"template": "siaran", "template_language": "jv", "params": ["{title}", "8 Februari", ""]}
    }
    assert rendered(post("a", own=own)).fallback == Fallback(
        "siaran", "jv", ("Loket buka malam", "8 Februari", "")
    )
    borrowed = rendered(post("a", own={"whatsapp": {"template": "pengumuman"}})).fallback
    assert borrowed is not None
    assert borrowed.params == ("Loket buka malam", "a", "-")
    other_words = rendered(post("a", own={"whatsapp": {"params": ["x {link} {", "y"]}})).fallback
    assert other_words == Fallback("pengumuman", "id", ("x - {", "y"))


def test_no_template_that_fits_is_a_problem() -> None:
    assert problems_of(post("a", media=[medium("a.pdf", kind=MediaKind.DOCUMENT)])) == [
        ("template-missing", "channels")
    ]
    assert problems_of(post("a")) == []
    assert problems_of(post("a", media=[medium()])) == []


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"template": "pengumuman"}, None),
        ({"template": "tiada", "params": ["a"]}, "template-unknown"),
        ({"template": "pengumuman", "template_language": "en"}, "template-unknown"),
        ({"template": "jeda", "params": ["a", "b", "c"]}, "template-not-approved"),
        ({"template": "pengumuman", "params": ["a", "b"]}, "template-params"),
        ({"template": "pengumuman", "params": ["a", "b", ""]}, "template-params"),
        ({"template": "pengumuman", "params": ["a", "b", "c" * 1025]}, "template-params"),
        ({"template": "bernama", "params": ["a", "b", "c"]}, "template-params"),
        ({"template": "pengumuman_gambar", "params": ["a", "b", "c"]}, "template-header"),
    ],
)
def test_a_template_is_held_against_what_meta_approved(own: dict[str, Any], code: str | None) -> None:
    assert [c for c, _ in problems_of(post("a", own={"whatsapp": own}), TEMPLATES)] == (
        [] if code is None else [code]
    )


def test_a_medium_needs_a_template_with_its_header() -> None:
    own = {"whatsapp": {"template": "pengumuman", "params": ["a", "b", "c"]}}
    assert problems_of(post("a", media=[medium()], own=own), TEMPLATES) == [
        ("template-header", "whatsapp.template")
    ]
    assert problems_of(post("a", media=[medium()]), TEMPLATES) == []


def test_a_caption_is_shorter_than_a_message() -> None:
    own = {"whatsapp": {"params": ["a", "b", "c"]}}
    long = "a" * 1100
    assert problems_of(post(long, own=own)) == []
    assert problems_of(post(long, media=[medium()], own=own)) == [("too-long", "body")]


@pytest.mark.parametrize(
    ("own", "fields"),
    [
        ({"template": ["a"]}, ["whatsapp.template"]),
        ({"params": "satu"}, ["whatsapp.params"]),
        ({"params": ["a", {"b": "c"}]}, ["whatsapp.params"]),
        ({"template_language": True}, ["whatsapp.template_language"]),
    ],
)
def test_a_value_of_the_wrong_kind_is_a_problem_and_never_an_exception(
    own: dict[str, Any], fields: list[str]
) -> None:
    assert problems_of(post("a", own={"whatsapp": own})) == [
        ("whatsapp-key-value", field) for field in fields
    ]


def test_rules_name_what_meta_grants_the_number() -> None:
    assert RULES.is_per_recipient
    assert not RULES.is_public
    assert RULES.max_media == 1
    messages, pair = RULES.rates
    assert (messages.count, messages.burst, messages.per_recipient) == (80, 4.0, False)
    assert (pair.count, pair.seconds, pair.burst, pair.per_recipient) == (1, 6.0, 45, True)
    (quota,) = RULES.quotas
    assert (quota.count, quota.seconds, quota.counts_recipients) == (250, 86_400, True)
    slow = CHANNEL.rules(CONFIG.model_copy(update={"rate": 2}))
    assert slow.rates[0].burst == 1


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+62 811-1234-9900", "+62 811-**-00"), ("+6281112349900", "+62 811-**-00"), ("", "")],
)
def test_numbers_are_masked(number: str, expected: str) -> None:
    assert mask_number(number) == expected


def test_what_a_person_calls_the_account() -> None:
    assert CHANNEL.display_name(CONFIG) == "106**22"
    named = CONFIG.model_copy(update={"display_phone_number": "+62 811-1234-9900"})
    assert CHANNEL.display_name(named) == "+62 811-**-00"
    assert CHANNEL.platform_id(CONFIG) == "106540352242922"


@pytest.mark.parametrize(
    "wrong", [{"rate": 0}, {"daily_recipients": 0}, {"token": "x"}, {"phone_number_id": "+62"}]
)
def test_an_impossible_config_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WhatsAppConfig.model_validate({"phone_number_id": "1", "business_account_id": "2", **wrong})


def test_importing_the_channel_imports_no_http() -> None:
    code = "import sys, humaspost.channels.whatsapp; print({'requests', 'tweepy', 'humaspost.sandbox'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

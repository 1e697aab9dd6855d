"""From values to a post."""

from pathlib import Path

import pytest

from humaspost.content.frontmatter.keys import NameIndex
from humaspost.model.post import Late, Medium, Post, Visibility
from tests.support.content_files import NAMES, parsed, post, problems, scheduled
from tests.support.reference_data import shared

FULL = """\
---
id: sp-2027-014
title: "Layanan Adminduk: Buka Sampai Pukul 20.00"
date: 2027-02-03 08:30 WITA
expires: 2027-02-03 21:00
channels: [twitter, instagram, x_dua, x]
audience: masyarakat
type: siaran-pers
tags: ["#LayananMalam", KotaContoh, layananmalam]
link: https://diskominfo.kotacontoh.example/siaran-pers/014-2027
visibility: restricted
media:
  - file: media/a.jpg
    alt: "Loket pada malam hari."
    only: [instagram, twitter]
    part: 2
    cover: media/b.jpg
    captions: media/c.srt
  - media/d.jpg
draft: false
late: publish
twitter: {text: "Mulai Senin.", thread: auto}
x_dua:
  text: |
    Satu.

    Dua.
whatsapp: {template: siaran_pers, params: [a, "8"]}
---
Isi.
"""


def _post(text: str) -> Post:
    found = parsed(text)
    assert found.post, found.problems
    return found.post


def test_every_key_reaches_the_post() -> None:
    post = _post(FULL)
    folder = Path("/office/posts")
    assert (post.id, post.title) == ("sp-2027-014", "Layanan Adminduk: Buka Sampai Pukul 20.00")
    assert post.channels == ("x", "instagram", "x_dua")
    assert post.audiences == ("masyarakat",)
    assert post.tags == ("LayananMalam", "KotaContoh")
    assert (post.type, post.visibility, post.late) == ("siaran-pers", Visibility.RESTRICTED, Late.PUBLISH)
    assert post.media == (
        Medium(
            "media/a.jpg",
            folder / "media/a.jpg",
            0,
            "Loket pada malam hari.",
            ("instagram", "x"),
            2,
            folder / "media/b.jpg",
            folder / "media/c.srt",
        ),
        Medium("media/d.jpg", folder / "media/d.jpg", 1),
    )
    assert post.channel_keys == {
        "x": {"text": "Mulai Senin.", "thread": "auto"},
        "x_dua": {"text": "Satu.\n\nDua.\n"},
        "whatsapp": {"template": "siaran_pers", "params": ["a", "8"]},
    }


def test_expires_without_a_zone_is_in_the_zone_of_date() -> None:
    post = _post(FULL)
    assert post.date
    assert post.expires
    assert post.expires.zone == post.date.zone == "Asia/Makassar"
    assert f"{post.expires.utc:%H:%M}" == "13:00"


def test_a_key_under_another_name_is_reported_by_its_real_one() -> None:
    places = _post(FULL).positions
    assert places["x.text"] == places["twitter.text"]
    assert places["audiences"] == places["audience"]


def test_the_digest_is_of_the_bytes() -> None:
    assert _post(FULL).digest != _post(FULL + " ").digest
    assert len(_post(FULL).digest) == 64


def test_a_draft_needs_neither_date_nor_channels() -> None:
    post = _post("---\nid: p\ntitle: T\ndraft: true\n---\n")
    assert (post.date, post.channels, post.draft) == (None, (), True)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("hashtags", "tags"), ("tagar", "tags"), ("publishDate", "date"), ("publish_date", "date"), ("jadwal", "date"),
     ("tanggal", "date"), ("platforms", "channels"), ("kanal", "channels"), ("gambar", "media"), ("image", "media"),
     ("judul", "title"), ("Title", "title"), ("exipres", "expires"), ("x-dua", "x_dua"), ("instagrm", "instagram"),
     ("tautan", "link"), ("draf", "draft"), ("nomor", "id")],
)  # fmt: skip
def test_an_unknown_key_gets_a_suggestion(word: str, meaning: str) -> None:
    found = parsed(scheduled(f"{word}: abc\n")).problems
    assert [(p.code, p.hint) for p in found if p.is_error] == [("unknown-key", f"write: {meaning}: abc")]


@pytest.mark.parametrize(
    ("word", "channel"),
    [("Twitter", "x"), ("TWITTER", "x"), ("ig", "instagram"), ("WA", "whatsapp"), ("instagrm", "instagram")],
)
def test_a_channel_under_another_name_is_told_which_is_meant(word: str, channel: str) -> None:
    found = parsed(post(f"date: 2027-02-03 08:30\nchannels: [{word}]\n")).problems
    assert [(p.code, p.hint) for p in found if p.is_error] == [("unknown-channel", f"write: {channel}")]


@pytest.mark.parametrize("value", ["x, instagram", "x instagram", "{x: instagram}"])
def test_several_words_need_a_list(value: str) -> None:
    assert problems(post(f"date: 2027-02-03 08:30\nchannels: {value}\n")) == [("value-shape", 5, 11)]


def test_one_word_needs_no_list() -> None:
    post = _post(scheduled("tags: '#A'\naudiences: wartawan\n"))
    assert (post.tags, post.audiences) == (("A",), ("wartawan",))


@pytest.mark.parametrize("tag", ["COVID-19", "a.b", "2027", "#", "satu dua", "##a", "a#b"])
def test_a_tag_that_platforms_would_cut_is_a_problem(tag: str) -> None:
    assert problems(scheduled(f'tags: ["{tag}"]\n')) == [("tag-shape", 6, 8)]


@pytest.mark.parametrize("tag", ["ꦱꦸꦒꦼꦁ", "رَمَضَان", "Cafe\u0301", "Jam_20"])
def test_letters_with_marks_are_a_hashtag(tag: str) -> None:
    assert _post(scheduled(f"tags: [{tag}]\n")).tags == (tag,)


@pytest.mark.parametrize("tag", ["HUT79RI", "Satu_Dua", "été", "一", "#79a"])
def test_a_tag_of_letters_and_digits_is_one(tag: str) -> None:
    assert problems(scheduled(f'tags: ["{tag}"]\n')) == []


@pytest.mark.parametrize(
    "link", ["ftp://a.b", "https://", "https:///a", "a.b/c", "https://u:p@a.b", "javascript:alert(1)"]
)
def test_a_link_is_an_address_of_the_web(link: str) -> None:
    assert problems(scheduled(f'link: "{link}"\n')) == [("link-shape", 6, 7)]


@pytest.mark.parametrize("text", ["a\n\n  b", "|\n  a\n  b", '"a\\nb"'])
def test_a_title_is_one_line(text: str) -> None:
    assert problems(f"---\nid: p\ndraft: true\ntitle: {text}\n---\n") == [("value-shape", 4, 8)]


@pytest.mark.parametrize("id_", ["SP-1", "a b", "-a", "a" * 81, "é", "a/b", "..", "true!"])
def test_an_id_is_plain(id_: str) -> None:
    found = parsed(f'---\nid: "{id_}"\ntitle: T\ndraft: true\n---\n')
    assert [p.code for p in found.problems] == ["id-invalid"]
    hint = found.problems[0].hint.removeprefix("write: ")
    assert parsed(f"---\n{hint}\ntitle: T\ndraft: true\n---\n").problems == ()


@pytest.mark.parametrize(
    ("file", "id_"), [("posts/2027/uji-coba.md", "uji-coba"), ("posts/Uji Coba (ß).md", "uji-coba")]
)
def test_without_an_id_the_file_name_is_one(file: str, id_: str) -> None:
    found = parsed("---\ntitle: T\ndraft: true\n---\n", file=file)
    assert found.post
    assert found.post.id == id_
    assert [(p.code, p.hint, p.is_error) for p in found.problems] == [
        ("id-missing", f"write: id: {id_}", False)
    ]


def test_the_id_of_a_broken_post_is_kept_where_it_can_be_read() -> None:
    found = parsed("---\nid: sp-1\ntitle: T\n---\n")
    assert (found.post, found.id) == (None, "sp-1")


def test_without_a_list_of_audiences_every_name_is_taken() -> None:
    known = NameIndex(NAMES.zone, NAMES.owners, NAMES.channels)
    assert parsed(scheduled("audiences: [siapa-saja]\n"), names=known).problems == ()


def test_the_sample_posts_are_posts() -> None:
    folder = shared("samples/posts")
    audiences = ("masyarakat", "wartawan", "camat-lurah", "relawan", "mahasiswa")
    known = NameIndex(NAMES.zone, NAMES.owners, NAMES.channels, audiences)
    found = [
        parsed(file.read_bytes(), file=f"posts/{file.name}", names=known)
        for file in sorted(folder.glob("*.md"))
    ]
    assert len(found) == 12
    assert [problem for one in found for problem in one.problems] == []
    thread = next(one.post for one in found if one.id == "utas-2021-004")
    assert thread
    assert len(thread.body) == 7

"""Long texts, split where a reader pauses."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from humaspost.channels.x import X
from humaspost.channels.x.config import XConfig
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import Limit, Rules, Source, TextRules
from humaspost.planning.thread_split import split_thread

_X = X().rules(XConfig(handle="kotacontoh"))
_SOURCE = Source("https://docs.example/limits", date(2026, 11, 23))


def _rules(limit: int) -> Rules:
    return replace(_X, text=TextRules(Limit(limit, "characters", _SOURCE), len))


def _long(text: str, closing: str = "", media: tuple[Attachment, ...] = (), **extra: Any) -> Rendition:
    whole = "\n".join(line for line in (text, closing) if line)
    asked = {"thread": "auto", "closing": closing, **extra}
    return Rendition("x", (Part(1, whole, media, asked),), replies_to="sp-1")


def _texts(text: str, closing: str = "", *, limit: int = 30) -> list[str]:
    return [part.text for part in split_thread(_long(text, closing), _rules(limit)).parts]


def test_a_post_without_thread_stays_as_it_is() -> None:
    rendition = Rendition("x", (Part(1, "x" * 999),))
    assert split_thread(rendition, _X) is rendition


def test_what_fits_stays_whole_and_without_a_counter() -> None:
    made = split_thread(_long("Pendek.", "#Tag", poll={"a": 1}), _rules(30))
    assert made.parts == (Part(1, "Pendek.\n#Tag", (), {"poll": {"a": 1}}),)
    assert made.replies_to == "sp-1"


def test_sentences_stay_whole() -> None:
    assert _texts("Satu dua tiga. Empat lima enam. Tujuh delapan!") == [
        "Satu dua tiga. 1/3",
        "Empat lima enam. 2/3",
        "Tujuh delapan! 3/3",
    ]


def test_as_many_sentences_as_fit_share_a_part() -> None:
    assert _texts("Satu. Dua. Tiga. Empat. Lima. Enam.") == ["Satu. Dua. Tiga. Empat. 1/2", "Lima. Enam. 2/2"]


def test_paragraphs_keep_their_empty_lines_within_a_part() -> None:
    assert _texts("Satu.\n\nDua.\n\nTiga empat lima enam.")[0] == "Satu.\n\nDua. 1/2"


def test_a_long_sentence_is_split_between_words() -> None:
    assert _texts("satu dua tiga empat lima enam tujuh delapan") == [
        "satu dua tiga empat lima 1/2",
        "enam tujuh delapan 2/2",
    ]


@pytest.mark.parametrize(
    "short", ["Kec.", "Jl.", "Yth.", "No.", "H.", "dr.", "Plt.", "a.n.", "M.M.", "S.Sos."]
)
def test_an_abbreviation_ends_no_sentence(short: str) -> None:
    parts = _texts(f"Kami datang. Yang {short} Melati juga.")
    assert parts == ["Kami datang. 1/2", f"Yang {short} Melati juga. 2/2"]


def test_a_sentence_does_not_begin_with_a_small_letter() -> None:
    parts = _texts("Kami datang. Yang Kasubbag. melati juga.", limit=34)
    assert parts == ["Kami datang. 1/2", "Yang Kasubbag. melati juga. 2/2"]


def test_a_long_word_is_split_between_graphemes() -> None:
    family = "👨‍👩‍👧‍👦"
    parts = _texts(family * 10, limit=30)
    assert "".join(part.rpartition(" ")[0] for part in parts) == family * 10
    assert all(
        part.rpartition(" ")[0].count(family) * len(family) == len(part.rpartition(" ")[0]) for part in parts
    )


def test_a_url_is_never_cut() -> None:
    url = "https://kota.go.id/abc"
    assert _texts(f"Selengkapnya di sini: {url} ya.") == ["Selengkapnya di sini: 1/2", f"{url} ya. 2/2"]


def test_a_url_within_a_word_that_is_too_long_is_not_cut_either() -> None:
    url = "https://kota.go.id/abc"
    assert _texts(f"{'—' * 15}{url}") == [f"{'—' * 15} 1/2", f"{url} 2/2"]


def test_a_url_longer_than_a_part_stays_whole_for_the_check_to_report() -> None:
    url = "https://kota.go.id/" + "a" * 40
    assert f"{url} 2/3" in _texts(f"Baca {url} ya.")


def test_link_and_hashtags_close_the_last_part_only() -> None:
    assert _texts("Satu dua tiga empat. Lima enam.", "#A #B") == [
        "Satu dua tiga empat. 1/2",
        "Lima enam. 2/2\n#A #B",
    ]


def test_a_last_word_without_room_for_the_closing_gives_it_its_own_part() -> None:
    assert _texts("Satudua", "#" + "b" * 24) == ["Satudua 1/2", "2/2\n#" + "b" * 24]


def test_counters_widen_with_the_thread() -> None:
    parts = _texts("Kata ini panjang benar. " * 12)
    assert (parts[0], parts[-1]) == ("Kata ini panjang benar. 1/12", "Kata ini panjang benar. 12/12")
    assert all(len(part) <= 30 for part in parts)


def _image(index: int) -> Attachment:
    return Attachment(f"posts/{index}.jpg", "0f" * 32, MediaKind.IMAGE, "image/jpeg", 500, "Peta.", index)


def test_media_stay_on_their_part_and_never_get_lost() -> None:
    media = tuple(map(_image, range(4)))
    rendition = _long("Satu dua tiga. Empat lima enam. Tujuh delapan!", media=media, media_parts=[1, 2, 9, 2])
    made = split_thread(rendition, _rules(30))
    assert [[item.index for item in part.media] for part in made.parts] == [[0], [1, 3], [2]]


def test_each_part_has_the_extra_that_is_its_own() -> None:
    rendition = _long("Satu dua tiga. Empat lima enam.", poll={"a": 1}, later={"made_with_ai": True})
    assert [part.extra for part in split_thread(rendition, _rules(25)).parts] == [
        {"poll": {"a": 1}},
        {"made_with_ai": True},
    ]


def test_a_news_release_on_x() -> None:
    body = "Pemerintah Kota Contoh memperpanjang jam layanan di Kec. Melati sampai pukul 20.00 WIB. " * 8
    made = split_thread(_long(body, "https://kota.go.id/014\n#LayananMalam"), _X)
    assert len(made.parts) == 3
    assert all(_X.text.measure(part.text) <= 280 for part in made.parts)
    assert made.parts[-1].text.endswith(" 3/3\nhttps://kota.go.id/014\n#LayananMalam")
    assert all(" WIB. " in part.text for part in made.parts)

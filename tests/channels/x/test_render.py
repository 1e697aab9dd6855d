"""What X shows of a post."""

from dataclasses import replace
from typing import Any

from humaspost.channels.x import X
from humaspost.channels.x.config import XConfig
from humaspost.model.document import PartBreak
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from tests.support.sample_posts import medium, paragraphs, post

_X, _CONFIG = X(), XConfig(handle="kotacontoh")


def _rendered(given: Post, account: str = "x") -> Rendition:
    return _X.render(given, _CONFIG, _X.rules(_CONFIG), account=account)


def _own(**keys: Any) -> dict[str, dict[str, Any]]:
    return {"x": keys}


def test_the_body_the_link_and_the_hashtags_each_on_their_line() -> None:
    given = post("Halo.", "Dua.", link="https://k.example/1", tags=("Satu", "#Dua"))
    assert [part.text for part in _rendered(given).parts] == [
        "Halo.\n\nDua.\nhttps://k.example/1\n#Satu #Dua"
    ]


def test_its_own_words_replace_the_body() -> None:
    assert _rendered(post("Badan.", own=_own(text="Cuitan."))).parts[0].text == "Cuitan."


def test_an_accounts_own_key_wins_key_by_key() -> None:
    own = {"x": {"text": "Kanal.", "made_with_ai": True}, "humas": {"text": "Akun."}}
    part = _rendered(post("Badan.", own=own), account="humas").parts[0]
    assert (part.text, part.extra) == ("Akun.", {"made_with_ai": True})


def test_manual_parts_in_the_body() -> None:
    body = (*paragraphs("Satu."), PartBreak(), *paragraphs("Dua."))
    given = replace(post(tags=("Tag",)), body=body)
    assert [part.text for part in _rendered(given).parts] == ["Satu.", "Dua.\n#Tag"]


def test_manual_parts_in_the_text() -> None:
    given = post(own=_own(text="Satu.\n<!-- part -->\nDua. <!--PART--> Tiga."))
    assert [part.text for part in _rendered(given).parts] == ["Satu.", "Dua.", "Tiga."]


def test_media_stand_on_their_part_and_on_the_first_otherwise() -> None:
    media = [
        medium("a.jpg"),
        replace(medium("b.jpg"), part=2),
        replace(medium("c.jpg"), only_for=("instagram",)),
    ]
    given = post(media=media, own=_own(text="Satu. <!-- part --> Dua."))
    assert [[item.path for item in part.media] for part in _rendered(given).parts] == [
        ["posts/a.jpg"],
        ["posts/b.jpg"],
    ]


def test_an_automatic_thread_is_split_later() -> None:
    given = post("Panjang.", tags=("Tag",), own=_own(thread="auto", made_with_ai="true"), media=[medium()])
    part = _rendered(given).parts[0]
    assert part.text == "Panjang.\n#Tag"
    assert part.extra == {
        "made_with_ai": True,
        "thread": "auto",
        "closing": "#Tag",
        "media_parts": [1],
        "later": {"made_with_ai": True},
    }


def test_manual_breaks_win_over_an_automatic_thread() -> None:
    given = post(own=_own(text="Satu. <!-- part --> Dua.", thread="auto"))
    assert [part.extra for part in _rendered(given).parts] == [{}, {}]


def test_a_poll_is_on_the_first_part_in_minutes() -> None:
    poll = {"options": ["Ya", "Tidak"], "duration": "3d"}
    parts = _rendered(post(own=_own(text="Satu. <!-- part --> Dua.", poll=poll))).parts
    assert parts[0].extra == {"poll": {"options": ["Ya", "Tidak"], "duration_minutes": 4320}}
    assert parts[1].extra == {}


def test_everyone_can_reply_is_expressed_by_no_field() -> None:
    assert _rendered(post("A.", own=_own(reply_settings="everyone"))).parts[0].extra == {}
    assert _rendered(post("A.", own=_own(reply_settings="following"))).parts[0].extra == {
        "reply_settings": "following"
    }


def test_a_correction_replies_to_what_it_corrects() -> None:
    assert _rendered(post("Ralat.", corrects="sp-1")).replies_to == "sp-1"


def test_nothing_makes_it_fail() -> None:
    odd: list[Any] = [None, 3, True, [], {}, [[]], {"options": 3}, {"options": [1, None], "duration": []}]
    for value in odd:
        keys = ("text", "thread", "poll", "reply_settings", "made_with_ai")
        for rendition in (_rendered(post(own=_own(**{key: value}))) for key in keys):
            _X.check(rendition, _X.rules(_CONFIG), None, config=_CONFIG)
            assert rendition.hash

"""A new draft is a post without errors, whatever its title."""

from datetime import UTC, datetime

import pytest

from humaspost.content.draft import draft_text, make_slug
from humaspost.content.frontmatter.post_fields import ID_PATTERN
from tests.support.content_files import parsed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Uji coba", "uji-coba"),
        ("RALAT: Jam Layanan (baru)", "ralat-jam-layanan-baru"),
        ("Kafé São", "kafe-sao"),
        ("選挙", "post"),
        ("", "post"),
        ("a" * 100, "a" * 60),
        ("kata " * 30, "kata-" * 11 + "kata"),
    ],
)
def test_a_slug_is_short_and_plain(title: str, expected: str) -> None:
    assert make_slug(title) == expected
    assert ID_PATTERN.fullmatch(make_slug(title))


@pytest.mark.parametrize(
    "title", ["Uji coba", "RALAT: jam", 'Kata "kutip"', 'Jum\'at "ini" \\o/', "#Tagar", "- a", "a\nb", "😀"]
)
def test_a_draft_has_no_errors_and_the_title_it_was_given(title: str) -> None:
    text = draft_text(title, now=NOW, zone="Asia/Makassar", id="2026-11-24-uji-coba")
    found = parsed(text, file="posts/2026-11-24-uji-coba.md")
    assert found.problems == ()
    assert found.post
    assert (found.post.id, found.post.draft) == ("2026-11-24-uji-coba", True)
    assert found.post.title == " ".join(title.split())
    assert found.post.date
    assert (found.post.date.local_time, found.post.date.zone) == ("2026-11-25T08:30", "Asia/Makassar")


def test_every_commented_key_is_valid_in_a_post() -> None:
    text = draft_text("T", now=NOW, zone="Europe/Berlin", id="t", channels=("x", "whatsapp"))
    opened = (
        text.replace("# expires", "expires").replace("# audiences", "audiences").replace("# media", "media")
    )
    opened = opened.replace("#   - file", "  - file").replace("#     alt", "    alt")
    opened = opened.replace("# link: https://", "link: https://a.example")
    found = parsed(opened)
    # The draft's "..." is to be replaced; without `draft: true` it is an error.
    assert [(problem.code, problem.is_error) for problem in found.problems] == [("placeholder", False)]
    assert found.post
    assert (found.post.audiences, found.post.media[0].file) == (("masyarakat",), "media/a.jpg")

"""A secret is struck out in every form in which a platform, a log or a header may say it."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from humaspost.base.redaction import HIDDEN, redact, struck

SECRET = "s3cr/et+wörd & <more>=="
WITHIN = "0123456789abcdef"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        html.escape(SECRET),
        json.dumps(SECRET)[1:-1],
        SECRET.replace("/", "\\/"),
        SECRET.encode().hex(),
    ],
)
def test_every_form_is_hidden(form: str) -> None:
    assert struck(f"before {form} after", [SECRET]) == f"before {HIDDEN} after"


@pytest.mark.parametrize("before", ["", "i", "id", "id:"])
def test_it_is_hidden_within_the_base64_of_something_longer(before: str) -> None:
    coded = base64.b64encode(f"{before}{WITHIN}:end".encode()).decode()
    shown = struck(f"Basic {coded}", [WITHIN])
    assert HIDDEN in shown
    # No run of characters that tells six bytes of it is left.
    rest = shown.removeprefix("Basic ").split(HIDDEN)
    assert all(len(piece) <= 12 for piece in rest), shown


def test_the_longest_form_wins_and_a_very_short_one_is_no_secret() -> None:
    assert struck("abcdef", ["abcd", "abcdef"]) == HIDDEN
    assert struck("abc", ["abc"]) == "abc"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("access_token=EAAB12345&x=1", f"access_token={HIDDEN}&x=1"),
        ('{"refresh_token": "abcdefgh"}', f'{{"refresh_token": "{HIDDEN}"}}'),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {HIDDEN}"),
        ("app_secret = 'abcdef'", f"app_secret = '{HIDDEN}'"),
        ("nothing of that kind", "nothing of that kind"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden_though_nobody_knows_it(text: str, shown: str) -> None:
    assert redact(text) == shown

"""A secret is struck out in every form in which a platform, a log or a header may say it."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.base import redaction
from humaspost.base.redaction import REDACTED, redact, redact_output

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
    assert redact(f"before {form} after", [SECRET]) == f"before {REDACTED} after"


@pytest.mark.parametrize("before", ["", "i", "id", "id:"])
def test_it_is_hidden_within_the_base64_of_something_longer(before: str) -> None:
    coded = base64.b64encode(f"{before}{WITHIN}:end".encode()).decode()
    shown = redact(f"Basic {coded}", [WITHIN])
    assert REDACTED in shown
    # No run of characters that tells six bytes of it is left.
    rest = shown.removeprefix("Basic ").split(REDACTED)
    assert all(len(piece) <= 12 for piece in rest), shown


def test_the_longest_form_wins_and_a_very_short_one_is_no_secret() -> None:
    assert redact("abcdef", ["abcd", "abcdef"]) == REDACTED
    assert redact("abc", ["abc"]) == "abc"


#: Of the built-in channels and their platforms, and one of a plug-in.
_SECRET_NAMES = (
    *("access_token", "api_key", "api_key_secret", "access_token_secret", "app_secret", "verify_token"),
    *("client_secret", "refresh_token", "fb_exchange_token", "input_token", "bot_token"),
    *("oauth_token", "oauth_signature", "oauth_consumer_key", "oauth2_refresh_token"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("access_token=EAAB12345&x=1", f"access_token={REDACTED}&x=1"),
        ('{"refresh_token": "abcdefgh"}', f'{{"refresh_token": "{REDACTED}"}}'),
        ("Authorization: Bearer abcdefgh12345", f"Authorization: Bearer {REDACTED}"),
        ("app_secret = 'abcdef'", f"app_secret = '{REDACTED}'"),
        *((f"{name}=abcdefgh", f"{name}={REDACTED}") for name in _SECRET_NAMES),
        ("nothing of that kind", "nothing of that kind"),
        ("the token: abcdefgh", "the token: abcdefgh"),
    ],
)
def test_a_value_named_like_a_secret_is_hidden_though_it_is_not_registered(text: str, expected: str) -> None:
    assert redact_output(text) == expected


_AS_THE_PATTERNS_READ_IT = st.one_of(st.from_regex(redaction._NAMED_SECRET), st.from_regex(redaction._BEARER))


@given(_AS_THE_PATTERNS_READ_IT)
def test_every_value_that_the_patterns_find_is_hidden_in_any_spelling(text: str) -> None:
    by_patterns = redaction._BEARER.sub(
        rf"\1 {REDACTED}", redaction._NAMED_SECRET.sub(rf"\1{REDACTED}", text)
    )
    assert redact_output(text) == by_patterns


@pytest.mark.parametrize(
    "text", ["access_to\u212aen=abcdefgh", "app_\u017fecret=abcdefgh", "API_KEY=abcdefgh"]
)
def test_letters_that_the_patterns_take_for_others_hide_no_secret(text: str) -> None:
    assert REDACTED in redact_output(text)

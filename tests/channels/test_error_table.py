"""Tables of refusals, and the words and times that platforms send."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.channels.error_table import ErrorRow, Refusal, classify
from humaspost.channels.response_text import clean_text, parse_retry_after, parse_unix_time
from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)

_NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_ROWS = (
    ErrorRow(Rejected, 400, code="100", subcode="33", scope=Scope.RECIPIENT),
    ErrorRow(Transient, 400, code="100", restart_preparation=True, operations=("prepare",)),
    ErrorRow(AuthFailed, code="190", name="token"),
    ErrorRow(QuotaExceeded, 402),
    ErrorRow(RateLimited, 429, type="/slow"),
    ErrorRow(UnknownOutcome, 403, match="Spam", scope=Scope.ACCOUNT),
)


def _classified(
    refusal: Refusal, *, write: bool = True, call: str = "publish", until: datetime | None = None
) -> ChannelError:
    return classify(_ROWS, refusal, call=call, write=write, now=_NOW, retry_at=until)


@pytest.mark.parametrize(
    ("refusal", "call", "error", "code", "scope"),
    [
        (Refusal(400, "100", "33"), "publish", Rejected, "100/33", Scope.RECIPIENT),
        (Refusal(400, "100", "7"), "prepare", Transient, "100/7", Scope.DELIVERY),
        (Refusal(400, "100", "7"), "publish", UnknownOutcome, "100/7", Scope.DELIVERY),
        (Refusal(500, "190"), "publish", AuthFailed, "token", Scope.ACCOUNT),
        (Refusal(402), "publish", QuotaExceeded, "http-402", Scope.ACCOUNT),
        (Refusal(429, type="https://x.example/slow"), "publish", RateLimited, "http-429", Scope.ACCOUNT),
        (Refusal(429), "publish", UnknownOutcome, "http-429", Scope.DELIVERY),
        (Refusal(403, detail="looks like SPAM"), "publish", UnknownOutcome, "http-403", Scope.ACCOUNT),
    ],
)
def test_the_first_row_that_fits_decides(
    refusal: Refusal, call: str, error: type[ChannelError], code: str, scope: Scope
) -> None:
    found = _classified(refusal, call=call)
    assert (type(found), found.code, found.scope) == (error, code, scope)


def test_unlisted_is_transient_where_no_reader_sees_it() -> None:
    assert type(_classified(Refusal(503), write=False)) is Transient


def test_a_row_can_require_a_restart() -> None:
    found = _classified(Refusal(400, "100"), call="prepare")
    assert isinstance(found, Transient)
    assert found.restart_preparation


def test_times_go_where_they_belong() -> None:
    later = _NOW + timedelta(hours=1)
    limited = _classified(Refusal(429, type="/slow"), until=later)
    assert isinstance(limited, RateLimited)
    assert limited.retry_at == later
    unnamed = _classified(Refusal(429, type="/slow"))
    assert isinstance(unnamed, RateLimited)
    assert unnamed.retry_at == _NOW + timedelta(minutes=15)
    spent = _classified(Refusal(402))
    assert isinstance(spent, QuotaExceeded)
    assert spent.resets_at is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("Mon, 23 Nov 2026 08:01:00 GMT", 60),
        ("Mon, 23 Nov 2026 07:00:00 GMT", 0),
        ("999999999999999", 2 * 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 2 * 86_400),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("Mon, 99 Foo 2026 99:99:99", None),
    ],
)
def test_retry_after_in_every_form(value: str, seconds: int | None) -> None:
    expected = None if seconds is None else _NOW + timedelta(seconds=seconds)
    assert parse_retry_after({"retry-after": value}, _NOW) == expected


@pytest.mark.parametrize(
    ("value", "seconds"), [("1795420860", 60), ("1", 0), ("99999999999", 172_800), ("1e9", None), ("", None)]
)
def test_unix_times(value: str, seconds: int | None) -> None:
    expected = None if seconds is None else _NOW + timedelta(seconds=seconds)
    assert parse_unix_time({"reset": value}, "reset", _NOW) == expected


def test_words_are_one_short_clean_line() -> None:
    assert clean_text("a\x00b\x1b[31m\n\tc\u202ed\ud800") == "ab[31m cd"
    assert len(clean_text("x" * 10_000_000)) == 200
    assert clean_text("x" * 300).endswith("…")


@pytest.mark.parametrize(
    "text",
    [
        "Bearer TOPSECRET",
        "?access_token=TOPSECRET&b=1",
        '{"access_token": "TOPSECRET"}',
        'oauth_signature="TOPSECRET"',
        "client_secret: TOPSECRET",
    ],
)
def test_tokens_are_redacted(text: str) -> None:
    assert "TOPSECRET" not in clean_text(text)


def test_registered_secrets_are_redacted_anywhere_even_at_the_end_of_the_line() -> None:
    assert "hush" not in clean_text("x" * 195 + "hush-hush", ["hush-hush"])

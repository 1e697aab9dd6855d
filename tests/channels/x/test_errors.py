"""Every answer X can give ends as contracts/x.md says; what no table lists is unknown on a public write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from humaspost.channels.x.errors import ERROR_ROWS, NOT_ALLOWED, NOT_FOUND
from humaspost.model.channel import Ready, Retracted
from humaspost.model.delivery import Proof
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
from humaspost.model.rendition import Part
from tests.channels.x.conftest import SessionHarness
from tests.support.channel_context import attempted, prepared

_PROBLEMS = "https://api.twitter.com/2/problems/"
_HALO = Part(1, "Halo.")


def _blank(status: int, detail: str) -> dict[str, Any]:
    return {"title": "Forbidden", "type": "about:blank", "status": status, "detail": detail}


def _typed(name: str, detail: str = "") -> dict[str, Any]:
    return {"title": "T", "type": _PROBLEMS + name, "detail": detail}


def _invalid(message: str) -> dict[str, Any]:
    body = _typed("invalid-request", "One or more parameters to your request was invalid.")
    return {**body, "errors": [{"message": message, "parameters": {}}]}


def _second(message: str) -> dict[str, Any]:
    """What matters is the second reason, or the summary beside them."""
    return {"title": "T", "errors": [{"message": "One or more errors."}, {"message": message}]}


_DUPLICATE = _blank(403, "You are not allowed to create a Tweet with duplicate content.")
_REPLY = _blank(403, "Reply to this conversation is not allowed because you have not been mentioned.")
_CREDITS = _typed("credits", "Your enrolled account [1] does not have any credits to fulfill this request.")
_PERMISSIONS = _typed(
    "oauth1-permissions", "Your client app is not configured with the appropriate permissions."
)

#: status, body, error, code
LISTED: list[tuple[int, Any, type[ChannelError], str]] = [
    (400, _invalid("Your media IDs are invalid."), Transient, "media-not-ready"),
    (400, _invalid("$.txt: is not defined in the schema"), Rejected, "invalid-request"),
    (401, _blank(401, "Unauthorized"), AuthFailed, "unauthorized"),
    (401, "<html>Unauthorized</html>", AuthFailed, "unauthorized"),
    (402, _CREDITS, QuotaExceeded, "credits"),
    (403, _DUPLICATE, UnknownOutcome, "duplicate"),
    (403, _blank(403, "You are not permitted to perform this action."), Rejected, "not-permitted"),
    (403, _REPLY, Rejected, "reply-not-allowed"),
    (403, _blank(403, "A post may have a maximum of one cashtag."), Rejected, "cashtags"),
    (403, _PERMISSIONS, AuthFailed, "oauth1-permissions"),
    (403, _typed("unsupported-authentication"), AuthFailed, "unsupported-authentication"),
    (403, _typed("client-forbidden"), AuthFailed, "client-forbidden"),
    (403, _blank(403, "Your account is suspended."), AuthFailed, "account-suspended"),
    (403, _blank(403, "Your account is temporarily locked."), AuthFailed, "account-locked"),
    (
        403,
        _blank(403, "You attempted to reply to a Tweet that is deleted or not visible to you."),
        Transient,
        "parent-not-visible",
    ),
    (429, _blank(429, "Too Many Requests"), RateLimited, "rate-limited"),
    (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RateLimited, "rate-limited"),
    (429, "<html>slow down</html>", RateLimited, "rate-limited"),
    (429, _typed("usage-capped", "Monthly cap"), QuotaExceeded, "usage-capped"),
    (429, {"title": "UsageCapExceeded", "detail": "Monthly"}, QuotaExceeded, "usage-capped"),
    (429, _blank(429, "Usage cap exceeded: Monthly product cap"), QuotaExceeded, "usage-capped"),
    (400, _second("Your media IDs are invalid."), Transient, "media-not-ready"),
    (
        403,
        _second("You are not allowed to create a Tweet with duplicate content."),
        UnknownOutcome,
        "duplicate",
    ),
]

#: status and body of answers to a public write that prove nothing
UNLISTED: list[tuple[int, Any]] = [
    (200, {}),
    (201, {"data": {}}),
    (201, {"data": {"id": 5}}),
    (201, {"data": {"id": "12 OR 1=1"}}),
    (201, {"data": ["id"]}),
    (201, {"errors": [{"message": "?"}]}),
    (201, "<html>login</html>"),
    (204, ""),
    (400, {"errors": None}),
    (400, ["x"]),
    (400, "<html>Bad gateway of somebody</html>"),
    (403, _blank(403, "Something new in 2027.")),
    (404, _blank(404, "Not Found")),
    (409, _blank(409, "Conflict")),
    (422, _blank(422, "?")),
    (500, _blank(500, "Internal")),
    (502, "<html>Bad Gateway</html>"),
    (503, _blank(503, "Service Unavailable")),
    (504, ""),
]


def _error(harness: SessionHarness, *, status: int, body: Any, **more: Any) -> ChannelError:
    harness.inject_fault("status", "/2/tweets$", status=status, body=body, acted=False, **more)
    with pytest.raises(ChannelError) as caught:
        harness.publish(_HALO)
    return caught.value


@pytest.mark.parametrize(("status", "body", "error", "code"), LISTED)
def test_listed_answers_to_a_post(
    harness: SessionHarness, status: int, body: Any, error: type[ChannelError], code: str
) -> None:
    found = _error(harness, status=status, body=body)
    assert (type(found), found.code) == (error, code)
    scopes = {
        AuthFailed: Scope.ACCOUNT,
        RateLimited: Scope.ACCOUNT,
        QuotaExceeded: Scope.ACCOUNT,
        Rejected: Scope.POST,
    }
    assert found.scope is scopes.get(error, Scope.DELIVERY)


def test_every_row_of_the_table_has_its_case() -> None:
    assert {
        row.name
        for row in ERROR_ROWS
        if row.operations == ("post",) and row.error is Transient and not row.max_attempts
    } == set()
    elsewhere = {"media-refused", "upload-broken", "upload-forbidden", NOT_FOUND, NOT_ALLOWED}
    tested = {code for *_, code in LISTED} | elsewhere
    assert {row.name for row in ERROR_ROWS} == tested
    assert all(row.source.startswith("https://") for row in ERROR_ROWS)


@pytest.mark.parametrize(("status", "body"), UNLISTED)
def test_what_is_not_listed_is_unknown_on_a_post(harness: SessionHarness, status: int, body: Any) -> None:
    found = _error(harness, status=status, body=body)
    assert (type(found), found.scope) == (UnknownOutcome, Scope.DELIVERY)


@pytest.mark.parametrize("fault", ["garbage", "empty-2xx", "redirect", "drop-before", "drop-after"])
def test_faults_of_a_post_are_unknown(harness: SessionHarness, fault: str) -> None:
    harness.inject_fault(fault, "/2/tweets$")
    with pytest.raises(UnknownOutcome):
        harness.publish(_HALO)
    assert len([path for path in harness.count_requests() if path.endswith("/2/tweets")]) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(500, "<html>"), (503, _blank(503, "x")), (403, _blank(403, "y"))]
)
def test_what_is_not_listed_is_transient_on_a_read(harness: SessionHarness, status: int, body: Any) -> None:
    harness.inject_fault("status", "/users/me$", status=status, body=body, acted=False)
    with pytest.raises(Transient):
        harness.session.whoami()


@pytest.mark.parametrize(
    ("call", "status", "error", "code"),
    [
        ("initialize", 400, Rejected, "media-refused"),
        ("initialize", 413, Rejected, "media-refused"),
        ("initialize", 403, Transient, "upload-forbidden"),
        ("initialize", 503, Transient, "http-503"),
        ("append", 400, Transient, "upload-broken"),
        ("append", 503, Transient, "http-503"),
        ("finalize", 404, Transient, "upload-broken"),
        ("metadata", 403, Transient, "upload-broken"),
        ("append", 429, RateLimited, "rate-limited"),
        ("initialize", 401, AuthFailed, "unauthorized"),
    ],
)
def test_answers_to_an_upload(
    harness: SessionHarness, call: str, status: int, error: type[ChannelError], code: str
) -> None:
    harness.inject_fault("status", f"{call}$", status=status, body={"title": "?"}, acted=False)
    with pytest.raises(ChannelError) as caught:
        prepared(harness.session, harness.images())
    assert (type(caught.value), caught.value.code) == (error, code)
    assert getattr(caught.value, "restart_preparation", False) is (code == "upload-broken")
    assert bool(getattr(caught.value, "max_attempts", 0)) is code.startswith("upload-"), "it has an end"


#: X's older numbers, which must not change what deleting and looking are told.
_OLD = {"errors": [{"code": 144, "message": "No status found with that ID."}]}


def test_a_missing_post_is_deleted_whatever_number_x_gives(harness: SessionHarness) -> None:
    receipt = harness.publish(_HALO)
    harness.inject_fault("status", r"/2/tweets/\d+$", status=404, body=_OLD, acted=False, method="DELETE")
    assert isinstance(harness.session.retract(receipt), Retracted)
    harness.inject_fault("status", r"/2/tweets/\d+$", status=404, body=_OLD, acted=False, method="GET")
    assert harness.session.read_back(receipt) is None


def test_an_account_without_access_to_the_timeline_has_no_answer(harness: SessionHarness) -> None:
    harness.session.whoami()
    harness.inject_fault("status", r"/2/users/\d+/tweets$", status=403, body=_OLD, acted=False)
    assert harness.session.find(attempted(_HALO, Ready({})), to=None) is Proof.CANNOT_TELL


def _limited(harness: SessionHarness, **headers: str) -> timedelta:
    found = _error(harness, status=429, body=_blank(429, "Too Many Requests"), headers=headers)
    assert isinstance(found, RateLimited)
    return found.retry_at - datetime.now(UTC)


def _at(seconds: int) -> str:
    return str(int(datetime.now(UTC).timestamp()) + seconds)


@pytest.mark.parametrize(
    ("window", "seconds"),
    [("x-rate-limit", 600), ("x-user-limit-24hour", 7200), ("x-app-limit-24hour", 9000)],
)
def test_x_states_when_it_takes_the_post_again(harness: SessionHarness, window: str, seconds: int) -> None:
    headers = {"x-rate-limit-reset": _at(600), f"{window}-remaining": "0", f"{window}-reset": _at(seconds)}
    assert timedelta(seconds=seconds - 30) < _limited(harness, **headers) <= timedelta(seconds=seconds)


def test_a_window_that_is_not_spent_is_not_waited_for(harness: SessionHarness) -> None:
    headers = {
        "x-rate-limit-reset": _at(600),
        "x-user-limit-24hour-remaining": "3",
        "x-user-limit-24hour-reset": _at(50_000),
    }
    assert _limited(harness, **headers) <= timedelta(seconds=600)


@pytest.mark.parametrize("reset", ["", "soon", "-5", "9" * 30, "99999999999"])
def test_an_absurd_time_is_never_waited_for(harness: SessionHarness, reset: str) -> None:
    assert timedelta() < _limited(harness, **{"x-rate-limit-reset": reset}) <= timedelta(days=2)


def test_credits_name_no_time_even_where_a_window_does(harness: SessionHarness) -> None:
    found = _error(harness, status=402, body=_CREDITS, headers={"x-rate-limit-reset": _at(600)})
    assert isinstance(found, QuotaExceeded)
    assert found.resets_at is None


def test_hostile_words_are_cleaned_and_secrets_never_displayed(harness: SessionHarness) -> None:
    secret = harness.context.secrets["access_token_secret"]
    detail = f"\x1b[31mred\u202e {secret} Bearer abc.def access_token=xyz " + "x" * 9999
    found = _error(harness, status=500, body=_blank(500, detail))
    assert "\x1b" not in str(found)
    assert not any(word in str(found) for word in (secret, "abc.def", "xyz", "\u202e"))
    assert len(found.detail) <= 200

"""Limits as X's headers tell them: a spent window is not asked again, and its end is believed."""

from datetime import timedelta

import pytest

from humaspost.channels.http.response import HttpResponse
from humaspost.channels.x import X
from humaspost.channels.x.rate_windows import RateWindows
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt
from humaspost.model.errors import QuotaExceeded, RateLimited, Scope, UnknownOutcome
from humaspost.model.rendition import Part
from tests.channels.x.conftest import SessionHarness


def _posts(harness: SessionHarness, *texts: str) -> None:
    for text in texts:
        harness.publish(Part(1, text))


def test_the_window_of_posts_is_believed_before_a_request(harness: SessionHarness) -> None:
    harness.set(limits={"post": 2}, window_seconds=120)
    _posts(harness, "satu", "dua")
    asked = len(harness.count_requests("POST"))
    with pytest.raises(RateLimited, match="window-spent") as limited:
        harness.publish(Part(1, "tiga"))
    assert len(harness.count_requests("POST")) == asked, "not even asked"
    assert limited.value.scope is Scope.ACCOUNT
    wait = limited.value.retry_at - harness.context.now()
    assert timedelta(seconds=100) < wait <= timedelta(seconds=120)


def test_what_one_session_learnt_all_sessions_of_the_account_know(harness: SessionHarness) -> None:
    """Eight posts in eight threads: X refused two of them before the others waited."""
    harness.set(limits={"post": 2}, window_seconds=120)
    _posts(harness, "satu", "dua")
    asked = len(harness.count_requests("POST"))
    with X().open(harness.config, harness.context) as other, pytest.raises(RateLimited, match="window-spent"):
        other.publish(Part(1, "tiga"), Ready(None), key="k", to=None, reply_to=None)
    assert len(harness.count_requests("POST")) == asked, "not even asked"


def test_when_the_window_is_over_it_is_requested_again(harness: SessionHarness) -> None:
    harness.set(limits={"post": 1}, window_seconds=120)
    _posts(harness, "satu")
    harness.set(limits={})
    harness.context.later = timedelta(seconds=121)
    # X's own clock has not moved; ours has, so its signature would be too late.
    harness.set(clock_skew=1000)
    _posts(harness, "dua")
    assert len(harness.objects()) == 2


def test_the_24_hours_are_believed_with_their_own_end(harness: SessionHarness) -> None:
    harness.set(user_24h=1)
    _posts(harness, "satu")
    with pytest.raises(RateLimited) as limited:
        harness.publish(Part(1, "dua"))
    assert limited.value.retry_at - harness.context.now() > timedelta(hours=23)


def test_a_window_of_read_requests_stops_no_post(harness: SessionHarness) -> None:
    harness.set(limits={"me": 1})
    harness.session.whoami()
    with pytest.raises(RateLimited) as limited:
        harness.session.whoami()
    assert limited.value.scope is Scope.DELIVERY
    _posts(harness, "satu")
    assert harness.session.read_back(Receipt(harness.objects()[0].id, harness.context.now())) is not None


def test_a_day_of_read_requests_that_is_spent_stops_no_post(harness: SessionHarness) -> None:
    reset = str(int((harness.context.now() + timedelta(hours=9)).timestamp()))
    headers = {"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": reset}
    me = {"data": {"id": "2244994945", "username": "kotacontoh"}}
    harness.inject_fault("status", "/users/me$", status=200, headers=headers, body=me, acted=True)
    harness.session.whoami()
    _posts(harness, "satu")
    assert len(harness.objects()) == 1


def test_a_429_on_an_upload_stops_no_post_without_media(harness: SessionHarness) -> None:
    harness.inject_fault("status", "/initialize$", status=429)
    with pytest.raises(RateLimited) as limited:
        harness.session.prepare(harness.images(), None)
    assert limited.value.scope is Scope.DELIVERY


def test_a_429_names_the_end_of_its_own_window(harness: SessionHarness) -> None:
    reset = int((harness.context.now() + timedelta(minutes=7)).timestamp())
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
    harness.inject_fault("status", "/2/tweets$", status=429, headers=headers)
    with pytest.raises(RateLimited) as limited:
        harness.publish(Part(1, "satu"))
    assert limited.value.retry_at.timestamp() == reset


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-rate-limit-remaining": "1", "x-rate-limit-reset": "4000000000"},
        {"x-rate-limit-remaining": "0"},
        {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "soon"},
        {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1"},
    ],
)
def test_headers_without_information_stop_nothing(harness: SessionHarness, headers: dict[str, str]) -> None:
    windows, now = RateWindows(), harness.context.now()
    windows.record_headers("post", HttpResponse(201, headers), now)
    windows.check_allowed("post", now)


def test_no_credit_and_its_likely_forms_explain_what_to_do(harness: SessionHarness) -> None:
    harness.set(credits=0)
    with pytest.raises(QuotaExceeded, match=r"load credit.*account check") as spent:
        harness.publish(Part(1, "satu"))
    assert spent.value.resets_at is None
    harness.inject_fault("status", "/2/tweets$", status=503)
    with pytest.raises(UnknownOutcome, match="whether the app has credit"):
        harness.publish(Part(1, "satu"))

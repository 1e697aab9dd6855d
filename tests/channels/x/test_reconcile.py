"""What the account's own timeline proves after an unknown outcome."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from humaspost.channels.x import reconcile
from humaspost.model.delivery import Attempt, Proof, Receipt
from humaspost.model.errors import AuthFailed, Transient, UnknownOutcome
from humaspost.model.rendition import Part
from tests.channels.x.conftest import SessionHarness
from tests.support.deadlines import SECOND

_TEXT = "Halo & <warga>, lihat https://kota.go.id/a?b=c&d dan kota.go.id #Tagar"


def _now() -> datetime:
    return datetime.now(UTC)


def _lost(harness: SessionHarness, part: Part, **more: Any) -> Attempt:
    """The part was posted and the answer was lost."""
    since = _now()
    harness.inject_fault("drop-after", "/2/tweets$")
    with pytest.raises(UnknownOutcome):
        harness.publish(part, **more)
    return harness.attempt(part, since=since)


def test_a_landed_post_is_matched_with_its_links_and_signs(harness: SessionHarness) -> None:
    attempt = _lost(harness, Part(1, _TEXT))
    found = harness.session.find(attempt, to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == harness.objects()[0].id
    assert abs(found.at - _now()) < timedelta(seconds=30)


def test_pictures_are_matched_too(harness: SessionHarness) -> None:
    found = harness.session.find(_lost(harness, harness.images(2)), to=None)
    assert isinstance(found, Receipt)


def test_pictures_without_words_are_matched_too(harness: SessionHarness) -> None:
    part = Part(1, "", harness.images(1).media)
    assert isinstance(harness.session.find(_lost(harness, part), to=None), Receipt)


def test_a_post_that_did_not_land_is_absent_for_now_and_never_more(harness: SessionHarness) -> None:
    since = _now()
    harness.inject_fault("drop-before", "/2/tweets$")
    part = Part(1, _TEXT)
    with pytest.raises(UnknownOutcome):
        harness.publish(part)
    assert harness.session.find(harness.attempt(part, since=since), to=None) is Proof.ABSENT_SO_FAR


def test_a_post_that_lags_is_matched_later(harness: SessionHarness) -> None:
    harness.inject_fault("lag", "/2/tweets$", seconds=0.5)
    part, since = Part(1, _TEXT), _now()
    harness.publish(part)
    attempt = harness.attempt(part, since=since)
    assert harness.session.find(attempt, to=None) is Proof.ABSENT_SO_FAR
    deadline = _now() + timedelta(seconds=15 * SECOND)
    while not isinstance(found := harness.session.find(attempt, to=None), Receipt):
        assert _now() < deadline
    assert found.remote_id == harness.objects()[0].id


def test_only_a_reply_to_the_same_post_counts(harness: SessionHarness) -> None:
    since = _now()
    first = harness.publish(Part(1, "Induk."))
    harness.publish(Part(2, "Anak."), reply_to=first)
    part = Part(2, "Anak.")
    assert harness.session.find(harness.attempt(part, since=since), to=None) is Proof.ABSENT_SO_FAR
    found = harness.session.find(harness.attempt(part, since=since, reply_to=first.remote_id), to=None)
    assert isinstance(found, Receipt)


@pytest.mark.parametrize("ahead", [timedelta(minutes=-4), timedelta(seconds=20), timedelta(minutes=4)])
def test_a_computer_with_a_wrong_clock_matches_what_it_sent(
    harness: SessionHarness, ahead: timedelta
) -> None:
    part = Part(1, "Sama.")
    attempt = _lost(harness, part)
    moved = replace(attempt, started_at=attempt.started_at + ahead, ended_at=attempt.ended_at + ahead)
    assert isinstance(harness.session.find(moved, to=None), Receipt)


def test_an_older_post_with_the_same_words_is_no_match(harness: SessionHarness) -> None:
    part = Part(1, "Sama.")
    harness.publish(part)
    attempt = harness.attempt(part, since=_now() + timedelta(minutes=6))
    assert harness.session.find(attempt, to=None) is Proof.ABSENT_SO_FAR


def test_a_post_that_another_delivery_holds_is_no_match(harness: SessionHarness) -> None:
    part, since = Part(1, "Sama."), _now()
    theirs = harness.publish(part)
    assert theirs.remote_id
    attempt = replace(harness.attempt(part, since=since), used_remote_ids=frozenset({theirs.remote_id}))
    assert harness.session.find(attempt, to=None) is Proof.ABSENT_SO_FAR


def test_the_same_words_without_the_pictures_are_another_post(harness: SessionHarness) -> None:
    since, pictured = _now(), harness.images(1)
    harness.publish(Part(1, pictured.text))
    assert harness.session.find(harness.attempt(pictured, since=since), to=None) is Proof.ABSENT_SO_FAR


def test_a_post_made_long_after_the_attempt_is_no_match(harness: SessionHarness) -> None:
    part = Part(1, "Sama.")
    harness.publish(part)
    long_ago = _now() - timedelta(minutes=10)
    attempt = replace(harness.attempt(part, since=long_ago), ended_at=long_ago + timedelta(seconds=25))
    assert harness.session.find(attempt, to=None) is Proof.ABSENT_SO_FAR


def test_two_that_fit_are_for_a_person(harness: SessionHarness) -> None:
    since = _now()
    harness.set(duplicate_hours=0)
    part = Part(1, "Sama.")
    harness.publish(part)
    harness.publish(part)
    assert harness.session.find(harness.attempt(part, since=since), to=None) is Proof.CANNOT_TELL


def test_a_duplicate_is_unknown_and_opens_the_same_lookup(harness: SessionHarness) -> None:
    part = Part(1, "Sama.")
    attempt = _lost(harness, part)
    with pytest.raises(UnknownOutcome) as error:
        harness.publish(part)
    assert error.value.code == "duplicate"
    assert isinstance(harness.session.find(attempt, to=None), Receipt)


@pytest.mark.parametrize(
    "body", [{"type": "https://api.twitter.com/2/problems/client-forbidden"}, {"detail": "?"}]
)
def test_an_inaccessible_timeline_proves_nothing(harness: SessionHarness, body: dict[str, str]) -> None:
    harness.inject_fault("status", "/users/.*/tweets", status=403, body=body, acted=False)
    attempt = harness.attempt(Part(1, "a"), since=_now())
    assert harness.session.find(attempt, to=None) is Proof.CANNOT_TELL


def test_a_lookup_that_failed_is_no_proof(harness: SessionHarness) -> None:
    attempt = harness.attempt(Part(1, "a"), since=_now())
    harness.inject_fault("status", "/users/.*/tweets", status=503, acted=False)
    with pytest.raises(Transient):
        harness.session.find(attempt, to=None)
    harness.inject_fault("status", "/users/.*/tweets", status=401, acted=False)
    with pytest.raises(AuthFailed):
        harness.session.find(attempt, to=None)


@pytest.mark.parametrize(
    "body",
    [
        {"meta": {"result_count": 0}},
        {"data": [1, {}, {"id": "x"}, {"id": "5", "text": 3}]},
        {"data": [{"id": "9" * 400, "text": "a"}, {"id": "9" * 5000, "text": "a"}, {"id": "٣", "text": "a"}]},
    ],
)
def test_a_hostile_timeline_finds_nothing(harness: SessionHarness, body: Any) -> None:
    harness.inject_fault("status", "/users/.*/tweets", status=200, body=body, acted=False)
    assert harness.session.find(harness.attempt(Part(1, "a"), since=_now()), to=None) is Proof.ABSENT_SO_FAR


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"data": None},
        {"data": {"id": "5"}},
        {"meta": {"result_count": 3}},
        {"meta": {"result_count": False}},
        {"errors": [{"title": "Not Authorized to view tweet"}]},
    ],
)
def test_what_is_no_timeline_is_no_proof_of_absence(harness: SessionHarness, body: Any) -> None:
    harness.inject_fault("status", "/users/.*/tweets", status=200, body=body, acted=False)
    with pytest.raises(Transient, match="unreadable-answer"):
        harness.session.find(harness.attempt(Part(1, "a"), since=_now()), to=None)


def test_a_busy_account_is_read_page_by_page_but_not_for_ever(harness: SessionHarness) -> None:
    body = {"data": [], "meta": {"next_token": "more", "result_count": 0}}
    harness.inject_fault("status", "/users/.*/tweets", status=200, body=body, acted=False, count=50)
    assert harness.session.find(harness.attempt(Part(1, "a"), since=_now()), to=None) is Proof.ABSENT_SO_FAR
    assert len([path for path in harness.count_requests("GET") if "/tweets" in path]) == 5


def test_a_lookup_starts_at_the_attempt_by_a_clock_that_is_behind(harness: SessionHarness) -> None:
    since = datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC)
    harness.session.find(harness.attempt(Part(1, "a"), since=since), to=None)
    assert harness.sandbox.state.requests[-1]["query"]["start_time"] == "2026-11-23T07:55:30Z"


def test_an_id_encodes_its_time() -> None:
    assert reconcile.created_at_of("1212092628029698048") == datetime(2019, 12, 31, 19, 26, 16, 771000, UTC)


@pytest.mark.parametrize("name", ["referenced_tweets", "referenced_posts"])
def test_a_reply_is_recognised_by_either_name_of_its_parent(harness: SessionHarness, name: str) -> None:
    """By the newer name a reply with the same words was taken for the post itself."""
    attempt = harness.attempt(Part(1, "Halo."), since=_now())
    ours = str(int((attempt.started_at.timestamp() * 1000) - reconcile._EPOCH + 500) << 22)
    reply = {"id": ours, "text": "Halo.", name: [{"type": "replied_to", "id": "7"}]}
    assert reconcile.match_attempt([reply], attempt) is Proof.ABSENT_SO_FAR
    assert isinstance(reconcile.match_attempt([reply], replace(attempt, reply_to="7")), Receipt)


@pytest.mark.parametrize("name", ["note_tweet", "note_post"])
def test_a_long_text_is_read_whole_by_either_name(name: str) -> None:
    whole = "Halo. " * 60
    assert reconcile.displayed_text({"text": "Halo\u2026", name: {"text": whole}}) == whole.strip()

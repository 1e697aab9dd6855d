"""Instagram's session against the strict sandbox: what is written, and what each answer means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.containers import MAX_POLLS
from humaspost.model.channel import ManualSteps, NotReady, Ready, Retracted
from humaspost.model.delivery import Proof, Receipt
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
from tests.channels.instagram.conftest import SessionHarness
from tests.support.channel_context import attempted, prepared

PUBLISH = "/media_publish$"
CREATE = "/media$"


def test_whoami_names_the_account_by_its_own_id(harness: SessionHarness, facebook: SessionHarness) -> None:
    for each in (harness, facebook):
        identity = each.session.whoami()
        assert identity.platform_id == each.config.user_id
        assert identity.display_name == "@kotacontoh"
        assert identity.expires_at is None


def test_only_facebook_login_reports_until_when_it_lasts(
    harness: SessionHarness, facebook: SessionHarness
) -> None:
    body = {"data": {"is_valid": True, "expires_at": 1_900_000_000}}
    facebook.inject_fault("status", "/debug_token$", count=2, status=200, body=body, acted=False)
    assert facebook.session.whoami().expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    assert harness.session.whoami().expires_at is None
    assert facebook.session.fetch_status().expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    facebook.inject_fault("status", "/debug_token$", status=500)
    assert facebook.session.whoami().expires_at is None


def test_another_accounts_token_is_for_a_person(harness: SessionHarness) -> None:
    config = harness.config.model_copy(update={"user_id": "17841499999999999"})
    with Instagram().open(config, harness.context) as session, pytest.raises(AuthFailed) as error:
        session.whoami()
    assert error.value.code == "wrong-account"


def test_the_status_includes_the_quota(harness: SessionHarness) -> None:
    harness.published(harness.part())
    assert harness.session.fetch_status().quotas == {"posts": (1, 50)}


@pytest.mark.parametrize("total", [10**400, -1, True, "50", 10**9, None])
def test_a_hostile_quota_is_ignored(harness: SessionHarness, total: object) -> None:
    """A number of 400 digits ended the gate, and a billion of posts the memory."""
    body = {"data": [{"quota_usage": total, "config": {"quota_total": total, "quota_duration": 86400}}]}
    harness.inject_fault(
        "status", "/content_publishing_limit$", method="GET", status=200, body=body, acted=False
    )
    assert harness.session.fetch_status().quotas == {}


def test_an_image_is_published_with_caption_and_alt_text(harness: SessionHarness) -> None:
    receipt = harness.published(harness.part("Halo #warga & kawan"))
    (shown,) = harness.objects()
    assert (receipt.remote_id, shown.text) == (shown.id, "Halo #warga & kawan")
    assert [m.alt for m in shown.media] == ["Gambar 0."]


def test_a_carousel_keeps_its_order_and_alt_texts(harness: SessionHarness) -> None:
    harness.published(harness.part("Empat langkah", images=3))
    (shown,) = harness.objects()
    assert [m.alt for m in shown.media] == ["Gambar 0.", "Gambar 1.", "Gambar 2."]
    assert harness.writes("/media_publish") == 1
    assert harness.writes("/media") - harness.writes("/media_publish") == 4


def test_a_story_shows_its_image(harness: SessionHarness) -> None:
    part = harness.part("tak tampil", format="story")
    ready = prepared(harness.session, part)
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert len(harness.objects()) == 1
    assert isinstance(harness.session.find(attempted(part, ready), to=None), Receipt)


def test_each_step_of_preparation_makes_at_most_one_call(harness: SessionHarness) -> None:
    part, token = harness.part(images=2), None
    while True:
        before = len(harness.sandbox.state.requests)
        step = harness.session.prepare(part, token)
        calls = [r for r in harness.sandbox.state.requests[before:] if r["channel"] == "instagram"]
        assert len(calls) <= 1
        if isinstance(step, Ready):
            break
        token = step.token
    assert harness.objects() == []


def test_a_container_that_is_not_finished_is_checked_again_ever_later(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.processing_seconds"] = 3600.0
    part = harness.part()
    first = harness.session.prepare(part, None)
    assert isinstance(first, NotReady)
    assert first.retry_after == 0
    pauses, token = [], first.token
    for _ in range(5):
        step = harness.session.prepare(part, token)
        assert isinstance(step, NotReady)
        pauses.append(step.retry_after)
        token = step.token
    assert pauses == [1, 2, 5, 10, 10]
    with pytest.raises(Transient) as slow:
        prepared(harness.session, part, most=MAX_POLLS + 5)
    assert slow.value.code == "container-slow"
    assert slow.value.restart_preparation


def test_an_old_container_is_made_again_and_never_published(harness: SessionHarness) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    harness.context.later = timedelta(hours=23, minutes=1)
    step = harness.session.prepare(part, ready.token)
    assert isinstance(step, NotReady)
    with pytest.raises(Transient) as old:
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert old.value.restart_preparation
    assert harness.objects() == []


@pytest.mark.parametrize(
    "token", ["", 3, {}, {"children": 1, "parent": 2}, {"children": [{}], "parent": None}]
)
def test_an_unreadable_token_starts_again(harness: SessionHarness, token: object) -> None:
    step = harness.session.prepare(harness.part(), token)
    assert isinstance(step, NotReady)
    assert harness.writes("/media") == 1


def test_a_published_container_is_not_published_again_by_preparing(harness: SessionHarness) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert isinstance(ready.token, dict)
    parent = ready.token["parent"]
    assert isinstance(parent, dict)
    unfinished = {**ready.token, "parent": {**parent, "finished": False}}
    with pytest.raises(Transient) as error:
        harness.session.prepare(part, unfinished)
    assert (error.value.code, error.value.restart_preparation) == ("container-published", True)


def test_a_picture_that_instagram_fails_to_fetch_is_tried_again_with_a_new_container(
    harness: SessionHarness,
) -> None:
    part = harness.part()
    harness.sandbox.state.files.clear()
    harness.context.public_url = lambda media: harness.sandbox.url + "/media/nowhere.jpg"  # type: ignore[method-assign]
    with pytest.raises(Transient) as error:
        prepared(harness.session, part)
    assert error.value.code.endswith("2207052")
    assert error.value.restart_preparation


def test_a_fetch_error_names_the_picture_and_its_address(harness: SessionHarness) -> None:
    part, address = harness.part(images=2), "https://bucket.example/{}?X-Amz-Signature=secret"
    harness.context.public_url = lambda media: address.format(media.name)  # type: ignore[method-assign]
    error = {"message": "Only photo or video", "code": 9004, "error_subcode": 2207052}
    harness.inject_fault("status", "/media$", method="POST", status=400, body={"error": error}, acted=False)
    with pytest.raises(Transient) as created:
        harness.session.prepare(part, None)
    assert created.value.detail == "0.jpg https://bucket.example/0.jpg: Only photo or video"
    assert created.value.max_attempts == 4
    assert str(created.value).startswith("9004/2207052: 0.jpg ")


def test_a_refused_login_has_nothing_to_do_with_the_picture(harness: SessionHarness) -> None:
    error = {"message": "Session has expired", "code": 190}
    harness.inject_fault("status", "/media$", method="POST", status=400, body={"error": error}, acted=False)
    with pytest.raises(AuthFailed) as refused:
        harness.session.prepare(harness.part(), None)
    assert refused.value.detail == "Session has expired"


def test_a_carousel_error_names_the_picture_that_failed(harness: SessionHarness) -> None:
    part = harness.part(images=2)
    token = harness.session.prepare(part, harness.session.prepare(part, None).token).token
    body = {"status_code": "ERROR", "status": "Error: Media upload has failed with error code 2207003"}
    harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Transient) as polled:
        harness.session.prepare(part, token)
    assert polled.value.detail.startswith("0.jpg: Error")
    assert (polled.value.restart_preparation, polled.value.max_attempts) == (True, 3)


@pytest.mark.parametrize(
    ("status", "kind", "redo"),
    [
        ("FINISHED", Transient, False),
        ("IN_PROGRESS", Transient, False),
        ("ERROR", Transient, True),
        ("EXPIRED", Transient, True),
        ("PUBLISHED", UnknownOutcome, None),
        (None, Transient, False),
    ],
)
def test_a_container_that_failed_after_it_was_finished_is_made_again(
    harness: SessionHarness, status: str | None, kind: type[ChannelError], redo: bool | None
) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    error = {"message": "Media ID is not available", "code": 9007, "error_subcode": 2207027}
    harness.inject_fault(
        "status", "/media_publish$", method="POST", status=400, body={"error": error}, acted=False
    )
    body = {"error": {"code": 2}} if status is None else {"status_code": status, "status": "words"}
    answer = 400 if status is None else 200
    harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=answer, body=body, acted=False)
    with pytest.raises(kind) as caught:
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert getattr(caught.value, "restart_preparation", None) is redo


def test_a_container_in_error_is_classified_by_the_subcode_in_its_words(harness: SessionHarness) -> None:
    part = harness.part()
    token = harness.session.prepare(part, None).token
    body = {"status_code": "ERROR", "status": "Error: Media upload has failed with error code 2207076"}
    harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Transient) as transient:
        harness.session.prepare(part, token)
    assert transient.value.restart_preparation
    body = {"status": "Error: 2207085 could not process"}
    harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Rejected) as rejected:
        harness.session.prepare(part, token)
    assert rejected.value.scope is Scope.POST


def test_a_wrong_token_is_for_a_person(harness: SessionHarness) -> None:
    harness.context.secrets["access_token"] = "wrong-token"
    with Instagram().open(harness.config, harness.context) as session, pytest.raises(AuthFailed) as error:
        session.whoami()
    assert error.value.scope is Scope.ACCOUNT
    assert "wrong-token" not in str(error.value)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx", "redirect"])
def test_a_publish_without_a_clear_answer_is_unknown(harness: SessionHarness, fault: str) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    harness.inject_fault(fault, PUBLISH)
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    acted = fault in ("drop-after", "garbage", "empty-2xx")
    assert len(harness.objects()) == int(acted)
    proof = harness.session.find(attempted(part, ready), to=None)
    if acted:
        assert isinstance(proof, Receipt)
        assert proof.remote_id == harness.objects()[0].id
        assert proof.url
    else:
        assert proof is Proof.ABSENT_SO_FAR
        assert harness.session.find(attempted(part, ready, ago=121), to=None) is Proof.CANNOT_TELL


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body", ["<html>Bad gateway</html>", {"error": {"code": 100, "error_subcode": 2207010, "message": "m"}}]
)
def test_a_5xx_on_publish_is_unknown_whatever_its_body(
    harness: SessionHarness, status: int, body: object
) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    harness.inject_fault("status", PUBLISH, status=status, body=body)
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)


def test_a_lost_answer_while_preparing_is_only_tried_again(harness: SessionHarness) -> None:
    for fault in ("drop-before", "drop-after", "garbage", "empty-2xx", "redirect"):
        harness.inject_fault(fault, CREATE)
        with pytest.raises(Transient):
            harness.session.prepare(harness.part(), None)
    assert harness.objects() == []


def test_the_container_decides_what_an_absence_proves(harness: SessionHarness) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    for status, proof in {
        "ERROR": Proof.ABSENT_PROVEN,
        "EXPIRED": Proof.ABSENT_PROVEN,
        "IN_PROGRESS": Proof.ABSENT_SO_FAR,
        "FINISHED": Proof.CANNOT_TELL,
        "": Proof.CANNOT_TELL,
    }.items():
        harness.inject_fault(
            "status", r"/v26.0/\d+$", method="GET", status=200, body={"status_code": status}, acted=False
        )
        assert harness.session.find(attempted(part, ready, ago=300), to=None) is proof
    gone = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
    harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=400, body=gone, acted=False)
    assert harness.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR
    harness.inject_fault(
        "status", r"/v26.0/\d+$", method="GET", status=200, body={"status_code": "PUBLISHED"}, acted=False
    )
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id is None


def test_an_earlier_post_with_the_same_caption_is_never_taken_for_the_delivery(
    harness: SessionHarness,
) -> None:
    harness.published(harness.part("Sama"))
    harness.sandbox.state.objects[0].created_at -= timedelta(minutes=10)
    part = harness.part("Sama")
    ready = prepared(harness.session, part)
    harness.inject_fault("drop-before", PUBLISH)
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert harness.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR


def test_the_post_is_matched_behind_a_page_of_older_ones(harness: SessionHarness) -> None:
    harness.published(harness.part("Lama"))
    (old,) = harness.sandbox.state.objects
    for number in range(30):
        made = old.created_at - timedelta(days=number + 1)
        harness.sandbox.state.objects.append(replace(old, id=f"{old.id}{number:02}", created_at=made))
    harness.sandbox.state.settings["instagram.media_order"] = "oldest-first"
    part = harness.part("Baru")
    ready = prepared(harness.session, part)
    harness.inject_fault("drop-after", PUBLISH)
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    proof = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(proof, Receipt)
    assert proof.remote_id == next(o.id for o in harness.sandbox.state.objects if o.text == "Baru")


def test_two_that_could_be_it_are_live_without_an_id(harness: SessionHarness) -> None:
    part = harness.part("Sama")
    ready = prepared(harness.session, part)
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    harness.published(harness.part("Sama"))
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id is None


def test_without_captions_only_a_published_container_is_believed(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.hide_caption"] = True
    part = harness.part("Ini")
    ready = prepared(harness.session, part)
    harness.published(harness.part("Itu"))
    assert harness.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR
    harness.sandbox.state.objects[0].created_at -= timedelta(minutes=10)
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == harness.objects()[1].id


def test_a_quota_is_fetched_again_within_the_hour(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.quota_total"] = 1
    harness.published(harness.part("Satu"))
    with pytest.raises(QuotaExceeded) as error:
        harness.published(harness.part("Dua"))
    assert error.value.resets_at is not None
    assert timedelta(minutes=59) < error.value.resets_at - harness.context.now() <= timedelta(hours=1)


def test_too_many_calls_wait_as_long_as_the_usage_header_states(harness: SessionHarness) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    harness.sandbox.state.settings["instagram.usage"] = 100
    with pytest.raises(RateLimited) as error:
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert error.value.retry_at - harness.context.now() > timedelta(minutes=58)
    assert harness.objects() == []


def test_a_spam_error_after_the_post_went_live_holds_the_account_and_finds_the_post(
    harness: SessionHarness,
) -> None:
    harness.sandbox.state.settings["instagram.publish_then_spam_error"] = True
    part = harness.part()
    ready = prepared(harness.session, part)
    with pytest.raises(UnknownOutcome) as error:
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert error.value.scope is Scope.ACCOUNT
    assert isinstance(harness.session.find(attempted(part, ready), to=None), Receipt)


def test_what_is_live_is_read_back_with_its_address(harness: SessionHarness) -> None:
    receipt = harness.published(harness.part("Halo", images=2))
    snapshot = harness.session.read_back(receipt)
    assert snapshot is not None
    assert (snapshot.text, snapshot.media_count) == ("Halo", 2)
    assert snapshot.url
    assert harness.session.read_back(Receipt("17999999999999999", harness.context.now())) is None
    assert harness.session.read_back(Receipt(None, harness.context.now())) is None


def test_only_facebook_login_can_delete(harness: SessionHarness, facebook: SessionHarness) -> None:
    receipt = harness.published(harness.part())
    assert isinstance(harness.session.retract(receipt), ManualSteps)
    assert len(harness.objects()) == 1
    assert isinstance(facebook.session.retract(receipt), Retracted)
    assert facebook.objects() == []


@pytest.mark.parametrize("second", ["same-id", "refused", "duplicate"])
def test_a_second_publish_is_detected_whatever_instagram_answers(
    harness: SessionHarness, second: str
) -> None:
    harness.sandbox.state.settings["instagram.second_publish"] = second
    part = harness.part()
    ready = prepared(harness.session, part)
    first = harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    if second == "refused":
        with pytest.raises(UnknownOutcome):
            harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    else:
        again = harness.session.publish(part, ready, key="k", to=None, reply_to=None)
        assert (again.remote_id == first.remote_id) == (second == "same-id")
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == (None if second == "duplicate" else first.remote_id)


def test_a_container_that_lags_behind_is_matched_by_its_caption(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.published_lag"] = 60.0
    part = harness.part("Satu-satunya")
    ready = prepared(harness.session, part)
    harness.inject_fault("drop-after", PUBLISH)
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == harness.objects()[0].id

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


def test_whoami_names_the_account_by_its_own_id(bench: SessionHarness, facebook: SessionHarness) -> None:
    for each in (bench, facebook):
        identity = each.session.whoami()
        assert identity.platform_id == each.config.user_id
        assert identity.shown == "@kotacontoh"
        assert identity.expires_at is None


def test_only_facebook_login_tells_until_when_it_lasts(
    bench: SessionHarness, facebook: SessionHarness
) -> None:
    body = {"data": {"is_valid": True, "expires_at": 1_900_000_000}}
    facebook.inject_fault("status", "/debug_token$", count=2, status=200, body=body, acted=False)
    assert facebook.session.whoami().expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    assert bench.session.whoami().expires_at is None
    assert facebook.session.survey().expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
    facebook.inject_fault("status", "/debug_token$", status=500)
    assert facebook.session.whoami().expires_at is None


def test_another_accounts_token_is_for_a_person(bench: SessionHarness) -> None:
    config = bench.config.model_copy(update={"user_id": "17841499999999999"})
    with Instagram().open(config, bench.context) as session, pytest.raises(AuthFailed) as error:
        session.whoami()
    assert error.value.code == "wrong-account"


def test_survey_reads_the_quota(bench: SessionHarness) -> None:
    bench.published(bench.part())
    assert bench.session.survey().quotas == {"posts": (1, 50)}


@pytest.mark.parametrize("total", [10**400, -1, True, "50", 10**9, None])
def test_a_hostile_quota_is_believed_by_nobody(bench: SessionHarness, total: object) -> None:
    """A number of 400 digits ended the gate, and a billion of posts the memory."""
    body = {"data": [{"quota_usage": total, "config": {"quota_total": total, "quota_duration": 86400}}]}
    bench.inject_fault(
        "status", "/content_publishing_limit$", method="GET", status=200, body=body, acted=False
    )
    assert bench.session.survey().quotas == {}


def test_an_image_is_published_with_caption_and_alt_text(bench: SessionHarness) -> None:
    receipt = bench.published(bench.part("Halo #warga & kawan"))
    (shown,) = bench.objects()
    assert (receipt.remote_id, shown.text) == (shown.id, "Halo #warga & kawan")
    assert [m.alt for m in shown.media] == ["Gambar 0."]


def test_a_carousel_keeps_its_order_and_alt_texts(bench: SessionHarness) -> None:
    bench.published(bench.part("Empat langkah", images=3))
    (shown,) = bench.objects()
    assert [m.alt for m in shown.media] == ["Gambar 0.", "Gambar 1.", "Gambar 2."]
    assert bench.writes("/media_publish") == 1
    assert bench.writes("/media") - bench.writes("/media_publish") == 4


def test_a_story_shows_its_image(bench: SessionHarness) -> None:
    part = bench.part("tak tampil", format="story")
    ready = prepared(bench.session, part)
    bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert len(bench.objects()) == 1
    assert isinstance(bench.session.find(attempted(part, ready), to=None), Receipt)


def test_each_step_of_preparation_makes_at_most_one_call(bench: SessionHarness) -> None:
    part, token = bench.part(images=2), None
    while True:
        before = len(bench.sandbox.state.requests)
        step = bench.session.prepare(part, token)
        calls = [r for r in bench.sandbox.state.requests[before:] if r["channel"] == "instagram"]
        assert len(calls) <= 1
        if isinstance(step, Ready):
            break
        token = step.token
    assert bench.objects() == []


def test_a_container_that_is_not_finished_is_asked_again_ever_later(bench: SessionHarness) -> None:
    bench.sandbox.state.settings["instagram.processing_seconds"] = 3600.0
    part = bench.part()
    first = bench.session.prepare(part, None)
    assert isinstance(first, NotReady)
    assert first.retry_after == 0
    pauses, token = [], first.token
    for _ in range(5):
        step = bench.session.prepare(part, token)
        assert isinstance(step, NotReady)
        pauses.append(step.retry_after)
        token = step.token
    assert pauses == [1, 2, 5, 10, 10]
    with pytest.raises(Transient) as slow:
        prepared(bench.session, part, most=MAX_POLLS + 5)
    assert slow.value.code == "container-slow"
    assert slow.value.restart_preparation


def test_an_old_container_is_made_anew_and_never_published(bench: SessionHarness) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    bench.context.later = timedelta(hours=23, minutes=1)
    step = bench.session.prepare(part, ready.token)
    assert isinstance(step, NotReady)
    with pytest.raises(Transient) as old:
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert old.value.restart_preparation
    assert bench.objects() == []


@pytest.mark.parametrize("token", ["", 3, {}, {"children": 1, "whole": 2}, {"children": [{}], "whole": None}])
def test_a_token_that_cannot_be_read_begins_anew(bench: SessionHarness, token: object) -> None:
    step = bench.session.prepare(bench.part(), token)
    assert isinstance(step, NotReady)
    assert bench.writes("/media") == 1


def test_a_published_container_is_not_published_again_by_preparing(bench: SessionHarness) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert isinstance(ready.token, dict)
    whole = ready.token["whole"]
    assert isinstance(whole, dict)
    unfinished = {**ready.token, "whole": {**whole, "finished": False}}
    with pytest.raises(Transient) as error:
        bench.session.prepare(part, unfinished)
    assert (error.value.code, error.value.restart_preparation) == ("container-published", True)


def test_a_picture_that_instagram_cannot_fetch_is_tried_again_with_a_new_container(
    bench: SessionHarness,
) -> None:
    part = bench.part()
    bench.sandbox.state.files.clear()
    bench.context.public_url = lambda media: bench.sandbox.url + "/media/nowhere.jpg"  # type: ignore[method-assign]
    with pytest.raises(Transient) as error:
        prepared(bench.session, part)
    assert error.value.code.endswith("2207052")
    assert error.value.restart_preparation


def test_a_person_is_told_which_picture_it_is_and_where_it_lies(bench: SessionHarness) -> None:
    part, address = bench.part(images=2), "https://bucket.example/{}?X-Amz-Signature=secret"
    bench.context.public_url = lambda media: address.format(media.name)  # type: ignore[method-assign]
    error = {"message": "Only photo or video", "code": 9004, "error_subcode": 2207052}
    bench.inject_fault("status", "/media$", method="POST", status=400, body={"error": error}, acted=False)
    with pytest.raises(Transient) as created:
        bench.session.prepare(part, None)
    assert created.value.detail == "0.jpg https://bucket.example/0.jpg: Only photo or video"
    assert created.value.max_attempts == 4
    assert str(created.value).startswith("9004/2207052: 0.jpg ")


def test_a_refused_login_has_nothing_to_do_with_the_picture(bench: SessionHarness) -> None:
    error = {"message": "Session has expired", "code": 190}
    bench.inject_fault("status", "/media$", method="POST", status=400, body={"error": error}, acted=False)
    with pytest.raises(AuthFailed) as refused:
        bench.session.prepare(bench.part(), None)
    assert refused.value.detail == "Session has expired"


def test_a_person_is_told_which_picture_of_a_carousel_failed(bench: SessionHarness) -> None:
    part = bench.part(images=2)
    token = bench.session.prepare(part, bench.session.prepare(part, None).token).token
    body = {"status_code": "ERROR", "status": "Error: Media upload has failed with error code 2207003"}
    bench.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Transient) as polled:
        bench.session.prepare(part, token)
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
def test_a_container_that_failed_after_it_was_finished_is_made_anew(
    bench: SessionHarness, status: str | None, kind: type[ChannelError], redo: bool | None
) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    error = {"message": "Media ID is not available", "code": 9007, "error_subcode": 2207027}
    bench.inject_fault(
        "status", "/media_publish$", method="POST", status=400, body={"error": error}, acted=False
    )
    body = {"error": {"code": 2}} if status is None else {"status_code": status, "status": "words"}
    answer = 400 if status is None else 200
    bench.inject_fault("status", r"/v26.0/\d+$", method="GET", status=answer, body=body, acted=False)
    with pytest.raises(kind) as caught:
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert getattr(caught.value, "restart_preparation", None) is redo


def test_a_container_in_error_is_judged_by_the_subcode_in_its_words(bench: SessionHarness) -> None:
    part = bench.part()
    token = bench.session.prepare(part, None).token
    body = {"status_code": "ERROR", "status": "Error: Media upload has failed with error code 2207076"}
    bench.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Transient) as transient:
        bench.session.prepare(part, token)
    assert transient.value.restart_preparation
    body = {"status": "Error: 2207085 could not process"}
    bench.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
    with pytest.raises(Rejected) as rejected:
        bench.session.prepare(part, token)
    assert rejected.value.scope is Scope.POST


def test_a_wrong_token_is_for_a_person(bench: SessionHarness) -> None:
    bench.context.secrets["access_token"] = "wrong-token"
    with Instagram().open(bench.config, bench.context) as session, pytest.raises(AuthFailed) as error:
        session.whoami()
    assert error.value.scope is Scope.ACCOUNT
    assert "wrong-token" not in str(error.value)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx", "redirect"])
def test_a_publish_without_a_clear_answer_is_unknown(bench: SessionHarness, fault: str) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    bench.inject_fault(fault, PUBLISH)
    with pytest.raises(UnknownOutcome):
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    acted = fault in ("drop-after", "garbage", "empty-2xx")
    assert len(bench.objects()) == int(acted)
    proof = bench.session.find(attempted(part, ready), to=None)
    if acted:
        assert isinstance(proof, Receipt)
        assert proof.remote_id == bench.objects()[0].id
        assert proof.url
    else:
        assert proof is Proof.ABSENT_SO_FAR
        assert bench.session.find(attempted(part, ready, ago=121), to=None) is Proof.CANNOT_TELL


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "body", ["<html>Bad gateway</html>", {"error": {"code": 100, "error_subcode": 2207010, "message": "m"}}]
)
def test_a_5xx_on_publish_is_unknown_whatever_it_says(
    bench: SessionHarness, status: int, body: object
) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    bench.inject_fault("status", PUBLISH, status=status, body=body)
    with pytest.raises(UnknownOutcome):
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)


def test_a_lost_answer_while_preparing_is_only_tried_again(bench: SessionHarness) -> None:
    for fault in ("drop-before", "drop-after", "garbage", "empty-2xx", "redirect"):
        bench.inject_fault(fault, CREATE)
        with pytest.raises(Transient):
            bench.session.prepare(bench.part(), None)
    assert bench.objects() == []


def test_the_container_decides_what_an_absence_proves(bench: SessionHarness) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    for status, proof in {
        "ERROR": Proof.ABSENT_PROVEN,
        "EXPIRED": Proof.ABSENT_PROVEN,
        "IN_PROGRESS": Proof.ABSENT_SO_FAR,
        "FINISHED": Proof.CANNOT_TELL,
        "": Proof.CANNOT_TELL,
    }.items():
        bench.inject_fault(
            "status", r"/v26.0/\d+$", method="GET", status=200, body={"status_code": status}, acted=False
        )
        assert bench.session.find(attempted(part, ready, ago=300), to=None) is proof
    gone = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
    bench.inject_fault("status", r"/v26.0/\d+$", method="GET", status=400, body=gone, acted=False)
    assert bench.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR
    bench.inject_fault(
        "status", r"/v26.0/\d+$", method="GET", status=200, body={"status_code": "PUBLISHED"}, acted=False
    )
    found = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id is None


def test_an_earlier_post_with_the_same_caption_is_never_taken_for_ours(bench: SessionHarness) -> None:
    bench.published(bench.part("Sama"))
    bench.sandbox.state.objects[0].created_at -= timedelta(minutes=10)
    part = bench.part("Sama")
    ready = prepared(bench.session, part)
    bench.inject_fault("drop-before", PUBLISH)
    with pytest.raises(UnknownOutcome):
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert bench.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR


def test_ours_is_found_behind_a_page_of_older_ones(bench: SessionHarness) -> None:
    bench.published(bench.part("Lama"))
    (old,) = bench.sandbox.state.objects
    for number in range(30):
        made = old.created_at - timedelta(days=number + 1)
        bench.sandbox.state.objects.append(replace(old, id=f"{old.id}{number:02}", created_at=made))
    bench.sandbox.state.settings["instagram.media_order"] = "oldest-first"
    part = bench.part("Baru")
    ready = prepared(bench.session, part)
    bench.inject_fault("drop-after", PUBLISH)
    with pytest.raises(UnknownOutcome):
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    proof = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(proof, Receipt)
    assert proof.remote_id == next(o.id for o in bench.sandbox.state.objects if o.text == "Baru")


def test_two_that_could_be_it_are_live_without_an_id(bench: SessionHarness) -> None:
    part = bench.part("Sama")
    ready = prepared(bench.session, part)
    bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    bench.published(bench.part("Sama"))
    found = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id is None


def test_without_captions_only_a_published_container_is_believed(bench: SessionHarness) -> None:
    bench.sandbox.state.settings["instagram.hide_caption"] = True
    part = bench.part("Ini")
    ready = prepared(bench.session, part)
    bench.published(bench.part("Itu"))
    assert bench.session.find(attempted(part, ready), to=None) is Proof.ABSENT_SO_FAR
    bench.sandbox.state.objects[0].created_at -= timedelta(minutes=10)
    bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    found = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == bench.objects()[1].id


def test_a_quota_is_asked_again_within_the_hour(bench: SessionHarness) -> None:
    bench.sandbox.state.settings["instagram.quota_total"] = 1
    bench.published(bench.part("Satu"))
    with pytest.raises(QuotaExceeded) as error:
        bench.published(bench.part("Dua"))
    assert error.value.resets_at is not None
    assert timedelta(minutes=59) < error.value.resets_at - bench.context.now() <= timedelta(hours=1)


def test_too_many_calls_wait_as_long_as_the_usage_header_says(bench: SessionHarness) -> None:
    part = bench.part()
    ready = prepared(bench.session, part)
    bench.sandbox.state.settings["instagram.usage"] = 100
    with pytest.raises(RateLimited) as error:
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert error.value.retry_at - bench.context.now() > timedelta(minutes=58)
    assert bench.objects() == []


def test_a_spam_error_after_the_post_went_live_holds_the_account_and_finds_the_post(
    bench: SessionHarness,
) -> None:
    bench.sandbox.state.settings["instagram.publish_then_spam_error"] = True
    part = bench.part()
    ready = prepared(bench.session, part)
    with pytest.raises(UnknownOutcome) as error:
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert error.value.scope is Scope.ACCOUNT
    assert isinstance(bench.session.find(attempted(part, ready), to=None), Receipt)


def test_what_is_live_is_read_back_with_its_address(bench: SessionHarness) -> None:
    receipt = bench.published(bench.part("Halo", images=2))
    snapshot = bench.session.read_back(receipt)
    assert snapshot is not None
    assert (snapshot.text, snapshot.media) == ("Halo", 2)
    assert snapshot.url
    assert bench.session.read_back(Receipt("17999999999999999", bench.context.now())) is None
    assert bench.session.read_back(Receipt(None, bench.context.now())) is None


def test_only_facebook_login_can_delete(bench: SessionHarness, facebook: SessionHarness) -> None:
    receipt = bench.published(bench.part())
    assert isinstance(bench.session.retract(receipt), ManualSteps)
    assert len(bench.objects()) == 1
    assert isinstance(facebook.session.retract(receipt), Retracted)
    assert facebook.objects() == []


@pytest.mark.parametrize("second", ["same-id", "refused", "duplicate"])
def test_a_second_publish_is_found_out_whatever_instagram_answers(bench: SessionHarness, second: str) -> None:
    bench.sandbox.state.settings["instagram.second_publish"] = second
    part = bench.part()
    ready = prepared(bench.session, part)
    first = bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    if second == "refused":
        with pytest.raises(UnknownOutcome):
            bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    else:
        again = bench.session.publish(part, ready, key="k", to=None, reply_to=None)
        assert (again.remote_id == first.remote_id) == (second == "same-id")
    found = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == (None if second == "duplicate" else first.remote_id)


def test_a_container_that_lags_behind_is_found_by_its_caption(bench: SessionHarness) -> None:
    bench.sandbox.state.settings["instagram.published_lag"] = 60.0
    part = bench.part("Satu-satunya")
    ready = prepared(bench.session, part)
    bench.inject_fault("drop-after", PUBLISH)
    with pytest.raises(UnknownOutcome):
        bench.session.publish(part, ready, key="k", to=None, reply_to=None)
    found = bench.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == bench.objects()[0].id

"""Reels, stories and mixed carousels, with everything that goes with them, against the strict sandbox."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
import requests

from humaspost.model.channel import NotReady
from humaspost.model.delivery import Receipt
from humaspost.model.errors import AuthFailed, Rejected, Transient, UnknownOutcome
from humaspost.model.rendition import Part
from tests.channels.instagram.conftest import SessionHarness
from tests.support.channel_context import attempted, prepared
from tests.support.deadlines import SECOND

UPLOAD = "/ig-api-upload/"


def test_a_video_is_a_reel_that_states_whether_it_is_in_the_feed(harness: SessionHarness) -> None:
    receipt = harness.published(harness.reel("Halo #warga"))
    (asked,) = harness.created()
    assert (asked["media_type"], asked["share_to_feed"], asked["caption"]) == ("REELS", "true", "Halo #warga")
    assert asked["video_url"].startswith("http://127.0.0.1")
    (shown,) = harness.objects()
    assert (receipt.remote_id, shown.extra["product"]) == (shown.id, "REELS")
    assert [m.type for m in shown.media] == ["video/mp4"]


def test_a_video_without_a_word_about_the_format_is_a_reel_too(harness: SessionHarness) -> None:
    harness.published(replace(harness.reel(), extra={"format": "feed", "share_to_feed": False}))
    assert harness.created()[0]["share_to_feed"] == "false"
    assert harness.objects()[0].extra["product"] == "REELS"
    assert harness.objects()[0].extra["share_to_feed"] is False


def test_a_cover_wins_over_the_cover_time(harness: SessionHarness) -> None:
    harness.published(harness.reel(cover=True, thumb_offset=900))
    harness.published(harness.reel(thumb_offset=900))
    first, second = harness.created()
    assert first["cover_url"].startswith("http://127.0.0.1")
    assert "thumb_offset" not in first
    assert second["thumb_offset"] == "900"
    assert "cover_url" not in second


def test_a_video_is_uploaded_where_the_login_allows_it(facebook: SessionHarness) -> None:
    facebook.published(facebook.reel(cover=True))
    (asked,) = facebook.created()
    assert asked["upload_type"] == "resumable"
    assert "video_url" not in asked
    assert facebook.writes(UPLOAD) == 1
    assert facebook.context.hosted == 1  # the cover alone
    (shown,) = facebook.objects()
    assert shown.media[0].sha256 == hashlib.sha256(facebook.context.files[shown.media[0].sha256]).hexdigest()


@pytest.mark.parametrize("login", ["harness", "facebook"])
def test_a_story_shows_a_video(login: str, request: pytest.FixtureRequest) -> None:
    harness: SessionHarness = request.getfixturevalue(login)
    part = Part(1, "tak tampil", (harness.video(use="story", cover=True),), {"format": "story"})
    ready = prepared(harness.session, part)
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert harness.created()[0].keys() == {"media_type", "video_url" if login == "harness" else "upload_type"}
    assert harness.objects()[0].extra["product"] == "STORY"
    assert isinstance(harness.session.find(attempted(part, ready), to=None), Receipt)


@pytest.mark.parametrize("login", ["harness", "facebook"])
def test_a_carousel_mixes_pictures_and_videos(login: str, request: pytest.FixtureRequest) -> None:
    harness: SessionHarness = request.getfixturevalue(login)
    (picture,) = harness.part().media
    part = Part(1, "Campur", (picture, harness.video(index=1), replace(picture, index=2)), {"format": "feed"})
    harness.published(part)
    kinds = [asked.get("media_type") for asked in harness.created()]
    assert kinds == [None, "VIDEO", None, "CAROUSEL"]
    assert [m.type for m in harness.objects()[0].media] == ["image/jpeg", "video/mp4", "image/jpeg"]
    assert harness.writes(UPLOAD) == (1 if login == "facebook" else 0)


def test_a_post_names_its_collaborators_its_location_and_its_maker_once(harness: SessionHarness) -> None:
    whole = {
        "collaborators": ["bpbd_kota", "dinas.pu"],
        "location_id": "106377336067638",
        "made_with_ai": True,
    }
    for part in (harness.part(**whole), harness.part(images=2, **whole), harness.reel(**whole)):
        before = len(harness.created())
        harness.published(part)
        *children, parent = harness.created()[before:]
        assert json.loads(parent["collaborators"]) == ["bpbd_kota", "dinas.pu"]
        assert (parent["location_id"], parent["is_ai_generated"]) == ("106377336067638", "true")
        assert all(child.keys() == {"image_url", "alt_text", "is_carousel_item"} for child in children)
    assert len(harness.objects()) == 3


def test_people_are_tagged_in_the_picture_they_are_in(harness: SessionHarness) -> None:
    tags: list[Any] = [
        {"username": "walikota", "x": 0.5, "y": 0.25, "media": 1},
        {"username": "camat", "x": 0.0, "y": 1.0, "media": 2},
    ]
    harness.published(harness.part(images=2, user_tags=tags))
    first, second, parent = harness.created()
    assert json.loads(first["user_tags"]) == [{"username": "walikota", "x": 0.5, "y": 0.25}]
    assert json.loads(second["user_tags"]) == [{"username": "camat", "x": 0.0, "y": 1.0}]
    assert "user_tags" not in parent
    named: list[Any] = [{"username": "walikota", "x": None, "y": None, "media": 1}]
    harness.published(harness.reel(user_tags=named))
    assert json.loads(harness.created()[-1]["user_tags"]) == [{"username": "walikota"}]


def test_each_container_reports_that_it_used_one_of_the_days_400(facebook: SessionHarness) -> None:
    (picture,) = facebook.part().media
    part, token, spent = Part(1, "a", (picture, facebook.video(index=1)), {"format": "feed"}), None, []
    for _ in range(30):
        before = facebook.writes("/media") + facebook.writes(UPLOAD)
        step = facebook.session.prepare(part, token)
        assert facebook.writes("/media") + facebook.writes(UPLOAD) - before <= 1
        if not isinstance(step, NotReady):
            break
        spent.append(step.used_quota)
        token = step.token
    assert [name for name in spent if name] == ["containers"] * 3


def test_an_upload_that_got_lost_is_made_again(facebook: SessionHarness) -> None:
    for fault in ("drop-before", "drop-after", "garbage"):
        part = facebook.reel()
        token = facebook.session.prepare(part, None).token
        facebook.inject_fault(fault, UPLOAD)
        with pytest.raises(Transient):
            facebook.session.prepare(part, token)
        if fault != "drop-before":
            with pytest.raises(Transient) as refused:
                facebook.session.prepare(part, token)
            assert refused.value.restart_preparation
    assert facebook.objects() == []


def test_a_refused_upload_is_classified_by_its_subcode(facebook: SessionHarness) -> None:
    part = facebook.reel()
    token = facebook.session.prepare(part, None).token
    said = json.dumps({"success": False, "error": {"message": "2207026: unsupported"}})
    body = {"debug_info": {"retriable": False, "type": "ProcessingFailedError", "message": said}}
    facebook.inject_fault("status", UPLOAD, status=400, body=body, acted=False)
    with pytest.raises(Rejected) as rejected:
        facebook.session.prepare(part, token)
    assert rejected.value.code == "2207026"


def test_an_upload_by_a_login_without_permission_is_for_a_person(facebook: SessionHarness) -> None:
    part = facebook.reel()
    token = facebook.session.prepare(part, None).token
    inner = json.dumps({"success": False, "error": {"message": "unauthorized user request"}})
    body = {"debug_info": {"retriable": False, "type": "ProcessingFailedError", "message": inner}}
    facebook.inject_fault("status", UPLOAD, method="POST", status=400, body=body, acted=False)
    with pytest.raises(AuthFailed):
        facebook.session.prepare(part, token)


def test_a_video_that_instagram_fails_to_process_is_tried_again(harness: SessionHarness) -> None:
    with pytest.raises(Transient) as short:
        prepared(harness.session, harness.reel(seconds=1.0))
    assert short.value.restart_preparation
    assert short.value.code.endswith("2207076")


def test_a_lost_reel_is_matched_even_without_captions(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.hide_caption"] = True
    part = harness.reel()
    ready = prepared(harness.session, part)
    harness.inject_fault("drop-after", "/media_publish$")
    with pytest.raises(UnknownOutcome):
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    found = harness.session.find(attempted(part, ready), to=None)
    assert isinstance(found, Receipt)
    assert found.remote_id == harness.objects()[0].id


def test_options_beside_the_pictures_are_displayed_on_the_sandboxs_page(harness: SessionHarness) -> None:
    whole = {"collaborators": ["bpbd"], "location_id": "213385402", "made_with_ai": True}
    tags: list[Any] = [{"username": "walikota", "x": None, "y": None, "media": 1}]
    harness.published(harness.reel(cover=True, share_to_feed=False, user_tags=tags, **whole))
    page = requests.get(harness.sandbox.url, timeout=15 * SECOND).text
    words = (
        "with bpbd",
        "tagged: walikota",
        "at place 213385402",
        "AI info",
        "cover of its own",
        "not in the feed",
    )
    assert [word for word in words if word not in page] == []

"""What Meta's documents leave open, each answer selectable: a client must live with all of them."""

import json

import pytest
import requests

from humaspost.sandbox.instagram.accounts import APP_ID, APP_SECRET
from humaspost.sandbox.server import Sandbox
from tests.sandbox.instagram.test_publish import published
from tests.support.deadlines import SECOND
from tests.support.meta_clients import Clock, InstagramClient, code, frozen, picture, video_bytes


@pytest.fixture
def facebook(sandbox: Sandbox, http: requests.Session) -> InstagramClient:
    return InstagramClient(sandbox, http, facebook=True)


@pytest.fixture
def clock(gram: InstagramClient) -> Clock:
    return frozen(gram.sandbox)


def container_status(gram: InstagramClient, container: str) -> dict[str, str]:
    """What a container says of itself, without its id."""
    found: dict[str, str] = gram.get(container, fields="status_code,status").json()
    assert found.pop("id") == container
    return found


def test_any_container_can_end_as_an_error(gram: InstagramClient, clock: Clock) -> None:
    said = "Error: Media upload has failed with error code 2207082"
    gram.set_option(processing_ends=said)
    container = gram.image().json()["id"]
    assert container_status(gram, container)["status_code"] == "IN_PROGRESS"
    clock.move(seconds=1)
    assert container_status(gram, container) == {"status_code": "ERROR", "status": said}
    assert code(gram.publish(container)) == (400, 9007, 2207027)
    gram.set_option(error_status_code=False)
    assert container_status(gram, container) == {"status": said}, "seen once: trypost#351"
    gram.set_option(processing_ends="FINISHED")
    assert container_status(gram, container) == {"status": said}, "it had ended already"
    again = gram.image().json()["id"]
    clock.move(seconds=1)
    assert gram.publish(again).ok


def test_instagram_can_request_the_head_first(gram: InstagramClient) -> None:
    gram.set_option(head_first=True)
    assert gram.image().ok
    assert [e["method"] for e in gram.sandbox.state.requests if "/media/a.jpg" in e["path"]][1:] == [
        "HEAD",
        "GET",
    ]
    order = {"channel": "media", "method": "HEAD", "fault": "status", "status": 403}
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=order).ok
    assert code(gram.image()) == (400, 9004, 2207052)
    assert gram.image().ok


def test_png_can_be_taken(gram: InstagramClient) -> None:
    url = gram.host("a.png", picture(kind="PNG"), "image/png")
    assert code(gram.create(image_url=url)) == (400, 36001, 2207005)
    gram.set_option(png=True, processing_seconds=0)
    assert gram.publish(gram.create(image_url=url).json()["id"]).ok
    assert gram.objects()[0]["media"][0]["type"] == "image/png"
    webp = gram.host("a.webp", picture(kind="WEBP"), "image/webp")
    assert code(gram.create(image_url=webp)) == (400, 36001, 2207005)


@pytest.mark.parametrize("order", ["newest-first", "oldest-first"])
def test_media_are_listed_in_either_order(gram: InstagramClient, clock: Clock, order: str) -> None:
    gram.set_option(media_order=order)
    made = []
    for _ in range(3):
        made.append(published(gram))
        clock.move(minutes=1)
    expected = made if order == "oldest-first" else made[::-1]
    listed = gram.get("me/media", limit=2).json()
    assert [node["id"] for node in listed["data"]] == expected[:2]
    after = listed["paging"]["cursors"]["after"]
    assert [node["id"] for node in gram.get("me/media", after=after).json()["data"]] == expected[2:]


def test_usage_headers_can_be_absent_and_name_two_ids(gram: InstagramClient) -> None:
    gram.set_option(usage=7)
    told = json.loads(gram.get("me").headers["X-Business-Use-Case-Usage"])
    assert len(told) == 2
    assert {case[0]["call_count"] for case in told.values()} == {7}
    gram.set_option(usage=None)
    answer = gram.get("me")
    assert answer.ok
    assert not {"x-app-usage", "x-business-use-case-usage"} & {name.lower() for name in answer.headers}


def test_a_caption_is_counted_in_either_unit(gram: InstagramClient) -> None:
    caption = "🌧" * 1101
    assert gram.image(caption=caption).ok
    gram.set_option(caption_unit="utf-16")
    assert code(gram.image(caption=caption)) == (400, 36004, 2207010)
    assert gram.image(caption=caption[1:]).ok


def test_hashtags_can_be_capped_at_five(gram: InstagramClient) -> None:
    five, six = ("#a #b #c #d #e", "#a #b #c #d #e #f")
    assert gram.image(caption=six).ok
    gram.set_option(hashtags=5)
    assert gram.image(caption=five).ok
    assert code(gram.image(caption=six)) == (400, 36004, 2207010)
    assert gram.image(caption=five.replace(" ", "")).ok
    assert code(gram.image(caption=six.replace(" ", ""))) == (400, 36004, 2207010)
    assert gram.image(caption="a#b c&#d #a #b #c #d #e # #").ok


@pytest.mark.parametrize("default", [True, False])
def test_a_reel_goes_to_the_feed_by_default_or_does_not(gram: InstagramClient, default: bool) -> None:
    gram.set_option(processing_seconds=0, share_to_feed=default)
    url = gram.host("a.mp4", video_bytes(seconds=4), "video/mp4")
    for said, expected in (
        ({}, default),
        ({"share_to_feed": "true"}, True),
        ({"share_to_feed": "false"}, False),
    ):
        container = gram.create(media_type="REELS", video_url=url, **said).json()["id"]
        media_id = gram.publish(container).json()["id"]
        assert gram.get(media_id, fields="is_shared_to_feed").json()["is_shared_to_feed"] is expected


def test_a_personal_account_has_no_access_and_publishes_nothing(gram: InstagramClient) -> None:
    gram.set_option(account_type="PERSONAL")
    assert gram.get("me", fields="account_type").json()["account_type"] == "PERSONAL"
    assert code(gram.image()) == (400, 10, None)
    gram.set_option(account_type="MEDIA_CREATOR")
    assert gram.get("me", fields="account_type").json()["account_type"] == "MEDIA_CREATOR"
    assert gram.image().ok


@pytest.mark.parametrize("subcode", [458, 459, 460, 464, 467])
def test_a_token_can_die_before_its_time(gram: InstagramClient, subcode: int) -> None:
    gram.set_option(token_error=subcode)
    assert code(gram.get("me")) == (400, 190, subcode)
    assert code(gram.image()) == (400, 190, subcode)
    gram.set_option(token_error=None)
    assert gram.get("me").ok


def test_debug_token_can_support_instagram_login(gram: InstagramClient, clock: Clock) -> None:
    gram.set_option(debug_token=True, token_seconds_left=600)
    told = gram.get("debug_token", input_token=gram.token).json()["data"]
    assert told["is_valid"]
    assert told["expires_at"] == int(clock.at.timestamp()) + 600
    assert "instagram_business_content_publish" in told["scopes"]


def test_a_facebook_token_can_end(facebook: InstagramClient) -> None:
    clock = frozen(facebook.sandbox)
    facebook.set_option(facebook_token_seconds_left=600, debug_token=True)
    told = facebook.get("debug_token", input_token=facebook.token).json()["data"]
    assert told["expires_at"] == int(clock.at.timestamp()) + 600
    clock.move(seconds=600)
    assert code(facebook.get("me")) == (400, 190, 463)


def test_a_facebook_token_is_exchanged_for_a_long_one(facebook: InstagramClient) -> None:
    query = {"grant_type": "fb_exchange_token", "client_id": APP_ID, "client_secret": APP_SECRET}
    given = {**query, "fb_exchange_token": facebook.token}
    url = f"{facebook.base}/oauth/access_token"
    del facebook.http.headers["Authorization"]
    made = facebook.http.get(url, params=given).json()
    assert (made["access_token"], made["token_type"]) == (facebook.token, "bearer")
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 600
    longer = facebook.http.get(url, params=given).json()
    assert longer["expires_in"] == 60 * 86_400
    again = {**given, "fb_exchange_token": longer["access_token"]}
    assert facebook.http.get(url, params=again).json()["access_token"] != longer["access_token"]
    assert code(facebook.http.get(url, params={**given, "client_secret": "x"})) == (400, 1, None)
    assert code(facebook.http.get(url, params={**given, "fb_exchange_token": "x"})) == (400, 190, None)
    assert code(facebook.http.get(url, params={**given, "grant_type": "x"})) == (400, 100, None)


def test_a_video_can_be_read_until_it_is_finished(gram: InstagramClient, clock: Clock) -> None:
    gram.set_option(read_until_finished=True)
    url = gram.host("a.mp4", video_bytes(seconds=4), "video/mp4")
    kept, lost = (gram.create(media_type="REELS", video_url=url).json()["id"] for _ in range(2))
    clock.move(seconds=1)
    assert container_status(gram, kept)["status_code"] == "FINISHED"
    assert requests.delete(url, timeout=15 * SECOND).ok
    assert container_status(gram, kept)["status_code"] == "FINISHED", "what is finished needs it no more"
    assert container_status(gram, lost)["status_code"] == "ERROR"
    assert "2207077" in container_status(gram, lost)["status"]


def test_texts_for_people_can_come_in_another_language(gram: InstagramClient) -> None:
    english = gram.create(media_type="CAROUSEL").json()["error"]
    gram.set_option(localized=True)
    other = gram.create(media_type="CAROUSEL").json()["error"]
    for name in ("code", "error_subcode", "message", "type"):
        assert other[name] == english[name]
    for name in ("error_user_title", "error_user_msg"):
        assert other[name] != english[name]
        assert not other[name].isascii()

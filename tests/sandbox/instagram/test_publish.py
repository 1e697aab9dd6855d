"""From container to post: states, publishing (twice), quotas, listings, deletion, tokens."""

import pytest
import requests

from humaspost.sandbox.instagram.accounts import APP_SCOPED_ID, APP_SECRET
from tests.support.deadlines import SECOND
from tests.support.meta_clients import Clock, InstagramClient, code, frozen, picture, video_bytes


@pytest.fixture
def clock(gram: InstagramClient) -> Clock:
    return frozen(gram.sandbox)


def status(gram: InstagramClient, container: str) -> str:
    found: str = gram.get(container, fields="status_code,status").json()["status_code"]
    return found


def published(gram: InstagramClient, **params: str) -> str:
    """The id of a post that was just published."""
    gram.set_option(processing_seconds=0)
    answer = gram.publish(gram.image(**params).json()["id"])
    assert answer.ok, answer.text
    found: str = answer.json()["id"]
    return found


def test_a_container_becomes_a_post(gram: InstagramClient, clock: Clock) -> None:
    container = gram.image(caption="Loket malam #Layanan", alt_text="Loket").json()["id"]
    assert status(gram, container) == "IN_PROGRESS"
    assert code(gram.publish(container)) == (400, 9007, 2207027)
    assert gram.objects() == []
    clock.move(seconds=0.5)
    assert status(gram, container) == "FINISHED"
    media_id = gram.publish(container).json()["id"]
    assert status(gram, container) == "PUBLISHED"
    (shown,) = gram.objects()
    assert (shown["channel"], shown["id"], shown["text"]) == ("instagram", media_id, "Loket malam #Layanan")
    assert [(m["alt"], m["type"]) for m in shown["media"]] == [("Loket", "image/jpeg")]
    node = gram.get(
        media_id, fields="id,permalink,timestamp,media_type,media_product_type,alt_text,media_url"
    ).json()
    assert node["permalink"].startswith("https://www.instagram.com/p/")
    assert (node["media_type"], node["media_product_type"], node["alt_text"]) == ("IMAGE", "FEED", "Loket")
    assert node["timestamp"] == "2027-02-03T01:30:00+0000"
    assert requests.get(node["media_url"], timeout=15 * SECOND).content == picture()


def test_a_container_expires_after_a_day(gram: InstagramClient, clock: Clock) -> None:
    container = gram.image().json()["id"]
    clock.move(hours=24)
    assert status(gram, container) == "EXPIRED"
    assert code(gram.publish(container)) == (400, 24, 2207008)


def test_an_unknown_container_is_never_published(gram: InstagramClient) -> None:
    assert code(gram.publish("17800000000000000")) == (400, 24, 2207006)
    assert code(gram.publish("")) == (400, 100, None)
    assert (
        code(gram.http.post(f"{gram.user}/media_publish", data={"creation_id": "1", "share": "1"}))[1] == 100
    )


def test_media_can_stay_unready(gram: InstagramClient, clock: Clock) -> None:
    fault = {"channel": "instagram", "method": "POST", "path": "/media$", "fault": "media-never-ready"}
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=fault).ok
    container = gram.image().json()["id"]
    clock.move(hours=23)
    assert status(gram, container) == "IN_PROGRESS"


@pytest.mark.parametrize("answer", ["duplicate", "same-id", "refused"])
def test_a_second_publish_answers_as_chosen(gram: InstagramClient, answer: str) -> None:
    gram.set_option(processing_seconds=0, second_publish=answer)
    container = gram.image().json()["id"]
    first, second = gram.publish(container), gram.publish(container)
    match answer:
        case "duplicate":
            assert second.json()["id"] != first.json()["id"]
        case "same-id":
            assert second.json() == first.json()
        case _:
            assert code(second) == (400, 24, 2207008)
    assert len(gram.objects()) == (2 if answer == "duplicate" else 1)


def test_published_can_show_late(gram: InstagramClient, clock: Clock) -> None:
    gram.set_option(published_lag=30, processing_seconds=0)
    container = gram.image().json()["id"]
    assert gram.publish(container).ok
    assert status(gram, container) == "FINISHED"
    clock.move(seconds=30)
    assert status(gram, container) == "PUBLISHED"


def test_a_carousel_has_its_children_in_order(gram: InstagramClient, clock: Clock) -> None:
    urls = [gram.host(f"{n}.jpg", picture(1000 + n, 1000)) for n in range(3)]
    children = [gram.create(image_url=u, alt_text=u[-5], is_carousel_item="true").json()["id"] for u in urls]
    early = gram.create(media_type="CAROUSEL", children=",".join(children))
    assert code(early) == (400, 9007, 2207027)
    clock.move(seconds=1)
    assert code(gram.publish(children[0])) == (400, 100, 2207089)
    parent = gram.create(
        media_type="CAROUSEL", caption="Geser", children=",".join(reversed(children))
    ).json()["id"]
    clock.move(seconds=1)
    media_id = gram.publish(parent).json()["id"]
    (shown,) = gram.objects()
    assert [medium["alt"] for medium in shown["media"]] == ["2", "1", "0"]
    node = gram.get(media_id, fields="media_type,children{media_url,alt_text},caption").json()
    assert (node["media_type"], node["caption"]) == ("CAROUSEL_ALBUM", "Geser")
    assert [child["alt_text"] for child in node["children"]["data"]] == ["2", "1", "0"]
    assert len(gram.get(f"{media_id}/children").json()["data"]) == 3
    loner = gram.image().json()["id"]
    clock.move(seconds=1)
    refusal = gram.create(media_type="CAROUSEL", children=f"{loner},{loner}")
    assert code(refusal) == (400, 100, None)
    assert "is_carousel_item" in refusal.json()["error"]["message"]


def test_a_reel_a_lone_video_and_a_story(gram: InstagramClient) -> None:
    gram.set_option(processing_seconds=0)
    url = gram.host("a.mp4", video_bytes(seconds=4), "video/mp4")
    lone = gram.create(media_type="VIDEO", video_url=url).json()["id"]
    assert code(gram.publish(lone)) == (400, 100, 2207089)
    reel = gram.publish(gram.create(media_type="REELS", video_url=url, caption="Reel").json()["id"]).json()[
        "id"
    ]
    tall = gram.host("s.jpg", picture(1080, 1920))
    story = gram.publish(gram.create(media_type="STORIES", image_url=tall).json()["id"]).json()["id"]
    assert [m["id"] for m in gram.get(f"{gram.user.rsplit('/', 1)[1]}/media").json()["data"]] == [reel]
    assert [m["id"] for m in gram.get("me/stories", fields="id,media_product_type").json()["data"]] == [story]
    assert gram.get(reel, fields="media_product_type").json()["media_product_type"] == "REELS"
    assert gram.objects()[0]["media"][0]["type"] == "video/mp4"


def test_the_quota_is_read_and_enforced(gram: InstagramClient, clock: Clock) -> None:
    gram.set_option(quota_total=2)
    for _ in range(2):
        published(gram)
    limit = gram.get("me/content_publishing_limit", fields="quota_usage,config").json()["data"]
    assert limit == [{"quota_usage": 2, "config": {"quota_total": 2, "quota_duration": 86400}}]
    assert gram.get("me/content_publishing_limit").json() == {"data": [{"quota_usage": 2}]}
    assert code(gram.publish(gram.image().json()["id"])) == (400, 9, 2207042)
    clock.move(hours=24)
    published(gram)
    old = int(clock.at.timestamp()) - 90_000
    assert code(gram.get("me/content_publishing_limit", since=old))[1] == 100


def test_the_listing_is_newest_first_and_paged(gram: InstagramClient, clock: Clock) -> None:
    ids = []
    for number in range(5):
        ids.append(published(gram, caption=f"Unggahan {number}"))
        clock.move(minutes=1)
    newest = ids[::-1]
    seen, after = [], ""
    while page := gram.get("me/media", fields="id,caption", limit=2, after=after).json()["data"]:
        seen += page
        after = page[-1]["id"]
    assert [node["id"] for node in seen] == newest
    assert seen[0]["caption"] == "Unggahan 4"
    since, until = (int(clock.at.timestamp()) - 60 * minutes for minutes in (4, 2))
    found = gram.get("me/media", since=since, until=until).json()["data"]
    assert [node["id"] for node in found] == ids[1:3][::-1]
    assert code(gram.get("me/media", fields="colour"))[1] == 100
    gram.set_option(hide_caption=True)
    assert "caption" not in gram.get(ids[0], fields="id,caption").json()


def test_a_post_can_appear_late(gram: InstagramClient, clock: Clock) -> None:
    gram.set_option(processing_seconds=0)
    container = gram.image().json()["id"]
    fault = {"channel": "instagram", "path": "media_publish", "fault": "lag", "seconds": 60}
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=fault).ok
    media_id = gram.publish(container).json()["id"]
    assert status(gram, container) == "PUBLISHED"
    assert gram.get("me/media").json() == {"data": []}
    assert code(gram.get(media_id, fields="permalink")) == (400, 100, 33)
    clock.move(seconds=60)
    assert gram.get(media_id, fields="permalink").ok


def test_some_failures_come_after_the_act(gram: InstagramClient) -> None:
    gram.set_option(processing_seconds=0, publish_then_spam_error=True)
    assert code(gram.publish(gram.image().json()["id"])) == (400, 4, 2207051)
    assert len(gram.objects()) == 1
    gram.set_option(restricted=True)
    assert code(gram.publish(gram.image().json()["id"])) == (400, 25, 2207050)
    assert len(gram.objects()) == 1


def test_deletion_is_for_facebook_login(gram: InstagramClient) -> None:
    media_id = published(gram)
    assert code(gram.http.delete(f"{gram.base}/{media_id}")) == (400, 100, 2207073)
    facebook = InstagramClient(gram.sandbox, gram.http, facebook=True)
    assert facebook.http.delete(f"{gram.base}/{media_id}").json()["success"] is True
    assert gram.objects()[0]["deleted"] is True
    assert code(facebook.http.delete(f"{gram.base}/{media_id}")) == (400, 100, 33)
    assert facebook.get("me/media").status_code == 400, "Facebook's /me is a person"


def test_who_am_i(gram: InstagramClient) -> None:
    node = gram.get("me", fields="user_id,username,account_type").json()
    user_id = gram.user.rsplit("/", 1)[1]
    assert node == {
        "user_id": user_id,
        "username": "kotacontoh",
        "account_type": "BUSINESS",
        "id": APP_SCOPED_ID,
    }
    assert gram.get(user_id, fields="username,media_count").json()["media_count"] == 0
    assert code(gram.get("me", fields="colour")) == (400, 100, None)
    assert code(gram.get("me/accounts")) == (400, 100, 33)
    assert code(gram.get("debug_token", input_token=gram.token)) == (400, 100, 33)
    facebook = InstagramClient(gram.sandbox, gram.http, facebook=True)
    page = facebook.get("me/accounts").json()["data"][0]
    assert page["instagram_business_account"] == {"id": user_id}
    assert "user_id" not in facebook.get("me").json()
    about = facebook.get("debug_token", input_token=facebook.token).json()["data"]
    assert about["is_valid"]
    assert "instagram_content_publish" in about["scopes"]
    assert facebook.get("debug_token", input_token="x").json()["data"]["is_valid"] is False


def test_tokens_are_refreshed_and_expire(gram: InstagramClient, clock: Clock) -> None:
    host = gram.base.rsplit("/", 1)[0]
    query = {"grant_type": "ig_refresh_token", "access_token": gram.token}
    del gram.http.headers["Authorization"]
    fresh_token = gram.http.get(f"{host}/refresh_access_token", params=query).json()
    assert (fresh_token["token_type"], fresh_token["expires_in"]) == ("bearer", 60 * 86_400)
    again = {**query, "access_token": fresh_token["access_token"]}
    assert code(gram.http.get(f"{host}/refresh_access_token", params=again)) == (400, 100, None)
    assert code(gram.http.get(f"{host}/refresh_access_token", params={**query, "grant_type": "x"}))[1] == 100
    clock.move(days=31)
    assert code(gram.get("me", access_token=gram.token)) == (400, 190, 463)
    assert gram.get("me", access_token=fresh_token["access_token"]).ok
    assert gram.http.get(f"{host}/refresh_access_token", params=again).ok
    clock.move(days=60)
    assert code(gram.get("me", access_token=fresh_token["access_token"])) == (400, 190, 463)


def test_a_short_token_is_exchanged_with_the_apps_secret(gram: InstagramClient) -> None:
    host = gram.base.rsplit("/", 1)[0]
    query = {"grant_type": "ig_exchange_token", "client_secret": APP_SECRET}
    assert gram.http.get(f"{host}/access_token", params=query).json()["expires_in"] > 5_000_000
    assert code(gram.http.get(f"{host}/access_token", params={**query, "client_secret": "x"}))[1] == 1


def test_usage_headers_and_the_end_of_the_allowance(gram: InstagramClient) -> None:
    gram.set_option(usage=99)
    assert '"call_count": 99' in gram.get("me").headers["X-App-Usage"]
    gram.set_option(usage=100)
    assert code(gram.get("me")) == (400, 80002, None)


def test_no_insights_yet_is_an_empty_set_and_an_old_metric_fails(gram: InstagramClient) -> None:
    media_id = published(gram)
    assert gram.get(f"{media_id}/insights", metric="views,reach").json() == {"data": []}
    assert code(gram.get(f"{media_id}/insights", metric="views,impressions")) == (400, 100, None)


def test_an_unknown_path_is_metas_refusal(gram: InstagramClient) -> None:
    assert code(gram.get("me/scheduled_media")) == (400, 100, 33)
    assert code(gram.http.post(f"{gram.base}/me")) == (400, 100, 33)
    assert code(gram.http.get(gram.user.replace("v26.0", "26"))) == (400, 2500, None)

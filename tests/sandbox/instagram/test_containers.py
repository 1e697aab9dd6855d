"""POST /media: what Instagram fetches, which parameters it takes, which it refuses and how."""

import json
from typing import Any

import pytest
import requests
from PIL import ImageCms

from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import InstagramClient, code, picture, video_bytes


def test_the_token_is_accepted_in_four_ways(gram: InstagramClient) -> None:
    url = gram.host("a.jpg", picture())
    want = {"image_url": url, "access_token": gram.token}
    del gram.http.headers["Authorization"]
    media = f"{gram.user}/media"
    assert gram.http.post(media, params=want).ok
    assert gram.http.post(media, data=want).ok
    assert gram.http.post(media, json=want).ok
    assert gram.http.post(
        media, data={"image_url": url}, headers={"Authorization": f"Bearer {gram.token}"}
    ).ok
    assert code(gram.http.post(media, data={"image_url": url})) == (400, 190, None)
    assert code(gram.http.post(media, data={**want, "access_token": "wrong"})) == (400, 190, None)


def test_another_account_is_no_node(gram: InstagramClient) -> None:
    assert code(gram.http.post(f"{gram.base}/17841499999999999/media")) == (400, 100, 33)
    assert gram.http.post(f"{gram.base}/me/media", data={"image_url": gram.host("a.jpg", picture())}).ok


@pytest.mark.parametrize(
    ("data", "mime", "expected"),
    [
        (picture(), "image/jpeg", None),
        (picture(1080, 1350), "image/jpeg", None),
        (picture(1910, 1000), "image/jpeg", None),
        (picture(1080, 1351), "image/jpeg", (400, 36003, 2207009)),
        (picture(1080, 565), "image/jpeg", (400, 36003, 2207009)),
        (picture(100, 130), "image/jpeg", (400, 36003, 2207009)),
        (picture(1920, 1000), "image/jpeg", (400, 36003, 2207009)),
        (picture(kind="PNG"), "image/png", (400, 36001, 2207005)),
        (picture(kind="PNG"), "image/jpeg", (400, 36001, 2207005)),
        (picture(kind="WEBP"), "image/webp", (400, 36001, 2207005)),
        (picture(progressive=True), "image/jpeg", (400, 36001, 2207005)),
        (picture(mode="CMYK"), "image/jpeg", (400, 36001, 2207005)),
        (picture()[:300], "image/jpeg", (400, 36001, 2207005)),
        (picture(), "text/html", (400, 9004, 2207052)),
        (picture(), "application/octet-stream", (400, 9004, 2207052)),
        (b"", "image/jpeg", (400, 36001, 2207005)),
        (picture() + bytes(8 * 1024 * 1024), "image/jpeg", (400, 36000, 2207004)),
    ],
)
def test_an_image_is_checked(gram: InstagramClient, data: bytes, mime: str, expected: Any) -> None:
    answer = gram.create(image_url=gram.host("a.jpg", data, mime))
    assert (None if answer.ok else code(answer)) == expected


def test_a_jpeg_must_be_srgb_unless_switched_off(gram: InstagramClient) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert gram.create(image_url=gram.host("a.jpg", picture(icc_profile=srgb))).ok
    other = gram.host("b.jpg", picture(icc_profile=lab))
    assert code(gram.create(image_url=other)) == (400, 36001, 2207005)
    gram.set_option(strict_jpeg=False)
    assert gram.create(image_url=other).ok


def test_only_this_computer_is_requested_and_no_redirect_followed(gram: InstagramClient) -> None:
    order = {
        "channel": "media",
        "path": "/media/a.jpg",
        "fault": "redirect",
        "headers": {"Location": "/media/b.jpg"},
    }
    for url in (
        f"{gram.sandbox.url}/media/none.jpg",
        "https://media.kotacontoh.example/a.jpg",
        "http://192.0.2.1/a.jpg",
        "http://127.0.0.1:1/a.jpg",
        f"{gram.sandbox.url}/media/é.jpg",
        "file:///etc/hostname",
        "nothing",
    ):
        assert code(gram.create(image_url=url)) == (400, 9004, 2207052), url
    url = gram.host("a.jpg", picture())
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=order).ok
    assert code(gram.create(image_url=url)) == (400, 9004, 2207052)


def test_only_a_200_counts(gram: InstagramClient) -> None:
    url = gram.host("a.jpg", picture())
    jpeg = {"content-type": "image/jpeg"}
    order = {
        "channel": "media",
        "method": "GET",
        "fault": "status",
        "status": 503,
        "headers": jpeg,
        "body": "x",
    }
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=order).ok
    assert code(gram.create(image_url=url)) == (400, 9004, 2207052)
    assert gram.create(image_url=url).ok


def test_a_slow_host_is_a_timeout(gram: InstagramClient) -> None:
    url = gram.host("a.jpg", picture())
    gram.set_option(fetch_seconds=0.1)
    order = {"channel": "media", "method": "GET", "fault": "hang-before", "seconds": 1}
    assert gram.http.post(f"{gram.sandbox.url}/_sandbox/faults", json=order).ok
    assert code(gram.create(image_url=url)) == (400, -2, 2207003)


URL = "http://127.0.0.1:1/a.jpg"
BAD: list[tuple[dict[str, Any], tuple[int, int, int | None]]] = [
    ({}, (400, 100, None)),
    ({"image_url": URL, "idempotency_key": "1"}, (400, 100, None)),
    ({"image_url": URL, "published": "false"}, (400, 100, None)),
    ({"image_url": URL, "video_url": URL}, (400, 100, None)),
    ({"video_url": URL}, (400, 100, None)),
    ({"image_url": URL, "media_type": "REELS"}, (400, 100, None)),
    ({"image_url": URL, "media_type": "GIF"}, (400, 100, 2207023)),
    ({"image_url": URL, "caption": "a" * 2201}, (400, 36004, 2207010)),
    ({"image_url": URL, "caption": "#a " * 31}, (400, 36004, 2207010)),
    ({"image_url": URL, "caption": "@a " * 21}, (400, 100, 2207040)),
    ({"image_url": URL, "caption": "a", "is_carousel_item": "true"}, (400, 100, None)),
    ({"image_url": URL, "is_carousel_item": "perhaps"}, (400, 100, None)),
    ({"image_url": URL, "alt_text": "a" * 1001}, (400, 100, None)),
    ({"image_url": URL, "alt_text": "a", "media_type": "STORIES"}, (400, 100, None)),
    ({"video_url": URL, "alt_text": "a", "media_type": "REELS"}, (400, 100, None)),
    ({"image_url": URL, "collaborators": "@a"}, (400, 110, 2207018)),
    ({"image_url": URL, "collaborators": "a,b,c,d"}, (400, 100, None)),
    ({"image_url": URL, "collaborators": "a", "is_carousel_item": "true"}, (400, 100, None)),
    ({"image_url": URL, "user_tags": '[{"username":"a"}]'}, (400, 100, None)),
    ({"image_url": URL, "user_tags": '[{"username":"a","x":2,"y":0}]'}, (400, 100, None)),
    ({"image_url": URL, "user_tags": "[{"}, (400, 100, None)),
    (
        {"video_url": URL, "media_type": "REELS", "user_tags": '[{"username":"a","x":0,"y":0}]'},
        (400, 100, None),
    ),
    ({"video_url": URL, "media_type": "STORIES", "user_tags": '[{"username":"a"}]'}, (400, 100, None)),
    ({"image_url": URL, "location_id": "1"}, (400, 100, None)),
    ({"image_url": URL, "product_tags": "[]"}, (400, 100, 2207037)),
    ({"image_url": URL, "cover_url": URL}, (400, 100, None)),
    ({"image_url": URL, "share_to_feed": "true"}, (400, 100, None)),
    ({"media_type": "REELS", "upload_type": "resumable"}, (400, 100, None)),
    ({"media_type": "CAROUSEL"}, (400, 100, 2207028)),
    ({"media_type": "CAROUSEL", "children": "1"}, (400, 100, 2207028)),
    ({"media_type": "CAROUSEL", "children": ",".join("1" * 11)}, (400, 100, 2207028)),
    ({"media_type": "CAROUSEL", "children": "1,2"}, (400, 24, 2207006)),
    ({"media_type": "CAROUSEL", "children": "1,2", "alt_text": "a"}, (400, 100, None)),
    ({"image_url": URL, "children": "1,2"}, (400, 100, None)),
    ({"media_type": "REELS", "video_url": URL, "is_carousel_item": "true"}, (400, 100, None)),
]


@pytest.mark.parametrize(("params", "expected"), BAD, ids=[",".join(p) or "nothing" for p, _ in BAD])
def test_a_wrong_parameter_is_refused(gram: InstagramClient, params: dict[str, Any], expected: Any) -> None:
    assert code(gram.create(**params)) == expected


def test_everything_that_an_image_takes(gram: InstagramClient) -> None:
    caption = "Loket buka sampai pukul 20.00. " + " ".join(f"#tag{n}" for n in range(30))
    tags = json.dumps([{"username": "a", "x": 0.5, "y": 0}])
    more = {"collaborators": '["a","b"]', "location_id": "213385402", "is_ai_generated": "false"}
    assert gram.image(caption=caption, alt_text="a" * 1000, user_tags=tags, **more).ok
    assert gram.image(media_type="IMAGE", caption="a" * 2200).ok
    body = {"image_url": gram.host("a.jpg", picture()), "user_tags": json.loads(tags), "collaborators": ["a"]}
    assert gram.http.post(f"{gram.user}/media", json=body).ok


def test_a_day_takes_only_so_many_containers(gram: InstagramClient) -> None:
    gram.set_option(containers_total=2)
    assert [gram.image().ok for _ in range(2)] == [True, True]
    assert code(gram.image()) == (400, 9, 2207042)


def test_a_reel_is_measured(gram: InstagramClient) -> None:
    gram.set_option(processing_seconds=0)
    good = gram.host("a.mp4", video_bytes(seconds=4), "video/mp4")
    cover = gram.host("c.jpg", picture(1080, 1920))
    reel = {"media_type": "REELS", "video_url": good, "share_to_feed": "true", "thumb_offset": "3000"}
    made = gram.create(cover_url=cover, caption="Pilah sampah", **reel)
    node = gram.get(made.json()["id"], fields="status_code,status,copyright_check_status").json()
    assert node["status_code"] == "FINISHED"
    assert node["copyright_check_status"]["matches_found"] is False
    assert code(gram.create(**{**reel, "thumb_offset": "4000"})) == (400, 1, 2207057)
    assert code(gram.create(**{**reel, "thumb_offset": "-1"})) == (400, 1, 2207057)
    other = gram.host("b.mp4", b"....ftypisom" + bytes(100), "video/mp4")
    assert code(gram.create(media_type="REELS", video_url=other)) == (400, 352, 2207026)
    wrong = gram.host("b.mp4", video_bytes(seconds=4, codec="mpeg4"), "video/mp4")
    assert code(gram.create(media_type="REELS", video_url=wrong)) == (400, 352, 2207026)


def test_a_video_that_is_too_short_or_missing_ends_as_an_error_status(gram: InstagramClient) -> None:
    gram.set_option(processing_seconds=0)
    short = gram.host("a.mp4", video_bytes(seconds=1), "video/mp4")
    for url, subcode in ((short, "2207076"), (f"{gram.sandbox.url}/media/none.mp4", "2207077")):
        made = gram.create(media_type="REELS", video_url=url).json()["id"]
        node = gram.get(made, fields="status_code,status").json()
        assert node["status_code"] == "ERROR"
        assert subcode in node["status"]
        assert code(gram.publish(made)) == (400, 9007, 2207027)
    minute = gram.host("b.mp4", video_bytes(seconds=61), "video/mp4")
    story = gram.create(media_type="STORIES", video_url=minute).json()["id"]
    assert gram.get(story, fields="status_code").json()["status_code"] == "ERROR"


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"audio": "aac"}, True),
        ({"audio": "aac", "sample_rate": 96_000}, False),
        ({"audio": "aac", "layout": "5.1"}, False),
        ({"audio": "libmp3lame"}, False),
        ({"rate": 10}, False),
        ({"rate": 61}, False),
        ({"pixels": "yuv444p"}, False),
        ({"first": False}, False),
        ({"size": (704, 64)}, False),
        ({"size": (640, 64)}, True),
    ],
)
def test_a_reel_keeps_metas_rules_for_videos(gram: InstagramClient, more: dict[str, Any], fits: bool) -> None:
    gram.set_option(processing_seconds=0)
    url = gram.host("a.mp4", video_bytes(seconds=3, **more), "video/mp4")
    made = gram.create(media_type="REELS", video_url=url).json()["id"]
    assert gram.get(made, fields="status_code").json()["status_code"] == ("FINISHED" if fits else "ERROR")


def test_a_story_has_a_wider_minimum_than_a_reel(gram: InstagramClient) -> None:
    gram.set_option(processing_seconds=0)
    url = gram.host("a.mp4", video_bytes(seconds=3, size=(64, 704)), "video/mp4")
    for kind, ends in (("REELS", "FINISHED"), ("STORIES", "ERROR")):
        made = gram.create(media_type=kind, video_url=url).json()["id"]
        assert gram.get(made, fields="status_code").json()["status_code"] == ends


def test_resumable_upload_is_for_facebook_login(sandbox: Sandbox, http: requests.Session) -> None:
    gram = InstagramClient(sandbox, http, facebook=True)
    gram.set_option(processing_seconds=0)
    data = video_bytes(seconds=4)
    made = gram.create(media_type="REELS", upload_type="resumable").json()
    headers = {"Authorization": f"OAuth {gram.token}", "offset": "0", "file_size": str(len(data))}
    assert gram.get(made["id"], fields="status_code").json()["status_code"] == "IN_PROGRESS"
    wrong = http.post(made["uri"], data=data, headers={**headers, "file_size": "1"})
    assert wrong.json()["debug_info"]["type"] == "ProcessingFailedError"
    denied = http.post(made["uri"], data=data, headers={**headers, "Authorization": "OAuth no"})
    assert "debug_info" in denied.json()
    assert http.post(made["uri"], data=data, headers=headers).json() == {
        "success": True,
        "message": "Upload successful.",
    }
    node = gram.get(made["id"], fields="status_code,video_status{uploading_phase}").json()
    assert node["status_code"] == "FINISHED"
    assert node["video_status"]["uploading_phase"]["bytes_transferred"] == len(data)
    by_url = gram.create(media_type="REELS", upload_type="resumable").json()
    sent = {"Authorization": f"OAuth {gram.token}", "file_url": gram.host("a.mp4", data, "video/mp4")}
    assert http.post(by_url["uri"], headers=sent).json()["success"] is True
    assert gram.publish(by_url["id"]).ok

"""Uploads to the pretend X: the three steps, one shot, processing, limits, alt text."""

import base64
import hashlib
import time
from typing import Any

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.support.media_samples import gif, mp4, picture
from tests.support.x_client import XClient

INVALID = "Your media IDs are invalid."


def initialize(x: XClient, data: bytes, kind: str, category: str) -> str:
    body = {"media_type": kind, "total_bytes": len(data), "media_category": category}
    answer = x.call("POST", "/2/media/upload/initialize", json=body)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["data"]["id"]
    return found


def append(x: XClient, media_id: str, data: bytes, index: int = 0) -> requests.Response:
    parts = {"segment_index": (None, str(index)), "media": ("blob", data)}
    return x.call("POST", f"/2/media/upload/{media_id}/append", files=parts)


def finalize(x: XClient, media_id: str) -> requests.Response:
    return x.call("POST", f"/2/media/upload/{media_id}/finalize")


def upload(x: XClient, data: bytes, kind: str = "image/jpeg", category: str = "tweet_image") -> str:
    media_id = initialize(x, data, kind, category)
    assert append(x, media_id, data).status_code == 200
    done = finalize(x, media_id)
    assert done.status_code == 200, done.text
    return media_id


def status(x: XClient, media_id: str) -> dict[str, Any]:
    query = {"media_id": media_id, "command": "STATUS"}
    found: dict[str, Any] = x.call("GET", "/2/media/upload", params=query).json()["data"]
    return found


def reason(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    found: str = answer.json()["errors"][0]["message"]
    return found


def test_an_image_in_pieces_is_ready_at_once(x: XClient, sandbox: Sandbox) -> None:
    data = picture("JPEG")
    media_id = initialize(x, data, "image/jpeg", "tweet_image")
    assert append(x, media_id, data[40:], 1).json()["data"]["expires_at"] > time.time()
    assert append(x, media_id, data[:40], 0).status_code == 200
    done = finalize(x, media_id).json()["data"]
    assert done["image"] == {"image_type": "image/jpeg", "w": 64, "h": 48}
    assert (done["size"], done["media_key"]) == (len(data), f"3_{media_id}")
    assert "processing_info" not in done
    x.posted(text="", media={"media_ids": [media_id]})
    shown = sandbox.state.objects[0].media[0]
    assert (shown.sha256, shown.type) == (hashlib.sha256(data).hexdigest(), "image/jpeg")


def test_alt_text(x: XClient, sandbox: Sandbox) -> None:
    media_id = upload(x, picture("PNG"), "image/png")
    described = {"id": media_id, "metadata": {"alt_text": {"text": "Loket malam"}}}
    answer = x.call("POST", "/2/media/metadata", json=described)
    assert answer.json()["data"]["associated_metadata"] == {"alt_text": {"text": "Loket malam"}}
    x.posted(text="a", media={"media_ids": [media_id]})
    assert sandbox.state.objects[0].media[0].alt == "Loket malam"
    too_long = {"id": media_id, "metadata": {"alt_text": {"text": "a" * 1001}}}
    assert "1000" in reason(x.call("POST", "/2/media/metadata", json=too_long))
    unknown = {"id": "12", "metadata": {"alt_text": {"text": "a"}}}
    assert reason(x.call("POST", "/2/media/metadata", json=unknown)) == INVALID


def test_json_forms_of_append_and_one_shot(x: XClient) -> None:
    data = picture("JPEG")
    coded = base64.b64encode(data).decode()
    media_id = initialize(x, data, "image/jpeg", "tweet_image")
    piece = {"media": coded, "segment_index": 0}
    assert x.call("POST", f"/2/media/upload/{media_id}/append", json=piece).status_code == 200
    assert finalize(x, media_id).status_code == 200
    shot = x.call("POST", "/2/media/upload", json={"media": coded, "media_category": "tweet_image"})
    x.posted(text="a", media={"media_ids": [media_id, shot.json()["data"]["id"]]})


def test_one_shot_needs_a_category_and_takes_only_images(x: XClient) -> None:
    parts: Any = {"media": ("a.jpg", picture("JPEG"))}
    assert "required" in reason(x.call("POST", "/2/media/upload", files=parts))
    parts["media_category"] = (None, "tweet_video")
    assert "chunked" in reason(x.call("POST", "/2/media/upload", files=parts))
    parts["media_category"] = (None, "tweet_imag")
    assert "media_category" in reason(x.call("POST", "/2/media/upload", files=parts))


def test_a_video_is_processed_before_it_can_be_posted(x: XClient, sandbox: Sandbox) -> None:
    media_id = upload(x, mp4(), "video/mp4", "tweet_video")
    first = status(x, media_id)["processing_info"]
    assert first["state"] in ("pending", "in_progress")
    assert first["check_after_secs"] == 1
    wanted = {"text": "film", "media": {"media_ids": [media_id]}}
    assert reason(x.post(**wanted)) == INVALID
    sandbox.state.settings["x.processing_seconds"] = 0
    assert status(x, media_id)["processing_info"] == {"state": "succeeded", "progress_percent": 100}
    assert x.post(**wanted).status_code == 201


@pytest.mark.parametrize(
    ("data", "kind", "category"),
    [
        (mp4(0.3), "video/mp4", "tweet_video"),
        (mp4(1.0, (192, 32)), "video/mp4", "tweet_video"),
        (gif((1400, 32)), "image/gif", "tweet_gif"),
    ],
)
def test_media_outside_xs_limits_fail_while_processed(
    x: XClient, sandbox: Sandbox, data: bytes, kind: str, category: str
) -> None:
    sandbox.state.settings["x.processing_seconds"] = 0
    media_id = upload(x, data, kind, category)
    assert status(x, media_id)["processing_info"]["state"] == "failed"
    assert reason(x.post(text="a", media={"media_ids": [media_id]})) == INVALID


def test_processing_can_be_made_to_fail_or_to_last(
    x: XClient, sandbox: Sandbox, http: requests.Session
) -> None:
    sandbox.state.settings |= {"x.processing_seconds": 0, "x.processing_ends": "failed"}
    assert status(x, upload(x, gif(), "image/gif", "tweet_gif"))["processing_info"]["state"] == "failed"
    order = {"channel": "x", "fault": "media-never-ready", "path": "finalize$"}
    http.post(f"{sandbox.url}/_sandbox/faults", json=order)
    media_id = upload(x, picture("JPEG"))
    assert status(x, media_id)["processing_info"]["state"] == "in_progress"
    assert reason(x.post(text="a", media={"media_ids": [media_id]})) == INVALID


def test_what_a_post_can_carry(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.processing_seconds"] = 0
    one, moving = upload(x, picture("JPEG")), upload(x, gif(), "image/gif", "tweet_gif")
    for wrong in ([one, moving], [one, one], ["99"], [moving, moving]):
        assert reason(x.post(text="a", media={"media_ids": wrong})) == INVALID
    assert x.post(text="five", media={"media_ids": [one] * 5}).status_code == 400
    assert x.post(text="four", media={"media_ids": [one, *(upload(x, picture("JPEG")) for _ in "123")]}).ok


def test_bytes_decide_not_names(x: XClient) -> None:
    for data, kind in [(b"%PDF-1.7 not a picture", "image/jpeg"), (picture("PNG"), "image/jpeg")]:
        media_id = initialize(x, data, kind, "tweet_image")
        append(x, media_id, data)
        assert "unrecognized" in reason(finalize(x, media_id))
    broken = picture("JPEG", (400, 400))[:-200]
    media_id = initialize(x, broken, "image/jpeg", "tweet_image")
    append(x, media_id, broken)
    assert "unrecognized" in reason(finalize(x, media_id))


def test_sums_and_sizes_are_kept(x: XClient) -> None:
    data = picture("JPEG")
    begun = initialize(x, data, "image/jpeg", "tweet_image")
    assert "exceed" in reason(append(x, begun, data + b"x"))
    append(x, begun, data[:-1])
    assert "add up" in reason(finalize(x, begun))
    assert "segment_index" in reason(append(x, begun, b"x", 1000))
    assert reason(append(x, "77", b"x")) == INVALID
    large = {"media_type": "image/jpeg", "total_bytes": 5 * 1024 * 1024 + 1, "media_category": "tweet_image"}
    assert "exceeds" in reason(x.call("POST", "/2/media/upload/initialize", json=large))
    odd = {"media_type": "image/jpeg", "total_bytes": 5, "media_category": "tweet_video"}
    assert "tweet_video" in reason(x.call("POST", "/2/media/upload/initialize", json=odd))
    unknown = {"media_type": "image/jpeg", "total_bytes": 5, "name": "a"}
    assert "$.name" in reason(x.call("POST", "/2/media/upload/initialize", json=unknown))


def test_media_ids_expire(x: XClient, sandbox: Sandbox) -> None:
    media_id = upload(x, picture("JPEG"))
    sandbox.state.settings["x.media_seconds"] = -1
    assert reason(x.post(text="a", media={"media_ids": [media_id]})) == INVALID


def test_subtitles_go_with_a_video(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.processing_seconds"] = 0
    film = upload(x, mp4(), "video/mp4", "tweet_video")
    srt = b"1\n00:00:00,000 --> 00:00:01,000\nHalo\n"
    track = upload(x, srt, "text/srt", "subtitles")
    wanted: dict[str, Any] = {"id": film, "media_category": "TweetVideo"}
    wanted["subtitles"] = {"id": track, "language_code": "ID", "display_name": "Bahasa Indonesia"}
    answer = x.call("POST", "/2/media/subtitles", json=wanted)
    assert answer.json()["data"]["associated_subtitles"] == {"ID": track}
    x.posted(text="film", media={"media_ids": [film]})
    assert sandbox.state.objects[0].extra["captions"] == [{"ID": track}]
    assert "subtitles is needed" in reason(
        x.call("POST", "/2/media/subtitles", json=wanted | {"subtitles": wanted["subtitles"] | {"id": film}})
    )
    assert reason(x.post(text="track", media={"media_ids": [track]})) == INVALID

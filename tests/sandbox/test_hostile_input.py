"""Whatever a client sends, each pretend platform answers as a platform does: it never falls over (no 500)."""

from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from requests_oauthlib import OAuth1

from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND
from tests.support.examples import examples

_ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        1e308,
        "",
        "x" * 5000,
        "\ud800",
        "\x00",
        "[{}]",
        [],
        {},
        [None],
        [[]],
        {"a": None},
        [{}],
        "-1",
        "NaN",
        ["1"] * 50,
        {"id": None},
    ]
)


def _like(whole: Any) -> st.SearchStrategy[Any]:
    """Something of the shape of ``whole`` in which any part, or all of it, is odd, missing or beside others."""
    if isinstance(whole, dict):
        same = st.fixed_dictionaries({}, optional={key: _like(value) for key, value in whole.items()})
        more = st.dictionaries(st.sampled_from(["x", "id", ""]), _ODD, max_size=1)
        return _ODD | st.builds(lambda one, two: {**one, **two}, same, more) | st.just(whole)
    if isinstance(whole, list):
        return _ODD | st.tuples(*map(_like, whole)).map(list)
    return _ODD | st.just(whole)


_TEMPLATE = {
    "name": "pengumuman",
    "language": {"code": "id"},
    "components": [
        {"type": "body", "parameters": [{"type": "text", "text": word} for word in "abc"]},
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x"}]},
    ],
}
_TO = {"messaging_product": "whatsapp", "to": "+6281200000001"}
_X = {
    "/2/tweets": {
        "text": "halo",
        "media": {"media_ids": ["1"], "tagged_user_ids": ["2"]},
        "poll": {"options": ["a", "b"], "duration_minutes": 60},
        "reply": {"in_reply_to_tweet_id": "1"},
        "quote_tweet_id": "1",
    },
    "/2/media/upload/initialize": {
        "media_type": "image/png",
        "total_bytes": 9,
        "media_category": "tweet_image",
    },
    "/2/media/upload": {"media": "aGFsbw==", "media_category": "tweet_image"},
    "/2/media/metadata": {"id": "1", "metadata": {"alt_text": {"text": "a"}}},
    "/2/media/subtitles": {
        "id": "1",
        "media_category": "TweetVideo",
        "subtitles": {"id": "2", "language_code": "ID", "display_name": "x"},
    },
}
_WHATSAPP: dict[str, Any] = {
    "text": {
        **_TO,
        "type": "text",
        "text": {"body": "a", "preview_url": True},
        "biz_opaque_callback_data": "k",
    },
    "template": {**_TO, "type": "template", "template": _TEMPLATE},
    "image": {**_TO, "type": "image", "image": {"id": "1", "caption": "c"}},
    "location": {**_TO, "type": "location", "location": {"latitude": 1, "longitude": 2, "name": "a"}},
    "contacts": {**_TO, "type": "contacts", "contacts": [{"name": {"formatted_name": "a"}}]},
    "read": {"messaging_product": "whatsapp", "status": "read", "message_id": "x"},
}
_INSTAGRAM = {
    "image_url": "ftp://a",
    "caption": "x",
    "media_type": "CAROUSEL",
    "children": "1,2",
    "user_tags": '[{"username":"a","x":1,"y":2}]',
    "collaborators": '["a"]',
    "thumb_offset": "1",
    "upload_type": "resumable",
}

_quickly = examples(
    20,
    60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    sandbox.state.settings["whatsapp.rate"] = 100_000
    return sandbox


def _answered(url: str, **how: Any) -> int:
    return requests.post(url, timeout=20 * SECOND, **how).status_code


@pytest.mark.parametrize("path", _X)
def test_x_answers_anything(sandbox: Sandbox, path: str) -> None:
    account = sandbox.config()["accounts"]["x"]
    keys = [account[name] for name in ("api_key", "api_key_secret", "access_token", "access_token_secret")]

    @_quickly
    @given(_like(_X[path]))
    def check(body: Any) -> None:
        sandbox.state.settings["x.limits"] = dict.fromkeys(("post", "initialize", "one_shot"))
        assert _answered(account["base_url"] + path, json=body, auth=OAuth1(*keys)) < 500

    check()


@pytest.mark.parametrize("kind", _WHATSAPP)
def test_whatsapp_answers_anything(sandbox: Sandbox, kind: str) -> None:
    account = sandbox.config()["accounts"]["whatsapp"]
    url = f"{account['base_url']}/v26.0/{account['phone_number_id']}/messages"

    @_quickly
    @given(_like(_WHATSAPP[kind]))
    def check(body: Any) -> None:
        assert _answered(url, json=body, headers={"Authorization": f"Bearer {account['access_token']}"}) < 500

    check()


def test_instagram_answers_anything(sandbox: Sandbox) -> None:
    account = sandbox.config()["accounts"]["instagram"]
    url = f"{account['base_url']}/v26.0/{account['user_id']}/media"

    @_quickly
    @given(_like(_INSTAGRAM))
    def check(body: Any) -> None:
        assert _answered(url, json=body, headers={"Authorization": f"Bearer {account['access_token']}"}) < 500

    check()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"channel": "x", "method": "POST", "path": "/a$", "fault": "status", "status": 400}),
        ("inbound", {"from": "+6281200000001", "text": "x"}),
        ("template", {"name": "pengumuman", "status": "PAUSED"}),
        ("preference", {"from": "+6281200000001", "value": "stop"}),
    ],
)
def test_the_controls_answer_anything(sandbox: Sandbox, path: str, body: Any) -> None:
    @_quickly
    @given(_like(body))
    def check(order: Any) -> None:
        assert _answered(f"{sandbox.url}/_sandbox/{path}", json=order) < 500
        sandbox.faults.clear()

    check()


def test_a_setting_of_the_wrong_kind_stops_nothing(sandbox: Sandbox) -> None:
    account = sandbox.config()["accounts"]["x"]
    keys = [account[name] for name in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
    assert _answered(f"{sandbox.url}/_sandbox/settings", json={"x.limits": {"post": []}}) == 200
    assert _answered(account["base_url"] + "/2/tweets", json={"text": "halo"}, auth=OAuth1(*keys)) == 201


@pytest.mark.parametrize(
    "body", [{"text": "a", "reply": {"in_reply_to_tweet_id": None}}, {"text": "a", "poll": None}]
)
def test_no_field_of_x_accepts_null_however_deep(sandbox: Sandbox, body: Any) -> None:
    account = sandbox.config()["accounts"]["x"]
    keys = [account[name] for name in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
    answer = requests.post(
        account["base_url"] + "/2/tweets", json=body, auth=OAuth1(*keys), timeout=20 * SECOND
    )
    assert (answer.status_code, "null found" in answer.text) == (400, True)


def test_x_takes_no_json_that_calls_itself_text(sandbox: Sandbox) -> None:
    account = sandbox.config()["accounts"]["x"]
    keys = [account[name] for name in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
    headers = {"content-type": "text/plain"}
    url = account["base_url"] + "/2/tweets"
    assert _answered(url, data=b'{"text":"a"}', headers=headers, auth=OAuth1(*keys)) == 400

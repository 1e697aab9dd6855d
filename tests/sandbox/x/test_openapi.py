"""Outside judges of the pretend X: tweepy as a client, and X's own OpenAPI over every 2xx body."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import tweepy
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from humaspost.sandbox.server import Sandbox
from tests.support.media_samples import gif, mp4, picture
from tests.support.reference_data import shared


class Rewritten(requests.adapters.HTTPAdapter):
    """Sends to the sandbox what was signed for api.twitter.com, and keeps every exchange for the judge."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.exchanges: list[tuple[requests.PreparedRequest, requests.Response]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        asked = request.copy()
        asked.url = f"https://api.x.com{parts.path}" + (f"?{parts.query}" if parts.query else "")
        request.url = self.base + parts.path + (f"?{parts.query}" if parts.query else "")
        response = super().send(request, *args, **kwargs)
        self.exchanges.append((asked, response))
        return response


class Client:
    """tweepy for the calls it has, its signed session for the v2 media calls that it lacks."""

    def __init__(self, sandbox: Sandbox) -> None:
        account = sandbox.config()["accounts"]["x"]
        self.keys = [account[k] for k in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
        self.tweepy = tweepy.Client(None, *self.keys)
        self.adapter = Rewritten(account["base_url"])
        self.tweepy.session.mount("https://api.twitter.com", self.adapter)
        self.tweepy.session.trust_env = False

    def post(self, path: str, **body: Any) -> Any:
        auth = tweepy.OAuth1UserHandler(*self.keys).apply_auth()
        answer = self.tweepy.session.post(f"https://api.twitter.com{path}", auth=auth, **body)
        answer.raise_for_status()
        return answer.json()["data"]

    def status(self, media_id: str) -> Any:
        auth = tweepy.OAuth1UserHandler(*self.keys).apply_auth()
        query = {"media_id": media_id, "command": "STATUS"}
        answer = self.tweepy.session.get("https://api.twitter.com/2/media/upload", params=query, auth=auth)
        answer.raise_for_status()
        return answer.json()["data"]

    def upload(self, data: bytes, kind: str, category: str) -> str:
        begin = {"media_type": kind, "total_bytes": len(data), "media_category": category}
        media_id: str = self.post("/2/media/upload/initialize", json=begin)["id"]
        half = len(data) // 2
        for index, piece in enumerate((data[:half], data[half:])):
            parts = {"segment_index": (None, str(index)), "media": ("piece", piece)}
            self.post(f"/2/media/upload/{media_id}/append", files=parts)
        self.post(f"/2/media/upload/{media_id}/finalize")
        return media_id


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    found = Client(sandbox)
    yield found
    found.tweepy.session.close()


@pytest.fixture(scope="module")
def spec() -> OpenAPI:
    path = shared("contracts/data/x/x-openapi.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    _fix_schema(document)
    return OpenAPI.from_dict(document, config=Config())


def _fix_schema(node: Any) -> None:
    """Repeated enum values are dropped, for which openapi-core refuses the document, and security is X's own."""
    if isinstance(node, dict):
        node.pop("security", None)
        if isinstance(node.get("enum"), list):
            node["enum"] = list(dict.fromkeys(node["enum"]))
        for value in node.values():
            _fix_schema(value)
    elif isinstance(node, list):
        for value in node:
            _fix_schema(value)


def test_tweepy_as_a_client(sandbox: Sandbox, client: Client) -> None:
    me = client.tweepy.get_me(user_auth=True).data
    assert me.username == "kotacontoh"
    made = client.tweepy.create_tweet(text="Selamat pagi, Kota Contoh.").data
    reply = client.tweepy.create_tweet(text="Bagian dua.", in_reply_to_tweet_id=made["id"]).data
    fields = ["created_at", "referenced_tweets", "conversation_id"]
    listed = client.tweepy.get_users_tweets(me.id, user_auth=True, max_results=5, tweet_fields=fields).data
    assert [str(t.id) for t in listed] == [reply["id"], made["id"]]
    assert str(listed[0].referenced_tweets[0].id) == made["id"]
    assert client.tweepy.delete_tweet(reply["id"]).data == {"deleted": True}
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        client.tweepy.create_tweet(text="Selamat  pagi, Kota Contoh. ")
    with pytest.raises(tweepy.BadRequest, match="media IDs are invalid"):
        client.tweepy.create_tweet(text="gambar", media_ids=["1"])
    client.tweepy.create_tweet(text="Pilih:", poll_options=["A", "B"], poll_duration_minutes=60)
    assert [o.text for o in sandbox.state.objects if not o.deleted] == [
        "Selamat pagi, Kota Contoh.",
        "Pilih:",
    ]


def test_tweepy_parses_the_rate_headers(sandbox: Sandbox, client: Client) -> None:
    sandbox.state.settings["x.limits"] = {"post": 1}
    client.tweepy.create_tweet(text="satu")
    with pytest.raises(tweepy.TooManyRequests) as refused:
        client.tweepy.create_tweet(text="dua")
    assert refused.value.reset_time > sandbox.state.now().timestamp()


def test_every_2xx_body_fits_xs_openapi(sandbox: Sandbox, client: Client, spec: OpenAPI) -> None:
    sandbox.state.settings["x.processing_seconds"] = 0
    _use_everything(client)
    judged = 0
    for request, response in client.adapter.exchanges:
        assert response.ok, response.text
        spec.validate_response(
            RequestsOpenAPIRequest(request),  # type: ignore[arg-type]  # typed for Request, takes a prepared one
            RequestsOpenAPIResponse(response),
        )
        judged += 1
    print(f"X's OpenAPI judged {judged} bodies")  # noqa: T201  (the judge counts aloud)
    assert judged >= 25


def test_the_judge_does_refuse(sandbox: Sandbox, client: Client, spec: OpenAPI) -> None:
    client.tweepy.create_tweet(text="satu")
    request, response = client.adapter.exchanges[0]
    response._content = b'{"data": {"id": 5}}'
    with pytest.raises(Exception, match=r"(?i)valid"):
        spec.validate_response(
            RequestsOpenAPIRequest(request),  # type: ignore[arg-type]  # typed for Request, takes a prepared one
            RequestsOpenAPIResponse(response),
        )


def _use_everything(client: Client) -> None:
    photo = client.upload(picture("JPEG"), "image/jpeg", "tweet_image")
    client.post("/2/media/metadata", json={"id": photo, "metadata": {"alt_text": {"text": "loket"}}})
    one_shot = client.post(
        "/2/media/upload", files={"media": ("a.png", picture("PNG")), "media_category": (None, "tweet_image")}
    )
    moving = client.upload(gif(), "image/gif", "tweet_gif")
    film = client.upload(mp4(), "video/mp4", "tweet_video")
    client.status(film)
    client.status(moving)
    text = "Baca https://kotacontoh.go.id/a?b=1&c=2 & ikuti #KotaContoh @warga $KOTA <sekarang>"
    root = client.tweepy.create_tweet(text=text, media_ids=[photo, one_shot["id"]]).data["id"]
    client.tweepy.create_tweet(text="dua", in_reply_to_tweet_id=root, reply_settings="following")
    client.tweepy.create_tweet(text="gif", media_ids=[moving])
    client.tweepy.create_tweet(text="film", media_ids=[film])
    client.tweepy.create_tweet(text="Pilih", poll_options=["A", "B"], poll_duration_minutes=5)
    me = client.tweepy.get_me(user_auth=True, user_fields=["created_at", "verified"]).data
    everything = {
        "tweet_fields": [
            "created_at",
            "entities",
            "attachments",
            "referenced_tweets",
            "public_metrics",
            "lang",
        ],
        "expansions": ["attachments.media_keys", "attachments.poll_ids", "author_id"],
        "media_fields": ["alt_text", "url", "width", "height", "duration_ms"],
        "poll_fields": ["end_datetime", "voting_status", "duration_minutes"],
    }
    client.tweepy.get_users_tweets(me.id, user_auth=True, max_results=5, **everything)
    client.tweepy.get_users_tweets(me.id, user_auth=True, max_results=100, exclude=["replies"])
    client.tweepy.get_users_tweets(me.id, user_auth=True, since_id="9223372036854775806")
    client.tweepy.get_tweet(root, user_auth=True, **everything)
    client.tweepy.get_tweets([root, "1"], user_auth=True)
    client.tweepy.get_tweet("1", user_auth=True)
    client.tweepy.delete_tweet(root)

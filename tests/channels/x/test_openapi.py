"""X's own OpenAPI judges every request of the adapter, each of its features used once at least, and each answer."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from PIL import Image

from humaspost.channels.http.client import HttpClient
from humaspost.channels.x.auth import auth_of
from humaspost.channels.x.config import KEYS, ORIGIN, XConfig
from humaspost.channels.x.session import XSession
from humaspost.model.delivery import Attempt, Receipt
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part
from humaspost.sandbox.server import Sandbox
from tests.channels.x.oauth_login import config_of, log_in
from tests.support.channel_context import SandboxContext, jpeg, prepared
from tests.support.media_samples import mp4
from tests.support.reference_data import shared

_SRT = b"1\n00:00:00,000 --> 00:00:01,000\nPilah sampah.\n"
#: Of each kind several, not counting how often a film's state was asked.
LEAST = 36


class RecordingSession:
    """A session whose every request is kept, on a wire of its own."""

    def __init__(self, config: XConfig, context: SandboxContext) -> None:
        self.captured_requests: list[requests.PreparedRequest] = []
        self.answers: list[tuple[requests.PreparedRequest, requests.Response]] = []
        signed = auth_of(config, context)
        self.http = HttpClient(config.base_url, secrets=signed.secrets, signed_for=ORIGIN)
        self.http.session.hooks["response"].append(self._keep)
        self.base = urlsplit(config.base_url).path
        self.context, self.session = context, XSession(config, context, http=self.http, auth=signed)

    def _keep(self, response: requests.Response, *_args: Any, **_more: Any) -> None:
        asked = response.request.copy()
        parts = urlsplit(str(asked.url))
        path = parts.path.removeprefix(self.base)
        asked.url = f"https://api.x.com{path}" + (f"?{parts.query}" if parts.query else "")
        self.captured_requests.append(asked)
        self.answers.append((asked, response))

    def publish(self, part: Part, *, reply_to: Receipt | None = None) -> Receipt:
        ready = prepared(self.session, part)
        return self.session.publish(part, ready, key="k", to=None, reply_to=reply_to)

    def use_everything(self) -> None:
        """Every feature of the channel is used."""
        pictures = tuple(self.context.add(jpeg(colour=c), name=f"{c}.jpg", alt=c) for c in ("navy", "teal"))
        first = self.publish(Part(1, "Halo & <warga> https://kotacontoh.go.id/a #Tagar", pictures))
        second = self.publish(Part(2, "Dua."), reply_to=first)
        self.publish(Part(1, "Gerak.", (self._add(_gif(), MediaKind.GIF, "image/gif"),)))
        words = replace(self._add(_SRT, MediaKind.DOCUMENT, "text/srt"), use="captions")
        film = self._add(mp4(), MediaKind.VIDEO, "video/mp4")
        self.publish(Part(1, "Film.", (replace(film, captions=words),)))
        self.publish(Part(1, "Tayang.", (replace(film, use="amplify"),)))
        poll = {"options": ["Ya", "Tidak"], "duration_minutes": 4320}
        marks = {"made_with_ai": True, "paid_partnership": True}
        for number, who in enumerate(("following", "mentionedUsers", "subscribers", "verified")):
            extra: dict[str, Any] = {"reply_settings": who, **marks, **({} if number else {"poll": poll})}
            self.publish(Part(1, f"Jawab {who}.", extra=extra))
        self.session.whoami()
        now = self.context.now()
        attempt = Attempt("k" * 32, 1, now, now, Part(1, "Tidak ada."), None, None, "dropped")
        self.session.find(attempt, to=None)
        self.session.read_back(second)
        self.session.retract(second)
        self.session.read_back(second)

    def _add(self, data: bytes, kind: MediaKind, mime: str) -> Attachment:
        item = self.context.add(data, name=f"a.{mime.rpartition('/')[2]}")
        return Attachment(item.path, item.sha256, kind, mime, item.size, "Bergerak.", 0)


def _gif() -> bytes:
    file = BytesIO()
    frames = [Image.new("P", (64, 64), colour) for colour in (1, 2)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.fixture
def by_keys(sandbox: Sandbox, tmp_path: Path) -> Iterator[RecordingSession]:
    account = sandbox.config()["accounts"]["x"]
    config = XConfig(handle=account["handle"], base_url=account["base_url"])
    sandbox.state.settings["x.processing_seconds"] = 0.03
    judge = RecordingSession(
        config, SandboxContext(sandbox, tmp_path, {field: account[field] for field in KEYS})
    )
    yield judge
    judge.http.close()


@pytest.fixture
def by_login(sandbox: Sandbox, tmp_path: Path) -> Iterator[RecordingSession]:
    context = SandboxContext(sandbox, tmp_path)
    log_in(config_of(sandbox), context)
    sandbox.state.settings["x.processing_seconds"] = 0.03
    judge = RecordingSession(config_of(sandbox), context)
    yield judge
    judge.http.close()


@pytest.fixture(scope="module")
def document() -> Any:
    found = json.loads(shared("contracts/data/x/x-openapi.json").read_text(encoding="utf-8"))
    _fix_schema(found)
    return found


@pytest.fixture(scope="module")
def spec(document: Any) -> OpenAPI:
    return OpenAPI.from_dict(document, config=Config())


def _fix_schema(node: Any) -> None:
    """Repeated enum values are dropped, for which openapi-core refuses the document; OAuth 1.0a it cannot judge."""
    if isinstance(node, dict):
        node.pop("security", None)
        if isinstance(node.get("enum"), list):
            node["enum"] = list(dict.fromkeys(node["enum"]))
        for value in node.values():
            _fix_schema(value)
    elif isinstance(node, list):
        for value in node:
            _fix_schema(value)


def validation_errors(spec: OpenAPI, sent: list[requests.PreparedRequest]) -> set[tuple[str, str]]:
    """Every request fits X's specification; which operations they were."""
    kinds = set()
    for request in map(_typed, sent):
        found = RequestsOpenAPIRequest(request)  # type: ignore[arg-type]  # typed for Request, takes a prepared one
        spec.validate_request(found)
        kinds.add((str(request.method), _path(request)))
    return kinds


def _path(request: requests.PreparedRequest) -> str:
    parts = urlsplit(str(request.url)).path.split("/")
    return "/".join("ID" if len(part) > 9 and part.isdecimal() else part for part in parts)


def unknown_names(document: Any, sent: list[requests.PreparedRequest]) -> set[tuple[str, str]]:
    """Names in queries that X's specification does not know there: it takes a request without looking at them."""
    found = set()
    for request in sent:
        path = _path(request).replace("ID", "{id}")
        known = {
            _parameter(document, one)
            for one in document["paths"][path][str(request.method).lower()]["parameters"]
        }
        names = dict(parse_qsl(urlsplit(str(request.url)).query)).keys()
        found |= {(path, name) for name in names - known}
    return found


def _parameter(document: Any, one: Any) -> str:
    """The name of a parameter that stands in the query, wherever it is described."""
    if "$ref" in one:
        for step in str(one["$ref"]).removeprefix("#/").split("/"):
            document = document[step]
        one = document
    return str(one["name"]) if one["in"] == "query" else ""


def _typed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A form knows no numbers: it is judged as the JSON that X takes in its place, field by field."""
    kind = str(request.headers.get("Content-Type", ""))
    if not kind.startswith("multipart/form-data"):
        return request
    body = request.body if isinstance(request.body, bytes) else b""
    form = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: dict[str, Any] = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        name, data = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        assert isinstance(data, bytes)
        fields[name] = int(data) if name == "segment_index" else base64.b64encode(data).decode()
    typed = request.copy()
    del typed.headers["Content-Type"]
    typed.prepare_body(None, None, json=fields)
    return typed


#: What the adapter can ask; a new kind of request belongs here, and into ``use_everything``.
KINDS = {
    ("GET", "/2/media/upload"),
    ("GET", "/2/tweets/ID"),
    ("GET", "/2/users/ID/tweets"),
    ("GET", "/2/users/me"),
    ("DELETE", "/2/tweets/ID"),
    ("POST", "/2/media/metadata"),
    ("POST", "/2/media/subtitles"),
    ("POST", "/2/media/upload/ID/append"),
    ("POST", "/2/media/upload/ID/finalize"),
    ("POST", "/2/media/upload/initialize"),
    ("POST", "/2/tweets"),
}


#: Names that X's pages and tweepy have, and the specification (2.167) by another name: it says ``post.fields``, and
#: knows no ``referenced_tweets`` there, without which no reply can be told from its parent.
OTHERWISE = {"tweet.fields": "https://docs.x.com/x-api/posts/timelines/introduction"}


def _without_polls(judge: RecordingSession) -> int:
    return sum("command=STATUS" not in str(request.url) for request in judge.captured_requests)


def test_every_request_signed_with_keys_fits(by_keys: RecordingSession, spec: OpenAPI, document: Any) -> None:
    by_keys.use_everything()
    assert validation_errors(spec, by_keys.captured_requests) == KINDS
    queried = [request for request in by_keys.captured_requests if "?" in str(request.url)]
    assert {name for _path, name in unknown_names(document, queried)} == set(OTHERWISE)
    assert len(queried) >= 3
    print(f"X's OpenAPI judged {len(by_keys.captured_requests)} requests")  # noqa: T201  (the judge counts aloud)
    assert _without_polls(by_keys) >= LEAST


def test_every_request_after_a_login_fits(by_login: RecordingSession, spec: OpenAPI) -> None:
    by_login.use_everything()
    assert validation_errors(spec, by_login.captured_requests) == KINDS
    assert {str(r.headers["Authorization"]).partition(" ")[0] for r in by_login.captured_requests} == {
        "Bearer"
    }
    assert _without_polls(by_login) >= LEAST


def test_a_name_that_x_does_not_define_is_detected(document: Any) -> None:
    asked = requests.Request("GET", "https://api.x.com/2/tweets/1580218334410428416?tweet.field=a").prepare()
    assert unknown_names(document, [asked]) == {("/2/tweets/{id}", "tweet.field")}


def test_every_answer_that_the_adapter_gets_fits(by_keys: RecordingSession, spec: OpenAPI) -> None:
    by_keys.use_everything()
    bodies = 0
    for request, response in by_keys.answers:
        if not response.ok:
            continue
        found = RequestsOpenAPIRequest(request)  # type: ignore[arg-type]  # typed for Request, takes a prepared one
        spec.validate_response(found, RequestsOpenAPIResponse(response))
        bodies += 1
    print(f"X's OpenAPI judged {bodies} bodies")  # noqa: T201  (the judge counts aloud)
    assert bodies >= LEAST


@pytest.mark.parametrize(
    "extra",
    [
        {"reply_settings": "everyone"},
        {"poll": {"options": ["satu"], "duration_minutes": 5}},
        {"poll": {"options": ["a", "b"], "duration_minutes": 4}},
        {"made_with_ai": "ya"},
    ],
)
def test_the_judge_does_refuse(by_keys: RecordingSession, spec: OpenAPI, extra: dict[str, Any]) -> None:
    by_keys.session.whoami()
    wrong = requests.Request("POST", "https://api.x.com/2/tweets", json={"text": "a", **extra}).prepare()
    with pytest.raises(Exception, match=r"(?i)valid"):
        validation_errors(spec, [*by_keys.captured_requests, wrong])

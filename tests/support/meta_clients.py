"""Plain clients of the pretend Instagram and WhatsApp, a clock to move, and a receiver of webhooks."""

import io
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from PIL import Image

from humaspost.sandbox import instagram, whatsapp
from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND
from tests.support.reference_data import absent

RECIPIENT = "+6281234567890"


@dataclass
class Clock:
    """A clock that moves only when told."""

    at: datetime = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


def frozen(sandbox: Sandbox) -> Clock:
    """The clock that ``sandbox`` goes by from now on."""
    sandbox.state.now = clock = Clock()
    for platform in sandbox.platforms.values():
        platform.reset()
    return clock


def picture(
    width: int = 1080, height: int = 1080, *, kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    """An image of one colour."""
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind, **options)
    return out.getvalue()


def with_assertion(text: str) -> None:
    """A judge's count, for the test report (``pytest -rP`` or ``-s`` shows it)."""
    sys.stdout.write(text + "\n")


def code(answer: requests.Response) -> tuple[int, int, int | None]:
    """HTTP status, error code and subcode of a refusal."""
    error = answer.json()["error"]
    assert error["fbtrace_id"]
    return answer.status_code, error["code"], error.get("error_subcode")


def pretend_whatsapp(sandbox: Sandbox) -> whatsapp.Platform:
    """The pretend WhatsApp itself, for what has no route."""
    platform = sandbox.platforms["whatsapp"]
    assert isinstance(platform, whatsapp.Platform)
    return platform


def pretend_instagram(sandbox: Sandbox) -> instagram.Platform:
    """The pretend Instagram itself, for what has no route."""
    platform = sandbox.platforms["instagram"]
    assert isinstance(platform, instagram.Platform)
    return platform


@dataclass
class WhatsAppClient:
    """A client of the pretend WhatsApp."""

    sandbox: Sandbox
    http: requests.Session

    def __post_init__(self) -> None:
        self.account = self.sandbox.config()["accounts"]["whatsapp"]
        self.base = f"{self.account['base_url']}/v26.0"
        self.number = f"{self.base}/{self.account['phone_number_id']}"
        self.waba = f"{self.base}/{self.account['business_account_id']}"
        self.http.headers["Authorization"] = f"Bearer {self.account['access_token']}"

    def send(self, to: str = RECIPIENT, **message: Any) -> requests.Response:
        body = {"messaging_product": "whatsapp", "to": to, **message}
        return self.http.post(f"{self.number}/messages", json=body)

    def text(self, body: str = "Halo", to: str = RECIPIENT, **more: Any) -> requests.Response:
        return self.send(to, type="text", text={"body": body}, **more)

    def template(
        self, name: str = "pengumuman", *params: str, to: str = RECIPIENT, **more: Any
    ) -> requests.Response:
        parameters = [
            {"type": "text", "text": text} for text in params or ("Judul", "Isi", "https://a.example")
        ]
        body = {"type": "body", "parameters": parameters}
        use = {"name": name, "language": {"code": "id"}, "components": [body]}
        return self.send(to, type="template", template={**use, **more.pop("template_keys", {})}, **more)

    def upload(self, data: bytes, mime: str, name: str = "berkas") -> requests.Response:
        return self.http.post(
            f"{self.number}/media",
            data={"messaging_product": "whatsapp", "type": mime},
            files={"file": (name, data, mime)},
        )

    def wrote(self, text: str = "Halo", from_: str = RECIPIENT) -> None:
        order = {"from": from_, "text": text}
        assert self.http.post(f"{self.sandbox.url}/_sandbox/inbound", json=order).ok

    def set_option(self, **settings: Any) -> None:
        named = {f"whatsapp.{name}": value for name, value in settings.items()}
        assert self.http.post(f"{self.sandbox.url}/_sandbox/settings", json=named).ok

    def objects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(f"{self.sandbox.url}/_sandbox/objects").json()["objects"]
        return found


@dataclass
class InstagramClient:
    """A client of the pretend Instagram; ``facebook`` chooses the other login."""

    sandbox: Sandbox
    http: requests.Session
    facebook: bool = False

    def __post_init__(self) -> None:
        account = self.sandbox.config()["accounts"]["instagram"]
        self.token = account["facebook_access_token" if self.facebook else "access_token"]
        self.base = f"{account['base_url']}/v26.0"
        self.user = f"{self.base}/{account['user_id']}"
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def host(self, name: str, data: bytes, mime: str = "image/jpeg") -> str:
        url = f"{self.sandbox.url}/media/{name}"
        assert requests.put(url, data=data, headers={"content-type": mime}, timeout=15 * SECOND).ok
        return url

    def create(self, **params: Any) -> requests.Response:
        return self.http.post(f"{self.user}/media", data=params)

    def image(self, **params: Any) -> requests.Response:
        return self.create(image_url=self.host("a.jpg", picture()), **params)

    def publish(self, container: str) -> requests.Response:
        return self.http.post(f"{self.user}/media_publish", data={"creation_id": container})

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.http.get(f"{self.base}/{path}", params=query)

    def set_option(self, **settings: Any) -> None:
        named = {f"instagram.{name}": value for name, value in settings.items()}
        assert self.http.post(f"{self.sandbox.url}/_sandbox/settings", json=named).ok

    def objects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(f"{self.sandbox.url}/_sandbox/objects").json()["objects"]
        return found


@dataclass
class WebhookReceiver:
    """A loopback callback: knows the verify token, keeps every POST, answers ``statuses`` first and then 200."""

    token: str = "sandbox-verify-token"
    statuses: list[int] = field(default_factory=list)
    #: How long it thinks about each POST.
    seconds: float = 0.0
    #: What answers instead, when somebody else receives: the handshake (token, challenge) and each POST (body, signature).
    verify_handshake: Callable[[str, str], tuple[str, int]] | None = None
    is_accepted: Callable[[bytes, str], int] | None = None
    posts: list[tuple[bytes, str]] = field(default_factory=list)
    #: POSTs that came, those included that it still thinks about.
    arrived: int = 0

    def __enter__(self) -> "WebhookReceiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                said, status = (receiver.verify_handshake or receiver._greet)(
                    query["hub.verify_token"], query["hub.challenge"]
                )
                self._respond(status, said.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["X-Hub-Signature-256"]
                receiver.arrived += 1
                time.sleep(receiver.seconds)
                status = (receiver.is_accepted or receiver._verify)(body, signature)
                receiver.posts.append((body, signature))
                self._respond(status, b"ok")

            def _respond(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _greet(self, token: str, challenge: str) -> tuple[str, int]:
        return (challenge, 200) if token == self.token else ("no", 403)

    def _verify(self, body: bytes, signature: str) -> int:
        return self.statuses.pop(0) if self.statuses else 200

    def values(self, field_name: str = "messages") -> list[dict[str, Any]]:
        """The value of every change that came, in order."""
        bodies = [json.loads(body) for body, _ in list(self.posts)]
        changes = [change for body in bodies for entry in body["entry"] for change in entry["changes"]]
        return [change["value"] for change in changes if change["field"] == field_name]

    def received_statuses(self) -> list[dict[str, Any]]:
        return [status for value in self.values() for status in value.get("statuses", [])]


def eventually(check: Callable[[], bool], *, within: float = 15 * SECOND) -> None:
    """``check`` became true; it is asked every few milliseconds until the deadline."""
    deadline = time.monotonic() + within
    while not check():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.005)


def video_bytes(*, seconds: int, codec: str = "libx264", **more: Any) -> bytes:
    """An MP4 that Instagram takes, of ``seconds`` s, but for what is said; the test skips where PyAV is absent."""
    try:
        from tests.support.video_files import video_file as made
    except ImportError:
        absent("PyAV (av) is absent")
    usual: dict[str, Any] = {"rate": 24, "first": True}
    return made(seconds=seconds, codec=codec, **(usual | more))

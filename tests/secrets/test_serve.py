"""``serve`` before strangers, and before a platform whose webhooks carry our secrets in every field."""

import http.client
import json
import signal
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from humaspost.channels.whatsapp.webhooks import signature_of
from tests.secrets.canaries import echo, write_secrets, wrong
from tests.secrets.conftest import FakeOffice
from tests.support.deadlines import SECOND
from tests.support.program import Process

PATH = "/webhooks/whatsapp"


class WebhookServer:
    """``serve -vvv`` of a office; ``ask`` sends it whatever a test makes up."""

    def __init__(self, office: FakeOffice) -> None:
        self._output: list[str] = []
        self.process = Process(
            "serve", "--port", "0", "--jsonl", "-vvv", cwd=office.folder, transcript=self._output
        )
        self._office, self._host = (
            office,
            urlsplit(json.loads(self.process.line(within=30 * SECOND))["url"]).netloc,
        )

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of the answer."""
        connection = http.client.HTTPConnection(self._host, timeout=10 * SECOND)
        connection.request(method, path, body, headers)
        with connection.getresponse() as answer:
            return answer.status

    def end(self) -> None:
        """It is over, and what it said is kept."""
        self.process.end(signal.SIGTERM)
        self._office.outputs["serve"] = "".join(self._output)


@pytest.fixture
def webhook_server(office: FakeOffice) -> Iterator[WebhookServer]:
    """The right keys stand in credentials.toml."""
    write_secrets(office.folder, "credentials", office.keys())
    made = WebhookServer(office)
    yield made
    made.process.end(signal.SIGKILL)


def _status(office: FakeOffice, wamid: str, words: str) -> bytes:
    number = office.sandbox.config()["accounts"]["whatsapp"]["phone_number_id"]
    error = {"code": 131026, "title": words, "message": words, "error_data": {"details": words}}
    failed = {
        "id": wamid, "status": "failed", "timestamp": "1790000000", "recipient_id": words,
        "biz_opaque_callback_data": words, "errors": [error],
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": number}, "statuses": [failed]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def _message(office: FakeOffice, words: str) -> bytes:
    number = office.sandbox.config()["accounts"]["whatsapp"]["phone_number_id"]
    message = {
        "from": "6281200000001", "id": words, "timestamp": "1790000000", "type": "text", "text": {"body": words},
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": number}, "messages": [message], "contacts": [{"wa_id": words}]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def test_webhooks_that_carry_our_secrets(office: FakeOffice, webhook_server: WebhookServer) -> None:
    keys = office.keys()["whatsapp"]
    words = echo(keys.values())
    office.post("satu", "whatsapp")
    assert office.run("run", "--json").json["counts"] == {"published": 1}
    (sent,) = office.sandbox.state.objects
    for body in (
        _status(office, sent.id, words),
        _message(office, words),
        json.dumps({"entry": words}).encode(),
    ):
        signature = {"X-Hub-Signature-256": signature_of(body, keys["app_secret"])}
        assert webhook_server.request("POST", PATH, body, **signature) in (200, 401)
    webhook_server.end()
    office.run_read_commands()
    states = {row["state"] for row in office.run("status", "--all", "--json").json["deliveries"]}
    assert states == {"failed"}, "the webhook was not believed, so nothing was shown"
    assert office.leaks(office.keys()) == []


def test_strangers_who_send_them_in_every_field(office: FakeOffice, webhook_server: WebhookServer) -> None:
    keys = office.keys()["whatsapp"]
    token = keys["verify_token"]
    words = echo(keys.values())
    right = f"hub.mode=subscribe&hub.verify_token={quote(token, safe='')}&hub.challenge=1"
    assert webhook_server.request("GET", f"{PATH}?{right}") == 200
    for value in keys.values():
        assert (
            webhook_server.request("GET", f"{PATH}?{right.replace('subscribe', quote(value, safe=''))}")
            == 403
        )
        assert webhook_server.request("GET", f"/webhooks/{quote(value, safe='')}") == 403
        assert webhook_server.request("GET", f"/{quote(value, safe='')}") == 404
        assert (
            webhook_server.request("POST", PATH, words.encode(), **{"X-Hub-Signature-256": f"sha256={value}"})
            == 401
        )
        assert (
            webhook_server.request("POST", PATH, b"{}", Authorization=f"Bearer {value}", Cookie=value) == 401
        )
        assert webhook_server.request("DELETE", PATH, b"", Referer=value, **{"User-Agent": value}) == 405
    webhook_server.end()
    assert office.leaks(office.keys()) == []


def test_a_secret_that_opens_nothing_is_not_printed_either(office: FakeOffice) -> None:
    canaries = wrong()
    write_secrets(office.folder, "credentials", canaries)
    webhook_server = WebhookServer(office)
    try:
        body = _status(office, "wamid.x", echo(canaries["whatsapp"].values()))
        assert webhook_server.request("POST", PATH, body, **{"X-Hub-Signature-256": "sha256=00"}) == 401
        assert (
            webhook_server.request(
                "POST", PATH, b"\xff" * 100, **{"X-Hub-Signature-256": signature_of(b"\xff" * 100, "")}
            )
            == 401
        )
    finally:
        webhook_server.end()
    assert office.leaks(canaries) == []

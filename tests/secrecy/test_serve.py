"""``serve`` before strangers, and before a platform whose webhooks carry our secrets in every field."""

import http.client
import json
import signal
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from humaspost.channels.whatsapp.events import signed
from tests.e2e.program import Process
from tests.secrecy.canaries import echo, place, wrong
from tests.secrecy.conftest import Town

PATH = "/webhooks/whatsapp"


class Gate:
    """``serve -vvv`` of a town; ``ask`` sends it whatever a test makes up."""

    def __init__(self, town: Town) -> None:
        self._said: list[str] = []
        self.process = Process("serve", "--port", "0", "--jsonl", "-vvv", cwd=town.office, said=self._said)
        self._town, self._host = town, urlsplit(json.loads(self.process.line(within=30))["url"]).netloc

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> int:
        """The status of the answer."""
        connection = http.client.HTTPConnection(self._host, timeout=10)
        connection.request(method, path, body, headers)
        with connection.getresponse() as answer:
            return answer.status

    def end(self) -> None:
        """It is over, and what it said is kept."""
        self.process.end(signal.SIGTERM)
        self._town.said["serve"] = "".join(self._said)


@pytest.fixture
def gate(town: Town) -> Iterator[Gate]:
    """The right keys stand in credentials.toml."""
    place(town.office, "credentials", town.keys())
    made = Gate(town)
    yield made
    made.process.end(signal.SIGKILL)


def _status(town: Town, wamid: str, words: str) -> bytes:
    number = town.sandbox.config()["accounts"]["whatsapp"]["phone_number_id"]
    error = {"code": 131026, "title": words, "message": words, "error_data": {"details": words}}
    failed = {
        "id": wamid, "status": "failed", "timestamp": "1790000000", "recipient_id": words,
        "biz_opaque_callback_data": words, "errors": [error],
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": number}, "statuses": [failed]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def _message(town: Town, words: str) -> bytes:
    number = town.sandbox.config()["accounts"]["whatsapp"]["phone_number_id"]
    message = {
        "from": "6281200000001", "id": words, "timestamp": "1790000000", "type": "text", "text": {"body": words},
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": number}, "messages": [message], "contacts": [{"wa_id": words}]}
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def test_webhooks_that_carry_our_secrets(town: Town, gate: Gate) -> None:
    keys = town.keys()["whatsapp"]
    words = echo(keys.values())
    town.post("satu", "whatsapp")
    assert town.run("run", "--json").json["counts"] == {"published": 1}
    (sent,) = town.sandbox.world.objects
    for body in (_status(town, sent.id, words), _message(town, words), json.dumps({"entry": words}).encode()):
        signature = {"X-Hub-Signature-256": signed(body, keys["app_secret"])}
        assert gate.ask("POST", PATH, body, **signature) in (200, 401)
    gate.end()
    town.look()
    states = {row["state"] for row in town.run("status", "--all", "--json").json["deliveries"]}
    assert states == {"failed"}, "the webhook was not believed, so nothing was shown"
    assert town.leaks(town.keys()) == []


def test_strangers_who_say_them_in_every_place(town: Town, gate: Gate) -> None:
    keys = town.keys()["whatsapp"]
    token = keys["verify_token"]
    words = echo(keys.values())
    right = f"hub.mode=subscribe&hub.verify_token={quote(token, safe='')}&hub.challenge=1"
    assert gate.ask("GET", f"{PATH}?{right}") == 200
    for value in keys.values():
        assert gate.ask("GET", f"{PATH}?{right.replace('subscribe', quote(value, safe=''))}") == 403
        assert gate.ask("GET", f"/webhooks/{quote(value, safe='')}") == 403
        assert gate.ask("GET", f"/{quote(value, safe='')}") == 404
        assert gate.ask("POST", PATH, words.encode(), **{"X-Hub-Signature-256": f"sha256={value}"}) == 401
        assert gate.ask("POST", PATH, b"{}", Authorization=f"Bearer {value}", Cookie=value) == 401
        assert gate.ask("DELETE", PATH, b"", Referer=value, **{"User-Agent": value}) == 405
    gate.end()
    assert town.leaks(town.keys()) == []


def test_a_secret_that_opens_nothing_is_not_told_either(town: Town) -> None:
    canaries = wrong()
    place(town.office, "credentials", canaries)
    gate = Gate(town)
    try:
        body = _status(town, "wamid.x", echo(canaries["whatsapp"].values()))
        assert gate.ask("POST", PATH, body, **{"X-Hub-Signature-256": "sha256=00"}) == 401
        assert (
            gate.ask("POST", PATH, b"\xff" * 100, **{"X-Hub-Signature-256": signed(b"\xff" * 100, "")}) == 401
        )
    finally:
        gate.end()
    assert town.leaks(canaries) == []

"""The web side over real sockets: who is believed, what is refused, and what a 200 promises."""

import http.client
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from humaspost.app.office import Office
from humaspost.app.webhooks import list_endpoints
from humaspost.channels.whatsapp.webhooks import signature_of
from humaspost.ledger.database import open_ledger
from humaspost.ledger.people import recipients
from humaspost.ledger.schema import message_event
from humaspost.settings.load import load_settings
from humaspost.web.server import bind_socket, serve
from humaspost.web.webhooks import MAX_BODY_BYTES, build_application

NUMBER, SECOND = "106540352242922", "106540352242923"
CONFIG = f"""
timezone = "Asia/Jakarta"

[accounts.wa]
channel = "whatsapp"
phone_number_id = "{NUMBER}"
business_account_id = "1"

[accounts.wa2]
channel = "whatsapp"
phone_number_id = "{SECOND}"
business_account_id = "1"

[accounts.x]
channel = "x"
handle = "kota"
"""
SECRETS = 'access_token = "t"\napp_secret = "app-secret"\nverify_token = "verify-me"\n'
CREDENTIALS = f"[wa]\n{SECRETS}[wa2]\n{SECRETS}"


class WebhookServer:
    """A running server of an office; ``events`` is what it reported."""

    def __init__(self, folder: Path) -> None:
        (folder / "posts").mkdir()
        (folder / "config.toml").write_text(CONFIG)
        (folder / "credentials.toml").write_text(CREDENTIALS)
        (folder / "credentials.toml").chmod(0o600)
        self.events: list[Any] = []
        self.office = Office(load_settings(folder / "config.toml"), emit=self.events.append, environ={})
        self.socket = bind_socket("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        self.stop = threading.Event()
        ready = threading.Event()
        app = build_application(self.office, list_endpoints(self.office))
        self.thread = threading.Thread(
            target=serve,
            args=(app, self.socket, self.stop),
            kwargs={"on_started": ready.set, "check": lambda: None},
        )
        self.thread.start()
        ready.wait(5)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, body: bytes, *, to: str = "wa", secret: str = "app-secret") -> int:
        return self.request("POST", f"/webhooks/{to}", body, X_Hub_Signature_256=signature_of(body, secret))[
            0
        ]

    def kept(self) -> int:
        with self.office.ledger().read() as conn:
            return conn.scalar(select(func.count()).select_from(message_event)) or 0


@pytest.fixture
def webhook_server(tmp_path: Path) -> Iterator[WebhookServer]:
    made = WebhookServer(tmp_path)
    yield made
    made.stop.set()
    made.thread.join(20)
    made.office.close()
    assert not made.thread.is_alive()


def body(*statuses: dict[str, Any], number: str = NUMBER) -> bytes:
    value = {"metadata": {"phone_number_id": number}, "statuses": list(statuses)}
    return json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()


def status(wamid: str = "wamid.A", word: str = "sent") -> dict[str, Any]:
    return {"id": wamid, "status": word, "timestamp": "1750030073", "recipient_id": "6281"}


def test_the_handshake_knows_its_token(webhook_server: WebhookServer) -> None:
    path = "/webhooks/wa?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert webhook_server.request("GET", path + "verify-me") == (200, b"1158201444")
    for wrong in ("", "verify", "verify-me-not", "%C3%A9"):
        assert webhook_server.request("GET", path + wrong) == (403, b"")
    assert webhook_server.request("GET", "/webhooks/wa?hub.verify_token=verify-me&hub.challenge=1")[0] == 403
    for other in ("x", "nobody"):
        assert webhook_server.request("GET", path.replace("/wa?", f"/{other}?"))[0] == 403


def test_one_address_serves_every_number_of_the_app(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(body(status(), number=SECOND)) == 200
    assert webhook_server.kept() == 1
    assert webhook_server.post(body(status(), number=SECOND), to="wa2") == 200
    assert webhook_server.kept() == 1, "the same event, told again"
    assert webhook_server.post(body(status("wamid.B"), number="999")) == 200
    assert webhook_server.kept() == 1


def test_health_is_served_and_other_paths_are_not_there(webhook_server: WebhookServer) -> None:
    assert webhook_server.request("GET", "/healthz") == (200, b"ok\n")
    assert webhook_server.request("GET", "/")[0] == 404
    assert webhook_server.request("PUT", "/webhooks/wa")[0] == 405


def test_200_means_on_disk_and_a_duplicate_is_kept_once(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(body(status())) == 200
    assert webhook_server.kept() == 1
    assert webhook_server.post(body(status(), status(), status("wamid.B"))) == 200
    assert webhook_server.kept() == 2


def test_no_other_sender_is_believed(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(body(status()), secret="other") == 401
    assert webhook_server.post(body(status()), to="nobody") == 401
    assert webhook_server.post(body(status()), to="x") == 401
    assert webhook_server.request("POST", "/webhooks/wa", body(status()))[0] == 401
    assert webhook_server.office.ledger().path is None


def test_a_webhook_without_a_relevant_event_is_taken(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(body(status(), number="999")) == 200
    assert webhook_server.post(b'{"entry": [{"changes": [{"field": "account_update", "value": {}}]}]}') == 200
    assert webhook_server.kept() == 0


@pytest.mark.parametrize("hostile", [b"", b"\xff", b"null", b"[" * 90_000, b'{"entry": 1}', b"9" * 5000])
def test_a_hostile_body_even_signed_breaks_nothing(webhook_server: WebhookServer, hostile: bytes) -> None:
    assert webhook_server.post(hostile) == 200
    assert webhook_server.post(body(status())) == 200


def test_too_much_is_refused_before_it_is_read(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(b" " * (MAX_BODY_BYTES + 1)) == 413
    assert webhook_server.post(body(status())) == 200


def test_a_client_that_disconnects_does_no_harm_to_the_server(webhook_server: WebhookServer) -> None:
    with socket.create_connection(("127.0.0.1", webhook_server.port)) as gone:
        gone.sendall(b"POST /webhooks/wa HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{")
    assert webhook_server.post(body(status())) == 200


def test_what_the_ledger_does_not_take_is_requested_again(webhook_server: WebhookServer) -> None:
    assert webhook_server.post(body(status())) == 200
    writing = webhook_server.office.ledger(write=True)
    writing.write(lambda conn: conn.exec_driver_sql("ALTER TABLE message_event RENAME TO gone"))
    assert webhook_server.post(body(status("wamid.B"))) == 503
    assert [what.kind for what in webhook_server.events] == ["problem"]
    writing.write(lambda conn: conn.exec_driver_sql("ALTER TABLE gone RENAME TO message_event"))
    assert webhook_server.post(body(status("wamid.B"))) == 200
    assert webhook_server.kept() == 2


def test_an_opt_out_is_reported_without_a_number(webhook_server: WebhookServer) -> None:
    message = {"from": "6281200000001", "id": "m", "timestamp": "1", "type": "text", "text": {"body": "stop"}}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [message]}
    assert webhook_server.post(json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()) == 200
    assert [(what.kind, what.account, what.detail) for what in webhook_server.events] == [
        ("opted-out", "wa", "")
    ]


def test_a_new_number_is_reported_masked(webhook_server: WebhookServer) -> None:
    system = {"type": "user_changed_number", "wa_id": "6281200000777", "body": "User A changed"}
    message = {"from": "6281200000001", "id": "m", "timestamp": "1", "type": "system", "system": system}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [message]}
    people = [("+6281200000001", "", None)]
    webhook_server.office.ledger(write=True).write(
        lambda conn: recipients.add_recipients(conn, people, now=webhook_server.office.now())
    )
    assert webhook_server.post(json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()) == 200
    assert [(what.kind, what.detail) for what in webhook_server.events] == [
        ("number-changed", "+62 812-**-01 → +62 812-**-77")
    ]


def test_many_at_once_are_all_kept(webhook_server: WebhookServer) -> None:
    answers: list[int] = []

    def one(number: int) -> None:
        answers.append(webhook_server.post(body(status(f"wamid.{number}"))))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(answers), webhook_server.kept()) == ({200}, 30)


@pytest.mark.parametrize("is_replaced", [False, True], ids=["moved", "replaced"])
def test_a_webhook_is_not_confirmed_when_the_ledger_is_elsewhere(
    webhook_server: WebhookServer, is_replaced: bool
) -> None:
    """BERHENTI was answered with 200, and stood only in the ledger that a restore had put aside."""
    assert webhook_server.post(body(status())) == 200
    state = webhook_server.office.settings.state
    aside = state.rename(state.with_name("aside"))
    if is_replaced:
        open_ledger(state, now=webhook_server.office.now(), create=True).close()
    assert webhook_server.post(body(status("wamid.B"))) == 503
    assert events_in(aside) == 1
    assert not is_replaced or events_in(state) == 0


def events_in(state: Path) -> int:
    """Return how many events a ledger has; the office reads it no more."""
    with closing(sqlite3.connect(next(state.glob("*.sqlite3")))) as connection:
        return int(connection.execute("SELECT count(*) FROM message_event").fetchone()[0])

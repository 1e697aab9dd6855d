"""The web side over real sockets: who is believed, what is refused, and what a 200 promises."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from humaspost.app.office import Office
from humaspost.app.webhooks import hooks
from humaspost.channels.whatsapp.webhooks import signed
from humaspost.ledger.people import recipients
from humaspost.ledger.schema import event
from humaspost.settings.load import load
from humaspost.web.server import bound, serve
from humaspost.web.webhooks import LARGEST, application

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


class Web:
    """A running server of an office; ``told`` is what it told people."""

    def __init__(self, folder: Path) -> None:
        (folder / "posts").mkdir()
        (folder / "config.toml").write_text(CONFIG)
        (folder / "credentials.toml").write_text(CREDENTIALS)
        (folder / "credentials.toml").chmod(0o600)
        self.told: list[Any] = []
        self.office = Office(load(folder / "config.toml"), tell=self.told.append, environ={})
        self.socket = bound("127.0.0.1", 0)
        self.port = self.socket.getsockname()[1]
        self.stop = threading.Event()
        ready = threading.Event()
        app = application(self.office, hooks(self.office))
        self.thread = threading.Thread(
            target=serve, args=(app, self.socket, self.stop), kwargs={"started": ready.set}
        )
        self.thread.start()
        ready.wait(5)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, body: bytes, *, to: str = "wa", secret: str = "app-secret") -> int:
        return self.ask("POST", f"/webhooks/{to}", body, X_Hub_Signature_256=signed(body, secret))[0]

    def kept(self) -> int:
        with self.office.ledger().read() as conn:
            return conn.scalar(select(func.count()).select_from(event)) or 0


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    made = Web(tmp_path)
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


def test_the_handshake_knows_its_token(web: Web) -> None:
    path = "/webhooks/wa?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert web.ask("GET", path + "verify-me") == (200, b"1158201444")
    for wrong in ("", "verify", "verify-me-not", "%C3%A9"):
        assert web.ask("GET", path + wrong) == (403, b"")
    assert web.ask("GET", "/webhooks/wa?hub.verify_token=verify-me&hub.challenge=1")[0] == 403
    for other in ("x", "nobody"):
        assert web.ask("GET", path.replace("/wa?", f"/{other}?"))[0] == 403


def test_one_address_serves_every_number_of_the_app(web: Web) -> None:
    assert web.post(body(status(), number=SECOND)) == 200
    assert web.kept() == 1
    assert web.post(body(status(), number=SECOND), to="wa2") == 200
    assert web.kept() == 1, "the same event, told again"
    assert web.post(body(status("wamid.B"), number="999")) == 200
    assert web.kept() == 1


def test_health_is_told_and_other_paths_are_not_there(web: Web) -> None:
    assert web.ask("GET", "/healthz") == (200, b"ok\n")
    assert web.ask("GET", "/")[0] == 404
    assert web.ask("PUT", "/webhooks/wa")[0] == 405


def test_200_means_on_disk_and_the_same_twice_is_kept_once(web: Web) -> None:
    assert web.post(body(status())) == 200
    assert web.kept() == 1
    assert web.post(body(status(), status(), status("wamid.B"))) == 200
    assert web.kept() == 2


def test_nobody_else_is_believed(web: Web) -> None:
    assert web.post(body(status()), secret="other") == 401
    assert web.post(body(status()), to="nobody") == 401
    assert web.post(body(status()), to="x") == 401
    assert web.ask("POST", "/webhooks/wa", body(status()))[0] == 401
    assert web.office.ledger().path is None


def test_a_webhook_that_says_nothing_of_ours_is_taken(web: Web) -> None:
    assert web.post(body(status(), number="999")) == 200
    assert web.post(b'{"entry": [{"changes": [{"field": "account_update", "value": {}}]}]}') == 200
    assert web.kept() == 0


@pytest.mark.parametrize("hostile", [b"", b"\xff", b"null", b"[" * 90_000, b'{"entry": 1}', b"9" * 5000])
def test_a_hostile_body_even_signed_breaks_nothing(web: Web, hostile: bytes) -> None:
    assert web.post(hostile) == 200
    assert web.post(body(status())) == 200


def test_too_much_is_refused_before_it_is_read(web: Web) -> None:
    assert web.post(b" " * (LARGEST + 1)) == 413
    assert web.post(body(status())) == 200


def test_a_client_that_goes_away_leaves_the_server_well(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port)) as gone:
        gone.sendall(b"POST /webhooks/wa HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{")
    assert web.post(body(status())) == 200


def test_what_the_ledger_does_not_take_is_asked_for_again(web: Web) -> None:
    assert web.post(body(status())) == 200
    writing = web.office.ledger(write=True)
    writing.write(lambda conn: conn.exec_driver_sql("ALTER TABLE event RENAME TO gone"))
    assert web.post(body(status("wamid.B"))) == 503
    assert [what.kind for what in web.told] == ["problem"]
    writing.write(lambda conn: conn.exec_driver_sql("ALTER TABLE gone RENAME TO event"))
    assert web.post(body(status("wamid.B"))) == 200
    assert web.kept() == 2


def test_who_leaves_is_told_without_a_number(web: Web) -> None:
    message = {"from": "6281200000001", "id": "m", "timestamp": "1", "type": "text", "text": {"body": "stop"}}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [message]}
    assert web.post(json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()) == 200
    assert [(what.kind, what.account, what.detail) for what in web.told] == [("left", "wa", "")]


def test_a_new_number_is_told_masked(web: Web) -> None:
    system = {"type": "user_changed_number", "wa_id": "6281200000777", "body": "User A changed"}
    message = {"from": "6281200000001", "id": "m", "timestamp": "1", "type": "system", "system": system}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [message]}
    people = [("+6281200000001", "", None)]
    web.office.ledger(write=True).write(lambda conn: recipients.add(conn, people, now=web.office.now()))
    assert web.post(json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()) == 200
    assert [(what.kind, what.detail) for what in web.told] == [("moved", "+62 812-**-01 → +62 812-**-77")]


def test_many_at_once_are_all_kept(web: Web) -> None:
    answers: list[int] = []

    def one(number: int) -> None:
        answers.append(web.post(body(status(f"wamid.{number}"))))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(answers), web.kept()) == ({200}, 30)

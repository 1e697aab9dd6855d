"""The keys of a bucket, before a server that says them back, sends elsewhere, or is not there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.secrets.canaries import SOURCES, echo, write_secrets
from tests.secrets.conftest import FakeOffice

KEYS = {"access_key_id": "KENARIID4711AKIA", "secret_access_key": "Kenari/rahasia+<&>='~%q7"}


@contextmanager
def server(status: int, body: str, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """The address of one that gives everybody this answer, and what it was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            asked.append(self.headers.get("authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_HEAD = do_POST = do_PUT  # noqa: N815 - http.server's names

        def log_message(self, *_args: object) -> None:
            """Not on the test's terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", asked
        running.shutdown()
        thread.join()


def _office(office: FakeOffice, endpoint: str, source: str) -> None:
    secrets = {**office.keys(), "media": KEYS}
    office.environ = write_secrets(office.folder, source, secrets)
    config = office.folder / "config.toml"
    lines = config.read_text("utf-8").partition("[media]")
    rest = lines[2].partition("\n[")
    media = f'[media]\nbucket = "s3://humas/media"\nendpoint = "{endpoint}"\n'
    config.write_text(f"{lines[0]}{media}\n{rest[1]}{rest[2]}", "utf-8")
    office.post("satu", "instagram")


def _error(words: str) -> str:
    return f"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"


ANSWERS = {
    "forbidden": (403, {}),
    "bad": (400, {}),
    "busy": (503, {}),
    "elsewhere": (301, {"Location": "http://127.0.0.1:9/?key={secret}"}),
    "not-stored": (200, {}),
}
#: Every answer to keys from the file, and one to those from every other place.
CASES = [("credentials", answer) for answer in ANSWERS]
CASES += [(source, "forbidden") for source in SOURCES if source not in ("credentials", "rotated")]


@pytest.mark.parametrize(("source", "answer"), CASES)
def test_a_server_that_echoes_them(office: FakeOffice, source: str, answer: str) -> None:
    status, headers = ANSWERS[answer]
    filled = {name: value.format(secret=KEYS["secret_access_key"]) for name, value in headers.items()}
    with server(status, _error(echo(KEYS.values())), **filled) as (endpoint, asked):
        _office(office, endpoint, source)
        office.run("run", "--json")
        if source == "credentials":
            office.run_read_commands()
    assert any(KEYS["access_key_id"] in line for line in asked), "the keys were never used"
    rows = office.run("status", "--all", "--json").json["deliveries"]
    assert {row["state"] for row in rows} <= {"held", "failed", "scheduled", "preparing"}
    assert office.leaks({"media": KEYS}) == []


def test_a_server_that_is_not_there(office: FakeOffice) -> None:
    _office(office, "http://127.0.0.1:9", "environment")
    office.run("run", "--json")
    office.run_read_commands()
    assert office.leaks({"media": KEYS}) == []

"""A public address is only given out after it gave us the file's own bytes, over real sockets."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from humaspost.media.codes import CODES
from humaspost.media.hosting.host import HostError, MediaHost, is_safe_url
from humaspost.model.channel import FitFile
from humaspost.sandbox.server import Sandbox
from tests.support import image_files


class WebServer(BaseHTTPRequestHandler):
    """A folder shown to the world, until a test makes it misbehave."""

    folder: ClassVar[Path]
    requests: ClassVar[list[str]]
    fault: ClassVar[Callable[["WebServer", bytes], None] | None]

    def do_GET(self) -> None:
        """Show the file, or misbehave."""
        type(self).requests.append(self.path)
        path = self.folder / self.path.removeprefix("/media/")
        if type(self).fault is not None:
            type(self).fault(self, path.read_bytes())
        elif path.is_file():
            self.reply(200, path.read_bytes())
        else:
            self.reply(404, b"no")

    def do_PUT(self) -> None:
        """Refuse."""
        self.reply(403, b"no")

    def reply(self, status: int, body: bytes, kind: str = "image/jpeg", **headers: str) -> None:
        """One whole answer; ``length`` may lie."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, type[WebServer]]]:
    """The base URL of a web server over ``tmp_path/www``, and its handler."""
    (tmp_path / "www").mkdir()
    handler = type("Handler", (WebServer,), {"folder": tmp_path / "www", "requests": [], "fault": None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/media", handler
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> FitFile:
    """A fitted picture."""
    path = tmp_path / "fit.jpg"
    path.write_bytes(image_files.jpeg())
    data = path.read_bytes()
    return FitFile(path, "image/jpeg", hashlib.sha256(data).hexdigest(), len(data))


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The seconds."""
        return self.now


def host(base: str, tmp_path: Path, **more: object) -> MediaHost:
    return MediaHost(base, salt=tmp_path / "state" / "media" / "salt", folder=tmp_path / "www", **more)


def test_the_file_is_there_for_everybody_under_an_unguessable_name(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, handler = web
    url = host(base, tmp_path).publish(file)
    name = url.removeprefix(base + "/")
    assert len(name) == 32 + len(".jpg")
    assert name.endswith(".jpg")
    assert file.sha256[:32] not in name
    shown = tmp_path / "www" / name
    assert shown.read_bytes() == file.path.read_bytes()
    assert shown.stat().st_mode & 0o777 == 0o644
    salt = tmp_path / "state" / "media" / "salt"
    assert (salt.stat().st_mode & 0o777, len(salt.read_bytes())) == (0o600, 32)
    assert handler.requests == [f"/media/{name}"]
    assert {entry.name for entry in salt.parent.iterdir()} == {"salt", "hosted"}


def test_names_stay_over_a_restart_and_differ_between_ledgers(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, _ = web
    first = host(base, tmp_path).publish(file)
    assert host(base, tmp_path).publish(file) == first
    (tmp_path / "state" / "media" / "salt").unlink()
    assert host(base, tmp_path).publish(file) != first


def test_a_verified_address_is_believed_for_ten_minutes(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, handler = web
    clock = Clock()
    place = host(base, tmp_path, clock=clock)
    place.publish(file)
    clock.now += 599
    place.publish(file)
    assert len(handler.requests) == 1
    clock.now += 2
    place.publish(file)
    assert len(handler.requests) == 2


def hang_up_early(handler: WebServer, body: bytes) -> None:
    handler.reply(200, body[:100], length=str(len(body)))
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("fault", "code", "transient"),
    [
        (lambda h, b: h.reply(200, b, "text/html"), "media-host-type", False),
        (lambda h, b: h.reply(200, b, "application/octet-stream"), "media-host-type", False),
        (lambda h, b: h.reply(302, b"", Location="/elsewhere"), "media-host-redirect", False),
        (lambda h, b: h.reply(404, b""), "media-host-missing", True),
        (lambda h, b: h.reply(403, b""), "media-host-refused", False),
        (lambda h, b: h.reply(503, b""), "media-host-unreachable", True),
        (lambda h, b: h.reply(200, b[:-1]), "media-host-bytes", True),
        (lambda h, b: h.reply(200, b + b"!"), "media-host-bytes", False),
        (lambda h, b: h.reply(200, b[:-1] + b"?"), "media-host-bytes", False),
        (lambda h, b: h.reply(200, b * 100_000), "media-host-bytes", False),
        (hang_up_early, "media-host-unreachable", True),
        (lambda h, b: h.connection.shutdown(socket.SHUT_RDWR), "media-host-unreachable", True),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_address_that_is_not_the_file_is_not_given_out(
    web: tuple[str, type[WebServer]],
    file: FitFile,
    tmp_path: Path,
    fault: Callable[[WebServer, bytes], None],
    code: str,
    transient: bool,
) -> None:
    base, handler = web
    handler.fault = fault
    place = host(base, tmp_path)
    with pytest.raises(HostError) as failed:
        place.publish(file)
    assert (failed.value.code, failed.value.transient) == (code, transient)
    assert code in CODES
    handler.fault = None
    assert place.publish(file).startswith(base)  # the failure is not remembered


def test_a_server_that_drips_is_given_up_on(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, handler = web
    clock = Clock()

    def drip(handler: WebServer, body: bytes) -> None:
        clock.now += 26
        handler.reply(200, body)

    handler.fault = drip
    with pytest.raises(HostError) as failed:
        host(base, tmp_path, clock=clock).publish(file)
    assert (failed.value.code, failed.value.detail) == ("media-host-unreachable", "too slow")


def test_a_folder_that_is_not_served_or_not_there(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, _ = web
    (tmp_path / "other").mkdir()
    salt = tmp_path / "salt"
    with pytest.raises(HostError) as failed:
        MediaHost(base, salt=salt, folder=tmp_path / "other").publish(file)
    assert failed.value.code == "media-host-missing"
    with pytest.raises(HostError) as failed:
        MediaHost(base, salt=salt, folder=tmp_path / "nowhere").publish(file)
    assert failed.value.code == "media-host-folder"


def test_no_server_listens(file: FitFile, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (tmp_path / "www").mkdir()
        with pytest.raises(HostError) as failed:
            host(base, tmp_path).publish(file)
    assert (failed.value.code, failed.value.transient) == ("media-host-unreachable", True)


def test_files_are_put_to_the_sandbox(sandbox: Sandbox, file: FitFile, tmp_path: Path) -> None:
    base = f"{sandbox.url}/media"
    place = MediaHost(base, salt=tmp_path / "salt", upload_url=base)
    name = place.publish(file).removeprefix(f"{base}/")
    assert sandbox.state.files[name] == (file.path.read_bytes(), "image/jpeg")


def test_an_upload_that_is_refused(web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path) -> None:
    base, _ = web
    with pytest.raises(HostError) as failed:
        MediaHost(base, salt=tmp_path / "salt", upload_url=base).publish(file)
    assert (failed.value.code, failed.value.transient) == ("media-host-refused", False)


def test_only_https_is_sent_from_this_computer(tmp_path: Path) -> None:
    for url in (
        "https://media.kotacontoh.example",
        "http://127.0.0.1:80/media",
        "http://localhost",
        "http://[::1]/",
    ):
        assert is_safe_url(url), url
    for url in (
        "http://media.kotacontoh.example",
        "http://10.0.0.1",
        "http://media.localhost",
        "http://evil.example\\@127.0.0.1",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "file:///srv",
        "/media",
        "",
    ):
        assert not is_safe_url(url), url
    with pytest.raises(ValueError, match="https"):
        host("http://media.kotacontoh.example", tmp_path)
    with pytest.raises(ValueError, match="https"):
        MediaHost("https://a.example", salt=tmp_path / "salt", upload_url="http://a.example")
    with pytest.raises(ValueError, match="folder"):
        MediaHost("https://a.example", salt=tmp_path / "salt")


def test_no_proxy_stands_between_us_and_this_computer(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    base, _ = web
    assert host(base, tmp_path).publish(file).startswith(base)


def test_what_nobody_used_for_long_is_taken_down_and_only_what_is_ours(
    web: tuple[str, type[WebServer]], file: FitFile, tmp_path: Path
) -> None:
    base, server = web
    folder = server.folder
    (folder / "logo.png").write_bytes(b"the office's own")
    served = host(base, tmp_path)
    served.publish(file)
    (mark,) = (tmp_path / "state" / "media" / "hosted").iterdir()
    used_at = mark.stat().st_mtime
    assert served.take_down(unused_since=used_at) == 0
    assert served.take_down(unused_since=used_at + 1) == 1
    assert [path.name for path in folder.iterdir()] == ["logo.png"]
    assert served.publish(file)  # not from memory: it is there again
    assert len(list(folder.iterdir())) == 2


def test_an_upload_is_taken_down(sandbox: Sandbox, file: FitFile, tmp_path: Path) -> None:
    address = f"{sandbox.url}/media"
    served = MediaHost(address, salt=tmp_path / "salt", upload_url=address)
    served.publish(file)
    assert len(sandbox.state.files) == 1
    assert served.take_down(unused_since=float("inf")) == 1
    assert sandbox.state.files == {}

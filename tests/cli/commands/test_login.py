"""``account login`` as a person at a terminal sees it: a pseudo-terminal, the sandbox as X, a pretend browser."""

import os
import pty
import queue
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from humaspost.cli.oauth_callback import AuthorizationDenied, CallbackServer
from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND
from tests.support.program import run, start

CONFIG = """\
timezone = "Asia/Jakarta"

[accounts.x]
channel = "x"
handle = "{handle}"
base_url = "{base_url}"
auth = "oauth2"
client_id = "{client_id}"
"""
POST = """\
---
id: halo
title: Halo
date: 2099-02-03 08:30 WIB
channels: [x]
---
Halo, warga.
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def office(sandbox: Sandbox, tmp_path: Path) -> Path:
    folder = tmp_path / "kantor"
    (folder / "posts").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(**sandbox.config()["accounts"]["x"]))
    return folder


class Terminal:
    """The program on a pseudo-terminal; ``text`` is all that it showed so far."""

    def __init__(self, *args: str, cwd: Path) -> None:
        self._controller_fd, theirs = pty.openpty()
        self.text = ""
        self.process = start(*args, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, TERM="dumb")
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._controller_fd, 4096)
            except OSError:
                return
            self.text += piece.decode().replace("\r\n", "\n")

    def shows(self, pattern: str, *, within: float = 20 * SECOND) -> re.Match[str]:
        """The pattern, once it is shown."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if found := re.search(pattern, self.text):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} is not shown: {self.text}")

    def types(self, line: str) -> None:
        os.write(self._controller_fd, line.encode() + b"\n")

    def ends(self, *, within: float = 20 * SECOND) -> int:
        code = self.process.wait(within)
        self._reader.join(timeout=2 * SECOND)
        os.close(self._controller_fd)
        return code


def browse(url: str, *, follow: bool) -> requests.Response:
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.get(url, allow_redirects=follow, timeout=10 * SECOND)


def free_port() -> int:
    with CallbackServer(0) as callback:
        return int(callback.address.rpartition(":")[2].partition("/")[0])


def test_a_person_logs_in_with_a_browser(sandbox: Sandbox, office: Path) -> None:
    terminal = Terminal("account", "login", "x", "--port", str(free_port()), cwd=office)
    url = terminal.shows(r"\n(http://\S+/i/oauth2/authorize\?\S+)\n")[1]
    terminal.shows("Waiting for the answer")
    assert "This window may be closed" in browse(url, follow=True).text
    terminal.shows(r"\nok, @kotacontoh\n")
    assert terminal.ends() == 0
    kept = (office / ".humaspost" / "secrets" / "x.json").read_text()
    tokens = re.findall(r'"value": "([^"]{20,})"', kept)
    assert len(tokens) == 2
    assert not any(token in terminal.text for token in tokens)
    (office / "posts" / "a.md").write_text(POST)
    ran = run("publish", "halo", "--yes", "--json", cwd=office)
    assert (ran.code, ran.json["counts"]) == (0, {"published": 1}), ran.err
    assert [shown.text for shown in sandbox.state.objects] == ["Halo, warga."]


def test_without_a_browser_the_answer_is_pasted(sandbox: Sandbox, office: Path) -> None:
    terminal = Terminal("account", "login", "x", "--paste", cwd=office)
    url = terminal.shows(r"\n(http://\S+/i/oauth2/authorize\?\S+)\n")[1]
    terminal.shows("Paste that whole address")
    terminal.types(browse(url, follow=False).headers["location"])
    assert terminal.ends() == 0, terminal.text
    assert "ok, @kotacontoh" in terminal.text


def test_an_answer_to_another_login_is_not_taken(sandbox: Sandbox, office: Path) -> None:
    terminal = Terminal("account", "login", "x", "--paste", cwd=office)
    terminal.shows("Paste that whole address")
    terminal.types("http://127.0.0.1:8723/callback?state=other&code=stolen")
    assert terminal.ends() == 4
    assert "not logged in" in terminal.text
    assert not (office / ".humaspost" / "secrets" / "x.json").exists()


def test_a_script_is_refused_because_login_takes_a_person(office: Path) -> None:
    ran = run("account", "login", "x", cwd=office)
    assert (ran.code, ran.out) == (2, "")
    assert "needs a person at a terminal" in ran.err


def test_an_account_with_four_keys_is_not_logged_in_to(office: Path) -> None:
    config = office / "config.toml"
    config.write_text(config.read_text().replace('auth = "oauth2"\n', ""))
    ran = run("account", "login", "x", cwd=office)
    assert ran.code == 2
    assert "its keys stand in credentials.toml" in ran.err


def test_before_the_login_doctor_names_the_command(office: Path) -> None:
    told = run("doctor", cwd=office)
    assert "humaspost account login x" in told.out
    assert "api_key" not in told.out
    check = run("account", "check", "x", cwd=office)
    assert check.code == 4
    assert "login-needed" in check.out
    assert "log in with a browser: humaspost account login x\n" in check.out


def test_a_config_without_the_app_is_a_problem(office: Path) -> None:
    config = office / "config.toml"
    config.write_text(re.sub(r"client_id = .*\n", "", config.read_text()))
    ran = run("check", cwd=office)
    assert ran.code == 78
    assert "client_id" in ran.err


def test_only_the_answer_with_our_state_counts() -> None:
    found: queue.Queue[str] = queue.Queue()
    with CallbackServer(0) as callback:
        waiting = threading.Thread(target=lambda: found.put(callback.wait_for_code("s1", within=10 * SECOND)))
        waiting.start()
        statuses = [
            browse(callback.address + query, follow=False).status_code
            for query in ("?state=&code=a", "?state=s2&code=b", "/else?state=s1&code=c", "?state=s1&code=d")
        ]
        assert found.get(timeout=5 * SECOND) == "d"
        waiting.join(timeout=5 * SECOND)
    assert statuses == [400, 400, 404, 200]


def test_no_and_nothing_are_no_answer() -> None:
    with CallbackServer(0) as callback, pytest.raises(AuthorizationDenied):
        callback.wait_for_code("s", within=0.05)
    with CallbackServer(0) as callback:
        threading.Timer(
            0.1, browse, (callback.address + "?state=s&error=access_denied",), {"follow": False}
        ).start()
        with pytest.raises(AuthorizationDenied, match="access_denied"):
            callback.wait_for_code("s", within=5 * SECOND)

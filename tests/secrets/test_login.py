"""The tokens of a login with a browser: bought, renewed and superseded before an endpoint that says them all back."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from tests.cli.commands.test_login import CONFIG, Terminal, browse, free_port
from tests.secrets.canaries import echo, write_secrets
from tests.secrets.conftest import FakeOffice
from tests.secrets.test_secret_sources import _broken

ACCESS, REFRESH, SECRET = "oauth2_access_token", "oauth2_refresh_token", "client_secret"
CANARIES = {field: f"Kenari/{field}+<&>='~%q7" for field in (ACCESS, REFRESH, SECRET)}
LONG_AGO = "1000000000"
_TOKEN = {"channel": "x", "method": "POST", "path": "/2/oauth2/token$"}
_TWEET = {"channel": "x", "method": "POST", "path": "/2/tweets$"}


@pytest.fixture
def browsed(office: FakeOffice) -> FakeOffice:
    """Its one account is logged in to with a browser."""
    config = office.folder / "config.toml"
    config.write_text(CONFIG.format(**office.sandbox.config()["accounts"]["x"]))
    (office.folder / "credentials.toml").unlink(missing_ok=True)
    return office


def _refusals(words: str) -> list[dict[str, object]]:
    """Every way in which a token endpoint may refuse and say back what it was given."""
    said = {"error": words, "error_description": words}
    return [
        {"fault": "status", "status": 400, "body": said},
        {"fault": "status", "status": 401, "body": said},
        {"fault": "status", "status": 500, "body": said},
        {"fault": "status", "status": 200, "body": {"access_token": 1, "scope": words}},
        {"fault": "garbage", "body": words},
        {"fault": "redirect", "headers": {"location": f"http://127.0.0.1:9/{quote(words[:500])}"}},
    ]


@pytest.mark.parametrize("number", range(6))
def test_a_renewal_that_is_refused(browsed: FakeOffice, number: int) -> None:
    kept = {**CANARIES, "oauth2_expires_at": LONG_AGO}
    browsed.environ = write_secrets(browsed.folder, "rotated", {"x": kept})
    order = _refusals(echo(CANARIES.values()))[number]
    browsed.order({**_TOKEN, **order, "count": 99})
    browsed.post("satu", "x")
    assert browsed.run("account", "check", "x").code in (4, 75)
    browsed.run("run")
    browsed.run("doctor", "--json")
    assert browsed.sandbox.state.requests, "nothing was asked"
    assert browsed.leaks({"x": CANARIES}) == []


def test_an_access_token_that_a_posts_answer_echoes(browsed: FakeOffice) -> None:
    first = _logged_in(browsed)
    _expire(browsed)
    browsed.run("account", "check", "x")
    second = _tokens(browsed.folder)
    assert not set(first.values()) & set(second.values()), "nothing was renewed"
    everything = [*first.values(), *second.values()]
    for number, broken in enumerate(_broken("x", echo(everything))):
        browsed.post(f"p{number}", "x")
        browsed.order({**_TWEET, **broken})
        browsed.run("run")
    browsed.run_read_commands()
    for tokens in (first, second):
        assert browsed.leaks({"x": tokens}) == []


def test_a_login_that_is_refused_with_the_code_in_its_words(browsed: FakeOffice) -> None:
    code = "Kenari/kode+<&>='~%q7"
    browsed.order({**_TOKEN, **_refusals(echo([code]))[0], "count": 9})
    said = _login(browsed, code=code)
    assert "not logged in" in said
    assert browsed.leaks({"x": {"code": code}}) == []


def _login(office: FakeOffice, *, code: str | None = None) -> str:
    """All that the terminal showed; ``code`` comes back instead of the one that X gave."""
    terminal = Terminal("account", "login", "x", "--port", str(free_port()), "-vvv", cwd=office.folder)
    url = terminal.shows(r"\n(http://\S+/i/oauth2/authorize\?\S+)\n")[1]
    if code is None:
        browse(url, follow=True)
    else:
        asked = parse_qs(urlsplit(url).query)
        back = {"state": asked["state"][0], "code": code}
        browse(f"{asked['redirect_uri'][0]}?{urlencode(back)}", follow=False)
    terminal.ends()
    office.outputs[f"{len(office.outputs)} account login"] = terminal.text
    return terminal.text


def _logged_in(office: FakeOffice) -> dict[str, str]:
    assert "ok, @kotacontoh" in _login(office)
    return _tokens(office.folder)


def _tokens(office: Path) -> dict[str, str]:
    kept = json.loads((office / ".humaspost" / "secrets" / "x.json").read_text())
    return {field: kept[field]["value"] for field in (ACCESS, REFRESH)}


def _expire(office: FakeOffice) -> None:
    path = office.folder / ".humaspost" / "secrets" / "x.json"
    path.write_text(re.sub(r'("oauth2_expires_at": \{"value": ")\d+', rf"\g<1>{LONG_AGO}", path.read_text()))

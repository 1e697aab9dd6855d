"""The office that the sandbox writes, and the command that runs both in a process of their own."""

import json
import signal
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import requests

from humaspost.sandbox.office import NotDemoOffice, write_office
from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "example"
    (folder / "posts" / "media").mkdir(parents=True)
    (folder / "posts" / "01.md").write_text("---\n---\n")
    (folder / "audiences").mkdir()
    (folder / "audiences" / "camat-lurah.csv").write_text("phone\n")
    return folder


def test_an_office_points_at_the_sandbox(sandbox: Sandbox, tmp_path: Path, example: Path) -> None:
    office = write_office(tmp_path / "kantor", sandbox.config(), example=example)
    config = tomllib.loads((office / "config.toml").read_text())
    assert config["demo"] is True
    assert config["timezone"] == "Asia/Jakarta"
    accounts = sandbox.config()["accounts"]
    for name, table in config["accounts"].items():
        assert table["base_url"] == accounts[name]["base_url"]
    assert config["accounts"]["x"]["handle"] == "@kotacontoh"
    assert config["media"]["upload_url"] == f"{sandbox.url}/media"
    assert config["audiences"] == {"camat-lurah": {"file": "audiences/camat-lurah.csv"}}
    assert config["accounts"]["whatsapp"]["templates"]["text"]["name"] == "pengumuman"
    assert (office / "posts" / "01.md").exists()


def test_credentials_are_private_and_nowhere_else(sandbox: Sandbox, tmp_path: Path, example: Path) -> None:
    office = write_office(tmp_path / "kantor", sandbox.config(), example=example)
    path = office / "credentials.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = tomllib.loads(path.read_text())
    account = sandbox.config()["accounts"]["x"]
    assert secrets["x"] == {
        k: account[k] for k in ("api_key", "api_key_secret", "access_token", "access_token_secret")
    }
    assert set(secrets) == {"x", "instagram", "whatsapp"}
    assert "credentials.toml" in (office / ".gitignore").read_text()
    config = (office / "config.toml").read_text()
    assert not [v for table in secrets.values() for v in table.values() if v in config]


def test_written_again_it_keeps_what_is_the_persons(sandbox: Sandbox, tmp_path: Path, example: Path) -> None:
    office = write_office(tmp_path / "kantor", sandbox.config(), example=example)
    (office / "posts" / "01.md").write_text("mine")
    write_office(office, sandbox.config() | {"url": "http://127.0.0.1:1"}, example=example)
    assert (office / "posts" / "01.md").read_text() == "mine"
    assert "http://127.0.0.1:1/media" in (office / "config.toml").read_text()


@pytest.mark.parametrize("theirs", ['timezone = "Asia/Jakarta"\n', "not toml ["])
def test_a_real_office_is_not_touched(sandbox: Sandbox, tmp_path: Path, theirs: str) -> None:
    (tmp_path / "config.toml").write_text(theirs)
    with pytest.raises(NotDemoOffice):
        write_office(tmp_path, sandbox.config())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.toml"]
    assert (tmp_path / "config.toml").read_text() == theirs


def test_the_command_prints_one_line_and_ends_well(tmp_path: Path, http: requests.Session) -> None:
    program = (
        "from pathlib import Path; from humaspost.sandbox.server import serve;"
        f"serve(port=0, office=Path({str(tmp_path / 'kantor')!r}), as_json=True)"
    )
    command = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None
    line = command.stdout.readline()
    told = json.loads(line)
    assert told["pid"] == command.pid
    assert set(told["accounts"]) == {"x", "instagram", "whatsapp"}
    assert http.get(f"{told['url']}/_sandbox/objects").json() == {"objects": []}
    assert (tmp_path / "kantor" / "config.toml").exists()
    command.send_signal(signal.SIGTERM)
    assert command.communicate(timeout=20 * SECOND)[0] == ""
    assert command.returncode == 0

"""An office of three channels on a running sandbox, whose secrets a test puts where it wants."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from PIL import Image

from humaspost.ledger import database
from humaspost.sandbox.office import write_office
from humaspost.sandbox.server import Sandbox
from tests.secrets.canaries import FIELDS, Secrets, leaks
from tests.support.deadlines import SECOND
from tests.support.forks import ForkServer
from tests.support.program import SERVER, Completed, run

_OPENER = build_opener(ProxyHandler({}))
_PEOPLE = """phone,name,basis,purpose,source,consented_at
+6281200000001,Penerima,consent,informasi,formulir,2021-01-01
"""


class FakeOffice:
    """The office; ``outputs`` is all that any program printed in it, by command."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.sandbox, self.folder = sandbox, folder / "kantor"
        self.server: ForkServer = SERVER
        self.outputs: dict[str, str] = {}
        self.environ: dict[str, str] = {}
        (self.folder / "audiences").mkdir(parents=True)
        (self.folder / "audiences" / "masyarakat.csv").write_text(_PEOPLE, "utf-8")
        write_office(self.folder, sandbox.config())
        (self.folder / "posts" / "media").mkdir()
        born = datetime.now(UTC) - timedelta(hours=2)
        database.open_ledger(self.folder / ".humaspost", now=born, create=True).close()
        Image.new("RGB", (640, 640), "navy").save(self.folder / "posts" / "media" / "a.jpg")

    def keys(self) -> dict[str, dict[str, str]]:
        """What opens the sandbox."""
        accounts = self.sandbox.config()["accounts"]
        return {name: {field: accounts[name][field] for field in fields} for name, fields in FIELDS.items()}

    def order(self, *faults: dict[str, Any]) -> None:
        """Nothing goes wrong from here on but these."""
        url = f"{self.sandbox.url}/_sandbox/faults"
        _OPENER.open(Request(url, method="DELETE"), timeout=5 * SECOND).close()
        _OPENER.open(Request(url, json.dumps(faults).encode(), method="POST"), timeout=5 * SECOND).close()

    def post(self, name: str, channel: str, *, image: bool = True) -> None:
        """One post for one channel, due a minute ago, saved a while ago."""
        at = datetime.now(UTC) - timedelta(minutes=1)
        media = "media:\n  - file: media/a.jpg\n    alt: Biru.\n" if image else ""
        text = (
            f'---\nid: {name}\ntitle: "Uji {name}"\ndate: {at:%Y-%m-%d %H:%M:%S} +00:00\nchannels: [{channel}]\n'
            f"audiences: [masyarakat]\n{media}"
            f"---\nHalo {name}.\n"
        )
        file = self.folder / "posts" / f"{name}.md"
        file.write_text(text, "utf-8")
        os.utime(file, (time.time() - 10,) * 2)

    def run(self, *args: str) -> Completed:
        """``humaspost ARGS -vvv`` with the secrets' variables; what it said is kept."""
        ran = run(*args, "-vvv", cwd=self.folder, server=self.server, **self.environ)
        self.outputs[f"{len(self.outputs)} {' '.join(args)}"] = ran.out + ran.err
        return ran

    def run_read_commands(self) -> None:
        """Every way to look at what happened was used."""
        for command in ("status", "status --all", "log", "plan", "doctor", "account list", "check"):
            self.run(*command.split())
            self.run(*command.split(), "--json")
        self.run("log", "--csv")

    def leaks(self, secrets: Secrets) -> list[str]:
        """Where a secret stands: in anything said, in the state folder, in what the platform noted."""
        noted = {"the sandbox's journal": json.dumps(self.sandbox.state.requests, default=str)}
        return leaks(self.folder, self.outputs | noted, secrets)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[FakeOffice]:
    with Sandbox() as sandbox:
        yield FakeOffice(tmp_path, sandbox)

"""An office in this process against the strict sandbox, whose network lies as a test orders it to."""

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from humaspost.app import verbs
from humaspost.app.office import Office
from humaspost.ledger import database
from humaspost.ledger.queries import delivery_lists
from humaspost.sandbox.office import write_office
from humaspost.sandbox.server import Sandbox
from humaspost.settings.load import load_settings
from tests.support.deadlines import SECOND

PEOPLE = """phone,name,basis,purpose,source,consented_at
+6281200000001,A,consent,informasi,formulir,2021-01-01
"""


class FaultyNetworkOffice:
    """One office and its pretend platforms; ``shift`` moves the office's clock, never the platforms'.

    The office's clock stands still but for that: no retry comes due because this machine is slow.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.shift, self._stands = timedelta(), datetime.now(UTC)
        write_office(folder, sandbox.config())
        (folder / "audiences" / "masyarakat.csv").write_text(PEOPLE, "utf-8")
        write_office(folder, sandbox.config())
        # Saved a while ago, so that no run has to wait for them to settle.
        for path in (folder / "audiences").glob("*.csv"):
            os.utime(path, (time.time() - 10,) * 2)
        self.office = Office(load_settings(folder / "config.toml"), now=self.now, environ={})
        born = self.now() - timedelta(hours=2)
        database.open_ledger(self.office.settings.state, now=born, create=True).close()

    def now(self) -> datetime:
        return self._stands + self.shift

    def inject_fault(self, **fault: Any) -> None:
        self._control("POST", "faults", fault)

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def objects(self) -> list[dict[str, Any]]:
        return [o for o in self._control("GET", "objects")["objects"] if not o["deleted"]]

    def requests(self, channel: str, path: str) -> list[dict[str, Any]]:
        found = self._control("GET", "requests")["requests"]
        return [r for r in found if r["channel"] == channel and path in r["path"]]

    def _control(self, method: str, what: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.sandbox.url}/_sandbox/{what}", data=data, method=method)
        request.add_header("content-type", "application/json")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=10 * SECOND
        ) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def post(self, channel: str, *, image: bool = False) -> None:
        at = self.now().astimezone(ZoneInfo("Asia/Jakarta")) - timedelta(seconds=5)
        media = ""
        if image:
            (self.folder / "posts" / "media").mkdir(exist_ok=True)
            Image.new("RGB", (640, 640), (10, 90, 160)).save(self.folder / "posts" / "media" / "a.jpg")
            media = 'media:\n  - file: media/a.jpg\n    alt: "Biru."\n'
        text = (
            f'---\nid: uji\ntitle: "Uji"\ndate: {at:%Y-%m-%d %H:%M:%S} WIB\nchannels: [{channel}]\n'
            f"audiences: [masyarakat]\n{media}---\nHalo dari {channel}.\n"
        )
        file = self.folder / "posts" / "uji.md"
        file.write_text(text, "utf-8")
        # Saved a while ago, so that no run has to wait for it to settle.
        os.utime(file, (time.time() - 10,) * 2)

    def run(self) -> verbs.RunReport:
        """Send what is due; a retry comes due a second later at the earliest, and no run here waits for it."""
        return verbs.run_due(self.office, patience=timedelta(seconds=0.5))

    def state(self) -> tuple[str, str]:
        with self.office.ledger().read() as conn:
            rows = delivery_lists.list_deliveries(conn)
        # A fan-out that nothing was done for yet has no rows.
        return (rows[0].state, rows[0].reason) if rows else ("scheduled", "")


@pytest.fixture(scope="session")
def platforms() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def network_office(
    tmp_path: Path, platforms: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultyNetworkOffice]:
    urllib.request.urlopen(
        urllib.request.Request(f"{platforms.url}/_sandbox/reset", method="POST"), timeout=10 * SECOND
    )
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    made = FaultyNetworkOffice(tmp_path / "kantor", platforms)
    # What a platform makes of media is there at once: nothing here is about how long it takes.
    platforms.state.settings |= {"x.processing_seconds": 0.0, "instagram.processing_seconds": 0.0}
    yield made
    made.office.close()

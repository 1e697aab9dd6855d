"""An office with one WhatsApp account, a sandbox that signs its webhooks, and ``serve`` between them."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office, SandboxProcess
from tests.support.program import Process
from tests.support.reference_data import ROOT
from tests.support.waiting import wait_until

_CONFIG = """
timezone = "Asia/Jakarta"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "{phone_number_id}"
business_account_id = "{business_account_id}"
base_url = "{base_url}"

[accounts.whatsapp.templates]
language = "id"
text = {{name = "pengumuman", params = ["{{title}}", "{{text}}", "{{link}}"]}}

[audiences.wartawan]
file = "audiences/wartawan.csv"
"""
_CREDENTIALS = """
[whatsapp]
access_token = "{access_token}"
app_secret = "{app_secret}"
verify_token = "{verify_token}"
"""
#: Statuses come quickly; three refusals are enough to see a repetition.
_QUICK = {
    "whatsapp.delivered_seconds": 0.05,
    "whatsapp.read_seconds": 0.1,
    "whatsapp.webhook_retry_seconds": 0.2,
}


class ServedOffice(Office):
    """An office whose webhooks ``serve`` takes; ``set_options`` sets what the sandbox pretends."""

    def set_options(self, **values: Any) -> None:
        self.sandbox.control("settings", {f"whatsapp.{name}": value for name, value in values.items()})

    def serve(self, *, port: int = 0) -> Process:
        process = self.start("serve", "--port", str(port), "--jsonl")
        head = json.loads(process.line())
        self.callback = head["url"] + head["webhooks"][0]
        self.set_options(callback_url=self.callback)
        return process

    def send(self, name: str) -> int:
        """Send the post now; return the exit code."""
        return self.start("publish", name, "--yes", "--quiet").wait(within=60 * SECOND)

    def message(self, name: str, *, due: float | None = None, **keys: str) -> None:
        self.post(name, "Loket malam buka.", due=due, channels="[whatsapp]", audiences="[wartawan]", **keys)

    def deliveries(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.json("status", "--all")["deliveries"]
        return rows

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Return rows of the ledger: cheaper than a process for each time that it is asked."""
        path = self.folder / ".humaspost" / "ledger.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def wait_for_counts(self, **counts: int) -> list[dict[str, Any]]:
        """Return the deliveries as ``status`` counts them, once so many are in these states or at these stages."""

        def reached() -> bool:
            words = [word for row in self.query("SELECT state, stage FROM delivery") for word in row]
            return all(words.count(word) == count for word, count in counts.items())

        wait_until(reached, within=20 * SECOND)
        rows = self.deliveries()
        words = [row[name] for row in rows for name in ("state", "receipt")]
        assert {word: words.count(word) for word in counts} == counts
        return rows


@pytest.fixture
def served_office(tmp_path: Path, sandbox_process: SandboxProcess) -> Iterator[ServedOffice]:
    """Five journalists may be written to; in the end no secret stands anywhere."""
    folder = tmp_path / "kantor"
    (folder / "posts").mkdir(parents=True)
    office = ServedOffice(folder, sandbox_process)
    account = sandbox_process.accounts["whatsapp"]
    (folder / "config.toml").write_text(_CONFIG.format(**account), "utf-8")
    (folder / "credentials.toml").write_text(_CREDENTIALS.format(**account), "utf-8")
    (folder / "credentials.toml").chmod(0o600)
    shutil.copytree(ROOT / "audiences", folder / "audiences")
    sandbox_process.control("settings", _QUICK)
    try:
        yield office
        assert office.leaks({account[name] for name in ("access_token", "app_secret")}) == []
    finally:
        office.end()

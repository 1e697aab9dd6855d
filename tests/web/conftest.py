"""An office with one WhatsApp account, a sandbox that signs its webhooks, and ``serve`` between them."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import ROOT, Office, Process, World, until

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


class Desk(Office):
    """Types commands; ``switch`` turns the sandbox's knobs, ``serve`` starts our side."""

    def switch(self, **values: Any) -> None:
        self.world.ask("settings", {f"whatsapp.{name}": value for name, value in values.items()})

    def serve(self, *, port: int = 0) -> Process:
        process = self.start("serve", "--port", str(port), "--jsonl")
        head = json.loads(process.line(within=20))
        self.callback = head["url"] + head["webhooks"][0]
        self.switch(callback_url=self.callback)
        return process

    def send(self, name: str) -> int:
        """The post is sent now; the exit code says how it went."""
        return self.start("publish", name, "--yes", "--quiet").ended(within=60)

    def notice(self, name: str, *, due: float | None = None, **keys: str) -> None:
        self.post(name, "Loket malam buka.", due=due, channels="[whatsapp]", audiences="[wartawan]", **keys)

    def deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("status", "--all")["deliveries"]
        return found

    def look(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the ledger: cheaper than a process for each look."""
        path = self.folder / ".humaspost" / "ledger.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def reach(self, **counts: int) -> list[dict[str, Any]]:
        """The deliveries as ``status`` tells them, once so many are in these states or at these stages."""

        def there() -> bool:
            words = [word for row in self.look("SELECT state, stage FROM delivery") for word in row]
            return all(words.count(word) == count for word, count in counts.items())

        until(there, within=20)
        rows = self.deliveries()
        words = [row[name] for row in rows for name in ("state", "receipt")]
        assert {word: words.count(word) for word in counts} == counts
        return rows


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Five journalists may be written to; in the end no secret stands anywhere."""
    said: list[str] = []
    world = World(tmp_path, said)
    folder = tmp_path / "kantor"
    (folder / "posts").mkdir(parents=True)
    made = Desk(folder, world, said)
    account = world.accounts["whatsapp"]
    (folder / "config.toml").write_text(_CONFIG.format(**account), "utf-8")
    (folder / "credentials.toml").write_text(_CREDENTIALS.format(**account), "utf-8")
    (folder / "credentials.toml").chmod(0o600)
    shutil.copytree(ROOT / "audiences", folder / "audiences")
    world.ask("settings", _QUICK)
    try:
        yield made
        assert made.leaks({account[name] for name in ("access_token", "app_secret")}) == []
    finally:
        for process in made.running:
            process.end()
        assert world.process.end() == 0

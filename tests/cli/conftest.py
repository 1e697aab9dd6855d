"""An office on a running sandbox, for the real program."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from humaspost.sandbox.office import write_office
from tests.support.office import Office, SandboxProcess
from tests.support.program import Completed, run


@dataclass(frozen=True, slots=True)
class FakeOffice:
    """An office folder and the sandbox that its accounts point at."""

    folder: Path
    sandbox: SandboxProcess

    @property
    def url(self) -> str:
        """Where the sandbox is."""
        return self.sandbox.url

    def run(self, *args: str, **more: Any) -> Completed:
        """Run ``humaspost ARGS`` in the office; ``more`` as of ``program.run``."""
        return run(*args, cwd=self.folder, **more)

    def write(self, name: str, text: str) -> Path:
        """Save a post in one step, as editors do."""
        return Office(self.folder, self.sandbox).write(name, text)

    def objects(self) -> list[dict[str, Any]]:
        """Return what the public sees."""
        return self.sandbox.objects()

    def fault(self, **order: Any) -> None:
        """Let the sandbox misbehave."""
        self.sandbox.fault(**order)

    def age_ledger(self) -> None:
        """Let the ledger be a day old, so that posts that were due since are late and not older than it."""
        with closing(sqlite3.connect(self.folder / ".humaspost" / "ledger.sqlite3")) as ledger, ledger:
            born = (datetime.now(UTC) - timedelta(days=1)).isoformat()
            ledger.execute("UPDATE meta SET value = ? WHERE key = 'created_at'", (born,))


@pytest.fixture
def office(tmp_path: Path, sandbox_process: SandboxProcess) -> FakeOffice:
    folder = write_office(tmp_path / "kantor", sandbox_process.config)
    for name in ("posts", "audiences"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    people = "phone,name,basis,purpose,source,consented_at\n" + "".join(
        f"+62812000000{n:02},Penerima {n},consent,informasi layanan publik,formulir,2021-01-01\n"
        for n in range(1, 4)
    )
    (folder / "audiences" / "masyarakat.csv").write_text(people)
    config = folder / "config.toml"
    text = config.read_text("utf-8")
    if "[audiences.masyarakat]" not in text:
        text = text.replace("[media]", '[audiences.masyarakat]\nfile = "audiences/masyarakat.csv"\n\n[media]')
    config.write_text(text, "utf-8")
    return FakeOffice(folder, sandbox_process)


def post(
    id_: str, date: str, *, channels: str = "[x]", more: str = "", body: str = "Loket buka malam."
) -> str:
    """A post's text."""
    return f'---\nid: {id_}\ntitle: "Loket {id_}"\ndate: {date}\nchannels: {channels}\n{more}---\n{body}\n'

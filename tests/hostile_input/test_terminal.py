"""Signs that steer a terminal, wherever they come from: none of them ever reaches one."""

import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.ledger import database
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.office import write_office
from humaspost.sandbox.server import Sandbox
from tests.support.program import run

#: Clears the screen, sets its title, turns the direction, hides, breaks lines where no line ends.
EVIL = "A\x1b[2J\x1b]0;judul\x07\u202eB\u2066\u200b\u00ad\ufeff\x9b31m\u2028C"
_STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PEOPLE = "phone,name,basis,purpose,source,consented_at\n+6281200000001,{name},consent,informasi,formulir,2021-01-01\nx{name},a,b,c,d,e\n"
COMMANDS = (
    "check",
    "plan",
    "preview jahat",
    "preview halo",
    "run",
    "status",
    "status --all",
    "log",
    "audience list",
    "audience import masyarakat",
    "account list",
    "doctor",
    "publish jahat --yes",
    "log --csv",
)


@pytest.fixture
def office(sandbox: Sandbox, tmp_path: Path) -> Path:
    folder = tmp_path / "kantor"
    (folder / "audiences").mkdir(parents=True)
    (folder / "audiences" / "masyarakat.csv").write_text(_PEOPLE.format(name=EVIL), "utf-8")
    write_office(folder, sandbox.config())
    born = datetime.now(UTC) - timedelta(hours=2)
    database.open_ledger(folder / ".humaspost", now=born, create=True).close()
    body = {"title": EVIL, "detail": f"{EVIL} x", "type": EVIL, "error": {"message": EVIL, "code": 1}}
    sandbox.faults.add(Fault(fault="status", status=400, body=body, count=99, method="POST"))
    return folder


def _write(office: Path, name: str, text: str) -> None:
    file = office / "posts" / name
    file.write_text(text, "utf-8")
    os.utime(file, (time.time() - 10,) * 2)


def test_no_sign_that_steers_is_ever_printed(office: Path) -> None:
    due = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%d %H:%M:%S} +00:00"
    escaped = EVIL.encode("unicode_escape").decode().replace("\\x9b", "\\u009b")
    front = f"date: {due}\nchannels: [x, whatsapp]\naudiences: [masyarakat]"
    _write(office, "halo.md", f'---\nid: halo\ntitle: "{escaped}"\n{front}\n---\nHalo {EVIL}\n')
    _write(office, "baik.md", f"---\nid: baik\ntitle: Baik\n{front}\n---\nHalo.\n")
    _write(
        office,
        f"jahat{EVIL}.md",
        f"---\nid: jahat{EVIL}\ntitle: {EVIL}\n{front}\n{EVIL}: a\n---\nHalo {EVIL}\n",
    )
    for command in COMMANDS:
        ran = run(*command.split(), cwd=office)
        for text in (ran.out, ran.err):
            assert not (found := _STEERS.search(text)), (command, found, text)
        assert "Traceback" not in ran.err
        assert ran.code != 70, ran.err
    assert "unknown" in run("status", cwd=office).out

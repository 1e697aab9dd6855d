"""A channel of somebody else, who never heard of our rules: it raises with the secret in every message."""

import os
from collections.abc import Iterator

import pytest

from tests.secrets.conftest import FakeOffice
from tests.support.forks import ForkServer
from tests.support.program import ENVIRONMENT

CANARY = "Kenari/papan.key+<&>='~%q7"
_CONFIG = """
timezone = "Asia/Jakarta"
[accounts.papan]
channel = "papan"
[audiences.masyarakat]
file = "audiences/masyarakat.csv"
"""
_CHANNEL = """
import os
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from pydantic import BaseModel
from humaspost.plugin import (
    AccountStatus, AuthFailed, Identity, Limit, LookupSchedule, Part, Proof, Ready, Rejected, Rendition, Rules, Source,
    TextRules, UnknownOutcome, to_plain_text,
)

HERE = Source("https://papan.example", date(2026, 11, 23))

class Config(BaseModel):
    pass

class Session:
    def __init__(self, context):
        self.key = context.secret("key")
        self.breaks("open")
    def breaks(self, step):
        if step != os.environ.get("PAPAN_BREAKS"):
            return
        kind = os.environ["PAPAN_ERROR"]
        words = f"it said {self.key} and {self.key.encode().hex()}"
        if kind in ("UnknownOutcome", "Rejected", "AuthFailed"):
            raise {"UnknownOutcome": UnknownOutcome, "Rejected": Rejected, "AuthFailed": AuthFailed}[kind](self.key, words)
        raise (OSError(5, words, self.key) if kind == "OSError" else RuntimeError(words))
    def whoami(self):
        self.breaks("whoami")
        return Identity("papan-1", "Papan")
    def fetch_status(self):
        self.breaks("fetch_status")
        return AccountStatus(datetime.now(UTC))
    def prepare(self, part, token):
        self.breaks("prepare")
        return Ready({})
    def publish(self, part, ready, *, key, to, reply_to):
        self.breaks("publish")
        raise UnknownOutcome("lost", self.key)
    def find(self, attempt, *, to):
        self.breaks("find")
        return Proof.ABSENT_SO_FAR
    def read_back(self, receipt):
        return None

class Papan:
    name, Config, secrets, session = "papan", Config, ("key",), Session
    lookup_schedule = LookupSchedule((0.01, 0.1))
    def display_name(self, config): return "Papan"
    def platform_id(self, config): return "papan-1"
    def rules(self, config):
        return Rules(True, TextRules(Limit(500, "characters", HERE), len), {}, 0, Limit(1, "characters", HERE))
    def render(self, post, config, rules, *, account): return Rendition("papan", (Part(1, to_plain_text(post.body)),))
    def check(self, rendition, rules, account_status, *, config): return []
    def events(self, config, headers, body, *, secret): return None
    @contextmanager
    def open(self, config, context):
        yield self.session(context)
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Programs that find the plug-in as ``pip install`` would have left it."""
    site = tmp_path_factory.mktemp("site")
    info = site / "papan-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: papan\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[humaspost.channels]\npapan = papan:Papan\n")
    (site / "papan.py").write_text(_CHANNEL)
    path = f"{ENVIRONMENT['PYTHONPATH']}{os.pathsep}{site}"
    server = ForkServer(ENVIRONMENT | {"PYTHONPATH": path, "HUMASPOST_DEBUG": "1"})
    yield server
    server.close()


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("open", "RuntimeError"),
        ("whoami", "OSError"),
        ("whoami", "AuthFailed"),
        ("prepare", "Rejected"),
        ("publish", "UnknownOutcome"),
    ],
)
def test_a_foreign_error_with_the_secret_leaks_to_no_reader(
    office: FakeOffice, stranger: ForkServer, step: str, error: str
) -> None:
    office.server = stranger
    (office.folder / "config.toml").write_text(_CONFIG)
    (office.folder / "credentials.toml").write_text(f'[papan]\nkey = "{CANARY}"\n')
    office.environ = {"PAPAN_BREAKS": step, "PAPAN_ERROR": error}
    office.post("satu", "papan", image=False)
    checked = office.run("account", "check", "papan")
    if error in ("RuntimeError", "OSError"):
        assert checked.code in (70, 74), checked
    else:
        office.run("run", "--json")
    assert "***" in "".join(office.outputs.values())
    office.environ = {}
    for command in ("status --all --json", "log --json"):
        office.run(*command.split())
    assert office.leaks({"papan": {"key": CANARY}}) == []

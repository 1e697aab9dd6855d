"""Each command loads only the libraries that it uses."""

from pathlib import Path

import pytest

from tests.support.program import run, run_in_new_interpreter

_PROBE = """
import atexit, sys

def names():
    for name in sys.modules:
        yield ".".join(name.split(".")[:2]) if name.startswith("humaspost.") else name.split(".")[0]
    yield from ("engine" for name in sys.modules if name == "humaspost.delivery.engine")

atexit.register(lambda: print("loaded:", *sorted(set(names())), file=sys.stderr))
from humaspost.__main__ import main
main()
"""
_CONFIG = """
[accounts.x]
channel = "x"
handle = "@kotacontoh"
"""
_POST = """---
id: rapat
title: Rapat warga
date: 2099-01-01 08:00
channels: [x]
---
Rapat warga pukul 08.00 WIB. Daftar: https://kota.contoh.go.id/rapat/2099
"""
#: Sessions with platforms, decoders of media, tables of phone numbers, colours.
_SENDING = {"alembic", "requests", "tweepy", "av", "PIL", "obstore", "phonenumbers", "rich", "apscheduler"}
_DATABASE = {"sqlalchemy", "filelock", "asyncio"}
_CONTENT = {"markdown_it", "yaml", "twitter_text"}
#: What only a sender, or an office with lists, needs; the counter of texts that are near X's limit.
_RARE = {"engine", "humaspost.audience", "twitter_text"}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    (tmp_path / "probe.py").write_text(_PROBE)
    (tmp_path / "config.toml").write_text(_CONFIG)
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "rapat.md").write_text(_POST)
    return tmp_path


def _loaded(office: Path, *command: str) -> set[str]:
    done = run_in_new_interpreter(*command, cwd=office, module="probe")
    assert done.code == 0, done.err
    return set(done.err.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (("--help",), _SENDING | _DATABASE | _CONTENT | {"pydantic"}),
        (("new", "Rapat"), _SENDING | _DATABASE | _CONTENT),
        (("check",), _SENDING | _DATABASE | _RARE),
        (("preview", "rapat"), _SENDING | _DATABASE),
    ],
)
def test_an_office_without_a_ledger_loads_no_database(
    office: Path, command: tuple[str, ...], absent: set[str]
) -> None:
    assert sorted(_loaded(office, *command) & absent) == []


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        ("check", _SENDING | _RARE),
        ("status", (_SENDING | _CONTENT | _RARE) - {"humaspost.audience"}),
        ("plan", _SENDING),
    ],
)
def test_an_office_with_a_ledger_loads_only_what_its_reader_needs(
    office: Path, command: str, absent: set[str]
) -> None:
    assert run("pause", "--reason", "coba", cwd=office).code == 0
    loaded = _loaded(office, command)
    assert "sqlalchemy" in loaded
    assert sorted(loaded & absent) == []

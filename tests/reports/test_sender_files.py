"""Which files a running sender should have read by now, as every other command compares them."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.app.office import Office
from humaspost.base.file_stamp import file_digest, read_stamp
from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import SenderFiles, StaleFile
from humaspost.reports.sender_files import RELOAD_TIME, list_stale_files
from humaspost.settings.load import load_settings

CONFIG = 'timezone = "Asia/Jakarta"\n[audiences.warga]\nfile = "warga.csv"\n'


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office of one list and one file with secrets, an hour after they were saved."""
    for name, text in (("config.toml", CONFIG), ("warga.csv", "phone\n"), ("credentials.toml", "")):
        (tmp_path / name).write_text(text)
    return Office(load_settings(tmp_path / "config.toml"), now=lambda: datetime.now(UTC) + timedelta(hours=1))


def files_of(office: Office) -> SenderFiles:
    """The newest files, as a sender that read all of them records them."""
    root = office.settings.root
    return SenderFiles(
        office.settings.digest,
        office.now(),
        {"warga": file_digest(root / "warga.csv") or ""},
        {str(root / "credentials.toml"): read_stamp(root / "credentials.toml")},
    )


def unread(office: Office, files: SenderFiles) -> list[str]:
    stale = list_stale_files(office, files)
    assert {file.reason for file in stale} <= {StaleReason.UNREAD}
    return [file.path for file in stale]


def test_files_that_the_sender_did_not_read_are_named(office: Office) -> None:
    files = files_of(office)
    assert unread(office, files) == []
    old = replace(files, config_digest="another", list_digests={})
    old = replace(old, secret_stamps={path: read_stamp(Path("/")) for path in files.secret_stamps})
    assert unread(office, old) == ["config.toml", "warga.csv", "credentials.toml"]


def test_files_that_just_changed_are_not_named(office: Office) -> None:
    old = replace(files_of(office), config_digest="another", list_digests={})
    office.now = lambda: datetime.now(UTC) + RELOAD_TIME
    assert unread(office, old) == []


def test_a_sender_that_recorded_nothing_yet_is_not_compared(office: Office) -> None:
    assert list_stale_files(office, SenderFiles()) == ()


def test_a_refused_file_is_named_once_with_its_reason(office: Office) -> None:
    refused = StaleFile("config.toml", StaleReason.BROKEN, "config.toml:1:1: error[config-syntax]")
    files = replace(files_of(office), config_digest="another", stale=(refused,))
    assert list_stale_files(office, files) == (refused,)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read everything")
def test_secrets_that_only_the_sender_can_read_are_no_finding(office: Office) -> None:
    files = files_of(office)
    (office.settings.root / "credentials.toml").chmod(0)
    assert unread(office, files) == []


def test_secrets_that_are_gone_here_are_no_finding(office: Office) -> None:
    files = replace(files_of(office), secret_stamps={"/run/credentials/x_api_key": read_stamp(Path("/"))})
    assert unread(office, files) == []

"""A new process parses, renders and measures only what changed, and comes to what one without the cache does."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from humaspost.app import backups, erasure, loaded_code
from humaspost.app.folder import cache as folder_cache
from humaspost.app.folder.scan import ScanResult, scan_folder
from humaspost.app.office import Office
from humaspost.base import i18n
from humaspost.base.stamped_cache import StampedCache
from humaspost.content import reader
from humaspost.ledger import accounts
from humaspost.media import probe
from humaspost.model.account import AccountStatus
from humaspost.planning import plan
from humaspost.settings.load import load_settings
from tests.cli.bad_files import BAD
from tests.support.image_files import png

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
"""
POST = """---
id: {name}
title: "Loket {name}"
date: 2099-02-03 08:30 WIB
channels: [x]
{more}---
Loket **buka** {text}.
"""
_PICTURE = 'media:\n  - file: loket.png\n    alt: "Loket"\n'


@dataclass
class Counts:
    """How many files a process parsed, posts it planned and media it measured."""

    parsed: int = 0
    planned: int = 0
    probed: int = 0


class Folder:
    """An office in which every scan is one of a new process, three seconds after all files were written."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.counts = Counts()
        self.later = timedelta(seconds=3)
        for folder in ("posts", ".humaspost"):
            (root / folder).mkdir()
        (root / "config.toml").write_text(CONFIG)
        self._count(monkeypatch, reader, "parse_post_file", "parsed")
        self._count(monkeypatch, plan, "_plan_post", "planned")
        self._count(monkeypatch, probe, "media_details", "probed")

    def _count(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, field: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def counting(*args: Any, **more: Any) -> Any:
            setattr(self.counts, field, getattr(self.counts, field) + 1)
            return original(*args, **more)

        monkeypatch.setattr(module, name, counting)

    def write(self, name: str, text: str = "malam", *, more: str = "") -> Path:
        path = self.root / "posts" / f"{name}.md"
        path.write_text(POST.format(name=name, text=text, more=more))
        return path

    def office(self) -> Office:
        return Office(load_settings(self.root / "config.toml"), environ={})

    def scan(self, *, with_cache: bool = True, **how: Any) -> ScanResult:
        """Scan as a new process does."""
        office = self.office()
        self.counts.parsed = self.counts.planned = self.counts.probed = 0
        path = office.settings.state / folder_cache.FILE
        office.__dict__["folder_cache"] = StampedCache(
            path if with_cache else self.root / "absent" / "cache",
            basis=lambda: folder_cache.describe_basis(office.settings, office.channels.values(), office.code),
            is_current=office.code.is_on_disk,
            min_values=1,
            clock_ns=lambda: time.time_ns() + self.later // timedelta(microseconds=1) * 1000,
        )
        scanned = scan_folder(office, **how)
        office.close()
        return scanned

    @property
    def cache(self) -> Path:
        return self.root / ".humaspost" / folder_cache.FILE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path, monkeypatch)
    for number in range(5):
        made.write(f"p{number}", str(number))
    return made


def test_an_unchanged_folder_is_not_parsed_again(folder: Folder) -> None:
    (folder.root / "posts" / "loket.png").write_bytes(png((600, 400)))
    folder.write("gambar", more=_PICTURE)
    folder.write("salah", more="late: besok\n")
    first = folder.scan()
    assert folder.counts == Counts(7, 6, 1)
    second = folder.scan()
    assert folder.counts == Counts(0, 0, 0)
    assert second == first
    assert [row.rendition.hash for row in second.plan.rows] == [row.rendition.hash for row in first.plan.rows]
    assert [post.id for post in second.posts] == ["gambar", "p0", "p1", "p2", "p3", "p4"]
    assert folder.scan(for_sending=True, wait_for_unsettled=True).plan.rows == first.plan.rows
    assert folder.counts == Counts(0, 0, 0)


def test_only_what_changed_is_parsed(folder: Folder) -> None:
    folder.scan()
    folder.write("p3", "siang")
    (folder.root / "posts" / "p1.md").unlink()
    (folder.root / "posts" / "p2.md").rename(folder.root / "posts" / "q2.md")
    changed = folder.scan()
    assert (folder.counts.parsed, folder.counts.planned) == (2, 2)
    assert changed == folder.scan(with_cache=False)
    folder.scan()
    assert (folder.counts.parsed, folder.counts.planned) == (0, 0)


def test_a_file_that_was_just_written_is_parsed_again(folder: Folder) -> None:
    folder.later = timedelta(0)
    first = folder.scan()
    assert folder.scan() == first
    # Renditions go by the content, so only the files are read again.
    assert (folder.counts.parsed, folder.counts.planned) == (5, 0)


def test_a_picture_with_its_old_name_is_measured_again(folder: Folder) -> None:
    picture = folder.root / "posts" / "loket.png"
    picture.write_bytes(png((600, 400)))
    folder.write("gambar", more=_PICTURE)
    folder.scan()
    picture.write_bytes(png((800, 400)))
    changed = folder.scan()
    assert folder.counts == Counts(0, 1, 1)
    assert changed == folder.scan(with_cache=False)
    folder.scan()
    assert folder.counts == Counts(0, 0, 0)


def test_a_picture_that_comes_later_ends_its_problem(folder: Folder) -> None:
    folder.write("gambar", more=_PICTURE)
    assert [problem.code for problem in folder.scan().problems] == ["media-missing-file"]
    (folder.root / "posts" / "loket.png").write_bytes(png((600, 400)))
    assert folder.scan().problems == ()


def test_another_config_is_another_reading(folder: Folder) -> None:
    folder.scan()
    (folder.root / "config.toml").write_text(CONFIG + "premium = true\n")
    assert folder.scan() == folder.scan(with_cache=False)
    (folder.root / "config.toml").write_text(CONFIG.replace("Jakarta", "Jayapura"))
    moved = folder.scan()
    assert folder.counts == Counts(5, 5, 0)
    assert moved == folder.scan(with_cache=False)


def test_a_name_that_the_config_learns_is_learned(folder: Folder) -> None:
    path = folder.write("dua")
    path.write_text(path.read_text().replace("[x]", "[x_dua]"))
    assert [problem.file for problem in folder.scan().problems] == ["posts/dua.md"]
    (folder.root / "config.toml").write_text(f"{CONFIG}[accounts.x_dua]\nchannel = 'x'\nhandle = '@dua'\n")
    assert folder.scan().problems == ()
    assert folder.counts.parsed == 6


def test_another_version_of_the_code_is_another_reading(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.scan()
    monkeypatch.setattr("humaspost.__version__", "99")
    folder.scan()
    assert folder.counts.parsed == 5
    folder.scan()
    assert folder.counts.parsed == 0


@pytest.mark.parametrize("suffix", ["1.dist-info", "2.dist-info"])
def test_another_library_is_another_reading(
    suffix: str, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "libraries"
    (libraries / "tzdata-1.dist-info").mkdir(parents=True)
    monkeypatch.setattr(loaded_code, "_LIBRARIES", (str(libraries), str(tmp_path / "absent")))
    folder.scan()
    (libraries / "tzdata-1.dist-info").rename(libraries / f"tzdata-{suffix}")
    folder.scan()
    assert folder.counts.parsed == (5 if suffix[0] == "2" else 0)


def test_a_changed_source_is_another_reading(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "code" / "sub").mkdir(parents=True)
    module = tmp_path / "code" / "sub" / "module.py"
    module.write_text("1")
    before = loaded_code._list_stamps(tmp_path / "code")
    assert len(before) == 1
    module.write_text("22")
    assert loaded_code._list_stamps(tmp_path / "code") != before


def test_messages_are_in_the_language_of_the_reader(folder: Folder) -> None:
    folder.write("salah", more="late: besok\n")
    english = folder.scan().problems
    i18n.install(lambda text: f"<{text}>", lambda one, _many, _count: one, "xx")
    try:
        other = folder.scan()
        assert other == folder.scan(with_cache=False)
    finally:
        i18n.install(str, lambda one, many, count: one if count == 1 else many)
    assert other.problems != english


def test_another_status_of_an_account_is_another_plan(folder: Folder) -> None:
    office = folder.office()
    account = office.settings.accounts[0]
    now = datetime.now(UTC)
    account_id = office.ledger(write=True).write(
        lambda conn: accounts.ensure_account(conn, account, platform_id="1")
    )
    assert folder.scan().problems == ()
    status = AccountStatus(now, expires_at=now + timedelta(days=1))
    office.ledger(write=True).write(lambda conn: accounts.save_status(conn, account_id, status))
    office.close()
    warned = folder.scan()
    assert (folder.counts.parsed, folder.counts.planned) == (0, 5)
    assert {problem.code for problem in warned.problems} == {"login-expires"}
    assert warned == folder.scan()


def test_the_time_and_the_allowance_of_a_status_decide_nothing(folder: Folder) -> None:
    """Each check of an account, and each post that was sent, planned the whole folder anew."""
    office = folder.office()
    account, now = office.settings.accounts[0], datetime.now(UTC)
    account_id = office.ledger(write=True).write(
        lambda conn: accounts.ensure_account(conn, account, platform_id="1")
    )

    def save(status: AccountStatus) -> None:
        office.ledger(write=True).write(lambda conn: accounts.save_status(conn, account_id, status))

    save(AccountStatus(now, expires_at=now + timedelta(days=40), extra={"renews": True}))
    folder.scan()
    save(
        AccountStatus(
            now + timedelta(hours=1),
            expires_at=now + timedelta(days=40),
            quotas={"posts": (1, 25)},
            extra={"renews": True},
        )
    )
    folder.scan()
    assert (folder.counts.parsed, folder.counts.planned) == (0, 0)
    office.close()


def test_a_damaged_cache_is_no_cache(folder: Folder) -> None:
    first = folder.scan()
    raw = folder.cache.read_bytes()
    for damaged in (b"", raw[: len(raw) // 2], raw.replace(b"Loket", b"Lokel"), b"\xff" * 1000):
        folder.cache.write_bytes(damaged)
        assert folder.scan() == first
        assert folder.counts.parsed > 0
        folder.scan()
        assert folder.counts == Counts(0, 0, 0)


def test_what_others_may_write_is_not_trusted(folder: Folder) -> None:
    folder.scan()
    folder.cache.chmod(0o664)
    folder.scan()
    assert (folder.counts.parsed, folder.cache.stat().st_mode & 0o777) == (5, 0o600)


def test_an_office_without_a_state_folder_gets_none(folder: Folder) -> None:
    (folder.root / ".humaspost").rmdir()
    folder.scan()
    assert not (folder.root / ".humaspost").exists()


def test_a_few_posts_are_not_worth_a_file(folder: Folder) -> None:
    scan_folder(folder.office())
    assert not folder.cache.exists()


def test_every_bad_file_has_the_same_problems_with_the_cache(folder: Folder) -> None:
    for number, path in enumerate(sorted(BAD.glob("*.md"))):
        copy = folder.root / "posts" / f"bad{number:03}.md"
        copy.write_bytes(path.read_bytes())
    expected = folder.scan(with_cache=False)
    assert len(expected.problems) > 100
    assert folder.scan() == expected
    assert folder.scan() == expected
    assert folder.counts == Counts(0, 0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_any_series_of_edits_gives_the_same_with_and_without(seed: int, folder: Folder) -> None:
    rng = random.Random(seed)
    names = [f"p{number}" for number in range(8)]
    extras = ["", "", "draft: true\n", "repeats: p1\n", "late: besok\n", _PICTURE, "expires: 2099-01-01\n"]

    def edit() -> None:
        path = folder.root / "posts" / f"{rng.choice(names)}.md"
        match rng.randrange(6):
            case 0 | 1:
                folder.write(path.stem, rng.choice(["pagi", "siang"]), more=rng.choice(extras))
            case 2:
                path.unlink(missing_ok=True)
            case 3 if path.exists():
                path.replace(path.with_name(f"{rng.choice(names)}.md"))
            case 4:
                (path.parent / "loket.png").write_bytes(png((600 + rng.randrange(9), 400)))
            case _:
                folder.later = rng.choice([timedelta(0), timedelta(seconds=3)])

    for _round in range(8):
        for _edit in range(rng.randrange(4)):
            edit()
        scanned = folder.scan()
        assert scanned == folder.scan(with_cache=False)
        assert replace(scanned.plan, stamps={}) == replace(folder.scan().plan, stamps={})


def test_the_reading_is_reported_to_its_end(folder: Folder) -> None:
    office = folder.office()
    steps: list[tuple[int, int]] = []
    office.report_reading = lambda done, total: steps.append((done, total))
    scan_folder(office)
    assert [done for done, _total in steps] == list(range(11))
    assert {total for _done, total in steps} == {10}


def test_a_person_who_is_forgotten_is_in_no_text_of_a_deleted_post(folder: Folder) -> None:
    folder.write("orang", "untuk +6281234567890")
    folder.scan()
    (folder.root / "posts" / "orang.md").unlink()
    folder.scan()
    assert b"81234567890" in folder.cache.read_bytes(), "lines go when the file is written anew"
    office = folder.office()
    erasure.forget_person(office, "+6281234567890")
    office.close()
    assert not [
        path
        for path in (folder.root / ".humaspost").rglob("*")
        if path.is_file() and b"81234567890" in path.read_bytes()
    ]
    assert folder.scan() == folder.scan(with_cache=False)


def test_a_backup_has_no_cache(folder: Folder) -> None:
    folder.scan()
    office = folder.office()
    office.ledger(write=True)
    made = backups.create_backup(office, folder.root / "backup.sqlite3")
    office.close()
    assert b"Loket p1" not in made.read_bytes()

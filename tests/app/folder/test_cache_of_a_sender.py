"""The cache of a process that runs on: it says what this process did, whatever others do to the files meanwhile."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from humaspost.app import erasure, loaded_code
from humaspost.app.folder import cache as folder_cache
from humaspost.app.folder.scan import scan_folder
from humaspost.app.office import Office
from humaspost.base import files
from humaspost.base.stamped_cache import StampedCache
from humaspost.content import reader
from humaspost.media import probe
from humaspost.planning import plan
from humaspost.settings.load import load_settings
from tests.app.folder.test_cache import CONFIG, POST
from tests.support.image_files import png

PHONE = "+6281234567890"
PICTURE = 'media:\n  - file: loket.png\n    alt: "Loket"\n'


class Folder:
    """An office of three posts, one with a picture, whose files are older than every reading."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.state = root, root / ".humaspost"
        self.libraries = root / "libraries"
        for folder in ("posts", ".humaspost", "libraries/papan-1.dist-info"):
            (root / folder).mkdir(parents=True)
        self.configure()
        (root / "posts" / "loket.png").write_bytes(png((600, 400)))
        for name in ("a", "b"):
            self.write(name)
        self.write("c", more=PICTURE)
        monkeypatch.setattr(loaded_code, "_LIBRARIES", (str(self.libraries),))
        later = partial(StampedCache, min_values=1, clock_ns=lambda: time.time_ns() + 3 * 10**9)
        monkeypatch.setattr(folder_cache, "StampedCache", later)
        self.counts = dict.fromkeys(("parsed", "planned", "measured"), 0)
        self._count(monkeypatch, reader, "parse_post_file", "parsed")
        self._count(monkeypatch, plan, "_plan_post", "planned")
        self._count(monkeypatch, probe, "media_details", "measured")

    def _count(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, field: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def counting(*args: Any, **more: Any) -> Any:
            self.counts[field] += 1
            return original(*args, **more)

        monkeypatch.setattr(module, name, counting)

    def configure(self, more: str = "") -> None:
        (self.root / "config.toml").write_text(CONFIG + more)

    def write(self, name: str, text: str = "pagi", *, more: str = "") -> None:
        path = self.root / "posts" / f"{name}.md"
        path.write_text(POST.format(name=name, text=text, more=more))

    def office(self) -> Office:
        return Office(load_settings(self.root / "config.toml"), environ={})

    def reload(self, office: Office) -> None:
        office.replace_settings(load_settings(self.root / "config.toml"))

    def upgrade(self) -> None:
        (self.libraries / "papan-1.dist-info").rename(self.libraries / "papan-2.dist-info")

    def scan_anew(self) -> tuple[int, ...]:
        """Scan as a new process does; return how much it made itself."""
        self.counts.update(dict.fromkeys(self.counts, 0))
        scan_folder(self.office())
        return tuple(self.counts.values())

    @property
    def cache(self) -> bytes:
        return (self.state / folder_cache.FILE).read_bytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


@pytest.mark.parametrize("is_reloaded", [True, False])
def test_what_the_old_code_made_is_not_written_after_an_upgrade(folder: Folder, is_reloaded: bool) -> None:
    sender = folder.office()
    scan_folder(sender)
    before = folder.cache
    folder.upgrade()
    if is_reloaded:
        folder.configure('[policy]\ngrace = "30m"\n')
        folder.reload(sender)
    folder.write("a", "siang")
    scan_folder(sender)
    assert folder.cache == before
    assert folder.scan_anew() == (3, 3, 1)
    assert folder.scan_anew() == (0, 0, 0)
    written = folder.cache
    folder.write("a", "malam")
    scan_folder(sender)
    assert folder.cache == written, "the old code replaced what the new code made"


def test_a_comment_in_the_config_changes_no_head(folder: Folder) -> None:
    sender = folder.office()
    scan_folder(sender)
    folder.configure("# a comment\n")
    sender.settings = load_settings(folder.root / "config.toml")
    assert folder.scan_anew() == (0, 0, 0)
    for text in ("siang", "malam"):
        folder.write("a", text)
        scan_folder(sender)
        assert folder.scan_anew() == (0, 0, 0)


def test_a_reload_keeps_all_that_the_sender_knows(folder: Folder) -> None:
    sender = folder.office()
    scan_folder(sender)
    folder.configure('[policy]\ngrace = "30m"\n')
    folder.reload(sender)
    folder.counts["measured"] = 0
    scan_folder(sender)
    assert folder.counts["measured"] == 0
    assert folder.scan_anew() == (0, 0, 0)


def list_files_that_name(folder: Folder) -> list[str]:
    return [
        path.name
        for path in folder.state.rglob("*")
        if path.is_file() and PHONE[1:].encode() in path.read_bytes()
    ]


def forget(folder: Folder) -> erasure.ErasureResult:
    office = folder.office()
    try:
        return erasure.forget_person(office, PHONE)
    finally:
        office.close()


def test_a_draft_that_a_dead_process_left_goes_with_the_person(folder: Folder) -> None:
    draft = files.draft_of(folder.state / folder_cache.FILE)
    draft.write_text(PHONE)
    assert forget(folder).remainders == ()
    assert list_files_that_name(folder) == []


def test_a_draft_that_cannot_be_deleted_is_named(folder: Folder) -> None:
    draft = files.draft_of(folder.state / folder_cache.FILE)
    draft.mkdir()
    assert [remainder.path for remainder in forget(folder).remainders] == [draft]


@pytest.mark.parametrize("step", ["before the draft", "before the old lines are read", "before the rename"])
def test_a_rewrite_meanwhile_puts_no_old_line_back(
    step: str, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("orang", f"untuk {PHONE}")
    sender = folder.office()
    scan_folder(sender)
    (folder.root / "posts" / "orang.md").unlink()
    assert list_files_that_name(folder) == [folder_cache.FILE]
    cache = sender.folder_cache
    cache.section("more").put("key", "1", 1, encode=int, decode=int)

    def interrupt(module: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def interrupted(*args: Any, **more: Any) -> Any:
            monkeypatch.setattr(module, name, original)
            assert forget(folder).remainders == ()
            return original(*args, **more)

        monkeypatch.setattr(module, name, interrupted)

    match step:
        case "before the draft":
            interrupt(files, "_new")
        case "before the old lines are read":
            interrupt(os, "fstat")
        case _:
            interrupt(files, "replace")
    with suppress(FileNotFoundError):
        cache._rewrite()
    assert list_files_that_name(folder) == []

"""Files are saved as editors save them while they are read: what counts is whole, and of one revision."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.content_files import reader
from tests.support.deadlines import SECOND
from tests.support.sizes import size

#: Long against the pauses of the slowest writer here, short against the patience of a person.
SETTLE = 0.4
ROUNDS, FILES = size(4, 20), 52
_LONG = "Kalimat yang panjang sekali supaya berkas ini tidak muat dalam satu tulisan kecil. " * 40


def text(name: str, revision: int) -> bytes:
    body = f"AWAL-{revision}\n\n{_LONG}\n\nAKHIR-{revision}\n"
    return f"---\nid: {name}\ntitle: {name}\ndate: 2099-02-03 08:30 WIB\nchannels: [x]\n---\n{body}".encode()


def whole(path: Path, content: bytes) -> None:
    """rsync, and every careful editor: beside it, then over it."""
    beside = path.with_name(f".{path.name}.Xy12Zz")
    beside.write_bytes(content)
    beside.replace(path)


def vim(path: Path, content: bytes) -> None:
    """backupcopy=no: the old one is moved away, a new one written in its place, the old one deleted."""
    backup = path.with_name(path.name + "~")
    if path.exists():
        path.rename(backup)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    backup.unlink(missing_ok=True)


def code(path: Path, content: bytes) -> None:
    """VS Code: cut to nothing, then written in place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, content)
    os.close(descriptor)


def git(path: Path, content: bytes) -> None:
    """checkout: deleted, then made anew."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(descriptor, content)
    os.close(descriptor)


def slow(path: Path, content: bytes) -> None:
    """A network folder: in pieces, with pauses."""
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(content), 700):
            file.write(content[start : start + 700])
            time.sleep(0.005)


Way = Callable[[Path, bytes], None]
WAYS: tuple[Way, ...] = (whole, vim, code, git, slow)


class Writer(threading.Thread):
    """Saves its files in its own way, revision after revision; ``longest`` is its slowest save in seconds."""

    def __init__(self, way: Way, paths: list[Path]) -> None:
        super().__init__(daemon=True)
        self.way, self.paths = way, paths
        self.longest, self.saves = 0.0, 0

    def run(self) -> None:
        for revision in range(1, ROUNDS + 1):
            for path in self.paths:
                began = time.monotonic()
                self.way(path, text(path.stem, revision))
                self.longest = max(self.longest, time.monotonic() - began)
                self.saves += 1
            time.sleep(SETTLE * 1.3)


def test_saves_are_never_read_in_part(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    paths = [folder / f"p{number:02}.md" for number in range(FILES)]
    writers = [Writer(way, paths[number :: len(WAYS)]) for number, way in enumerate(WAYS)]
    watch = reader(tmp_path, settle=SETTLE)
    for writer in writers:
        writer.start()
    torn: dict[str, set[str]] = {way.__name__: set() for way in WAYS}
    last: dict[str, int] = {}
    seen = set()
    while any(writer.is_alive() for writer in writers) or len(last) < FILES or min(last.values()) < ROUNDS:
        for post in watch.read(now=time.time()).posts:
            way = WAYS[int(post.id[1:]) % len(WAYS)].__name__
            marks = re.findall(r"(?:AWAL|AKHIR)-\d+", repr(post))
            numbers = {mark.partition("-")[2] for mark in marks}
            if {mark.partition("-")[0] for mark in marks} != {"AWAL", "AKHIR"} or len(numbers) != 1:
                torn[way].add(f"{post.id}: {marks}")
                continue
            revision = int(numbers.pop())
            assert revision >= last.get(post.id, 0), "an older revision came back"
            last[post.id] = revision
            seen.add((post.id, revision))
    assert sum(writer.saves for writer in writers) == ROUNDS * FILES
    assert len(seen) > FILES * 2, "the reader met hardly any revision"
    assert torn["whole"] == set()
    for writer in writers:
        # A save that this machine drew out beyond the settling time may be met half done; none other.
        assert torn[writer.way.__name__] == set() or writer.longest >= SETTLE


def test_git_itself(tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()

    def run(*args: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *who, *args], cwd=tmp_path, check=True, capture_output=True)

    run("init")
    for revision in (1, 2):
        for number in range(20):
            (folder / f"p{number}.md").write_bytes(text(f"p{number}", revision))
        run("add", ".")
        run("commit", "-m", f"{revision}")
    watch = reader(tmp_path, settle=0.1)
    for turn in range(6):
        run("checkout", "-q", "HEAD~1" if turn % 2 == 0 else "main")
        wanted = "1" if turn % 2 == 0 else "2"
        end = time.monotonic() + 15 * SECOND
        while time.monotonic() < end:
            found = {post.id: repr(post) for post in watch.read(now=time.time()).posts}
            assert all(
                ("AWAL-1" in b) == ("AKHIR-1" in b) and ("AWAL-2" in b) == ("AKHIR-2" in b)
                for b in found.values()
            )
            if len(found) == 20 and all(f"AWAL-{wanted}" in body for body in found.values()):
                break
        else:
            raise AssertionError("the checkout was never read whole")

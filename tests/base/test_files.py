"""One way to write a file: whole or not at all, and no module has a way of its own."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import humaspost
from humaspost.base import files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def as_file(target: Path, text: bytes, **how: int) -> None:
    with files.atomic_write(target, **how) as out:
        out.write(text)


def as_path(target: Path, text: bytes, **how: int) -> None:
    with files.written_path(target, **how) as draft:
        assert mode(draft) == how.get("mode", 0o600) & ~0o022, "nobody else may read what is half written"
        draft.write_bytes(text)


@pytest.mark.parametrize("write", [as_file, as_path])
def test_a_file_replaces_another(tmp_path: Path, write: Callable[..., None]) -> None:
    target = tmp_path / "a"
    write(target, b"old")
    assert mode(target) == 0o600
    write(target, b"new", mode=0o644)
    assert (target.read_bytes(), mode(target)) == (b"new", 0o644)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("way", [files.atomic_write, files.written_path, files.created])
def test_a_block_that_fails_changes_nothing(tmp_path: Path, way: Callable[..., object]) -> None:
    target = tmp_path / "a"
    if way is not files.created:
        target.write_bytes(b"old")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="full"), way(target) as _out:  # type: ignore[attr-defined]
        raise OSError("full")
    assert sorted(tmp_path.iterdir()) == before
    assert not target.exists() or target.read_bytes() == b"old"


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with hard links, and one without."""

    def refuse(_source: Path, _target: Path) -> None:
        raise PermissionError("operation not permitted")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("links")
def test_a_new_file_is_there_whole(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with files.created(target) as out:
        out.write(b"text")
        assert not target.exists()
    assert (target.read_bytes(), mode(target)) == (b"text", 0o600)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("links")
def test_a_new_file_replaces_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a"

    def second() -> None:
        with files.created(target) as out:
            out.write(b"second")
            target.write_bytes(b"first")  # another command was faster

    with pytest.raises(FileExistsError):
        second()
    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_the_umask_counts_for_a_new_file(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with files.created(tmp_path / "a", mode=0o644) as out:
            out.write(b"text")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == 0o600


def test_no_module_has_a_way_of_its_own() -> None:
    own = re.compile(
        r"\bO_(?:EXCL|CREAT)\b|\bos\.(?:link|replace|rename)\(|\.write_(?:text|bytes)\(|\bNamedTemp"
    )
    source = Path(humaspost.__file__).parent
    found = [
        f"{path.relative_to(source)}:{number}"
        for path in source.rglob("*.py")
        if "sandbox" not in path.parts and path.relative_to(source).as_posix() != "base/files.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if own.search(line)
    ]
    assert found == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
def test_what_root_writes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    files.make_folder(folder / "media" / "fitted")
    with files.atomic_write(folder / "replaced") as out:
        out.write(b"text")
    with files.created(folder / "media" / "salt") as out:
        out.write(b"text")
    files.lock_path(folder / "sender.lock")
    made = list(folder.rglob("*"))
    assert len(made) == 5
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65534)}
    assert {mode(path) for path in made if path.is_dir()} == {0o700}

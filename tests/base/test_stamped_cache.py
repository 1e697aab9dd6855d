"""Values come back for the stamp that they were made from, and from a file that is whole and ours alone."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from humaspost.base.file_stamp import FileStamp, is_proof
from humaspost.base.stamped_cache import StampedCache


def unchanged(value: Any) -> Any:
    return value


def opened(path: Path, *, basis: str = "b", min_values: int = 1) -> StampedCache:
    """The cache as a new process opens it."""
    return StampedCache(path, basis=lambda: basis, min_values=min_values)


def store(path: Path, values: dict[str, Any], *, stamp: str = "1", **how: Any) -> None:
    """Keep the values as one process does."""
    cache = opened(path, **how)
    section = cache.section("s")
    for key, value in values.items():
        section.put(key, stamp, value, encode=unchanged, decode=unchanged)
    cache.save()


def stored(path: Path, *keys: str, stamp: str = "1", **how: Any) -> list[Any]:
    """The values as another process gets them."""
    section = opened(path, **how).section("s")
    return [section.take(key, stamp, unchanged) for key in keys]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "values.cache"


def test_a_value_comes_back_for_its_own_stamp_only(path: Path) -> None:
    store(path, {"a": [1, "tab\t, line\n and é"], "b\tc\n\\": {"x": None}})
    assert stored(path, "a", "b\tc\n\\", "d") == [[1, "tab\t, line\n and é"], {"x": None}, None]
    assert stored(path, "a", stamp="2") == [None]
    assert stored(path, "a", basis="another version") == [None]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_value_that_json_changes_is_not_kept(path: Path) -> None:
    store(path, {"tuple": (1, 2), "number": {1: 2}, "object": object(), "nan": float("nan"), "good": 1})
    assert stored(path, "tuple", "number", "object", "nan", "good") == [None, None, None, None, 1]


def test_a_value_that_is_not_kept_any_more_replaces_the_old_one(path: Path) -> None:
    store(path, {"a": 1, "b": 2})
    store(path, {"a": (1, 2)})
    assert stored(path, "a", "b") == [None, 2]


def test_a_decoder_that_fails_is_a_value_to_make_anew(path: Path) -> None:
    store(path, {"a": [1]})
    assert opened(path).section("s").take("a", "1", lambda data: data["no list"]) is None


def test_a_few_values_are_no_file(path: Path) -> None:
    store(path, {"a": 1}, min_values=2)
    assert not path.exists()
    store(path, {"a": 1, "b": 2}, min_values=2)
    assert stored(path, "a") == [1]


def test_what_changed_is_appended_and_old_lines_do_not_pile_up(path: Path) -> None:
    store(path, {str(number): 0 for number in range(10)})
    identity, sizes = path.stat().st_ino, set()
    store(path, {"3": 1})
    assert path.stat().st_ino == identity
    for round_ in range(60):
        store(path, {"3": round_, "4": round_})
        sizes.add(path.read_bytes().count(b"\n"))
    assert stored(path, "3", "5") == [59, 0]
    assert max(sizes) <= 22


def test_what_is_not_retained_is_forgotten(path: Path) -> None:
    store(path, {"a": 1, "b": 2})
    cache = opened(path)
    cache.section("s").retain({"b"})
    cache.save()
    assert stored(path, "a", "b") == [None, 2]


def test_nothing_new_is_nothing_written(path: Path) -> None:
    store(path, {"a": 1})
    before = path.stat()
    cache = opened(path)
    cache.section("s").take("a", "1", unchanged)
    cache.section("s").retain({"a"})
    cache.save()
    assert FileStamp.of(path.stat()) == FileStamp.of(before)


def _cut(raw: bytes) -> bytes:
    return raw[:-3]


def _flip(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def _swap_stamp(raw: bytes) -> bytes:
    return raw.replace(b"\t1\t", b"\t2\t")


@pytest.mark.parametrize("damage", [_cut, _flip, _swap_stamp])
def test_a_damaged_line_counts_for_nothing_and_the_others_do(
    damage: Callable[[bytes], bytes], path: Path
) -> None:
    store(path, {"a": [1], "b": [2]})
    head, first, last = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([head, first, damage(last)]))
    assert stored(path, "a", "b") == [[1], None]
    assert stored(path, "b", stamp="2") == [None]
    store(path, {"b": [3]})
    assert stored(path, "a", "b") == [[1], [3]]


@pytest.mark.parametrize(
    "raw", [b"", b"\0" * 100, b"SQLite format 3\0", b"humaspost cache 0 b\n", b"\n\n\xff"]
)
def test_a_file_of_another_kind_is_replaced(raw: bytes, path: Path) -> None:
    path.write_bytes(raw)
    path.chmod(0o600)
    assert stored(path, "a") == [None]
    store(path, {"a": 1})
    assert stored(path, "a") == [1]


def test_a_file_that_others_may_write_or_a_link_is_not_read(path: Path, tmp_path: Path) -> None:
    store(path, {"a": 1})
    path.chmod(0o620)
    assert stored(path, "a") == [None]
    store(path, {"a": 2})
    assert (stored(path, "a"), path.stat().st_mode & 0o777) == ([2], 0o600)
    moved = path.rename(tmp_path / "moved")
    path.symlink_to(moved)
    assert stored(path, "a") == [None]
    store(path, {"a": 3})
    assert (stored(path, "a"), stored(moved, "a"), path.is_symlink()) == ([3], [2], False)


def test_a_pipe_in_its_place_does_not_hang(path: Path) -> None:
    os.mkfifo(path, 0o600)
    assert stored(path, "a") == [None]


def test_without_a_folder_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    store(tmp_path / "absent" / "values.cache", {"a": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_costs_time_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        store(path, {"a": 1})
    assert list(path.parent.iterdir()) == []
    store(path, {"a": 1})
    assert stored(path, "a") == [1]


def test_two_processes_add_to_one_file(path: Path) -> None:
    store(path, {"a": 1})
    first, second = opened(path), opened(path)
    for cache, key in ((first, "b"), (second, "c")):
        cache.section("s").put(key, "1", key, encode=unchanged, decode=unchanged)
    first.save()
    second.save()
    assert stored(path, "a", "b", "c") == [1, "b", "c"]


def test_a_file_of_another_basis_or_none_is_not_added_to(path: Path) -> None:
    store(path, {"a": 1})
    cache = opened(path)
    section = cache.section("s")
    assert section.take("a", "1", unchanged) == 1
    store(path, {"a": 5}, basis="another")
    section.put("b", "1", 2, encode=unchanged, decode=unchanged)
    cache.save()
    assert stored(path, "a", "b", basis="another") == [5, None]
    path.unlink()
    section.put("c", "1", 3, encode=unchanged, decode=unchanged)
    cache.save()
    assert stored(path, "c") == [3]


def test_every_line_is_json_behind_its_checksum(path: Path) -> None:
    store(path, {"a": {"b": 1}})
    _head, line = path.read_bytes().split(b"\n")
    _checksum, section, key, stamp, text = line.split(b"\t")
    assert (section, json.loads(key), stamp, json.loads(text)) == (b"s", "a", b"1", {"b": 1})


@pytest.mark.parametrize(
    ("mtime", "ctime", "expected"), [(0, 0, True), (0, 9, False), (9, 0, False), (8, 8, False), (7, 7, True)]
)
def test_a_stamp_of_the_last_two_seconds_proves_nothing(mtime: int, ctime: int, expected: bool) -> None:
    stamp = FileStamp(1, 1, mtime * 10**9, ctime * 10**9)
    assert is_proof(stamp, read_at_ns=10 * 10**9) is expected

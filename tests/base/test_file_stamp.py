"""Tests of the stamp that shows whether a file changed."""

import os
from pathlib import Path

from humaspost.base.file_stamp import FileStamp


def test_other_content_under_the_old_size_and_time_is_another_stamp(tmp_path: Path) -> None:
    file = tmp_path / "rapat.md"
    file.write_text("pukul 06.00", encoding="utf-8")
    before = FileStamp.of(file.stat())
    with file.open("r+", encoding="utf-8") as opened:
        opened.write("pukul 10.00")
    while file.stat().st_ctime_ns == before.ctime_ns:  # the kernel's clock of files ticks in milliseconds
        os.utime(file, ns=(before.mtime_ns, before.mtime_ns))
    os.utime(file, ns=(before.mtime_ns, before.mtime_ns))
    after = FileStamp.of(file.stat())
    assert (after.inode, after.size, after.mtime_ns) == (before.inode, before.size, before.mtime_ns)
    assert after != before


def test_the_text_holds_every_part() -> None:
    stamp = FileStamp(inode=7, size=12, mtime_ns=1_000, ctime_ns=2_000)
    assert stamp.text() == "7:12:1000:2000"

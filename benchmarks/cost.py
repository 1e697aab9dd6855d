"""Processor time of commands against an empty Python, and of ``check`` against a reader."""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.corpus import write_office
from benchmarks.processes import HUMASPOST, INSTALLED, cpu, run
from benchmarks.result import Result

_ROUNDS, _EACH = 5, 10
_POSTS = 10_000
_READ = """
import sys
from pathlib import Path
import frontmatter
for path in sorted(Path(sys.argv[1]).glob("*.md")):
    frontmatter.load(str(path))
"""


def help_(folder: Path) -> Result:
    """Measure ``humaspost --help`` against an empty Python program.

    Rounds alternate, so that both run under the same load.
    """

    def often(command: Sequence[str | Path]) -> float:
        return cpu(lambda: [run(command, cwd=folder) for _ in range(_EACH)]) / _EACH

    pairs = [(often((sys.executable, "-c", "pass")), often((INSTALLED, "--help"))) for _ in range(_ROUNDS)]
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    detail = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms of `python -c pass`"
    return Result("`humaspost --help`, CPU", ours / bare, "x", 11, detail)


#: Processor time at commit 70a5701, in that of ``python -c pass``: medians of 7 runs with warm .pyc files and the
#: same packages (Python 3.11.7, 2 processors, load average 10, 2026-11-29).
_BEFORE = {"check alone": 64.3, "check": 60.3, "status": 59.2}


def check_one(folder: Path) -> Result:
    """Measure ``check`` of one post, in an office without a ledger, against the old figure."""
    return _against_before("check alone", "`check` of one post, no ledger, CPU", folder, goal=0.5)


def check_one_with_ledger(folder: Path) -> Result:
    """Measure ``check`` of one post, in an office with a ledger, against the old figure."""
    return _against_before("check", "`check` of one post, with a ledger, CPU", folder, goal=0.75)


def status(folder: Path) -> Result:
    """Measure ``status`` against the old figure."""
    return _against_before("status", "`status`, CPU", folder, goal=0.75)


def _against_before(key: str, name: str, folder: Path, *, goal: float) -> Result:
    office = write_office(folder / "office", posts=1)
    if key != "check alone":
        run((*HUMASPOST, "pause", "--reason", "bench"), cwd=office)
    command = (*HUMASPOST, key.split()[0])
    run(command, cwd=office)  # warm up the file cache
    pairs = [
        (cpu(lambda: run((sys.executable, "-c", "pass"), cwd=office)), cpu(lambda: run(command, cwd=office)))
        for _ in range(_EACH + 1)
    ]
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    detail = f"{ours / bare:.1f} times `python -c pass`, where 70a5701 took {_BEFORE[key]:g} times that"
    return Result(name, ours / bare / _BEFORE[key], "x", goal, detail)


def check(folder: Path) -> Result:
    """Measure ``check`` of every post against reading only the front matter."""
    office = write_office(folder / "office", posts=_POSTS)
    reader = (sys.executable, "-c", _READ, str(office / "posts"))
    run(reader, cwd=folder)  # warm up the file cache for both
    pairs = [
        (cpu(lambda: run(reader, cwd=folder)), cpu(lambda: run((*HUMASPOST, "check"), cwd=office)))
        for _ in range(3)
    ]
    theirs, ours = (median(column) for column in zip(*pairs, strict=True))
    detail = f"{ours:.2f} s against {theirs:.2f} s of python-frontmatter on the same files"
    return Result(f"`check` of {_POSTS:,} posts, CPU", ours / theirs, "x", 5, detail)

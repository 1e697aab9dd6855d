"""Processor time of ``--help`` against an empty Python, and of ``check`` against a reader."""

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

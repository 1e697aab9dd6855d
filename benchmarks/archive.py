"""An office with an archive: what an idle sender costs, and how long ``plan`` takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.corpus import write_posts
from benchmarks.processes import HUMASPOST, cpu, run, run_for, serving
from benchmarks.result import Result

_OLD, _PENDING = 10_000, 10_000
#: Seconds: until the first look is over, and of idleness after it.
_START, _IDLE = 90.0, 60.0
_OLD_POST = """---
id: lama-{number:05}
title: "Kabar Lama Nomor {number}"
date: {date:%Y-%m-%d %H:%M} WIB
channels: [x]
late: skip
---
Kabar lama nomor {number} dari arsip kota.
"""


def idle(folder: Path) -> Result:
    """Measure the processor time of an idle ``schedule`` with an archive, as a share of one processor."""
    with _office(folder) as office:
        short, long = (_schedule(office, seconds) for seconds in (_START, _START + _IDLE))
    detail = f"{_OLD:,} old and {_PENDING:,} pending posts, {_IDLE:.0f} s after the first look"
    return Result("idle `schedule` with an archive, CPU", (long - short) / _IDLE * 100, "%", 2, detail)


def plan(folder: Path) -> Result:
    """Measure the processor time of ``plan`` with an archive."""
    with _office(folder) as office:
        seconds = [cpu(lambda: run((*HUMASPOST, "plan", "--json"), cwd=office)) for _round in range(3)]
    return Result(
        "`plan` with an archive, CPU", median(seconds), "s", 2, f"{_OLD:,} old and {_PENDING:,} pending"
    )


@contextmanager
def _office(folder: Path) -> Iterator[Path]:
    """Yield an office on a sandbox, whose ledger has every post."""
    office = folder / "office"
    sandbox = (*HUMASPOST, "sandbox", "--port", "0", "--json", "--office", str(office))
    with serving(sandbox, cwd=folder):
        for path in (office / "posts").glob("*.md"):
            path.unlink()
        write_posts(office / "posts", posts=_PENDING)
        first = datetime(2021, 1, 1, tzinfo=UTC)
        for number in range(_OLD):
            text = _OLD_POST.format(number=number, date=first + timedelta(minutes=number))
            (office / "posts" / f"lama{number:05}.md").write_text(text)
        run((*HUMASPOST, "run"), cwd=office, within=3600.0)
        yield office


def _schedule(office: Path, seconds: float) -> float:
    """Return the processor time of a ``schedule`` that is ended after so many seconds."""
    return cpu(lambda: run_for((*HUMASPOST, "schedule"), cwd=office, seconds=seconds))

"""An office with an archive: an idle sender, ``plan``, and a post that is saved at the last moment."""

import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.corpus import write_posts
from benchmarks.processes import HUMASPOST, cpu, run, run_for, running, serving
from benchmarks.result import Result

_OLD, _PENDING = 10_000, 10_000
#: Seconds: until the first look is over, and of idleness after it.
_START, _IDLE = 90.0, 60.0
#: Posts that are saved, one after the other, and how many seconds ahead of their time.
_SAVED, _LEAD = 20, 6
_SAVED_POST = """---
id: baru-{number:02}
title: "Kabar Baru Nomor {number}"
date: {due:%Y-%m-%d %H:%M:%S} +00:00
channels: [x]
---
Kabar baru nomor {number} yang disimpan menjelang waktunya.
"""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
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
    with _office(folder) as (office, _url):
        short, long = (_schedule(office, seconds) for seconds in (_START, _START + _IDLE))
    detail = f"{_archive()}, {_IDLE:.0f} s after the first look"
    return Result("idle `schedule` with an archive, CPU", (long - short) / _IDLE * 100, "%", 2, detail)


def plan(folder: Path) -> Result:
    """Measure the processor time of ``plan`` with an archive that was read, against one that was not.

    Rounds alternate, so that both run under the same load.
    """
    with _office(folder) as (office, _url):
        pairs = [_plan_without_and_with_cache(office) for _round in range(3)]
    first, later = (median(column) for column in zip(*pairs, strict=True))
    detail = f"{_archive()}, read before; {first:.2f} s for the first reading, {first / later:.1f} times that"
    return Result("`plan` with an archive, CPU", later, "s", 2, detail)


def late(folder: Path) -> Result:
    """Return the 99th percentile of (received by the platform - due) of posts saved just before."""
    with _office(folder) as (office, url), running((*HUMASPOST, "schedule"), cwd=office):
        _await_first_look(office)
        due = dict(_save(office, number) for number in range(_SAVED))
        seen = _received_at(url, texts=due)
    lateness = sorted((seen[text] - at).total_seconds() * 1000 for text, at in due.items() if text in seen)
    if not lateness:
        raise RuntimeError("the platform saw nothing")
    p99 = lateness[-1] if len(lateness) < 100 else lateness[int(len(lateness) * 0.99) - 1]
    detail = (
        f"{_archive()}; {len(lateness)} of {_SAVED} seen, p50 {lateness[len(lateness) // 2]:.0f}, "
        f"max {lateness[-1]:.0f} ms"
    )
    figure = p99 if len(lateness) == _SAVED else float("inf")
    return Result(f"a post saved {_LEAD} s ahead, with an archive, p99 lateness", figure, "ms", 250, detail)


def _await_first_look(office: Path) -> None:
    """Save a post long before its time, and wait until the sender has it: it then has all others too."""
    far = datetime.now(UTC).replace(microsecond=0) + timedelta(days=900)
    (office / "posts" / "jauh.md").write_text(
        _SAVED_POST.format(number=99, due=far).replace("baru-99", "jauh")
    )
    until = time.monotonic() + 600.0
    while not _is_known(office, "jauh"):
        if time.monotonic() > until:
            raise RuntimeError("the first look never ended")
        time.sleep(1)


def _is_known(office: Path, post: str) -> bool:
    ledger = sqlite3.connect(f"file:{office}/.humaspost/ledger.sqlite3?mode=ro", uri=True)
    try:
        return ledger.execute("SELECT 1 FROM post WHERE id = ?", (post,)).fetchone() is not None
    finally:
        ledger.close()


def _archive() -> str:
    return f"{_OLD:,} old and {_PENDING:,} pending posts"


def _plan_without_and_with_cache(office: Path) -> tuple[float, float]:
    (office / ".humaspost" / "posts.cache").unlink(missing_ok=True)
    first, later = (cpu(lambda: run((*HUMASPOST, "plan", "--json"), cwd=office)) for _time in range(2))
    return first, later


def _save(office: Path, number: int) -> tuple[str, datetime]:
    """Save a post that is due soon, wait until then, and return its text and time."""
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_LEAD + 1)
    time.sleep((due - datetime.now(UTC)).total_seconds() - _LEAD)
    text = _SAVED_POST.format(number=number, due=due)
    (office / "posts" / f"baru{number:02}.md").write_text(text)
    time.sleep(_LEAD + 1)
    return text.splitlines()[-1], due


def _received_at(url: str, *, texts: dict[str, datetime]) -> dict[str, datetime]:
    """Return when the platform got each text, after a minute at most."""
    until, seen = time.monotonic() + 60.0, dict[str, datetime]()
    while time.monotonic() < until and len(seen) < len(texts):
        with _OPENER.open(f"{url}/_sandbox/objects", timeout=30) as answer:
            objects: list[dict[str, Any]] = json.load(answer)["objects"]
        seen = {o["text"]: datetime.fromisoformat(o["created_at"]) for o in objects if o.get("text") in texts}
        time.sleep(1)
    return seen


@contextmanager
def _office(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield an office on a sandbox, whose ledger has every post, and the sandbox's address."""
    office = folder / "office"
    sandbox = (*HUMASPOST, "sandbox", "--port", "0", "--json", "--office", str(office))
    with serving(sandbox, cwd=folder) as announced:
        for path in (office / "posts").glob("*.md"):
            path.unlink()
        write_posts(office / "posts", posts=_PENDING)
        first = datetime(2021, 1, 1, tzinfo=UTC)
        for number in range(_OLD):
            text = _OLD_POST.format(number=number, date=first + timedelta(minutes=number))
            (office / "posts" / f"lama{number:05}.md").write_text(text)
        run((*HUMASPOST, "run"), cwd=office, within=3600.0)
        yield office, announced["url"]


def _schedule(office: Path, seconds: float) -> float:
    """Return the processor time of a ``schedule`` that is ended after so many seconds."""
    return cpu(lambda: run_for((*HUMASPOST, "schedule"), cwd=office, seconds=seconds))

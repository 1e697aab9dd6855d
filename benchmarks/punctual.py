"""200 WhatsApp posts within a minute, one recipient each: how late the platform gets them."""

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import HUMASPOST, run, serving
from benchmarks.result import Result

_POSTS, _WITHIN, _LEAD = 200, 60.0, 12.0
_POST = """---
id: tepat-{number:03}
title: "Kabar Nomor {number}"
date: {due:%Y-%m-%d %H:%M:%S} +00:00
channels: [whatsapp]
audiences: [a{number:03}]
---
Kabar nomor {number} untuk satu orang.
"""
_PEOPLE = "phone,name,basis,purpose,source,consented_at\n+62812{number:08},P,consent,info,form,2021-01-01\n"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def punctual(folder: Path) -> Result:
    """Return the 99th percentile of (received by the platform - scheduled), in milliseconds."""
    office = folder / "office"
    sandbox = (*HUMASPOST, "sandbox", "--port", "0", "--json", "--office", str(office))
    with serving(sandbox, cwd=folder) as announced:
        _empty(office)
        run((*HUMASPOST, "audience", "import", "--yes", "a000"), cwd=office)
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_LEAD)
        due = _write(office, start)
        with serving((*HUMASPOST, "schedule", "--jsonl"), cwd=office):
            seen = _received_at(announced["url"], until=time.monotonic() + _LEAD + _WITHIN + 20)
    return _result(due, seen)


def _empty(office: Path) -> None:
    """Remove the example's posts, and give each recipient a separate audience."""
    for path in (office / "posts").glob("*.md"):
        path.unlink()
    lists = []
    for number in range(_POSTS):
        (office / "audiences" / f"a{number:03}.csv").write_text(_PEOPLE.format(number=number + 20_000_000))
        lists.append(f'[audiences.a{number:03}]\nfile = "audiences/a{number:03}.csv"\n')
    config = office / "config.toml"
    config.write_text(config.read_text() + "\n" + "\n".join(lists))


def _write(office: Path, start: datetime) -> dict[str, datetime]:
    due = {}
    for number in range(_POSTS):
        at = start + timedelta(seconds=int(number * _WITHIN / _POSTS))
        due[f"+62812{number + 20_000_000:08}"] = at
        (office / "posts" / f"p{number:03}.md").write_text(_POST.format(number=number, due=at))
    return due


def _received_at(url: str, *, until: float) -> dict[str, datetime]:
    objects: list[dict[str, Any]] = []
    while time.monotonic() < until and len(objects) < _POSTS:
        time.sleep(2)
        with _OPENER.open(f"{url}/_sandbox/objects", timeout=10) as answer:
            objects = json.load(answer)["objects"]
    return {o["to"]: datetime.fromisoformat(o["created_at"]) for o in objects}


def _result(due: dict[str, datetime], seen: dict[str, datetime]) -> Result:
    late = sorted((seen[to] - at).total_seconds() * 1000 for to, at in due.items() if to in seen)
    if not late:
        raise RuntimeError("the platform saw nothing")
    p50, p99 = late[len(late) // 2], late[int(len(late) * 0.99) - 1]
    lost = len(due) - len(late)
    detail = f"{len(late)} of {len(due)} seen, earliest {late[0]:.0f}, p50 {p50:.0f}, max {late[-1]:.0f} ms"
    figure = float("inf") if lost else p99
    return Result(f"{_POSTS} WhatsApp posts within a minute, p99 lateness", figure, "ms", 250, detail)

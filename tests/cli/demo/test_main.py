"""``demo`` as a process: a whole day, its table true, nothing left behind."""

import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.cli.demo.dates import distribute_dates, read_dated_posts, set_due
from humaspost.cli.demo.table import DemoDay, format_summary, format_table
from tests.support.deadlines import SECOND
from tests.support.program import Process, expect, run
from tests.support.waiting import wait_until


@pytest.mark.slow
def test_the_demo_publishes_the_whole_day_and_removes_its_files(tmp_path: Path) -> None:
    ran = expect(run("demo", cwd=tmp_path, within=90 * SECOND, TMPDIR=str(tmp_path)))
    assert max(len(line) for line in ran.out.splitlines() if "humaspost-demo-" not in line) <= 80
    counts = re.search(r"^(\d+) deliveries published, 0 failed, 0 unknown", ran.out, re.MULTILINE)
    assert counts
    figures = re.search(r"^  published +(\d+) +(\d+) +(\d+)$", ran.out, re.MULTILINE)
    assert figures
    assert int(counts[1]) == sum(map(int, figures.groups())) > 100
    assert "MISSING" not in ran.out
    assert "not sent: draft: true" in ran.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_interrupted_demo_ends_its_children(tmp_path: Path) -> None:
    demo = Process("demo", cwd=tmp_path, TMPDIR=str(tmp_path))
    demo.line(lambda line: "waiting for the first post" in line)
    children = _children(demo.pid)
    assert len(children) == 2
    assert demo.end(signal.SIGINT, within=30 * SECOND) == 130
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), within=5 * SECOND)


def _children(pid: int) -> list[int]:
    if not Path(f"/proc/{pid}").is_dir():
        pytest.skip("no /proc to find the children in")
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


TEXT = """\
---
id: a
date: 2021-02-03 08:30 WIB
expires: 2021-02-03 21:00
draft: false
---
date: 2021-02-03 08:30 WIB stays? no: only what stands at the start of a line moves with it
"""


def test_dates_move_and_nothing_else_does(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TEXT)
    (only,) = read_dated_posts(tmp_path)
    set_due(only, datetime(2027, 1, 1, 1, 0, 0, tzinfo=UTC))
    lines = (tmp_path / "a.md").read_text().splitlines()
    assert lines[2] == "date: 2027-01-01 08:00:00 WIB"
    assert lines[3] == "expires: 2027-01-01 20:30:00 WIB"
    assert [lines[n] for n in (0, 1, 4, 5, 6)] == [TEXT.splitlines()[n] for n in (0, 1, 4, 5, 6)]


def test_posts_keep_their_order_when_they_are_spread(tmp_path: Path) -> None:
    for name, date in (
        ("c", "2021-03-01 08:30 WIB"),
        ("a", "2021-02-01 08:30 WIT"),
        ("b", "2021-02-01 08:30 WIB"),
    ):
        (tmp_path / f"{name}.md").write_text(f"---\nid: {name}\ndate: {date}\n---\n")
    start = datetime(2027, 1, 1, tzinfo=UTC)
    distribute_dates(read_dated_posts(tmp_path), start, duration=timedelta(seconds=9))
    moved = read_dated_posts(tmp_path)
    assert [post.id for post in moved] == ["a", "b", "c"]
    assert [post.date - start for post in moved] == [timedelta(seconds=3 * n) for n in range(3)]


def _row(state: str, remote: str | None = "1", *, post: str = "a", channel: str = "x") -> dict[str, object]:
    return {"post": post, "channel": channel, "state": state, "remote_id": remote}


def _object(id_: str = "1", channel: str = "x") -> dict[str, object]:
    return {"id": id_, "channel": channel, "deleted": False, "poll": None, "media": []}


@pytest.mark.parametrize(
    ("types", "expected"),
    [(["image/jpeg"], "1 image"), (["image/jpeg", "video/mp4"], "2 images"), (["video/mp4"], "1 reel")],
)
def test_instagram_shows_images_and_reels(types: list[str], expected: str) -> None:
    live = {**_object(channel="instagram"), "media": [{"type": kind} for kind in types]}
    rows = [_row("published", channel="instagram")]
    day = DemoDay(order=("a",), expected={("a", "instagram"): 1}, drafts={}, deliveries=rows, objects=[live])
    assert expected in "\n".join(format_table(day))


@pytest.mark.parametrize(
    ("deliveries", "objects", "complete"),
    [
        ([_row("published")], [_object()], True),
        ([_row("published")], [], False),
        ([_row("published")], [_object("2")], False),
        ([_row("published")], [_object(), _object("2")], False),
        ([_row("unknown", None)], [_object()], False),
        ([], [], False),
        ([_row("published")], [_object(channel="instagram")], False),
    ],
)
def test_a_day_is_complete_only_if_ledger_and_platforms_agree(
    deliveries: list[dict[str, object]], objects: list[dict[str, object]], complete: bool
) -> None:
    day = DemoDay(order=("a",), expected={("a", "x"): 1}, drafts={}, deliveries=deliveries, objects=objects)
    assert day.is_complete is complete
    assert ("MISSING" in "\n".join(format_table(day))) is not bool(day.live_objects("a", "x"))
    assert format_summary(day, seconds=3.2)[0].endswith("3 s.")

"""A rescan reads, renders and syncs what changed, and comes to what a scan of everything comes to."""

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from humaspost.app.folder import last_sync
from humaspost.app.folder import sync as folder_sync
from humaspost.app.folder.last_sync import FULL_SYNC_INTERVAL, LastSync
from humaspost.app.folder.scan import ScanResult, scan_folder, sync_ledger
from humaspost.app.folder.sync import create_rescan
from humaspost.app.office import Office
from humaspost.base.canonical_json import dump_canonical
from humaspost.ledger.posts import sync_plan
from humaspost.ledger.schema import account, delivery, plan_row, post
from humaspost.model.account import AccountStatus
from humaspost.settings.load import load_settings
from tests.support.image_files import png

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
state = "{state}"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
"""
POST = """---
id: {name}
title: "Loket {name}"
date: {date} WIB
channels: [x]
{more}---
Loket buka {text}.
"""


class CountingChannel:
    """The channel of X, which counts what it renders."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.rendered: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def render(self, post: Any, *args: Any, **more: Any) -> Any:
        self.rendered.append(post.id)
        return self._channel.render(post, *args, **more)


class Desk:
    """An office whose clock goes on ten seconds at each look, so that every file is settled at the second."""

    def __init__(self, folder: Path, state: str = ".humaspost") -> None:
        self.folder = folder
        (folder / "posts").mkdir(exist_ok=True)
        config = folder / f"config-{state.strip('.')}.toml"
        config.write_text(CONFIG.format(state=state))
        self.time = datetime.now(UTC) + timedelta(hours=1)
        self.office = Office(load_settings(config), now=lambda: self.time, environ={})
        self.channel = CountingChannel(self.office.channels["x"])
        self.office.__dict__["channels"] = {"x": self.channel}
        self.rescan = create_rescan(self.office, lambda: None)

    def look(self) -> list[str]:
        """Look until every file is settled; return the posts that were rendered."""
        self.channel.rendered.clear()
        while True:
            self.time += timedelta(seconds=10)
            if self.rescan() is None:
                return sorted(self.channel.rendered)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return what the ledger knows of every post."""
        columns = (post.c.id, post.c.file, post.c.title, post.c.hold, plan_row.c.rendition, plan_row.c.due_at)
        states = (
            select(*columns, delivery.c.state, delivery.c.reason)
            .join(plan_row)
            .join(delivery, (delivery.c.post == post.c.id) & (delivery.c.account == plan_row.c.account))
        )
        with self.office.ledger().read() as conn:
            return sorted(tuple(map(str, row)) for row in conn.execute(states))


class ForgetfulDesk(Desk):
    """The same office, where each look plans and syncs everything."""

    def __init__(self, folder: Path, state: str) -> None:
        super().__init__(folder, state)
        self.rescan = self._scan_everything

    def _scan_everything(self) -> float | None:
        self.office.__dict__.pop("plan_memo", None)
        sync_ledger(self.office, scan_folder(self.office, for_sending=True))
        return 1.0 if self.office.reader.unsettled else None


def write(
    folder: Path, name: str, text: str = "malam", *, more: str = "", day: int = 3, into: str = ""
) -> None:
    content = POST.format(name=name, text=text, more=more, date=f"2099-02-{day:02} 08:30")
    path = folder / "posts" / into / f"{name}.md" if into else _file(folder, name)
    path.write_text(content)


def _file(folder: Path, name: str) -> Path:
    renamed = folder / "posts" / f"baru-{name}.md"
    return renamed if renamed.exists() else folder / "posts" / f"{name}.md"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.office.close()


def test_only_what_changed_is_rendered_again(desk: Desk) -> None:
    for number in range(5):
        write(desk.folder, f"p{number}", str(number))
    assert desk.look() == ["p0", "p1", "p2", "p3", "p4"]
    assert desk.look() == []
    write(desk.folder, "p3", "siang")
    assert desk.look() == ["p3"]
    assert [row for row in desk.rows() if row[0] == "p3"] != []
    assert desk.look() == []


def test_a_new_status_of_an_account_renders_nothing_again_unless_it_decides_something(desk: Desk) -> None:
    for number in range(3):
        write(desk.folder, f"p{number}")
    desk.look()
    report_status(desk, AccountStatus(desk.time))
    desk.look()
    for used in range(3):
        report_status(desk, AccountStatus(desk.time, quotas={"posts": (used, 100)}))
        assert desk.look() == []
    report_status(desk, AccountStatus(desk.time, expires_at=desk.time + timedelta(days=1)))
    assert desk.look() == ["p0", "p1", "p2"]


def report_status(desk: Desk, status: AccountStatus) -> None:
    text = dump_canonical(status.to_json())
    desk.office.ledger(write=True).write(lambda conn: conn.execute(update(account).values(status=text)))


def test_a_post_that_was_still_being_written_is_synced_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        write(desk.folder, f"p{number}")
    desk.look()
    synced: list[tuple[int, bool]] = []
    sync = sync_plan.sync

    def recording(conn: Any, plan: Any, *, is_partial: bool = False, **more: Any) -> Any:
        synced.append((len(plan.rows), is_partial))
        return sync(conn, plan, is_partial=is_partial, **more)

    monkeypatch.setattr(sync_plan, "sync", recording)
    write(desk.folder, "baru")
    desk.look()
    assert synced
    assert all(is_partial and rows <= 1 for rows, is_partial in synced), synced
    assert "baru" in stored_posts(desk)


@pytest.fixture
def work(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count the walks through the folder, the scans and the syncs; the ledger is there already."""
    desk.look()
    counts = dict.fromkeys(("read_state", "scan_folder", "sync_ledger"), 0)
    for module, name in (
        (last_sync, "read_state"),
        (folder_sync, "scan_folder"),
        (folder_sync, "sync_ledger"),
    ):
        monkeypatch.setattr(module, name, _counting(counts, name, getattr(module, name)))
    return counts


def _counting(counts: dict[str, int], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def counting(*args: Any, **more: Any) -> Any:
        counts[name] += 1
        return function(*args, **more)

    return counting


def look_once(desk: Desk, work: dict[str, int]) -> tuple[float | None, int, int, int]:
    """Return after how many seconds to look again, and how many walks, scans and syncs this look took."""
    work.update(dict.fromkeys(work, 0))
    desk.time += timedelta(seconds=10)
    return desk.rescan(), work["read_state"], work["scan_folder"], work["sync_ledger"]


@pytest.mark.parametrize("folder", ["", "2099"])
def test_a_new_post_takes_one_scan(desk: Desk, work: dict[str, int], folder: str) -> None:
    (desk.folder / "posts" / "2099").mkdir()
    write(desk.folder, "a", into=folder)
    desk.look()
    write(desk.folder, "b", into=folder)
    assert look_once(desk, work) == (1.0, 1, 0, 0), "it may still be written"
    write(desk.folder, "b", "siang", into=folder)
    assert look_once(desk, work) == (1.0, 1, 0, 0), "it is still being written"
    assert look_once(desk, work) == (None, 1, 1, 1)
    assert look_once(desk, work) == (None, 1, 0, 0), "the sync's own changes are no news"
    assert len(stored_posts(desk)) == 2


def test_what_is_new_in_the_ledger_waits_for_a_new_post_but_not_for_long(
    desk: Desk, work: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(desk.folder, "a")
    desk.look()
    report_status(desk, AccountStatus(desk.time))
    write(desk.folder, "b")
    assert look_once(desk, work) == (1.0, 1, 0, 0)
    assert look_once(desk, work) == (None, 1, 1, 1)
    report_status(desk, AccountStatus(desk.time))
    write(desk.folder, "c")
    monkeypatch.setattr(last_sync, "MAX_WAIT", -1.0)
    assert look_once(desk, work) == (1.0, 1, 1, 1)


def test_no_scan_is_put_off_for_a_file_that_may_hold_a_post(desk: Desk, work: dict[str, int]) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        write(desk.folder, name)
    desk.look()
    write(desk.folder, "a", "siang")
    assert look_once(desk, work) == (1.0, 1, 1, 1)
    assert stored_posts(desk)["a"][1] == "unsettled"
    desk.look()
    _file(desk.folder, "a").unlink()
    desk.look()
    write(desk.folder, "a", "malam")
    assert look_once(desk, work) == (1.0, 1, 1, 1), "the ledger has a post of that file"
    desk.look()
    write(desk.folder, "baru")
    _file(desk.folder, "b").unlink()
    assert look_once(desk, work) == (1.0, 1, 1, 1), "another file is gone"
    assert stored_posts(desk)["b"][1] is not None


@pytest.mark.parametrize("name", ["loket.png", "catatan.md.txt"])
def test_no_scan_is_put_off_for_other_new_files(desk: Desk, work: dict[str, int], name: str) -> None:
    write(desk.folder, "a")
    desk.look()
    (desk.folder / "posts" / name).write_text("-")
    assert look_once(desk, work)[2:] == (1, 1)


def test_a_file_that_counts_for_nothing_takes_no_scan(desk: Desk, work: dict[str, int]) -> None:
    (desk.folder / "posts" / "2099").mkdir()
    write(desk.folder, "a", into="2099")
    desk.look()
    (desk.folder / "posts" / "2099" / ".a.md.swp").write_text("-")
    assert look_once(desk, work) == (None, 1, 0, 0)


def test_nothing_is_looked_into_while_folder_and_ledger_stand(desk: Desk) -> None:
    write(desk.folder, "a")
    desk.look()
    last = LastSync(desk.office)
    assert not last.is_current()
    scanned = sync(desk, last)
    assert last.is_current()
    desk.office.ledger(write=True).write(
        lambda conn: conn.execute(update(delivery).values(updated_at=desk.time + timedelta(days=1)))
    )
    assert not last.is_current(), "a delivery went on"
    last.begin()
    last.record(scanned, is_settled=False)
    assert not last.is_current(), "a file is still being written"
    sync(desk, last)
    assert last.is_current()
    (desk.folder / "posts" / "a.md").unlink()
    assert not last.is_current(), "a file is gone"


def sync(desk: Desk, last: LastSync) -> ScanResult:
    last.begin()
    scanned = scan_folder(desk.office)
    sync_ledger(desk.office, scanned, since=last.scan, note_ledger=last.note_ledger)
    last.record(scanned, is_settled=True)
    return scanned


def test_what_another_process_records_while_the_folder_is_read_is_seen(desk: Desk) -> None:
    write(desk.folder, "a")
    desk.look()
    last = LastSync(desk.office)
    sync(desk, last)
    last.begin()
    scanned = scan_folder(desk.office)
    desk.office.ledger(write=True).write(
        lambda conn: conn.execute(update(account).values(hold="quota", hold_code="185"))
    )
    sync_ledger(desk.office, scanned, since=last.scan, note_ledger=last.note_ledger)
    last.record(scanned, is_settled=True)
    assert not last.is_current(), "the plan was made before"
    sync(desk, last)
    assert last.is_current()


STALE_EDITS: dict[str, Callable[[Path], object]] = {
    "touch": lambda folder: os.utime(_file(folder, "a"), (2_000_000_000, 2_000_000_000)),
    "edit": lambda folder: write(folder, "a", "siang"),
    "draft": lambda folder: write(folder, "a", more="draft: true\n"),
    "break": lambda folder: write(folder, "a", more="tagar: [A]\n"),
    "rename": lambda folder: _rename(folder, "a"),
    "remove": lambda folder: _file(folder, "a").unlink(),
    "add": lambda folder: write(folder, "new"),
}


@pytest.mark.parametrize("is_undone", [False, True])
@pytest.mark.parametrize("edit", sorted(STALE_EDITS))
def test_what_another_process_synced_otherwise_is_corrected(
    desk: Desk, edit: str, *, is_undone: bool
) -> None:
    """The other one read the folder earlier, and wrote later."""
    for name in ("a", "b", "c", "d", "e", "f"):
        write(desk.folder, name, name)
    desk.look()
    other = Desk(desk.folder)
    if is_undone:  # the other one read what is undone meanwhile
        content, name = _file(desk.folder, "a").read_text(), _file(desk.folder, "a")
        STALE_EDITS[edit](desk.folder)
        other.time = desk.time + timedelta(hours=1)
        stale = scan_folder(other.office)
        (desk.folder / "posts" / "new.md").unlink(missing_ok=True)
        (desk.folder / "posts" / "baru-a.md").unlink(missing_ok=True)
        name.write_text(content)
    else:
        other.time = desk.time - timedelta(minutes=1)
        stale = scan_folder(other.office)
        STALE_EDITS[edit](desk.folder)
    desk.look(), desk.look()
    expected = stored_posts(desk)
    sync_ledger(other.office, stale)
    other.office.close()
    assert stored_posts(desk) != expected
    desk.look()
    desk.look()
    left = stored_posts(desk)
    # What it planned of a file that is gone stays, as a post without its file.
    if "new" in left and "new" not in expected:
        assert left.pop("new")[1] == "gone"
    assert left == expected


def stored_posts(desk: Desk) -> dict[str, tuple[str, str | None, str | None]]:
    with desk.office.ledger().read() as conn:
        rows = conn.execute(select(post.c.id, post.c.file, post.c.hold, post.c.stamp)).all()
    return {row.id: (row.file, row.hold, row.stamp) for row in rows}


def test_everything_is_synced_again_after_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    write(desk.folder, "a")
    desk.look()
    last = LastSync(desk.office)
    last.begin()
    scanned = scan_folder(desk.office)
    last.record(scanned, is_settled=True)
    assert last.scan is scanned
    last._synced_at -= FULL_SYNC_INTERVAL + 1
    assert last.scan is None
    assert not last.is_current()


def test_a_picture_that_changes_is_seen(desk: Desk) -> None:
    picture = desk.folder / "posts" / "loket.png"
    picture.write_bytes(png((600, 400)))
    write(desk.folder, "a", more='media:\n  - file: loket.png\n    alt: "Loket"\n')
    write(desk.folder, "b", "pagi")
    desk.look()
    before = desk.rows()
    assert desk.look() == []
    picture.write_bytes(png((800, 400)))
    assert desk.look() == ["a"]
    changed = {row[0] for row in set(desk.rows()) - set(before)}
    assert changed == {"a"}


def test_any_sequence_of_edits_comes_to_what_a_scan_of_everything_comes_to(tmp_path: Path) -> None:
    """The same edits, seen by a sender that remembers and by one that plans and syncs everything each time."""
    desk, forgetful = Desk(tmp_path), ForgetfulDesk(tmp_path, state="other")
    chance = random.Random(13)
    names = [f"p{number}" for number in range(8)]
    edits = {
        "write": lambda name: write(tmp_path, name, f"{name} {chance.choice(['pagi', 'siang'])}"),
        "date": lambda name: write(tmp_path, name, name, day=chance.randint(1, 28)),
        "draft": lambda name: write(tmp_path, name, name, more="draft: true\n"),
        "break": lambda name: write(tmp_path, name, name, more="tagar: [A]\n"),
        "remove": lambda name: _file(tmp_path, name).unlink(missing_ok=True),
        "rename": lambda name: _rename(tmp_path, name),
    }
    for name in names:
        write(tmp_path, name, name)
    try:
        for _step in range(40):
            edit = edits[chance.choice(sorted(edits))]
            edit(chance.choice(names))
            desk.look()
            forgetful.look()
            # What the sync itself changed asks for no other sync: a second one finds nothing.
            forgetful.look()
            assert desk.rows() == forgetful.rows()
    finally:
        desk.office.close()
        forgetful.office.close()


def _rename(folder: Path, name: str) -> None:
    source = folder / "posts" / f"{name}.md"
    if source.exists():
        source.replace(source.with_name(f"baru-{name}.md"))

"""Backups are whole, dated, few; a restored ledger owns up to what it cannot know."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from humaspost.base.canonical_json import dump_canonical
from humaspost.ledger import database, senders
from humaspost.ledger.database import FILE, Ledger, LedgerError, open_ledger
from humaspost.ledger.deliveries import restore_gap, unknown_outcomes
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.recovery import backup, copy_detection, restore
from humaspost.ledger.schema import account, attempt, delivery, meta, plan_row, post, rendition
from humaspost.model.delivery import State
from humaspost.model.rendition import Part, Rendition
from humaspost.policy.eligibility import check_recipient

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(tmp_path, now=NOW, create=True)
    with_account = {"id": "a", "name": "x", "channel": "x"}
    opened.write(lambda conn: conn.execute(insert(account).values(with_account)))
    body = dump_canonical(Rendition("x", (Part(1, "halo"),)).to_json())
    opened.write(lambda conn: conn.execute(insert(rendition).values(hash="r", body=body)))
    copy_detection.start_generation(opened, tmp_path)
    yield opened
    opened.close()


def add(
    ledger: Ledger, key: str, *, due: datetime, state: State = State.SCHEDULED, fan_out: bool = False
) -> None:
    plan = {"post": key, "account": "a", "fingerprint": "f", "type": "post", "date_at": due, "due_at": due}
    plan |= {
        "local_time": "",
        "zone": "UTC",
        "late": "hold",
        "grace": 3600.0,
        "priority": 5,
        "during_pause": False,
    }
    plan |= {"audiences": "[]", "rendition": "r", "fan_out": fan_out, "expanded": True}
    row = {"key": key, "post": key, "account": "a", "part": 1, "state": state, "due_at": due, "priority": 5}
    live = {"published_at": due} if state is State.PUBLISHED else {}

    def work(conn):
        conn.execute(insert(post).values(id=key, file=f"{key}.md", title=key, scanned_at=NOW))
        conn.execute(insert(plan_row).values(plan))
        conn.execute(insert(delivery).values(**row, **live, updated_at=NOW))
        if state is State.SENDING:
            body = {
                "key": key,
                "number": 1,
                "owner": "o",
                "rendition": "r",
                "token": "null",
                "started_at": due,
            }
            conn.execute(insert(attempt).values(body))
            conn.execute(update(delivery).where(delivery.c.key == key).values(attempts=1))

    ledger.write(work)


def states(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT key, state FROM delivery"))


def test_a_backup_is_one_whole_private_file_that_knows_its_time(tmp_path, ledger):
    add(ledger, "one", due=NOW)
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW + HOUR)
    assert states(tmp_path / "copy") == {"one": "scheduled"}
    assert backup.get_backup_time(tmp_path / "copy") == NOW + HOUR
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy"]


def test_there_is_one_a_day_and_fourteen_are_kept(tmp_path, ledger):
    made = [backup.create_daily(tmp_path, now=NOW + number * HOUR) for number in range(24 * 20)]
    assert len([path for path in made if path]) == 20
    kept = backup.list_backups(tmp_path)
    assert len(kept) == 14
    assert backup.time_from_name(kept[-1]) == NOW + 19 * 24 * HOUR
    assert [p.name for p in (tmp_path / "backups").iterdir() if p not in kept] == []


def test_a_clock_that_was_ahead_once_stops_no_backup(tmp_path, ledger):
    backup.create_in_state(tmp_path, now=datetime(2038, 1, 1, tzinfo=UTC))
    today = backup.create_daily(tmp_path, now=NOW)
    assert today is not None
    assert today.exists()


def test_a_damaged_ledger_is_neither_copied_nor_accepted(tmp_path, ledger):
    for number in range(300):
        add(ledger, f"k{number}", due=NOW)
    ledger.close()
    database.checkpoint(tmp_path / FILE)
    raw = bytearray((tmp_path / FILE).read_bytes())
    for page in range(len(raw) // 4096 - 8, len(raw) // 4096):
        raw[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises((LedgerError, sqlite3.DatabaseError)):
        backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    assert not (tmp_path / "copy").exists()
    broken = open_ledger(tmp_path, now=NOW, create=False)
    with pytest.raises(LedgerError) as caught:
        database.check_integrity(broken)
    broken.close()
    assert "humaspost restore" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no ledger at all" * 500])
def test_what_is_no_ledger_is_not_put_back(tmp_path, content):
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(LedgerError):
        backup.get_backup_time(tmp_path / "copy")


def test_what_was_due_and_not_final_is_unknown_after_a_restore(tmp_path, ledger):
    for state in (State.SCHEDULED, State.HELD, State.FAILED, State.SENDING, State.PUBLISHED, State.CANCELLED):
        add(ledger, state, due=NOW + HOUR, state=state)
    add(ledger, "later", due=NOW + 9 * HOUR)
    add(ledger, "missed", due=NOW - HOUR, state=State.MISSED)
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    ledger.close()
    (tmp_path / "copy").chmod(0o644)
    done = restore.restore_backup(
        tmp_path, tmp_path / "copy", check_recipient=check_recipient, now=NOW + 2 * HOUR
    )
    assert (done.since, done.unknown_count) == (NOW, 4)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert states(tmp_path / FILE) == {
        **dict.fromkeys(("scheduled", "held", "failed", "sending"), "unknown"),
        "published": "published",
        "cancelled": "cancelled",
        "later": "scheduled",
        "missed": "missed",
    }
    assert done.archived_path is not None
    assert states(done.archived_path)["scheduled"] == "scheduled"
    again = open_ledger(tmp_path, now=NOW, create=False)
    copy_detection.start_generation(again, tmp_path)
    with again.read() as conn:
        rows = conn.execute(select(delivery).where(delivery.c.state == State.UNKNOWN)).all()
        evidence = [unknown_outcomes.get_unknown(conn, row.key) for row in rows]
        assert conn.scalars(select(attempt.c.number)).all() == [1] * 4
        assert restore_gap.get_restore_gap(conn) == restore_gap.RestoreGap(NOW, NOW + 2 * HOUR)
    assert {(row.reason, row.next_lookup_at) for row in rows} == {("restored", None)}
    assert all(one is not None for one in evidence)
    again.close()


def test_a_retry_by_a_person_is_obeyed_though_the_file_is_touched(tmp_path, ledger):
    add(ledger, "one", due=NOW + HOUR)
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    ledger.close()
    restore.restore_backup(tmp_path, tmp_path / "copy", check_recipient=check_recipient, now=NOW + 2 * HOUR)
    again = open_ledger(tmp_path, now=NOW, create=False)
    assert again.write(lambda conn: unknown_outcomes.retry(conn, ["one"], now=NOW)) == 1
    with again.read() as conn:
        row = conn.execute(select(delivery)).one()
        assert conn.scalar(select(plan_row.c.first_write_at)) == NOW + HOUR
    again.close()
    assert (row.state, row.use_latest_rendition) == ("scheduled", True)


def test_a_raw_copy_is_trusted_only_until_its_last_sender_was_active(tmp_path, ledger):
    ledger.write(lambda conn: senders.record_start(conn, "o", command="run", pid=1, host="h", now=NOW + HOUR))
    add(ledger, "one", due=NOW + 3 * HOUR)
    done = restore.adopt_ledger(ledger, tmp_path, check_recipient=check_recipient, now=NOW + 4 * HOUR)
    assert (done.since, done.unknown_count) == (NOW + HOUR, 1)
    copy_detection.start_generation(ledger, tmp_path)


def test_a_backup_manually_copied_over_the_ledger_is_noticed(tmp_path, ledger):
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    ledger.close()
    shutil.copy(tmp_path / "copy", tmp_path / FILE)
    again = open_ledger(tmp_path, now=NOW, create=False)
    with pytest.raises(LedgerError):
        copy_detection.start_generation(again, tmp_path)
    again.close()


class PowerCut(Exception):
    """The machine went away."""


@pytest.mark.parametrize("step", ["add_accepted", "_archive_ledger", "set_accepted"])
def test_a_crash_in_a_restore_keeps_one_of_the_two_or_is_noticed(tmp_path, ledger, monkeypatch, step):
    add(ledger, "one", due=NOW + HOUR)
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    ledger.write(lambda conn: conn.execute(update(delivery).values(state="published", published_at=NOW)))
    ledger.close()

    def cut(*_args):
        raise PowerCut

    monkeypatch.setattr(restore if step == "_archive_ledger" else copy_detection, step, cut)
    with pytest.raises(PowerCut):
        restore.restore_backup(
            tmp_path, tmp_path / "copy", check_recipient=check_recipient, now=NOW + 2 * HOUR
        )
    monkeypatch.undo()
    again = open_ledger(tmp_path, now=NOW, create=False)
    copy_detection.start_generation(again, tmp_path)
    again.close()
    assert states(tmp_path / FILE)["one"] == ("unknown" if step == "set_accepted" else "published")
    restore.restore_backup(tmp_path, tmp_path / "copy", check_recipient=check_recipient, now=NOW + 2 * HOUR)
    assert states(tmp_path / FILE)["one"] == "unknown"


def test_the_log_of_a_deleted_ledger_is_not_applied_to_a_restored_one(ledger: Ledger, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    backup.create_backup(tmp_path / FILE, copy, now=NOW)
    ledger.write(lambda conn: conn.execute(insert(account).values(id="b", name="later", channel="x")))
    state = tmp_path / "state"
    state.mkdir()
    shutil.copy(tmp_path / f"{FILE}-wal", state / f"{FILE}-wal")
    result = restore.restore_backup(state, copy, check_recipient=check_recipient, now=NOW + HOUR)
    assert result.archived_path is None
    restored = open_ledger(state, now=NOW + HOUR, create=False)
    with restored.read() as conn:
        assert conn.scalars(select(account.c.name)).all() == ["x"]
        assert database.quick_check(conn) == "ok"
    restored.close()


def test_what_had_the_ledger_open_writes_into_neither_after_a_restore(tmp_path: Path, ledger: Ledger) -> None:
    backup.create_backup(tmp_path / FILE, tmp_path / "copy", now=NOW)
    save = insert(meta).values(key="a", value="1")
    with closing(open_ledger(tmp_path, now=NOW, create=False)) as other:
        other.write(lambda conn: conn.execute(save))
        restored = restore.restore_backup(
            tmp_path, tmp_path / "copy", check_recipient=check_recipient, now=NOW
        )
        with pytest.raises(LedgerReplacedError):
            other.write(lambda conn: conn.execute(insert(meta).values(key="b", value="1")))
    assert restored.archived_path is not None
    for path, expected in ((restored.archived_path, {"a"}), (tmp_path / FILE, set())):
        with database.open_readonly(path) as conn:
            assert set(conn.scalars(select(meta.c.key).where(meta.c.value == "1"))) == expected

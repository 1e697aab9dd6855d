"""The ledger as a file: made once, opened by many, upgraded only by a sender."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text

from humaspost.ledger import database, lock, schema
from humaspost.ledger.database import FILE, LedgerError, UnsupportedLedgerError, open_ledger
from humaspost.ledger.lock import LedgerInUseError
from humaspost.ledger.recovery import backup, copy_detection
from humaspost.ledger.schema import meta
from tests.support.deadlines import SECOND
from tests.support.prototype_ledger import make_prototype_ledger

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def tables(path: Path) -> dict[str, object]:
    """Return what each table and index holds, whatever the order of its columns; a later one is added last."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        return {
            name: _table_content(db, name, sql) if type_ == "table" else " ".join(sql.split())
            for name, type_, sql in rows
            if name != "alembic_version"
        }


def _table_content(db: sqlite3.Connection, name: str, sql: str) -> tuple[object, ...]:
    columns = {row[1]: (row[2].upper(), row[3], row[5]) for row in db.execute(f"PRAGMA table_info({name})")}
    references = {row[2:5] for row in db.execute(f"PRAGMA foreign_key_list({name})")}
    is_unique = "SELECT name FROM pragma_index_list(?) WHERE origin = 'u'"
    unique = {
        tuple(row[2] for row in db.execute(f"PRAGMA index_info({index})"))
        for (index,) in db.execute(is_unique, (name,))
    }
    checks = {" ".join(line.split()).rstrip(",") for line in sql.splitlines() if "CHECK" in line}
    return columns, references, unique, checks


def test_reading_before_the_first_write_makes_no_file(tmp_path):
    ledger = open_ledger(tmp_path, now=NOW, create=False)
    with ledger.read() as conn:
        assert database.get_created_at(conn) is None
    assert list(tmp_path.iterdir()) == []


def test_the_migrations_build_exactly_the_schema(tmp_path):
    open_ledger(tmp_path, now=NOW, create=True).close()
    fresh = tmp_path / "fresh.sqlite3"
    engine = create_engine(f"sqlite:///{fresh}")
    schema.metadata.create_all(engine)
    engine.dispose()
    assert tables(tmp_path / FILE) == tables(fresh)
    assert database.read_version(tmp_path / FILE) == schema.HEAD


def test_it_syncs_fully_in_wal_and_is_private(tmp_path):
    ledger = open_ledger(tmp_path, now=NOW, create=True)
    with ledger.read() as conn:
        assert conn.execute(text("PRAGMA synchronous")).scalar() == 2
        assert conn.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert conn.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert database.quick_check(conn) == "ok"
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    ledger.close()


def test_others_see_no_ledger_while_it_is_being_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observed = []
    real = database.run_migrations

    def run_migrations(connection: Connection) -> None:
        real(connection)
        # A backup at this moment ended with "no such table: meta".
        observed.append((backup.create_daily(tmp_path, now=NOW), (tmp_path / database.FILE).exists()))

    monkeypatch.setattr(database, "run_migrations", run_migrations)
    open_ledger(tmp_path, now=NOW, create=True).close()
    assert observed == [(None, False)]
    assert [path.name for path in tmp_path.iterdir()] == [database.FILE]


def test_of_two_commands_that_create_it_at_once_the_first_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = database.run_migrations

    def run_migrations(connection: Connection) -> None:
        monkeypatch.setattr(database, "run_migrations", real)
        with closing(open_ledger(tmp_path, now=NOW, create=True)) as faster:
            faster.write(lambda conn: copy_detection.set_generation(conn, "faster"))
        real(connection)

    monkeypatch.setattr(database, "run_migrations", run_migrations)
    with closing(open_ledger(tmp_path, now=NOW, create=True)) as slower, slower.read() as conn:
        assert copy_detection.get_generation(conn) == "faster"


def test_the_log_of_a_deleted_ledger_is_not_applied_to_a_new_one(tmp_path: Path) -> None:
    old = open_ledger(tmp_path / "old", now=NOW, create=True)
    old.write(lambda conn: conn.execute(insert(meta).values(key="old", value="1")))
    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "old" / f"{FILE}-wal", tmp_path / "new" / f"{FILE}-wal")
    old.close()
    new = open_ledger(tmp_path / "new", now=NOW, create=True)
    with new.read() as conn:
        assert "old" not in conn.scalars(select(meta.c.key)).all()
        assert database.quick_check(conn) == "ok"
    new.close()


def test_a_ledger_is_made_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(tmp_path / "disk.sqlite3")
    opened = open_ledger(tmp_path, now=NOW, create=True)
    with opened.read() as conn:
        assert database.get_created_at(conn) == NOW
    opened.close()


def test_it_remembers_when_it_was_made(tmp_path):
    open_ledger(tmp_path, now=NOW, create=True).close()
    ledger = open_ledger(tmp_path, now=datetime(2030, 1, 1, tzinfo=UTC), create=True)
    with ledger.read() as conn:
        assert database.get_created_at(conn) == NOW
    ledger.close()


def _pretend_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE alembic_version SET version_num = ?", (version,))
        db.commit()


def test_a_newer_ledger_is_refused(tmp_path):
    open_ledger(tmp_path, now=NOW, create=True).close()
    _pretend_version(tmp_path / FILE, "9999")
    with pytest.raises(LedgerError, match="newer"):
        open_ledger(tmp_path, now=NOW, create=True, upgrade=True)


def test_an_older_ledger_is_upgraded_only_by_a_sender(tmp_path):
    open_ledger(tmp_path, now=NOW, create=True).close()
    _pretend_version(tmp_path / FILE, "0000")
    with pytest.raises(LedgerError, match="older"):
        open_ledger(tmp_path, now=NOW, create=True)


def _install_next_migration(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this humaspost one migration more than the ledgers that were made before."""
    shutil.copytree(Path(database.__file__).with_name("migrations"), folder)
    number = int(schema.HEAD) + 1
    migration = "ALTER TABLE post ADD COLUMN note TEXT NOT NULL DEFAULT 'none yet'"
    (folder / "versions" / f"v{number:04}_next.py").write_text(
        f"""from alembic import op

revision = "{number:04}"
down_revision = "{schema.HEAD}"


def upgrade() -> None:
    op.execute({migration!r})
""",
        encoding="utf-8",
    )
    monkeypatch.setattr(database, "_migrations_folder", lambda: folder)
    monkeypatch.setattr(database, "HEAD", f"{number:04}")


def test_a_sender_upgrades_an_older_ledger_and_keeps_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    ledger = open_ledger(state, now=NOW, create=True)
    row = {"id": "a", "file": "a.md", "title": "A", "scanned_at": NOW}
    ledger.write(lambda conn: conn.execute(insert(schema.post).values(row)))
    ledger.close()
    before = tables(state / FILE)
    _install_next_migration(tmp_path / "migrations", monkeypatch)
    copy = state / f"ledger-before-{database.HEAD}.sqlite3"
    copy.write_bytes(b"what an interrupted upgrade left")
    open_ledger(state, now=NOW, create=True, upgrade=True).close()
    with closing(sqlite3.connect(state / FILE)) as db:
        assert db.execute("SELECT id, note FROM post").fetchall() == [("a", "none yet")]
    assert database.read_version(state / FILE) == database.HEAD
    assert database.read_version(copy) == schema.HEAD
    assert tables(copy) == before
    assert copy.stat().st_mode & 0o077 == 0


def test_a_command_that_is_no_sender_does_not_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    open_ledger(state, now=NOW, create=True).close()
    before = tables(state / FILE)
    _install_next_migration(tmp_path / "migrations", monkeypatch)
    for create in (False, True):
        with pytest.raises(LedgerError, match="older"):
            open_ledger(state, now=NOW, create=create)
    assert tables(state / FILE) == before
    assert database.read_version(state / FILE) == schema.HEAD
    assert list(state.glob("ledger-before-*")) == []


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_ledger_of_before_the_first_release_is_refused_plainly(tmp_path: Path, revision: str) -> None:
    make_prototype_ledger(tmp_path / FILE, revision)
    before = (tmp_path / FILE).read_bytes()
    for create, upgrade in ((False, False), (True, False), (True, True)):
        with pytest.raises(UnsupportedLedgerError) as error:
            open_ledger(tmp_path, now=NOW, create=create, upgrade=upgrade)
        assert str(error.value).endswith(f"a test version of humaspost and cannot be used: {tmp_path / FILE}")
        assert error.value.hint.startswith(
            f"move the folder {tmp_path} away; the next run makes a new ledger."
        )
    assert (tmp_path / FILE).read_bytes() == before
    assert list(tmp_path.glob("ledger-before-*")) == []


def test_what_is_no_ledger_is_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to look like a file" * 40)
    with pytest.raises(LedgerError) as caught:
        open_ledger(tmp_path, now=NOW, create=True)
    assert "humaspost restore" in caught.value.hint


def test_one_bad_job_fails_by_itself_and_the_batch_is_committed(tmp_path):
    ledger = open_ledger(tmp_path, now=NOW, create=True)
    gate = threading.Event()

    def slow(conn):
        gate.wait(5 * SECOND)

    first = ledger.committer.submit(slow)
    good = ledger.committer.submit(lambda conn: conn.execute(insert(meta).values(key="a", value="1")))
    bad = ledger.committer.submit(lambda conn: conn.execute(insert(meta).values(key="created_at", value="x")))
    more = ledger.committer.submit(lambda conn: conn.execute(insert(meta).values(key="b", value="2")))
    gate.set()
    first.result(5 * SECOND), good.result(5 * SECOND), more.result(5 * SECOND)
    with pytest.raises(Exception, match="UNIQUE"):
        bad.result(5 * SECOND)
    with ledger.read() as conn:
        assert set(conn.scalars(select(meta.c.key))) >= {"a", "b"}
    ledger.close()


def test_a_commit_that_fails_fails_every_waiting_sender(tmp_path):
    ledger = open_ledger(tmp_path, now=NOW, create=True)
    with ledger.read() as conn:
        pages = conn.execute(text("PRAGMA page_count")).scalar()

    def fill(conn):
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        conn.execute(insert(meta).values(key="big", value="x" * 1_000_000))

    futures = [ledger.committer.submit(fill) for _ in range(3)]
    for future in futures:
        with pytest.raises(Exception, match="full"):
            future.result(10 * SECOND)
    ledger.close()


def test_another_process_sees_a_write_as_a_change(tmp_path):
    ledger = open_ledger(tmp_path, now=NOW, create=True)
    other = open_ledger(tmp_path, now=NOW, create=True)
    changed = ledger.watch_changes()
    changed()
    assert not changed()
    other.write(lambda conn: conn.execute(insert(meta).values(key="a", value="1")))
    assert changed()
    assert not changed()
    ledger.close(), other.close()


def test_a_naive_time_is_a_bug(tmp_path):
    with pytest.raises(ValueError, match="zone"):
        schema.UtcTimestamp().process_bind_param(datetime(2026, 1, 1), None)


@pytest.mark.parametrize("year", [1, 202, 2027, 9999])
def test_a_time_of_any_year_is_read_again(tmp_path, year):
    column, then = schema.UtcTimestamp(), datetime(year, 2, 28, 16, 52, 48, 7, tzinfo=UTC)
    stored = column.process_bind_param(then, None)
    assert column.process_result_value(stored, None) == then
    assert stored == f"{year:04}-02-28T16:52:48.000007Z"


def test_a_ledger_in_use_is_not_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    open_ledger(state, now=NOW, create=True).close()
    before = tables(state / FILE)
    _install_next_migration(tmp_path / "migrations", monkeypatch)
    monkeypatch.setattr(lock, "TIMEOUT", 0.1)
    # As another process: who upgrades it may use it itself.
    with lock.acquire_shared(state, "serve"), monkeypatch.context() as other:
        other.setattr(lock, "_own_files", set())
        with pytest.raises(LedgerInUseError, match="humaspost serve"):
            open_ledger(state, now=NOW, create=True, upgrade=True)
    assert tables(state / FILE) == before
    assert list(state.glob("ledger-before-*")) == []
    open_ledger(state, now=NOW, create=True, upgrade=True).close()
    assert database.read_version(state / FILE) == database.HEAD


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_what_root_leaves_beside_the_ledger_belongs_to_its_owner(tmp_path: Path) -> None:
    open_ledger(tmp_path, now=NOW, create=True).close()
    for path in (tmp_path, tmp_path / FILE):
        os.chown(path, 65534, 65534)
    with closing(open_ledger(tmp_path, now=NOW, create=True)) as ledger:
        ledger.write(lambda conn: conn.execute(insert(meta).values(key="a", value="1")))
        beside = {path.name: path.stat().st_uid for path in tmp_path.iterdir()}
    assert beside == {FILE: 65534, f"{FILE}-wal": 65534, f"{FILE}-shm": 65534}

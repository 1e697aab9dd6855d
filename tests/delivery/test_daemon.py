"""The daemon's own jobs: what goes wrong in one is told in words, and nothing else stops for it."""

import sqlite3
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from humaspost.delivery.daemon import Daemon
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import describe_error
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import limits
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.schema import quota_use
from humaspost.model.channel import LookupSchedule
from humaspost.model.delivery import Receipt
from humaspost.model.errors import UnknownOutcome
from humaspost.model.post import Late
from humaspost.model.rules import Quota
from tests.delivery.conftest import FakeOffice, soon
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE, account

NEVER_BY_ITSELF = timedelta(hours=1)


class FailingEngine(Engine):
    """Cannot check an unknown delivery."""

    def check_unknown(self) -> int:
        raise OSError("the disk is gone")


def test_a_database_error_is_reported_without_the_statement_and_its_values() -> None:
    error = OperationalError(
        "INSERT ... VALUES (?)", ("+6281200000001",), sqlite3.OperationalError("disk is full")
    )
    assert describe_error(error) == "ledger: disk is full"
    assert describe_error(OSError("gone")) == "gone"


def test_a_job_that_fails_is_reported_without_a_trace_and_posts_still_go_out(
    fake_office: FakeOffice, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_office.post("a")
    fake_office.schedule()
    whole = fake_office.engine()
    daemon = Daemon(
        FailingEngine(whole.account_sessions, whole.sender), lambda: tmp_path, lambda: None, threading.Event()
    )
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        assert soon(lambda: {"problem", "published"} <= {what.kind for what in fake_office.events}), (
            fake_office.events
        )
    finally:
        daemon.stop.set()
        thread.join(30 * SECOND)
    assert [what.detail for what in fake_office.events if what.kind == "problem"][:1] == ["the disk is gone"]
    assert fake_office.states() == {"a": "published"}
    assert capfd.readouterr().err == ""


def test_a_folder_that_could_not_be_read_is_read_again_at_once(
    fake_office: FakeOffice, tmp_path: Path
) -> None:
    """A disk was full when a post was saved: it was left until the round of ten seconds."""
    tries: list[int] = []

    def scan() -> float | None:
        tries.append(0)
        if len(tries) == 1:
            raise OSError("the disk is full")
        stop.set()
        return None

    stop, posts = threading.Event(), tmp_path / "posts"
    posts.mkdir()
    thread = threading.Thread(
        target=Daemon(fake_office.engine(), lambda: posts, scan, stop, rescan=NEVER_BY_ITSELF).run
    )
    thread.start()
    found = stop.wait(20 * SECOND)
    stop.set()
    thread.join(30 * SECOND)
    assert found, "it was not read again"
    assert [what.detail for what in fake_office.events] == ["the disk is full"]


def _old_use(fake_office: FakeOffice) -> None:
    at = fake_office.now() - timedelta(days=400)
    account_id = fake_office.ledger.write(lambda conn: accounts.ensure_account(conn, account()))
    fake_office.ledger.write(lambda conn: limits.record_use(conn, account_id, "people", now=at))


def _uses(fake_office: FakeOffice) -> int:
    with fake_office.ledger.read() as conn:
        return conn.scalar(select(func.count()).select_from(quota_use)) or 0


def _with_a_quota(fake_office: FakeOffice) -> None:
    rules, quota = fake_office.channel.rules({}), Quota("people", 20, 86_400, SOURCE)
    fake_office.channel.rules = lambda config: replace(rules, quotas=(quota,))  # type: ignore[method-assign]


def test_a_sender_forgets_old_uses_when_it_starts(fake_office: FakeOffice) -> None:
    _with_a_quota(fake_office)
    _old_use(fake_office)
    fake_office.post("a")
    fake_office.run()
    assert _uses(fake_office) == 1, "the use of the post itself stays, the old one goes"


def test_a_daemon_forgets_old_uses_while_it_runs(fake_office: FakeOffice, tmp_path: Path) -> None:
    _with_a_quota(fake_office)
    stop, begun = threading.Event(), threading.Event()

    def scan() -> float | None:
        if not begun.is_set():
            _old_use(fake_office)
            begun.set()
        return None

    often = timedelta(milliseconds=50)
    daemon = Daemon(
        fake_office.engine(), lambda: tmp_path, scan, stop, rescan=NEVER_BY_ITSELF, housekeeping=often
    )
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        assert begun.wait(15 * SECOND)
        end = time.monotonic() + 15 * SECOND
        while _uses(fake_office) and time.monotonic() < end:
            stop.wait(0.05)
        assert _uses(fake_office) == 0
    finally:
        stop.set()
        thread.join(30 * SECOND)


def test_a_clock_that_jumps_ahead_and_back_sends_once_and_stops_nothing(
    fake_office: FakeOffice, tmp_path: Path
) -> None:
    """tests/clock does this to the real program, with libfaketime; this is what can be seen without it."""
    fake_office.ticks = True
    fake_office.channel.lookup_schedule = LookupSchedule((2.0,), "the square")
    fake_office.channel.responses = [None, UnknownOutcome("timeout")]
    fake_office.post("now")
    fake_office.channel.lookup_result = Receipt("77", fake_office.now(), "https://square.example/77")
    fake_office.post("in 20 hours", ago=-20 * 3600, late=Late.PUBLISH)

    def scan() -> None:
        fake_office.schedule()

    def jump(to: timedelta) -> None:
        before = clocks()
        fake_office.shift = to
        assert soon(lambda: clocks() > before), "the jump was not noticed"

    def clocks() -> int:
        return sum(what.kind == "clock" for what in fake_office.events)

    stop, posts = threading.Event(), tmp_path / "posts"
    posts.mkdir()
    fake_office.schedule()
    thread = threading.Thread(
        target=Daemon(fake_office.engine(), lambda: posts, scan, stop, rescan=NEVER_BY_ITSELF).run
    )
    thread.start()
    try:
        assert soon(lambda: fake_office.states()["now"] == "published")
        jump(timedelta(days=1))
        assert soon(lambda: fake_office.states()["in 20 hours"].startswith("unknown"))
        jump(timedelta())
        # The look that was to come in two seconds comes in two seconds, not in a day.
        assert soon(lambda: fake_office.states()["in 20 hours"] == "published found"), fake_office.states()
        fake_office.post("again")
        fake_office.schedule()
        assert soon(lambda: fake_office.states()["again"] == "published"), fake_office.states()
    finally:
        stop.set()
        thread.join(30 * SECOND)
    assert [text for text, *_more in fake_office.channel.published] == ["now", "again"]


def test_a_daemon_whose_ledger_is_moved_away_ends_with_one_error(
    fake_office: FakeOffice, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    moved = fake_office.folder.with_name("moved")
    fake_office.ticks = True
    fake_office.post("a", ago=-1.0)
    fake_office.schedule()

    def scan() -> float | None:
        fake_office.folder.rename(moved)
        fake_office.schedule()
        return None

    daemon = Daemon(fake_office.engine(), lambda: tmp_path, scan, threading.Event(), rescan=NEVER_BY_ITSELF)
    with pytest.raises(LedgerReplacedError):
        daemon.run()
    moved.rename(fake_office.folder)
    assert fake_office.channel.published == []
    assert fake_office.events == []
    assert capfd.readouterr().err == ""

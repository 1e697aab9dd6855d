"""The clock was a day ahead and is set back: nothing waits for a day, and nothing has happened tomorrow."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.deliveries import publish_now
from humaspost.ledger.deliveries.clock_shift import shift_clock_times, shift_in_order
from humaspost.ledger.schema import account, attempt, audience, delivery, plan_row, post, quota_use
from humaspost.model.delivery import State
from humaspost.model.reasons import ListHold
from humaspost.policy import lateness
from tests.support.ledger_office import Office

NOW = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
DAY, MINUTE, TICK = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path, now=NOW - 2 * DAY, create=True)
    opened.write(_ahead)
    yield opened
    opened.close()


def _ahead(conn: Connection) -> None:
    """What a sender wrote a minute ago, when the clock was a day ahead."""
    wrong = NOW + DAY - MINUTE
    conn.execute(
        insert(account).values(id="a", name="x", channel="x", checked_at=wrong, hold_until=wrong + DAY)
    )
    conn.execute(insert(post).values(id="p", file="p.md", title="p", scanned_at=wrong))
    common = {"post": "p", "account": "a", "part": 1, "recipient": "", "priority": 5, "updated_at": wrong}
    rows = [
        {"key": "k1", "state": State.SCHEDULED, "due_at": NOW + DAY, "not_before": wrong + 2 * MINUTE},
        {"key": "k2", "state": State.UNKNOWN, "due_at": NOW - DAY, "unknown_since": wrong,
         "next_lookup_at": wrong + 2 * MINUTE, "part": 2},
        {"key": "k3", "state": State.SCHEDULED, "due_at": NOW - DAY, "not_before": NOW - MINUTE, "part": 3},
    ]  # fmt: skip
    for row in rows:
        conn.execute(insert(delivery).values(**common | row))
    conn.execute(
        insert(attempt).values(
            key="k2", number=1, owner="o", rendition="r", token="{}", started_at=wrong, ended_at=wrong,
            outcome="unknown",
        )
    )  # fmt: skip
    conn.execute(insert(quota_use).values(account="a", name="posts", recipient="", at=wrong))


def test_waits_and_past_events_move_and_when_a_post_is_due_does_not(ledger: Ledger) -> None:
    ledger.write(lambda conn: shift_clock_times(conn, DAY, now=NOW))
    truly = NOW - MINUTE
    with ledger.read() as conn:
        rows = {row.key: row for row in conn.execute(select(delivery))}
        seen = conn.execute(select(account)).one()
        tried = conn.execute(select(attempt)).one()
        used = conn.execute(select(quota_use)).one()
    assert rows["k1"].not_before == rows["k2"].next_lookup_at == NOW + MINUTE
    assert rows["k2"].unknown_since == tried.started_at == tried.ended_at == used.at == truly
    assert (seen.checked_at, seen.hold_until) == (truly, truly + DAY)
    assert [rows[key].due_at for key in ("k1", "k2", "k3")] == [NOW + DAY, NOW - DAY, NOW - DAY]
    assert rows["k3"].not_before == NOW - MINUTE, "what lies behind stays"


SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("times", "moved"),
    [
        ([NOW + DAY], [NOW + DAY - HOUR]),
        ([NOW - MINUTE, NOW + SECOND], [NOW - MINUTE + TICK]),
        ([NOW - MINUTE, NOW + SECOND, NOW + MINUTE], [NOW - MINUTE + TICK, NOW - MINUTE + 2 * TICK]),
        ([NOW - DAY, NOW + SECOND, NOW + MINUTE], [NOW + SECOND - HOUR, NOW + MINUTE - HOUR]),
        ([NOW - MINUTE, NOW], []),
    ],
)
def test_no_time_moves_before_one_that_was_earlier(times: list[datetime], moved: list[datetime]) -> None:
    assert [new for _old, new in shift_in_order(times, HOUR, now=NOW)] == moved


def test_a_publish_lets_no_hold_through_that_began_after_it() -> None:
    office = Office()
    office.enlist("ab")
    office.plan("a", people=True)
    at, held_at = office.now, office.now + 2 * MINUTE
    office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=at)
    )
    office.ledger.write(
        lambda conn: conn.execute(update(audience).values(hold=ListHold.SHRUNK, held_at=held_at))
    )
    office.ledger.write(lambda conn: shift_clock_times(conn, HOUR, now=at + MINUTE))
    with office.ledger.read() as conn:
        decided_at = conn.scalar(select(plan_row.c.decided_at))
        assert decided_at < conn.scalar(select(audience.c.held_at)) < at + MINUTE
    assert office.claim() == []

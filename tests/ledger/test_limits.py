"""GCRA against a plain count of what was let through."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from humaspost.ledger.limits import Books, gcra
from humaspost.ledger.schema import account
from humaspost.ledger.store import open_ledger
from humaspost.model.rules import Quota, Rate


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=80),
    st.floats(0.05, 2),
    st.integers(1, 20),
)
def test_never_more_than_the_burst_and_the_rate_in_any_stretch(gaps, interval, burst):
    now, tat, sent = 0.0, None, []
    for gap in gaps:
        now += gap
        at, tat = gcra(tat, now, interval=interval, burst=(burst - 1) * interval)
        assert at >= now
        sent.append(at)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            stretch = sent[last] - sent[first]
            assert last - first + 1 <= burst + stretch / interval + 1e-6


def test_an_idle_lane_sends_at_once_and_saves_up_no_more_than_its_burst():
    at, tat = gcra(None, 1000.0, interval=1.0, burst=0.0)
    assert at == 1000.0
    assert gcra(tat, 1000.0, interval=1.0, burst=0.0)[0] == 1001.0


def test_a_clock_that_was_ahead_once_stops_no_lane(tmp_path):
    ahead, now = datetime(2038, 1, 19, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
    ledger = open_ledger(tmp_path, now=now, create=True)
    rates = (Rate("post", 10, 900.0, burst=10, source=None),)
    rules = SimpleNamespace(rates=rates, quotas=(Quota("daily", 3, 86400.0, source=None),))

    def take(moment):
        def work(conn):
            books = Books(conn, "a", rules, recipients=[], now=moment)
            slot = books.take("", counts=True)
            books.close()
            return slot

        return ledger.write(work)

    ledger.write(lambda conn: conn.execute(insert(account).values(id="a", name="x", channel="x")))
    assert take(ahead).taken
    assert take(now).taken
    # Saved up is nothing: one at once, then by the rate.
    again = take(now)
    assert not again.taken
    assert now < again.at <= now + timedelta(seconds=100)
    ledger.close()

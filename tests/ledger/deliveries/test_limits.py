"""GCRA against a plain count of what was let through."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from humaspost.ledger.database import open_ledger
from humaspost.ledger.deliveries.limits import (
    KEPT,
    MAX_CLOCK_SKEW,
    QuotaBatch,
    delete_uses,
    gcra,
    get_next_free_at,
    record_use,
)
from humaspost.ledger.schema import account, quota_use
from humaspost.model.rules import Quota, Rate


def slot_taker(ledger, rules):
    """Add the account ``a``, and return what takes a slot of it at a time."""
    ledger.write(lambda conn: conn.execute(insert(account).values(id="a", name="x", channel="x")))

    def take(at):
        def work(conn):
            books = QuotaBatch(conn, "a", rules, recipients=[], now=at)
            slot = books.take_slot("", counts_recipient=True)
            books.flush()
            return slot

        return ledger.write(work)

    return take


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


def test_an_idle_worker_sends_at_once_and_saves_up_no_more_than_its_burst():
    at, tat = gcra(None, 1000.0, interval=1.0, burst=0.0)
    assert at == 1000.0
    assert gcra(tat, 1000.0, interval=1.0, burst=0.0)[0] == 1001.0


def test_a_clock_that_was_ahead_once_stops_no_worker(tmp_path):
    ahead, now = datetime(2038, 1, 19, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
    ledger = open_ledger(tmp_path, now=now, create=True)
    rates = (Rate("post", 10, 900.0, burst=10, source=None),)
    rules = SimpleNamespace(rates=rates, quotas=(Quota("daily", 3, 86400.0, source=None),))

    take = slot_taker(ledger, rules)
    assert take(ahead).is_taken
    assert take(now).is_taken
    # Saved up is nothing: one at once, then by the rate.
    again = take(now)
    assert not again.is_taken
    assert now < again.at <= now + timedelta(seconds=100)
    ledger.close()


def test_a_rate_waits_for_no_clock_that_was_put_back_by_less_than_a_minute(tmp_path):
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    ledger = open_ledger(tmp_path, now=now, create=True)
    rules = SimpleNamespace(rates=(Rate("messages", 80, 1.0, burst=1, source=None),), quotas=())

    take = slot_taker(ledger, rules)
    assert take(now).is_taken
    assert take(now - timedelta(seconds=59)).is_taken
    ledger.close()


def test_only_uses_that_dropped_out_of_their_window_long_ago_are_forgotten(tmp_path):
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    day, week = (Quota("day", 3, 86_400.0, source=None), Quota("week", 3, 7 * 86_400.0, source=None))
    ledger = open_ledger(tmp_path, now=now, create=True)

    def work(conn):
        conn.execute(insert(account), [{"id": "a", "name": "x", "channel": "x"}])
        conn.execute(insert(account), [{"id": "b", "name": "y", "channel": "x"}])
        for who in ("a", "b"):
            for name in ("day", "week"):
                for days in (0, 1, 6, 7, 9, 13, 15, 400):
                    record_use(conn, who, name, now=now - timedelta(days=days))
            record_use(conn, who, "day", now=now + timedelta(seconds=MAX_CLOCK_SKEW))
        delete_uses(conn, "a", (day, week), now=now)

    def kept(who, name):
        with ledger.read() as conn:
            mine = (quota_use.c.account == who) & (quota_use.c.name == name)
            return sorted((now - at).days for at in conn.scalars(select(quota_use.c.at).where(mine)))

    assert timedelta(days=7) == KEPT
    ledger.write(work)
    assert kept("a", "day") == [-1, 0, 1, 6, 7]
    assert kept("a", "week") == [0, 1, 6, 7, 9, 13]
    # Another account is not touched: its own sender knows its windows.
    assert kept("b", "day") == [-1, 0, 1, 6, 7, 9, 13, 15, 400]
    ledger.close()


def test_a_forgotten_use_frees_no_quota(tmp_path):
    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    quota = Quota("day", 4, 86_400.0, source=None)
    ledger = open_ledger(tmp_path, now=now, create=True)

    def work(conn):
        conn.execute(insert(account).values(id="a", name="x", channel="x"))
        for hours in (23.9, 23, 1, 24 * 9):
            record_use(conn, "a", "day", now=now - timedelta(hours=hours))
        before = get_next_free_at(conn, "a", quota, now=now)
        delete_uses(conn, "a", (quota,), now=now)
        return before, get_next_free_at(conn, "a", quota, now=now)

    before, after = ledger.write(work)
    assert before == after == now + timedelta(hours=0.1)
    ledger.close()

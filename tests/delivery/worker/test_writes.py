"""Writes that no thread begins: proven not sent, so the delivery waits for the next sender."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from humaspost.delivery.engine import Engine
from humaspost.delivery.worker.writes import Writes
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Gate, GateRequest
from humaspost.model.delivery import Intent
from humaspost.model.rendition import Part
from humaspost.model.rules import Rate
from tests.delivery.conftest import FakeOffice
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE


def commit_intents(fake_office: FakeOffice, engine: Engine) -> list[Intent]:
    """Return the intents of all posts, as a worker's gate commits them."""
    session, sender, now = engine.account_sessions[0], engine.sender, fake_office.now()

    def operation(conn):
        rows = claims.claim_due(conn, session.account_id, owner=sender.owner, until=now, now=now, limit=9)
        gate = Gate(
            conn,
            session.account_id,
            sender.owner,
            session.rules,
            sender.decide,
            now,
            sender.same_text_period,
        )
        return gate.decide_all([GateRequest(row.key, Part(1, row.post).hash, None) for row in rows])

    return fake_office.ledger.write(operation)


@pytest.mark.parametrize("is_closed", [False, True], ids=["queued when it closes", "started after it closed"])
def test_a_write_that_no_thread_begins_is_scheduled_again(fake_office: FakeOffice, is_closed: bool) -> None:
    """A worker that was stopped with every thread busy left it `sending`: it became an unknown outcome."""
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    busy = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(busy.wait, 60 * SECOND)
        writes = Writes(engine.account_sessions[0], engine.sender, pool, wake=lambda: None)
        try:
            intents = commit_intents(fake_office, engine)
            assert fake_office.states() == {"a": "sending"}
            if is_closed:
                writes.close(deadline=time.monotonic())
            writes.start(intents, gated_monotonic=time.monotonic())
            assert writes.close(deadline=time.monotonic()) == 0
        finally:
            busy.set()
    assert fake_office.states() == {"a": "scheduled"}
    assert engine.sender.writes_in_flight.keys == frozenset()
    assert fake_office.channel.published == []


def refuse(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_pool_that_starts_no_thread_leaves_no_write_behind(
    fake_office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the batch stayed `sending` with nobody writing it, and the first might be written much later."""
    fake_office.channel.rates = (Rate("write", 9, 1.0, 9, SOURCE),)
    for post in ("a", "b", "c"):
        fake_office.post(post)
    fake_office.schedule()
    engine = fake_office.engine()
    with ThreadPoolExecutor(1) as pool:
        writes = Writes(engine.account_sessions[0], engine.sender, pool, wake=lambda: None)
        intents = commit_intents(fake_office, engine)
        assert fake_office.states() == dict.fromkeys("abc", "sending")
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                writes.start(intents, gated_monotonic=time.monotonic())
        assert (len(writes), engine.sender.writes_in_flight.keys) == (0, frozenset())
        assert fake_office.states() == dict.fromkeys("abc", "scheduled")
        pool.submit(int).result()  # its thread comes to what the pool had queued
    assert fake_office.channel.published == []


def test_a_write_that_the_pool_drops_is_in_flight_no_more(fake_office: FakeOffice) -> None:
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    busy = threading.Event()
    pool = ThreadPoolExecutor(1)
    pool.submit(busy.wait, 60 * SECOND)
    writes = Writes(engine.account_sessions[0], engine.sender, pool, wake=lambda: None)
    writes.start(commit_intents(fake_office, engine), gated_monotonic=time.monotonic())
    assert len(engine.sender.writes_in_flight.keys) == 1
    pool.shutdown(wait=False, cancel_futures=True)
    busy.set()
    assert engine.sender.writes_in_flight.keys == frozenset()
    assert list(writes.collect_ended()) == []

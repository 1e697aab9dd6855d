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
from tests.delivery.conftest import FakeOffice
from tests.support.deadlines import SECOND


def commit_intent(fake_office: FakeOffice, engine: Engine) -> Intent:
    """Return the intent of the one post, as a worker's gate commits it."""
    session, sender, now = engine.account_sessions[0], engine.sender, fake_office.now()

    def operation(conn):
        (row,) = claims.claim_due(conn, session.account_id, owner=sender.owner, until=now, now=now, limit=1)
        gate = Gate(
            conn,
            session.account_id,
            sender.owner,
            session.rules,
            sender.decide,
            now,
            sender.same_text_period,
        )
        return gate.decide_all([GateRequest(row.key, Part(1, row.post).hash, None)])[0]

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
            intent = commit_intent(fake_office, engine)
            assert fake_office.states() == {"a": "sending"}
            if is_closed:
                writes.close(deadline=time.monotonic())
            writes.start(intent, gated_monotonic=time.monotonic())
            assert writes.close(deadline=time.monotonic()) == 0
        finally:
            busy.set()
    assert fake_office.states() == {"a": "scheduled"}
    assert engine.sender.writes_in_flight.keys == frozenset()
    assert fake_office.channel.published == []

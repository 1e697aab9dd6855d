"""The last step before the socket."""

import time
from datetime import timedelta

from humaspost.delivery.steps.send import STALE, send
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Gate, Intent, Ticket
from tests.delivery.conftest import Town


def gated(town: Town) -> Intent:
    """The one post's intent, committed now."""
    line, sender = town.engine().lines[0], town.sender()

    def work(conn) -> Intent:
        now = town.now()
        (row,) = claims.claim(conn, line.id, owner="me", until=now, now=now, limit=1)
        gate = Gate(conn, line.id, "me", line.rules, sender.decide, now, sender.same_text)
        (intent,) = gate.passages([Ticket(row.key, town.rows[0].rendition.parts[0].hash, None)])
        assert isinstance(intent, Intent), intent
        return intent

    return town.ledger.write(work)


def test_a_clock_that_is_set_back_after_the_gate_lets_nobody_sleep_until_it_has_caught_up(town: Town) -> None:
    town.post("a")
    town.schedule()
    intent = gated(town)
    town.shift = -timedelta(days=1)
    slept: list[float] = []
    send(town.engine().lines[0], town.sender(), intent, gated=time.monotonic(), sleep=slept.append)
    assert all(seconds <= STALE for seconds in slept)
    assert town.square.cried == [], "the world may have changed since"
    assert town.states() == {"a": "scheduled"}

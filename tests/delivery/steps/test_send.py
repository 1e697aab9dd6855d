"""The last step before the socket."""

import time
from datetime import timedelta

from humaspost.delivery.steps.send import MAX_INTENT_AGE, send_intent
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Gate, GateRequest, Intent
from tests.delivery.conftest import FakeOffice


def gated(town: FakeOffice) -> Intent:
    """The one post's intent, committed now."""
    line, sender = town.engine().account_sessions[0], town.sender()

    def work(conn) -> Intent:
        now = town.now()
        (row,) = claims.claim_due(conn, line.account_id, owner="me", until=now, now=now, limit=1)
        gate = Gate(conn, line.account_id, "me", line.rules, sender.decide, now, sender.same_text_period)
        (intent,) = gate.decide_all([GateRequest(row.key, town.rows[0].rendition.parts[0].hash, None)])
        assert isinstance(intent, Intent), intent
        return intent

    return town.ledger.write(work)


def test_a_clock_that_is_set_back_after_the_gate_lets_nobody_sleep_until_it_has_caught_up(
    town: FakeOffice,
) -> None:
    town.post("a")
    town.schedule()
    intent = gated(town)
    town.shift = -timedelta(days=1)
    slept: list[float] = []
    send_intent(
        town.engine().account_sessions[0],
        town.sender(),
        intent,
        gated_monotonic=time.monotonic(),
        sleep=slept.append,
    )
    assert all(seconds <= MAX_INTENT_AGE for seconds in slept)
    assert town.channel.published == [], "the world may have changed since"
    assert town.states() == {"a": "scheduled"}

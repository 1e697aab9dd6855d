"""The last step before the socket."""

import time
from datetime import timedelta

from humaspost.delivery.steps.send import MAX_INTENT_AGE, send_intent
from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Gate, GateRequest, Intent
from tests.delivery.conftest import FakeOffice


def gated(fake_office: FakeOffice) -> Intent:
    """The one post's intent, committed now."""
    line, sender = fake_office.engine().account_sessions[0], fake_office.sender()

    def work(conn) -> Intent:
        now = fake_office.now()
        (row,) = claims.claim_due(conn, line.account_id, owner="me", until=now, now=now, limit=1)
        gate = Gate(conn, line.account_id, "me", line.rules, sender.decide, now, sender.same_text_period)
        (intent,) = gate.decide_all([GateRequest(row.key, fake_office.rows[0].rendition.parts[0].hash, None)])
        assert isinstance(intent, Intent), intent
        return intent

    return fake_office.ledger.write(work)


def test_a_clock_that_is_set_back_after_the_gate_makes_no_worker_sleep_until_it_has_caught_up(
    fake_office: FakeOffice,
) -> None:
    fake_office.post("a")
    fake_office.schedule()
    intent = gated(fake_office)
    fake_office.shift = -timedelta(days=1)
    slept: list[float] = []
    send_intent(
        fake_office.engine().account_sessions[0],
        fake_office.sender(),
        intent,
        gated_monotonic=time.monotonic(),
        sleep=slept.append,
    )
    assert all(seconds <= MAX_INTENT_AGE for seconds in slept)
    assert fake_office.channel.published == [], "the world may have changed since"
    assert fake_office.states() == {"a": "scheduled"}

"""The last step before the socket."""

import time
from datetime import timedelta

from humaspost.delivery.line import Line
from humaspost.delivery.send import STALE, send
from humaspost.ledger.gate import Intent
from humaspost.model.rendition import Part
from tests.delivery.conftest import Town
from tests.delivery.square import account


def test_a_clock_that_is_set_back_after_the_gate_lets_nobody_sleep_until_it_has_caught_up(town: Town) -> None:
    gated = town.now()
    intent = Intent("k", 1, "p", Part(1, "Kabar."), {}, gated, gated, None, None)
    town.shift = -timedelta(days=1)
    line = Line(account(), "a", town.square, town.square.rules({}), door=None)
    slept: list[float] = []
    assert send(line, town.sender(), intent, gated=time.monotonic(), sleep=slept.append) is None
    assert all(seconds <= STALE for seconds in slept)
    assert town.square.cried == [], "the world may have changed since"

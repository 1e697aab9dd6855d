"""A ledger that refuses for a while stops an account for that while, and never for good."""

import sqlite3
import threading
import time
from collections.abc import Callable

import pytest

from humaspost.model.rules import Rate
from tests.delivery.conftest import Town
from tests.delivery.square import SOURCE

#: What a lane reads or writes on a delivery's way.
TABLES = ("account", "attempt", "delivery", "planned", "post", "preparation", "rate", "rendition")


def rename(town: Town, old: str, new: str) -> None:
    with sqlite3.connect(town.ledger.path, timeout=5) as db:
        db.execute("PRAGMA legacy_alter_table = ON")
        db.execute(f"ALTER TABLE {old} RENAME TO {new}")


def soon(town: Town, true: Callable[[], bool]) -> bool:
    """Whether it came true within ten seconds."""
    end, pause = time.monotonic() + 10, threading.Event()
    while not true() and time.monotonic() < end:
        pause.wait(0.02)
    return true()


@pytest.mark.parametrize("table", TABLES)
def test_what_the_ledger_refused_goes_out_once_it_takes_it_again(town: Town, table: str) -> None:
    """A step that could not be written down was met again at every turn: the account was mute until a restart."""
    town.square.steps = 1
    town.square.rates = (Rate("write", 10, 1.0, 1, SOURCE),)
    town.post("a", ago=-0.7)
    town.schedule()
    engine = town.engine()
    engine.start()
    try:
        rename(town, table, "gone")
        assert soon(town, lambda: any(h.kind == "problem" for h in town.told)), "nothing was in its way"
        assert town.square.cried == [], "sent without an intent on disk"
        rename(town, "gone", table)
        assert soon(town, lambda: len(town.square.cried) == 1), "the account is mute"
    finally:
        engine.stop(within=5)
    assert town.states() == {"a": "published"}

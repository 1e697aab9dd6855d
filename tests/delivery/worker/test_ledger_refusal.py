"""A ledger that refuses for a while stops an account for that while, and never for good."""

import sqlite3
from datetime import timedelta

import pytest

from humaspost.model.rules import Rate
from tests.delivery.conftest import FakeOffice, soon
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE

#: What a lane reads or writes on a delivery's way.
TABLES = ("account", "attempt", "delivery", "plan_row", "post", "preparation", "rate", "rendition")


def rename(fake_office: FakeOffice, old: str, new: str) -> None:
    with sqlite3.connect(fake_office.ledger.path, timeout=5 * SECOND) as db:
        db.execute("PRAGMA legacy_alter_table = ON")
        db.execute(f"ALTER TABLE {old} RENAME TO {new}")


@pytest.mark.parametrize("table", TABLES)
def test_what_the_ledger_refused_goes_out_once_it_takes_it_again(fake_office: FakeOffice, table: str) -> None:
    """A step that could not be written down was met again at every turn: the account was mute until a restart."""
    fake_office.channel.steps = 1
    fake_office.channel.rates = (Rate("write", 10, 1.0, 1, SOURCE),)
    fake_office.post("a", ago=-60)
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        fake_office.drain(engine)
        rename(fake_office, table, "gone")
        fake_office.shift, fake_office.ticks = timedelta(seconds=61), True
        engine.wake()
        assert soon(lambda: any(h.kind == "problem" for h in fake_office.events)), "nothing was in its way"
        assert fake_office.channel.published == [], "sent without an intent on disk"
        rename(fake_office, "gone", table)
        assert soon(lambda: len(fake_office.channel.published) == 1), "the account is mute"
    finally:
        engine.stop(timeout=15 * SECOND)
    assert fake_office.states() == {"a": "published"}

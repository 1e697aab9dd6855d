"""A ledger made by a clock ahead: what is still to come is not older than the ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from humaspost.ledger import creation_time
from humaspost.ledger.database import get_created_at
from humaspost.ledger.schema import meta
from humaspost.model.post import PublishTime
from tests.support.ledger_office import NOW, Office

AHEAD = NOW + timedelta(days=365)


def at(moment: datetime) -> PublishTime:
    return PublishTime(moment.strftime("%Y-%m-%dT%H:%M"), "UTC", moment)


@pytest.fixture
def office() -> Office:
    office = Office()
    office.ledger.write(
        lambda conn: conn.execute(
            update(meta).where(meta.c.key == "created_at").values(value=AHEAD.isoformat())
        )
    )
    office.plan("past", due=at(NOW - timedelta(hours=2)))
    office.plan("thread", "a", "b", due=at(NOW + timedelta(hours=2)))
    office.plan("other", due=at(NOW + timedelta(hours=2)))
    return office


def correct(office: Office, now: datetime) -> datetime | None:
    return office.ledger.write(lambda conn: creation_time.correct_future_time(conn, now=now))


def test_what_is_to_come_is_scheduled_again_and_the_past_stays(office: Office) -> None:
    assert set(office.states().values()) == {"missed before-ledger"}
    assert correct(office, NOW) == AHEAD
    assert office.states() == {
        "past/1": "missed before-ledger",
        "thread/1": "scheduled",
        "thread/2": "held part 1",
        "other/1": "scheduled",
    }
    with office.ledger.read() as conn:
        assert get_created_at(conn) == NOW
        kept = conn.scalar(select(meta.c.value).where(meta.c.key == creation_time.CORRECTIONS_KEY))
    assert kept is not None
    assert AHEAD.isoformat() in kept
    assert correct(office, NOW) is None


def test_a_clock_that_is_itself_wrong_corrects_nothing(office: Office) -> None:
    assert correct(office, datetime(1970, 1, 1, tzinfo=UTC)) is None
    assert correct(office, AHEAD) is None
    with office.ledger.read() as conn:
        assert get_created_at(conn) == AHEAD
        assert creation_time.get_future_time(conn, now=NOW) == AHEAD
        assert creation_time.get_future_time(conn, now=AHEAD) is None

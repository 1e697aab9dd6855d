"""Late at every write: what is progress of a post that began, and what is a standstill."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from humaspost.ledger.deliveries import claims, outcomes, receipts
from humaspost.ledger.deliveries.gate import Deferred, Intent
from humaspost.ledger.deliveries.receipts import PublishedReceipt
from humaspost.ledger.holds import pauses
from humaspost.ledger.schema import plan_row
from humaspost.model.delivery import Proof, Receipt, State
from humaspost.model.rules import Quota
from tests.support.ledger_office import OWNER, SOURCE, Office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = [f"p{number}" for number in range(6)]


@pytest.fixture
def office(office: Office) -> Iterator[Office]:
    office.enlist(PEOPLE)
    return office


def progress_at(office: Office, post: str = "a") -> datetime | None:
    with office.ledger.read() as conn:
        return conn.scalar(select(plan_row.c.progress_at).where(plan_row.c.post == post))


def publish(office: Office, intent: object) -> None:
    assert isinstance(intent, Intent)
    receipt = PublishedReceipt(intent.key, intent.number, Receipt(intent.key, office.now))
    office.ledger.write(
        lambda conn: receipts.mark_published(conn, [receipt], now=office.now, by_lookup=False)
    )


def release(office: Office, results: list[object]) -> None:
    """Put back what was deferred, as a worker does."""
    for result in results:
        if isinstance(result, Deferred):
            office.ledger.write(
                lambda conn, result=result: claims.release_claims(
                    conn, [result.key], owner=OWNER, not_before=result.until, now=office.now
                )
            )


def test_a_fan_out_under_a_daily_limit_goes_on_for_days(office: Office) -> None:
    office.quotas = (Quota("recipients", 2, DAY.total_seconds(), SOURCE, counts_recipients=True),)
    office.plan("a", people=True)
    for _day in range(8):
        results = office.send()
        release(office, results)
        for intent in results:
            if isinstance(intent, Intent):
                publish(office, intent)
        office.now += DAY + timedelta(minutes=1)
    assert set(office.states().values()) == {"published"}


def test_a_fan_out_that_waited_for_its_limit_and_then_for_a_computer_is_missed(office: Office) -> None:
    office.quotas = (Quota("recipients", 2, DAY.total_seconds(), SOURCE, counts_recipients=True),)
    office.plan("a", people=True)
    release(office, office.send())
    office.now += 60 * DAY
    assert office.send() == []
    assert sorted(set(office.states().values())) == ["missed late", "sending"]


def test_a_thread_goes_on_within_the_grace_after_its_last_part(office: Office) -> None:
    office.plan("a", "satu", "dua", "tiga")
    for expected in ("sending", "sending"):
        (intent,) = office.send()
        office.now += timedelta(minutes=50)
        publish(office, intent)
        assert expected
    assert progress_at(office) == office.now - timedelta(minutes=50)
    office.now += timedelta(minutes=11)
    office.send()
    assert office.states()["a/3"] == "missed late"


def test_a_time_that_the_platform_named_is_progress(office: Office) -> None:
    office.plan("a", "satu", "dua")
    (intent,) = office.send()
    publish(office, intent)
    (intent,) = office.send()
    named = office.now + 5 * HOUR
    office.ledger.write(
        lambda conn: outcomes.reschedule(conn, intent.key, intent.number, at=named, now=office.now)
    )
    office.now = named + timedelta(minutes=59)
    assert [type(result) for result in office.send()] == [Intent]


def test_an_account_that_must_wait_moves_what_began_and_nothing_else(office: Office) -> None:
    office.quotas = (Quota("posts", 2, DAY.total_seconds(), SOURCE),)
    office.plan("a", "satu", "dua")
    office.plan("b", "lain")
    results = office.send()
    assert [type(result) for result in results] == [Intent, Deferred]
    assert progress_at(office, "a") == results[1].until
    assert progress_at(office, "b") is None


@pytest.mark.parametrize("later", [timedelta(minutes=59), timedelta(minutes=61)])
def test_a_lookup_is_progress_until_its_time(office: Office, later: timedelta) -> None:
    office.plan("a", "satu", "dua")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    office.ledger.write(
        lambda conn: outcomes.mark_unknown(
            conn, intent.key, intent.number, code="timeout", detail="", now=office.now, first_check_delay=5.0
        )
    )
    next_at = office.now + 3 * HOUR
    office.ledger.write(
        lambda conn: outcomes.record_check(
            conn, intent.key, proof=Proof.ABSENT_SO_FAR, next_at=next_at, now=office.now, retry=False
        )
    )
    assert progress_at(office) == next_at
    office.now = next_at + later
    publish(office, intent)
    office.send()
    assert office.states()["a/2"] == ("sending" if later < HOUR else "missed late")


def test_a_pause_longer_than_the_grace_is_no_progress(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))
    office.claim()
    office.now += 2 * HOUR
    office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now))
    assert office.send() == []
    assert sorted(set(office.states().values())) == ["missed late", "sending"]


def test_a_restart_does_not_forget_that_a_delivery_waited(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    office.now += DAY
    with office.ledger.read() as conn:
        key = conn.scalar(select(claims.delivery.c.key).where(claims.delivery.c.state == State.SCHEDULED))
    office.put(key, State.SCHEDULED, not_before=office.now)
    (row,) = [row for row in office.claim() if row.key == key]
    office.ledger.write(
        lambda conn: claims.release_claims(conn, [row.key], owner=OWNER, not_before=None, now=office.now)
    )
    office.now += timedelta(seconds=30)
    assert [result.key for result in office.send() if isinstance(result, Intent)] == [key]


def test_a_batch_writes_its_progress_once_for_all(office: Office) -> None:
    office.plan("a", people=True)
    office.send()
    assert progress_at(office) == office.now
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(progress_at=office.now - HOUR)))
    office.plan("b", people=True)
    office.send()
    assert progress_at(office) == office.now - HOUR

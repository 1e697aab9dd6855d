"""An interrupted `publish` takes back what it did, and nothing that happened since."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from humaspost.ledger.deliveries import publish_now
from humaspost.ledger.holds import pauses
from humaspost.ledger.people import list_holds, recipients
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import plan_row
from humaspost.model.delivery import State
from humaspost.model.post import PublishTime
from humaspost.model.reasons import ListHold
from humaspost.policy import lateness
from tests.support.ledger_office import OTHER, Office

DAY = timedelta(days=1)


def publish(office: Office) -> publish_now.PublishRequest:
    """Publish a post whose grace is over, a minute ago."""
    request = office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )
    office.now += timedelta(minutes=1)
    return request


def interrupt(office: Office, request: publish_now.PublishRequest) -> bool:
    return office.ledger.write(
        lambda conn: publish_now.cancel_request(conn, request, verdict=lateness.verdict, now=office.now)
    )


def row(office: Office) -> tuple[object, ...]:
    """Return the decision about the post, its due time and its stop."""
    with office.ledger.read() as conn:
        stored = conn.execute(select(plan_row).where(plan_row.c.post == "a")).first()
    return stored.decision, stored.due_at, stored.stop


def cancel(office: Office) -> None:
    office.ledger.write(lambda conn: decisions.cancel(conn, "a", account=None, now=office.now))


@pytest.mark.parametrize("people", [True, False])
def test_a_cancel_since_stays(office: Office, people: bool) -> None:
    office.enlist("ab")
    office.plan("a", people=people)
    office.now += DAY
    office.claim()
    request = publish(office)
    cancel(office)
    assert not interrupt(office, request)
    assert row(office)[0] == "cancel"
    assert office.send() == []


@pytest.mark.parametrize("people", [True, False])
def test_a_second_publish_stays(office: Office, people: bool) -> None:
    office.enlist("ab")
    office.plan("a", people=people)
    office.now += DAY
    request = publish(office)
    publish(office)
    assert not interrupt(office, request)
    assert office.send() != []


@pytest.mark.parametrize("people", [True, False])
def test_a_new_date_since_stays_and_the_post_waits_for_it(office: Office, people: bool) -> None:
    office.enlist("ab")
    office.plan("a", people=people)
    office.now += DAY
    office.claim()
    request = publish(office)
    later = office.now + DAY
    office.plan("a", people=people, due=PublishTime(f"{later:%Y-%m-%dT%H:%M}", "UTC", later))
    assert interrupt(office, request)
    assert row(office) == (None, later, None)
    assert office.send() == []
    office.now = later
    assert len(office.send()) == (2 if people else 1)


def test_a_new_text_since_stays_and_the_post_is_late_as_before(office: Office) -> None:
    office.plan("a", "one")
    before = row(office)
    office.now += DAY
    request = publish(office)
    office.plan("a", "one", "two")
    assert office.states() == {"a/1": "scheduled", "a/2": "held part 1"}
    assert interrupt(office, request)
    assert row(office) == before
    office.send()
    assert office.states() == {"a/1": "missed late", "a/2": "held part 1"}


def test_a_new_text_of_a_post_that_was_cancelled_leaves_it_cancelled(office: Office) -> None:
    office.plan("a", "one")
    cancel(office)
    request = publish(office)
    office.plan("a", "one", "two")
    assert interrupt(office, request)
    assert office.states() == {"a/1": "cancelled person", "a/2": "cancelled person"}
    assert (row(office)[0], row(office)[2]) == ("cancel", "cancelled")
    assert office.send() == []


def test_an_account_that_the_file_dropped_since_stays_out(office: Office) -> None:
    office.plan("a")
    office.now += DAY
    request = publish(office)
    office.rows = [replace(planned, account=OTHER) for planned in office.rows]
    office.sync()
    assert interrupt(office, request)
    with office.ledger.read() as conn:
        (stored,) = conn.execute(select(plan_row).where(plan_row.c.account == office.account))
    assert (stored.decision, stored.planned) == (None, False)
    assert office.send() == []


def test_people_who_joined_since_stay(office: Office) -> None:
    office.enlist("a")
    office.plan("a", people=True)
    office.claim()
    request = publish(office)
    office.enroll("b")
    office.ledger.write(
        lambda conn: recipients.record_import(conn, "warga", file="f", digest="b", now=office.now)
    )
    office.sync()
    assert interrupt(office, request)
    office.claim()
    assert set(office.states()) == {"a/1/a", "a/1/b"}


def test_a_hold_that_ended_since_does_not_come_back(office: Office) -> None:
    office.enlist("ab")
    office.plan("a", people=True)
    office.send(limit=1)
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))
    office.claim()
    assert sorted(office.states().values()) == ["held pause", "sending"]
    request = publish(office)
    office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now))
    assert interrupt(office, request)
    office.send()
    assert sorted(office.states().values()) == ["sending", "sending"]


def test_a_hold_of_a_list_that_ended_since_does_not_come_back(office: Office) -> None:
    office.enlist("ab")
    office.plan("a", people=True)
    office.send(limit=1)
    office.ledger.write(
        lambda conn: list_holds.hold_list(
            conn, "warga", ListHold.SHRUNK, digest="d", detail="x", candidates=(), now=office.now
        )
    )
    office.send()
    assert sorted(office.states().values()) == ["held list", "sending"]
    request = publish(office)
    office.ledger.write(lambda conn: list_holds.end_hold(conn, "warga", now=office.now))
    assert interrupt(office, request)
    office.send()
    assert sorted(office.states().values()) == ["sending", "sending"]


def test_a_hold_that_began_since_stays(office: Office) -> None:
    office.plan("a")
    request = publish(office)
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))
    office.send()
    assert office.states() == {"a/1": "held pause"}
    assert interrupt(office, request)
    assert office.states() == {"a/1": "held pause"}
    office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now))
    assert len(office.send()) == 1


def test_parts_that_it_added_go_and_others_stay(office: Office) -> None:
    office.plan("a", "one")
    office.put(office.key("a"), State.FAILED)
    before = office.states()
    request = publish(office)
    assert interrupt(office, request)
    assert office.states() == before

"""A fan-out that was due in the gap of a restore is unknown for everybody, whatever kept it back in the backup."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from humaspost.ledger.deliveries import claims, publish_now
from humaspost.ledger.holds import pauses
from humaspost.ledger.recovery import restore
from humaspost.ledger.schema import audience, audience_member, plan_row, post
from humaspost.policy import lateness
from humaspost.policy.eligibility import check_recipient
from tests.support.ledger_office import NOW, Office, PublishTime

HOUR = timedelta(hours=1)


@pytest.fixture
def office(office: Office) -> Office:
    office.enlist(["p1", "p2", "p3"])
    return office


def adopt(office: Office, state: Path) -> int:
    """Restore the ledger two hours later; return how many deliveries are unknown."""
    office.now += 2 * HOUR
    restored = restore.adopt_ledger(office.ledger, state, check_recipient=check_recipient, now=office.now)
    return restored.unknown_count


def next_due(office: Office) -> object:
    with office.ledger.read() as conn:
        return claims.get_next_due(conn, office.account)


def stop(office: Office) -> str | None:
    with office.ledger.read() as conn:
        return conn.scalar(select(plan_row.c.stop))


def publish(office: Office) -> None:
    office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )


def pause(office: Office) -> None:
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))


def hold_account(office: Office) -> None:
    office.hold_account(hold="quota")


def hold_list(office: Office) -> None:
    hold = update(audience).values(hold="list-shrunk", held_at=office.now)
    office.ledger.write(lambda conn: conn.execute(hold))


def hold_file(office: Office) -> None:
    office.ledger.write(lambda conn: conn.execute(update(post).values(hold="error")))


def unplan(office: Office) -> None:
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(planned=False)))


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize("hold", [pause, hold_account, hold_list, hold_file, unplan])
def test_what_was_held_as_a_whole_is_unknown_and_never_sent_again(
    office: Office, tmp_path: Path, hold: Callable[[Office], None], is_settled: bool
) -> None:
    office.plan("a", people=True)
    hold(office)
    if is_settled:
        assert office.claim() == []
        assert (stop(office), office.states()) == ("held", {})
    assert adopt(office, tmp_path) == 3
    assert set(office.states().values()) == {"unknown restored"}
    assert (stop(office), next_due(office)) == (None, None)
    publish(office)
    assert office.send() == []


def test_what_was_missed_as_a_whole_was_not_sent_and_waits_for_a_person(
    office: Office, tmp_path: Path
) -> None:
    office.plan("a", people=True)
    office.now += 2 * HOUR
    assert office.claim() == []
    assert adopt(office, tmp_path) == 0
    assert (stop(office), office.states()) == ("missed", {})


def test_an_empty_post_keeps_no_other_from_being_unknown(office: Office, tmp_path: Path) -> None:
    office.plan("a", people=True)
    office.plan("b", people=True)
    nobody = update(plan_row).where(plan_row.c.post == "a").values(audiences='["kosong"]', priority=1)
    office.ledger.write(lambda conn: conn.execute(nobody))
    assert adopt(office, tmp_path) == 3
    assert next_due(office) is None


def test_people_who_come_to_an_empty_list_later_are_unknown_too(office: Office, tmp_path: Path) -> None:
    office.ledger.write(lambda conn: conn.execute(delete(audience_member)))
    office.plan("a", people=True)
    assert office.claim() == []
    assert adopt(office, tmp_path) == 0
    member = insert(audience_member).values(audience="warga", recipient="p1")
    office.ledger.write(lambda conn: conn.execute(member))
    assert office.claim() == []
    assert office.states() == {"a/1/p1": "unknown restored"}


def test_a_stop_of_a_post_whose_date_is_moved_into_the_gap_ends(office: Office, tmp_path: Path) -> None:
    adopt(office, tmp_path)
    office.now += timedelta(minutes=1)
    office.plan("a", people=True)
    pause(office)
    office.claim()
    assert stop(office) == "held"
    earlier = NOW + HOUR
    office.plan("a", people=True, due=PublishTime(earlier.strftime("%Y-%m-%dT%H:%M"), "UTC", earlier))
    assert office.claim() == []
    assert (set(office.states().values()), stop(office)) == ({"unknown restored"}, None)
    assert next_due(office) is None


def test_a_file_with_an_error_keeps_its_post_from_the_gap_and_the_sender_from_spinning(
    office: Office, tmp_path: Path
) -> None:
    office.now += 2 * HOUR
    restore.adopt_ledger(office.ledger, tmp_path, check_recipient=check_recipient, now=office.now)
    in_gap = PublishTime(NOW.strftime("%Y-%m-%dT%H:%M"), "UTC", NOW)
    office.plan("a", people=True, due=in_gap)
    hold_file(office)
    assert office.claim() == []
    assert next_due(office) is None
    office.ledger.write(lambda conn: conn.execute(update(post).values(hold=None)))
    assert next_due(office) is not None
    assert office.claim() == []
    assert set(office.states().values()) == {"unknown restored"}


def test_publish_of_a_post_that_the_ledger_reads_only_now_asks_what_became_of_it(
    office: Office, tmp_path: Path
) -> None:
    adopt(office, tmp_path)
    in_gap = PublishTime(NOW.strftime("%Y-%m-%dT%H:%M"), "UTC", NOW + HOUR)
    office.plan("a", people=True, due=in_gap)
    publish(office)
    assert office.send() == []
    assert set(office.states().values()) == {"unknown restored"}

"""What outcomes do to a delivery, to its account and to the rest of its post."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from humaspost.ledger.deliveries import claims, outcomes, receipts, unknown_outcomes
from humaspost.ledger.deliveries.gate import Intent
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.schema import delivery, plan_row
from humaspost.model.delivery import Proof, Receipt, Stage, State
from tests.support.ledger_office import Office


def sent(office: Office) -> Intent:
    """Return the one intent of what is due now."""
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    return intent


def unknown(office: Office, intent: Intent, *, check_after: float | None = 30.0) -> int:
    """Record that nobody knows what became of it; return how many in a row that makes."""
    return office.ledger.write(
        lambda conn: outcomes.mark_unknown(
            conn,
            intent.key,
            intent.number,
            code="reset",
            detail="",
            now=office.now,
            first_check_delay=check_after,
        )
    )


def published(office: Office, intent: Intent, remote_id: str | None = "1", *, by_check: bool = False) -> None:
    """Record the platform's answer."""
    receipt = receipts.PublishedReceipt(intent.key, intent.number, Receipt(remote_id, office.now))
    office.ledger.write(
        lambda conn: receipts.mark_published(conn, [receipt], now=office.now, by_lookup=by_check)
    )


def test_an_answer_ends_the_row_of_unknowns_and_opens_the_account(office: Office) -> None:
    for count, name in enumerate("ab", start=1):
        office.plan(name)
        assert unknown(office, sent(office)) == count
    office.hold_account(hold="throttle", hold_code="reset", hold_until=office.now)
    office.plan("c")
    published(office, sent(office))
    row = office.account_row()
    assert (row.unknown_streak, row.hold, row.hold_code, row.hold_until) == (0, None, "", None)


@pytest.mark.parametrize("reason", ["login", "quota"])
def test_an_answer_does_not_end_what_only_a_person_ends(office: Office, reason: str) -> None:
    office.plan("a")
    intent = sent(office)
    office.ledger.write(lambda conn: account_holds.hold_account(conn, office.account, reason, now=office.now))
    published(office, intent)
    assert office.account_row().hold == reason


@pytest.mark.parametrize("reason", ["login", "quota", "throttle"])
def test_a_released_account_sends_what_it_had_held(office: Office, reason: str) -> None:
    office.plan("a")
    office.ledger.write(lambda conn: account_holds.hold_account(conn, office.account, reason, now=office.now))
    assert office.states() == {"a/1": f"held {reason}"}
    assert office.claim() == []
    assert (
        office.ledger.write(lambda conn: account_holds.release_account(conn, office.account, now=office.now))
        == 1
    )
    assert office.account_row().hold is None
    assert sent(office).post == "a"


def test_the_end_of_the_pauses_frees_what_they_held_and_nothing_else(office: Office) -> None:
    office.plan("a"), office.plan("b")
    office.put(office.key("a"), State.HELD, reason="pause")
    office.put(office.key("b"), State.HELD, reason="file")
    assert office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now)) == 1
    assert office.states() == {"a/1": "scheduled", "b/1": "held file"}


def test_an_unknown_that_a_check_finds_is_published(office: Office) -> None:
    office.plan("a")
    intent = sent(office)
    unknown(office, intent)
    published(office, intent, by_check=True)
    assert office.states() == {"a/1": "published found"}


def test_what_failed_and_has_a_new_text_goes_out_with_it(office: Office) -> None:
    office.plan("a", "dulu")
    intent = sent(office)
    office.ledger.write(
        lambda conn: outcomes.mark_failed(
            conn, intent.key, intent.number, code="too-long", detail="", now=office.now
        )
    )
    with office.ledger.read() as conn:
        row = conn.execute(select(plan_row)).one()
    assert (row.first_write_at, row.frozen_rendition) == (None, None)
    office.plan("a", "sekarang")
    again = sent(office)
    assert (again.number, again.part.text) == (2, "sekarang")


def test_a_failure_before_the_intent_fails_no_delivery_that_was_sent_since(office: Office) -> None:
    """The failure of an earlier claim, refused by the disk, was recorded over the write of a later one."""
    office.plan("a")
    (claimed,) = office.claim()

    def fail(key: str) -> bool:
        return office.ledger.write(
            lambda conn: outcomes.mark_unpreparable(
                conn, key, code="bug", detail="", now=office.now, whole_post=True
            )
        )

    office.ledger.write(
        lambda conn: claims.release_claims(conn, [claimed.key], owner="me", not_before=None, now=office.now)
    )
    sent(office)
    assert not fail(claimed.key)
    assert office.states() == {"a/1": "sending"}


def test_what_is_proved_absent_is_sent_again_with_a_first_write_of_its_own(office: Office) -> None:
    office.plan("a")
    intent = sent(office)
    unknown(office, intent)
    office.ledger.write(
        lambda conn: outcomes.record_check(
            conn, intent.key, proof=Proof.ABSENT_PROVEN, next_at=None, now=office.now, retry=False
        )
    )
    with office.ledger.read() as conn:
        assert conn.scalar(select(plan_row.c.first_write_at)) is None
    assert sent(office).number == 2


def test_what_waits_is_taken_when_its_time_has_come_and_not_before(office: Office) -> None:
    office.plan("a")
    intent = sent(office)
    at = office.now + timedelta(minutes=15)
    office.ledger.write(
        lambda conn: outcomes.reschedule(
            conn, intent.key, intent.number, at=at, now=office.now, code="rate-limited"
        )
    )
    assert office.claim() == []
    office.now = at
    assert sent(office).number == 2


def test_a_person_sends_again_what_is_unknown_or_failed_and_nothing_that_is_live(office: Office) -> None:
    for name in "abc":
        office.plan(name)
    keys = {name: office.key(name) for name in "abc"}
    office.put(keys["a"], State.UNKNOWN)
    office.put(keys["b"], State.FAILED)
    office.put(keys["c"], State.PUBLISHED, published_at=office.now)
    count = office.ledger.write(
        lambda conn: unknown_outcomes.retry(conn, list(keys.values()), now=office.now)
    )
    assert count == 2
    assert office.states() == {"a/1": "scheduled person", "b/1": "scheduled person", "c/1": "published"}


def test_a_thread_waits_for_its_unknown_part_and_is_cancelled_to_its_end(office: Office) -> None:
    office.plan("a", "satu", "dua", "tiga")
    unknown(office, sent(office))
    assert office.states() == {"a/1": "unknown lookup", "a/2": "held part 1", "a/3": "held part 2"}
    key = office.key("a")
    office.ledger.write(lambda conn: unknown_outcomes.cancel(conn, [key], now=office.now))
    assert office.states() == {
        "a/1": "cancelled person",
        "a/2": "cancelled part 1",
        "a/3": "cancelled part 1",
    }


def test_the_stage_of_a_receipt_only_grows(office: Office) -> None:
    office.plan("a")
    intent = sent(office)
    published(office, intent)
    stages = []
    for stage in (Stage.DELIVERED, Stage.SENT, Stage.READ, Stage.DELIVERED):
        office.ledger.write(
            lambda conn, stage=stage: receipts.advance_receipt_stage(conn, intent.key, stage, now=office.now)
        )
        with office.ledger.read() as conn:
            stages.append(conn.scalar(select(delivery.c.stage)))
    assert stages == [Stage.DELIVERED, Stage.DELIVERED, Stage.READ, Stage.READ]


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.UNKNOWN, "held part 1"), (State.FAILED, "held part 1"), (State.PUBLISHED, "scheduled person")],
)
def test_a_later_part_that_a_person_retries_waits_until_the_one_before_is_live(
    office: Office, before: State, after: str
) -> None:
    office.plan("a", "satu", "dua")
    office.put(office.key("a", 1), before, published_at=office.now)
    key = office.key("a", 2)
    office.put(key, State.FAILED)
    office.ledger.write(lambda conn: unknown_outcomes.retry(conn, [key], now=office.now))
    assert office.states()["a/2"] == after


def _not_sent(conn: Connection, intent: Intent, now: datetime) -> None:
    outcomes.reschedule(conn, intent.key, intent.number, at=None, now=now)


def _refused(conn: Connection, intent: Intent, now: datetime) -> None:
    outcomes.mark_failed(conn, intent.key, intent.number, code="186", detail="", now=now)


def _silent(conn: Connection, intent: Intent, now: datetime) -> None:
    outcomes.mark_unknown(
        conn, intent.key, intent.number, code="reset", detail="", now=now, first_check_delay=30.0
    )


@pytest.mark.parametrize("late_outcome", [_not_sent, _refused, _silent])
def test_a_late_outcome_says_nothing_about_the_next_attempt(
    office: Office, late_outcome: Callable[[Connection, Intent, datetime], None]
) -> None:
    office.plan("a")
    first = sent(office)
    unknown(office, first)
    office.ledger.write(lambda conn: unknown_outcomes.retry(conn, [first.key], now=office.now))
    second = sent(office)
    office.ledger.write(lambda conn: late_outcome(conn, first, office.now))
    assert office.states() == {"a/1": "sending"}
    office.ledger.write(lambda conn: late_outcome(conn, second, office.now))
    assert office.states() != {"a/1": "sending"}

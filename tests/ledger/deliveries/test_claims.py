"""What is claimed, in which order, and what becomes of the claims of a sender that died."""

from datetime import timedelta

from sqlalchemy import select

from humaspost.ledger.deliveries import claims
from humaspost.ledger.deliveries.gate import Intent
from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State
from tests.support.ledger_office import Office


def test_a_warning_is_claimed_before_everything_else(office: Office) -> None:
    office.plan("greeting"), office.plan("warning", priority=1)
    assert [row.post for row in office.claim()] == ["warning"]
    assert [row.post for row in office.claim()] == ["greeting"]


def test_posts_of_one_priority_take_turns(office: Office) -> None:
    office.enlist(["p1", "p2", "p3"])
    office.plan("a", people=True), office.plan("b", people=True)
    assert [row.post for row in office.claim(limit=4)] == ["a", "b", "a", "b"]


def test_nothing_is_claimed_before_its_time_or_again(office: Office) -> None:
    office.plan("a")
    office.now -= timedelta(seconds=2)
    assert office.claim() == []
    office.now += timedelta(seconds=2)
    assert len(office.claim()) == 1
    assert office.claim() == []


def test_what_a_dead_sender_claimed_is_free_and_what_it_was_writing_is_unknown(office: Office) -> None:
    office.plan("a"), office.plan("b")
    (intent, other) = office.send()
    assert isinstance(intent, Intent)
    office.put(other.key, State.PREPARING, owner="me")
    count = office.ledger.write(
        lambda conn: claims.recover_orphans(
            conn, in_flight=(), now=office.now, first_check_delay=lambda _account: 30.0
        )
    )
    assert count == 1
    assert office.states() == {"a/1": "unknown lookup", "b/1": "scheduled"}
    with office.ledger.read() as conn:
        row = conn.execute(select(delivery).where(delivery.c.key == intent.key)).one()
    assert (row.owner, row.code, row.next_lookup_at) == (
        None,
        "owner-died",
        office.now + timedelta(seconds=30),
    )


def test_what_the_process_still_writes_is_not_unknown(office: Office) -> None:
    office.plan("a"), office.plan("b")
    intent, other = office.send()
    assert isinstance(intent, Intent)
    office.put(other.key, State.PREPARING, owner="me")
    count = office.ledger.write(
        lambda conn: claims.recover_orphans(
            conn, in_flight=[intent.key], now=office.now, first_check_delay=lambda _account: None
        )
    )
    assert count == 0
    assert office.states() == {"a/1": "sending", "b/1": "scheduled"}


def test_only_the_owner_puts_a_claim_back(office: Office) -> None:
    office.plan("a")
    (row,) = office.claim()
    back = {"not_before": None, "now": office.now}
    office.ledger.write(lambda conn: claims.release_claims(conn, [row.key], owner="somebody", **back))
    assert office.states() == {"a/1": "preparing"}
    office.ledger.write(lambda conn: claims.release_claims(conn, [row.key], owner="me", **back))
    assert office.states() == {"a/1": "scheduled"}

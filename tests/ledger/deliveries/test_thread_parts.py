"""Parts that follow a new text are matched to its parts; what of a thread is live stays as it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from humaspost.ledger.deliveries import outcomes, publish_now, unknown_outcomes
from humaspost.ledger.posts.sync_plan import CancelledPart
from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State
from humaspost.policy import lateness
from tests.support.ledger_office import Office


def begin(office: Office, *texts: str) -> None:
    """Publish the first part of a thread, and have the second one fail."""
    office.plan("a", *texts)
    office.send()
    office.put(office.key("a"), State.PUBLISHED, published_at=office.now)
    office.put(office.key("a", 2), State.FAILED, reason="too-long", code="too-long", attempts=1)


def texts_to_send(office: Office) -> list[str]:
    """Return the texts that go out, in order, if every write succeeds."""
    sent = []
    while intents := office.send():
        for intent in intents:
            sent.append(intent.part.text)
            office.put(intent.key, State.PUBLISHED, published_at=office.now)
            with office.ledger.read() as conn:
                part = conn.scalar(select(delivery.c.part).where(delivery.c.key == intent.key))
            office.ledger.write(
                lambda conn, part=part: outcomes.thread_parts.release_following(
                    conn, "a", office.account, part=part, now=office.now
                )
            )
    return sent


def test_parts_that_a_mended_text_no_longer_has_are_cancelled_and_told(office: Office) -> None:
    begin(office, "1", "2", "3")
    result = office.plan("a", "one")
    assert result.cancelled == (CancelledPart("a", "square", 2), CancelledPart("a", "square", 3))
    assert office.states() == {
        "a/1": "published",
        "a/2": "cancelled not-in-plan",
        "a/3": "cancelled not-in-plan",
    }
    office.plan("d")
    assert texts_to_send(office) == ["d"]


def test_a_part_that_a_mended_text_has_more_follows_in_order(office: Office) -> None:
    begin(office, "1", "2", "3")
    office.plan("a", "1", "zwei", "drei", "vier")
    assert office.states() == {
        "a/1": "published",
        "a/2": "scheduled",
        "a/3": "held part 2",
        "a/4": "held part 3",
    }
    assert texts_to_send(office) == ["zwei", "drei", "vier"]


def test_a_part_comes_back_with_the_text_that_has_it_again(office: Office) -> None:
    begin(office, "1", "2", "3")
    office.plan("a", "one")
    office.plan("a", "1", "zwei", "drei")
    assert office.states() == {"a/1": "published", "a/2": "scheduled", "a/3": "held part 2"}
    assert texts_to_send(office) == ["zwei", "drei"]


def test_a_thread_of_which_nothing_failed_goes_on_with_its_frozen_text(office: Office) -> None:
    office.plan("a", "1", "2", "3")
    office.send()
    assert office.plan("a", "one").cancelled == ()
    office.put(office.key("a"), State.PUBLISHED, published_at=office.now)
    office.ledger.write(
        lambda conn: outcomes.thread_parts.release_following(
            conn, "a", office.account, part=1, now=office.now
        )
    )
    assert texts_to_send(office) == ["2", "3"]


def test_publish_of_a_failed_part_follows_a_text_that_was_shortened_before_it_failed(office: Office) -> None:
    office.plan("a", "1", "2", "3")
    office.send()
    office.plan("a", "1", "zwei")
    office.put(office.key("a"), State.PUBLISHED, published_at=office.now)
    office.put(office.key("a", 2), State.FAILED, reason="too-long", attempts=1)
    office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )
    assert office.states() == {"a/1": "published", "a/2": "scheduled", "a/3": "cancelled not-in-plan"}
    assert texts_to_send(office) == ["zwei"]


@pytest.mark.parametrize("shortened", [True, False])
def test_a_thread_whose_first_part_is_refused_follows_what_was_written_meanwhile(
    office: Office, *, shortened: bool
) -> None:
    office.plan("a", "1", "2", "3")
    [intent] = office.send()
    office.plan("a", *(["one"] if shortened else ["1", "2", "3", "4"]))
    at = office.now + timedelta(seconds=30)
    office.ledger.write(
        lambda conn: outcomes.reschedule(conn, intent.key, intent.number, at=at, now=office.now)
    )
    assert len(office.states()) == (1 if shortened else 4)


def test_a_part_that_is_proven_absent_is_cancelled_where_the_text_lost_it_meanwhile(office: Office) -> None:
    begin(office, "1", "2", "3")
    office.plan("a", "1", "zwei")
    [intent] = office.send()
    office.plan("a", "one")
    assert office.states()["a/2"] == "sending"
    office.put(intent.key, State.UNKNOWN)
    office.ledger.write(lambda conn: unknown_outcomes.retry(conn, [intent.key], now=office.now))
    assert office.states()["a/2"] == "cancelled not-in-plan"


def test_a_thread_that_a_person_cancelled_gets_no_more_parts(office: Office) -> None:
    office.plan("a", "1", "2")
    first = office.key("a")
    office.ledger.write(lambda conn: unknown_outcomes.cancel(conn, [first], now=office.now))
    office.plan("a", "1", "2", "3")
    assert office.states() == {"a/1": "cancelled person", "a/2": "cancelled part 1"}


def test_a_part_after_one_that_is_too_late_is_too_late_itself(office: Office) -> None:
    office.plan("a", "1")
    office.put(office.key("a"), State.MISSED, reason="late")
    office.plan("a", "1", "2")
    assert office.states() == {"a/1": "missed late", "a/2": "missed late"}


@pytest.mark.parametrize("part", [2, 3])
def test_a_part_that_a_person_cancelled_stays_so_while_the_text_has_fewer_parts(
    office: Office, part: int
) -> None:
    office.plan("a", "1", "2", "3")
    key = office.key("a", part)
    office.ledger.write(lambda conn: unknown_outcomes.cancel(conn, [key], now=office.now))
    before = office.states()
    assert before[f"a/{part}"] == "cancelled person"
    office.plan("a", "1")
    assert office.states()[f"a/{part}"] == "cancelled person"
    office.plan("a", "1", "2", "3", "4")
    assert office.states() == before

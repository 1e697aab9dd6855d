"""The ledger follows the files: new dates, new texts, drafts, and files that went away."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from humaspost.ledger.schema import delivery
from humaspost.model.delivery import State
from humaspost.model.plan import NotPlanned
from humaspost.model.post import Late, PublishTime
from tests.support.ledger_office import NOW, Office


def at(after: timedelta) -> PublishTime:
    """Return a date so long after now."""
    return PublishTime("2027-02-03T08:30", "Asia/Jakarta", NOW + after)


def test_a_post_with_a_moved_date_is_due_at_the_new_one(office: Office) -> None:
    office.plan("a")
    assert office.plan("a", due=at(timedelta(hours=2))).changed == ("a",)
    assert office.claim() == []
    office.now += timedelta(hours=2)
    assert [row.post for row in office.claim()] == ["a"]


def test_a_missed_post_with_a_new_date_is_scheduled_and_one_with_a_new_text_waits_for_a_person(
    office: Office,
) -> None:
    office.plan("a"), office.plan("b")
    office.put(office.key("a"), State.MISSED, reason="late")
    office.put(office.key("b"), State.MISSED, reason="late")
    office.plan("a", due=at(timedelta(hours=1)))
    office.plan("b", "another text")
    assert office.states() == {"a/1": "scheduled", "b/1": "missed late"}


def test_a_failed_post_with_a_new_text_is_scheduled(office: Office) -> None:
    office.plan("a")
    office.put(office.key("a"), State.FAILED, reason="too-long")
    office.plan("a", "shorter")
    assert office.states() == {"a/1": "scheduled"}


def test_what_is_published_is_touched_by_no_edit(office: Office) -> None:
    office.plan("a")
    office.put(office.key("a"), State.PUBLISHED, published_at=office.now)
    office.plan("a", "another text", due=at(timedelta(hours=1)))
    assert office.states() == {"a/1": "published"}


def test_a_draft_holds_its_post_until_it_is_none_again(office: Office) -> None:
    office.plan("a")
    rows, office.rows = office.rows, []
    office.held = [NotPlanned("a", "posts/a.md", "a", "draft")]
    assert office.sync().held == ("a",)
    assert office.states() == {"a/1": "held file"}
    office.rows, office.held = rows, []
    office.sync()
    assert office.states() == {"a/1": "scheduled"}


@pytest.mark.parametrize(
    ("posts", "deleted_count", "believed"),
    [(3, 1, True), (3, 2, True), (3, 3, False), (20, 4, True), (20, 5, False)],
)
def test_many_files_deleted_at_once_are_an_accident(
    office: Office, posts: int, deleted_count: int, *, believed: bool
) -> None:
    for number in range(posts):
        office.plan(f"p{number:02}")
    office.rows = office.rows[deleted_count:]
    done = office.sync()
    assert (len(done.held), len(done.vanished)) == ((deleted_count, 0) if believed else (0, deleted_count))
    held = [state for state in office.states().values() if state == "held file"]
    assert len(held) == (deleted_count if believed else 0)


def test_a_missing_folder_changes_nothing(office: Office) -> None:
    office.plan("a")
    office.rows = []
    assert office.sync(folder_missing=True).vanished == ("a",)
    assert office.states() == {"a/1": "scheduled"}


@pytest.mark.parametrize(
    ("late", "state"),
    [(Late.ASK, "missed before-ledger"), (Late.SKIP, "expired late"), (Late.PUBLISH, "missed before-ledger")],
)
def test_what_was_due_before_the_ledger_was_made_is_never_sent_by_itself(
    office: Office, late: Late, state: str
) -> None:
    office.plan("a", due=at(timedelta(days=-2)), late=late)
    assert office.states() == {"a/1": state}


def test_a_thread_that_was_not_started_follows_the_parts_of_its_new_text(office: Office) -> None:
    office.plan("a", "1", "2", "3")
    office.plan("a", "1", "2")
    assert office.states() == {"a/1": "scheduled", "a/2": "held part 1"}
    office.plan("a", "1", "2", "3", "4")
    with office.ledger.read() as conn:
        assert list(conn.scalars(select(delivery.c.part).order_by(delivery.c.part))) == [1, 2, 3, 4]

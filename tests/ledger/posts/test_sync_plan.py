"""The ledger follows the files: new dates, new texts, drafts, and files that went away."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from humaspost.ledger.schema import delivery, plan_row, post
from humaspost.model.delivery import State
from humaspost.model.plan import NotPlanned
from humaspost.model.post import Late, PublishTime
from tests.support.ledger_office import NOW, Office

#: What the plan has of a file that says `late: publish`.
OWN_PUBLISH = {"late": Late.PUBLISH, "own_late": Late.PUBLISH}


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


@pytest.mark.parametrize(
    ("state", "reason"), [("expired", "expires"), ("expired", "late"), ("missed", "late")]
)
def test_other_dates_undo_what_the_dates_of_the_file_caused(office: Office, state: str, reason: str) -> None:
    office.plan("a", "1", "2", expires=at(timedelta(minutes=-1)))
    office.put(office.key("a"), State(state), reason=reason)
    office.put(office.key("a", 2), State(state), reason="part 1" if state == "expired" else reason)
    office.plan("a", "1", "2", due=at(timedelta(hours=1)), expires=at(timedelta(hours=2)))
    assert office.states() == {"a/1": "scheduled", "a/2": "held part 1"}
    office.now += timedelta(hours=1)
    assert [row.part for row in office.claim()] == [1]


def test_a_later_end_or_another_late_rule_is_enough(office: Office) -> None:
    office.plan("a", due=at(timedelta(hours=-2)), expires=at(timedelta(minutes=-1)), late=Late.SKIP)
    office.plan("b", due=at(timedelta(minutes=-2)), expires=at(timedelta(minutes=-1)))
    office.put(office.key("a"), State.EXPIRED, reason="late")
    office.put(office.key("b"), State.EXPIRED, reason="expires")
    office.plan("a", due=at(timedelta(hours=-2)), expires=at(timedelta(hours=1)), **OWN_PUBLISH)
    office.plan("b", due=at(timedelta(minutes=-2)), expires=at(timedelta(hours=1)))
    assert office.states() == {"a/1": "scheduled", "b/1": "scheduled"}


def test_dates_by_which_it_is_still_too_late_undo_nothing(office: Office) -> None:
    for name in ("a", "b"):
        office.plan(name, due=at(timedelta(hours=-5)))
        office.put(office.key(name), State.MISSED, reason="late")
    office.plan("a", due=at(timedelta(hours=-4)))
    office.plan("b", due=at(timedelta(hours=1)), expires=at(timedelta(0)))
    assert office.states() == {"a/1": "missed late", "b/1": "missed late"}


@pytest.mark.parametrize("stamp", ["1-2-3", "1-2-4"])
@pytest.mark.parametrize("state", [State.MISSED, State.EXPIRED])
def test_a_new_late_rule_of_the_office_sends_no_old_post(office: Office, state: State, stamp: str) -> None:
    office.enlist("p")
    office.plan("a", due=at(timedelta(hours=-5)))
    office.plan("b", people=True, due=at(timedelta(hours=-5)))
    office.sync(stamps={"posts/a.md": "1-2-3", "posts/b.md": "1-2-3"})
    office.put(office.key("a"), state, reason="late")
    stopped = {"stop": state, "stop_reason": "late"}
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(stopped)))
    # `chmod -R` changes every stamp, and no text.
    office.rows = [replace(row, late=Late.PUBLISH) for row in office.rows]
    office.sync(stamps={"posts/a.md": stamp, "posts/b.md": stamp})
    assert office.states() == {"a/1": f"{state} late"}
    office.rows = [replace(row, grace=timedelta(minutes=61), title="new") for row in office.rows]
    office.sync(stamps={"posts/a.md": "1-3-4"})
    assert office.states() == {"a/1": f"{state} late"}
    with office.ledger.read() as conn:
        assert set(conn.scalars(select(plan_row.c.stop))) == {state}
    assert office.send() == []


@pytest.mark.parametrize("own_late", [None, Late.PUBLISH])
def test_what_an_older_humaspost_did_not_keep_is_no_edit(office: Office, own_late: Late | None) -> None:
    office.plan("a", due=at(timedelta(hours=-5)), late=own_late or Late.ASK, own_late=own_late)
    office.put(office.key("a"), State.MISSED, reason="late")
    upgraded = {"own_late": None}
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(upgraded)))
    office.ledger.write(lambda conn: conn.execute(update(post).values(stamp=None)))
    office.rows = [replace(row, late=Late.PUBLISH) for row in office.rows]
    office.sync(stamps={"posts/a.md": "1-2-3"})
    assert office.states() == {"a/1": "missed late"}
    office.rows = [replace(row, late=Late.ASK, own_late=Late.ASK) for row in office.rows]
    office.sync(stamps={"posts/a.md": "1-2-4"})
    office.rows = [replace(row, **OWN_PUBLISH) for row in office.rows]
    office.sync(stamps={"posts/a.md": "1-2-5"})
    assert office.states() == {"a/1": "scheduled"}


def test_a_late_rule_that_the_file_itself_takes_over_from_the_office_is_an_edit(office: Office) -> None:
    office.plan("a", due=at(timedelta(hours=-5)))
    office.put(office.key("a"), State.MISSED, reason="late")
    office.rows = [replace(row, late=Late.PUBLISH) for row in office.rows]
    office.sync()
    assert office.states() == {"a/1": "missed late"}
    office.rows = [replace(row, **OWN_PUBLISH) for row in office.rows]
    assert office.sync().changed == ("a",)
    assert office.states() == {"a/1": "scheduled"}
    assert office.sync().changed == ()


def test_a_late_rule_that_the_file_no_longer_names_sends_no_old_post(office: Office) -> None:
    office.plan("a", due=at(timedelta(hours=-5)), late=Late.SKIP, own_late=Late.SKIP)
    office.put(office.key("a"), State.EXPIRED, reason="late")
    office.rows = [replace(row, late=Late.PUBLISH, own_late=None) for row in office.rows]
    office.sync()
    assert office.states() == {"a/1": "expired late"}


@pytest.mark.parametrize("late", [Late.ASK, Late.PUBLISH])
def test_a_mended_text_frees_what_failed_only_within_the_grace(office: Office, late: Late) -> None:
    for name in ("a", "b"):
        office.plan(name, late=late)
        office.put(office.key(name), State.FAILED, reason="too-long")
    office.now += timedelta(minutes=59)
    office.plan("a", "shorter", late=late)
    office.now += timedelta(days=60)
    office.plan("b", "shorter", late=late)
    assert office.states() == {"a/1": "scheduled", "b/1": "failed too-long"}


def test_the_grace_of_a_post_that_has_begun_counts_from_its_last_progress(office: Office) -> None:
    office.plan("a", "1", "2")
    office.send()
    office.put(office.key("a"), State.PUBLISHED, published_at=office.now)
    office.put(office.key("a", 2), State.FAILED, reason="too-long")
    office.now += timedelta(hours=5)
    progress = {"progress_at": office.now - timedelta(minutes=1)}
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(progress)))
    office.plan("a", "1", "zwei")
    assert office.states() == {"a/1": "published", "a/2": "scheduled"}


def test_other_dates_undo_a_stop_of_the_whole_post(office: Office) -> None:
    office.enlist("p")
    office.plan("a", people=True)
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(stop="missed", stop_reason="late")))
    office.plan("a", "another text", people=True)
    stop = select(plan_row.c.stop, plan_row.c.stop_reason)
    with office.ledger.read() as conn:
        assert conn.execute(stop).one() == ("missed", "late")
    office.plan("a", "another text", people=True, due=at(timedelta(hours=1)))
    with office.ledger.read() as conn:
        assert conn.execute(stop).one() == (None, "")


def test_the_stamp_of_a_file_is_kept_as_it_was_read(office: Office) -> None:
    office.plan("a")
    office.sync(stamps={"posts/a.md": "1-2-3"})
    office.sync()
    with office.ledger.read() as conn:
        assert conn.scalar(select(post.c.stamp)) == "1-2-3"
    office.rows, office.held = [], [NotPlanned("a", "posts/a.md", "a", "draft")]
    office.sync(stamps={"posts/a.md": "1-2-4"})
    with office.ledger.read() as conn:
        assert conn.scalar(select(post.c.stamp)) == "1-2-4"


def test_while_two_files_claim_an_id_the_file_that_has_it_says_what_becomes_of_the_post(
    office: Office,
) -> None:
    office.plan("a")
    office.held = [NotPlanned("a", "posts/copy.md", "a", "error")]
    for _ in range(3):
        assert office.sync().held == ()
        assert office.states() == {"a/1": "scheduled"}
    rows, office.rows = office.rows, []
    office.sync(is_partial=True)  # only the copy changed
    assert office.states() == {"a/1": "scheduled"}
    with office.ledger.read() as conn:
        assert conn.execute(select(post.c.file, post.c.hold)).one() == ("posts/a.md", None)
    # A draft keeps its id, too.
    office.held.insert(0, NotPlanned("a", "posts/a.md", "a", "draft"))
    for _ in range(2):
        office.sync()
        with office.ledger.read() as conn:
            assert conn.execute(select(post.c.file, post.c.hold)).one() == ("posts/a.md", "draft")
    office.rows, office.held = rows, office.held[1:]
    office.sync()
    assert office.states() == {"a/1": "scheduled"}


def test_a_post_whose_file_was_renamed_and_made_a_draft_is_held_for_the_new_one(office: Office) -> None:
    office.plan("a")
    office.rows, office.held = [], [NotPlanned("a", "posts/b.md", "a", "draft")]
    assert office.sync().held == ("a",)
    assert office.states() == {"a/1": "held file"}

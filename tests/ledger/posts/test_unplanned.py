"""What the newest plan does not have is not sent, whatever else stopped it; what is back goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from humaspost.ledger.deliveries import outcomes, publish_now
from humaspost.ledger.holds import pauses
from humaspost.ledger.posts import recipient_changes
from humaspost.ledger.schema import account, audience_member, delivery, plan_row
from humaspost.model.delivery import Intent, State
from humaspost.model.plan import NotPlanned
from humaspost.model.post import Late
from humaspost.policy import lateness
from tests.support.ledger_office import OTHER, Office

MEMBER = {"audience": "warga", "recipient": "ana"}


def name_both(office: Office, post: str) -> None:
    """Have the file of the post name the other account too."""
    office.rows += [replace(row, account=OTHER) for row in office.rows if row.post == post]
    office.sync()


def name_only(office: Office, post: str, name: str) -> None:
    """Have the file of the post name one account."""
    office.rows = [row for row in office.rows if row.post != post or row.account.name == name]
    office.sync()


def by_account(office: Office) -> dict[str, str]:
    """Return the state and reason of each delivery, by account, post and part."""
    query = select(delivery, account.c.name).join(account, account.c.id == delivery.c.account)
    with office.ledger.read() as conn:
        rows = conn.execute(query.order_by(account.c.name, delivery.c.post, delivery.c.part)).all()
    return {f"{row.name}/{row.post}/{row.part}": f"{row.state} {row.reason}".strip() for row in rows}


def planned(office: Office) -> set[str]:
    """Return the accounts on which the plan has a post."""
    joined = plan_row.join(account, account.c.id == plan_row.c.account)
    with office.ledger.read() as conn:
        return set(conn.scalars(select(account.c.name).select_from(joined).where(plan_row.c.planned)))


def test_an_account_that_the_file_no_longer_names_gets_nothing(office: Office) -> None:
    office.plan("a")
    name_both(office, "a")
    assert len(office.claim()) == 1
    name_only(office, "a", "circle")
    assert by_account(office) == {"circle/a/1": "scheduled", "square/a/1": "held not-in-plan"}
    assert planned(office) == {"circle"}
    with office.ledger.read() as conn:
        assert conn.scalars(select(delivery.c.owner)).all() == [None, None]
    assert office.claim() == []


def test_the_post_counts_as_changed_and_only_once(office: Office) -> None:
    office.plan("a")
    name_both(office, "a")
    office.rows = office.rows[1:]
    assert office.sync().changed == ("a",)
    assert office.sync().changed == ()


@pytest.mark.parametrize("reason", ["pause", "login", "file", "list"])
def test_no_release_sends_what_was_held_for_another_reason(office: Office, reason: str) -> None:
    office.plan("a")
    office.put(office.key("a"), State.HELD, reason=reason)
    name_both(office, "a")
    name_only(office, "a", "circle")
    office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now))
    assert by_account(office)["square/a/1"] == "held not-in-plan"


@pytest.mark.parametrize("state", [State.MISSED, State.FAILED])
def test_publish_sends_nothing_that_the_plan_no_longer_has(office: Office, state: State) -> None:
    office.plan("a")
    office.put(office.key("a"), state, reason="late")
    name_both(office, "a")
    name_only(office, "a", "circle")
    office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )
    assert by_account(office) == {"circle/a/1": "scheduled", "square/a/1": "held not-in-plan"}


@pytest.mark.parametrize("state", [State.PUBLISHED, State.UNKNOWN, State.CANCELLED])
def test_what_is_over_or_may_be_out_stays(office: Office, state: State) -> None:
    office.plan("a")
    office.put(office.key("a"), state, published_at=office.now)
    name_both(office, "a")
    name_only(office, "a", "circle")
    assert by_account(office)["square/a/1"] == state


def test_what_is_back_is_scheduled_with_its_parts_in_order(office: Office) -> None:
    office.plan("a", "1", "2")
    name_both(office, "a")
    rows = office.rows
    name_only(office, "a", "circle")
    assert by_account(office)["square/a/2"] == "held not-in-plan"
    office.rows = rows
    assert office.sync().changed == ("a",)
    assert by_account(office) == {
        "circle/a/1": "scheduled",
        "circle/a/2": "held part 1",
        "square/a/1": "scheduled",
        "square/a/2": "held part 1",
    }
    assert planned(office) == {"circle", "square"}


def test_what_is_back_has_the_text_and_the_date_of_the_file(office: Office) -> None:
    office.plan("a", "old")
    name_both(office, "a")
    name_only(office, "a", "circle")
    office.now += timedelta(minutes=5)
    office.plan("a", "new")
    [intent] = office.send()
    assert intent.part.text == "new"


@pytest.mark.parametrize("state", [State.MISSED, State.FAILED])
@pytest.mark.parametrize("hours", [0, 3])
def test_what_had_ended_before_it_was_dropped_is_judged_by_its_date_again(
    office: Office, state: State, hours: int
) -> None:
    office.plan("a")
    office.put(office.key("a"), state, reason="late")
    name_both(office, "a")
    rows = [replace(row, late=Late.PUBLISH) for row in office.rows]
    name_only(office, "a", "circle")
    office.rows, office.now = rows, office.now + timedelta(hours=hours)
    office.sync()
    late = {0: "scheduled", 3: "missed late"}
    assert by_account(office) == {"circle/a/1": "scheduled", "square/a/1": late[hours]}


def test_what_waited_when_it_was_dropped_may_be_late_as_its_file_says(office: Office) -> None:
    office.plan("a", late=Late.PUBLISH)
    name_both(office, "a")
    rows = office.rows
    name_only(office, "a", "circle")
    office.rows, office.now = rows, office.now + timedelta(hours=3)
    office.sync()
    assert by_account(office)["square/a/1"] == "scheduled"


def test_a_person_who_is_back_on_the_list_gets_no_post_that_they_missed(office: Office) -> None:
    office.enlist(["ana", "budi"])
    office.plan("a", people=True, late=Late.PUBLISH)
    office.claim()
    office.put(of_person(office, "ana"), State.MISSED, reason="late", owner=None)
    on_list = audience_member.c.recipient == "ana"
    office.now += timedelta(hours=3)
    for change in (delete(audience_member).where(on_list), insert(audience_member).values(MEMBER)):
        office.ledger.write(lambda conn, change=change: conn.execute(change))
        office.ledger.write(
            lambda conn: recipient_changes.sync_lists(
                conn, ["warga"], verdict=lateness.verdict, now=office.now
            )
        )
    assert office.states()["a/1/ana"] == "missed late"


def test_a_draft_keeps_its_accounts_and_its_return_does_not_send_a_dropped_one(office: Office) -> None:
    office.plan("a")
    name_both(office, "a")
    rows, office.rows = office.rows, []
    office.held = [NotPlanned("a", "posts/a.md", "a", "draft")]
    office.sync()
    assert planned(office) == {"circle", "square"}
    assert set(by_account(office).values()) == {"held file"}
    office.rows, office.held = [row for row in rows if row.account == OTHER], []
    office.sync()
    assert by_account(office) == {"circle/a/1": "scheduled", "square/a/1": "held not-in-plan"}


def test_a_removed_file_whose_rest_is_not_planned_is_not_asked_about(office: Office) -> None:
    office.plan("a")
    name_both(office, "a")
    name_only(office, "a", "circle")
    live = {"state": State.PUBLISHED, "published_at": office.now}
    office.ledger.write(
        lambda conn: conn.execute(update(delivery).where(delivery.c.state == "scheduled").values(live))
    )
    office.rows = []
    assert office.sync().held == ()


def test_what_an_outcome_schedules_afterwards_is_held_by_the_next_scan(office: Office) -> None:
    office.plan("a")
    [intent] = office.send()
    name_both(office, "a")
    name_only(office, "a", "circle")
    assert by_account(office)["square/a/1"] == "sending"
    office.ledger.write(
        lambda conn: outcomes.reschedule(conn, intent.key, intent.number, at=None, now=office.now)
    )
    office.sync()
    assert by_account(office)["square/a/1"] == "held not-in-plan"


def test_a_partial_scan_leaves_other_posts_to_the_gate_and_the_next_whole_one(office: Office) -> None:
    office.plan("a"), office.plan("b")
    name_both(office, "a")
    name_only(office, "a", "circle")
    office.put(by_name(office, "square/a/1"), State.SCHEDULED, reason="")
    rows, office.rows = office.rows, [row for row in office.rows if row.post == "b"]
    office.sync(is_partial=True)
    assert by_account(office)["square/a/1"] == "scheduled"
    assert [intent.post for intent in office.send() if isinstance(intent, Intent)] == ["b"]
    assert by_account(office)["square/a/1"] == "held not-in-plan"
    office.put(by_name(office, "square/a/1"), State.SCHEDULED, reason="")
    office.rows = rows
    office.sync()
    assert by_account(office)["square/a/1"] == "held not-in-plan"


def of_person(office: Office, who: str) -> str:
    """Return the key of this recipient's delivery."""
    with office.ledger.read() as conn:
        return str(conn.scalar(select(delivery.c.key).where(delivery.c.recipient == who)))


def by_name(office: Office, name: str) -> str:
    """Return the key of the delivery that ``by_account`` calls so."""
    account_name, post, _part = name.split("/")
    query = select(delivery.c.key).join(account, account.c.id == delivery.c.account)
    with office.ledger.read() as conn:
        return str(conn.scalar(query.where(account.c.name == account_name, delivery.c.post == post)))

"""Who gets a post is who is on its lists now: people who leave, come back, join or consent later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from humaspost.ledger.deliveries import publish_now
from humaspost.ledger.people import list_holds, recipients
from humaspost.ledger.posts import decisions
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import audience, audience_member, consent, plan_row, recipient
from humaspost.model.delivery import State
from humaspost.model.post import Late, PublishTime
from humaspost.model.reasons import ListHold
from humaspost.policy import lateness
from tests.support.ledger_office import NOW, OTHER, Office


def write(office: Office, statement) -> None:
    """Run one statement in a transaction of its own."""
    office.ledger.write(lambda conn: conn.execute(statement))


def add_list(office: Office, name: str, *people: str) -> None:
    """Add a list of people who are known, or who agreed."""
    write(office, insert(audience).values(name=name, file="f", digest="d", imported_at=NOW))
    for person in people:
        office.ledger.write(lambda conn, person=person: recipients.add_members(conn, name, [person]))


def import_list(office: Office, name: str = "warga", *, remove: str = "", add: str = "") -> None:
    """Import the list with a person more or less, then read the posts again."""
    listed = audience_member.c.audience == name
    write(office, delete(audience_member).where(listed, audience_member.c.recipient == remove))
    if add:
        known = {"id": add, "phone": f"+{add}", "created_at": NOW}
        agreed = {"purpose": "p", "basis": "consent", "source": "s", "consented_at": "2026-01-01"}
        write(office, insert(recipient).prefix_with("OR IGNORE").values(known))
        write(
            office, insert(consent).prefix_with("OR IGNORE").values(recipient=add, recorded_at=NOW, **agreed)
        )
        office.ledger.write(lambda conn: recipients.add_members(conn, name, [add]))
    office.ledger.write(
        lambda conn: recipients.record_import(conn, name, file="f", digest=f"{remove}{add}", now=office.now)
    )
    office.sync()


def name_lists(office: Office, *names: str) -> None:
    """Have the file of the one post name these lists."""
    office.rows = [replace(row, audiences=names) for row in office.rows]
    office.sync()


def test_people_of_a_list_that_the_file_no_longer_names_are_held(office: Office) -> None:
    office.enlist("abc")
    add_list(office, "wartawan", "c")
    office.plan("a", people=True)
    office.claim()
    name_lists(office, "wartawan")
    assert office.states() == {
        "a/1/a": "held not-in-plan",
        "a/1/b": "held not-in-plan",
        "a/1/c": "scheduled",
    }
    name_lists(office, "warga")
    assert set(office.states().values()) == {"scheduled"}


def test_people_of_a_list_that_the_file_names_too_are_entered(office: Office) -> None:
    office.enlist("ab")
    office.plan("a", people=True)
    office.claim()
    import_list(office, add="w")
    add_list(office, "wartawan", "w")
    name_lists(office, "wartawan")
    assert office.claim()
    assert office.states() == {
        "a/1/a": "held not-in-plan",
        "a/1/b": "held not-in-plan",
        "a/1/w": "preparing",
    }


def test_who_leaves_the_list_is_held_and_who_joins_is_entered(office: Office) -> None:
    office.enlist("ab")
    office.plan("a", people=True)
    office.claim()
    import_list(office, remove="a", add="c")
    office.claim()
    assert office.states() == {"a/1/a": "held not-in-plan", "a/1/b": "preparing", "a/1/c": "preparing"}
    import_list(office, add="a")
    assert office.states()["a/1/a"] == "scheduled"


@pytest.mark.parametrize("late", [Late.ASK, Late.PUBLISH])
def test_a_list_that_grows_sends_no_old_post(office: Office, late: Late) -> None:
    office.enlist("a")
    office.plan("a", people=True, late=late)
    for intent in office.send():
        office.put(intent.key, State.PUBLISHED, published_at=office.now)
    office.now += timedelta(days=30)
    import_list(office, add="b")
    assert office.claim() == []
    assert office.states() == {"a/1/a": "published"}


def test_who_consents_later_is_scheduled_and_who_stopped_is_not(office: Office) -> None:
    office.enlist("abc")
    write(office, delete(consent).where(consent.c.recipient.in_(["a", "b"])))
    write(office, update(recipient).where(recipient.c.id == "b").values(opted_out_at=NOW))
    office.plan("a", people=True)
    office.claim()
    assert office.states() == {"a/1/a": "refused consent", "a/1/b": "refused opt-out", "a/1/c": "preparing"}
    import_list(office, add="a")
    import_list(office, add="b")
    assert office.states() == {"a/1/a": "scheduled", "a/1/b": "refused opt-out", "a/1/c": "preparing"}


def test_a_withdrawn_consent_or_one_after_the_grace_schedules_nobody(office: Office) -> None:
    office.enlist("abc")
    write(office, delete(consent).where(consent.c.recipient.in_(["a", "b"])))
    office.plan("a", people=True)
    office.claim()
    withdrawn = {"purpose": "p", "basis": "b", "source": "s", "consented_at": "", "withdrawn_at": NOW}
    write(office, insert(consent).values(recipient="a", recorded_at=NOW, **withdrawn))
    import_list(office)
    office.now += timedelta(days=2)
    import_list(office, add="b")
    assert office.states() == {"a/1/a": "refused consent", "a/1/b": "refused consent", "a/1/c": "preparing"}


def test_nothing_is_looked_at_while_no_list_changed(office: Office) -> None:
    office.enlist("a")
    office.plan("a", people=True)
    office.claim()
    write(office, delete(audience_member))
    office.sync()
    assert office.states() == {"a/1/a": "preparing"}


def test_a_post_on_an_account_that_is_back_has_the_people_of_now(office: Office) -> None:
    office.enlist("ab")
    office.plan("a", people=True)
    office.claim()
    rows, office.rows = office.rows, [replace(row, account=OTHER) for row in office.rows]
    import_list(office, remove="a", add="c")
    assert office.states() == {"a/1/a": "held not-in-plan", "a/1/b": "held not-in-plan"}
    office.rows = rows
    office.sync()
    office.claim()
    assert office.states() == {"a/1/a": "held not-in-plan", "a/1/b": "preparing", "a/1/c": "preparing"}


def publish(office: Office) -> publish_now.PublishRequest:
    return office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )


def sent_to_some(office: Office) -> None:
    """Send a post to a; after its grace b joins, and c, who was refused, consents."""
    office.enlist("ac")
    write(office, delete(consent).where(consent.c.recipient == "c"))
    office.plan("a", people=True)
    for intent in office.send():
        office.put(intent.key, State.PUBLISHED, published_at=office.now)
    office.now += timedelta(days=2)
    import_list(office, add="b")
    import_list(office, add="c")
    assert office.claim() == []
    assert office.states() == {"a/1/a": "published", "a/1/c": "refused consent"}


def test_a_new_date_reaches_who_joined_or_consented_after_the_grace(office: Office) -> None:
    sent_to_some(office)
    due = PublishTime(f"{office.now:%Y-%m-%dT%H:%M}", "UTC", office.now)
    office.plan("a", people=True, due=due)
    office.send()
    assert office.states() == {"a/1/a": "published", "a/1/b": "sending", "a/1/c": "sending"}


def test_a_new_date_that_is_over_too_reaches_nobody(office: Office) -> None:
    sent_to_some(office)
    past = office.now - timedelta(hours=2)
    office.plan("a", people=True, due=PublishTime(f"{past:%Y-%m-%dT%H:%M}", "UTC", past))
    assert office.claim() == []
    assert office.states() == {"a/1/a": "published", "a/1/c": "refused consent"}


def test_publish_reaches_who_joined_or_consented_after_the_grace(office: Office) -> None:
    sent_to_some(office)
    publish(office)
    office.send()
    assert office.states() == {"a/1/a": "published", "a/1/b": "sending", "a/1/c": "sending"}


def test_an_interrupted_publish_reaches_nobody_new(office: Office) -> None:
    sent_to_some(office)
    before = office.states()
    request = publish(office)
    assert office.ledger.write(
        lambda conn: publish_now.cancel_request(conn, request, verdict=lateness.verdict, now=office.now)
    )
    assert office.states() == before
    assert office.claim() == []
    with office.ledger.read() as conn:
        (entry,) = totals.list_by_post(conn)
    assert (entry.stop, entry.unexpanded) == (None, None)


# -- held lists ----------------------------------------------------------------------------------------


def hold_while_sending(office: Office, *names: str) -> None:
    """Hold these lists when all that is due is claimed, so that the gate holds every delivery."""
    claimed = office.claim()
    how = {"digest": "e", "detail": "d", "candidates": (), "now": office.now}
    for name in names:
        office.ledger.write(lambda conn, name=name: list_holds.hold_list(conn, name, ListHold.SHRUNK, **how))
    office.gate([office.ticket(row) for row in claimed])


@pytest.mark.parametrize("is_partial", [False, True])
def test_a_post_that_no_longer_names_the_held_list_goes_on(office: Office, *, is_partial: bool) -> None:
    office.enlist("ab")
    add_list(office, "wartawan", "a")
    office.plan("a", people=True)
    hold_while_sending(office, "warga")
    assert office.states() == {"a/1/a": "held list", "a/1/b": "held list"}
    office.sync()
    assert office.states() == {"a/1/a": "held list", "a/1/b": "held list"}
    office.rows = [replace(row, audiences=("wartawan",)) for row in office.rows]
    office.sync(is_partial=is_partial)
    assert office.states() == {"a/1/a": "scheduled", "a/1/b": "held not-in-plan"}


@pytest.mark.parametrize("name", ["warga", 'm\u00e9dia "pusat"'])
def test_the_end_of_a_hold_frees_the_posts_that_name_no_other_held_list(office: Office, name: str) -> None:
    office.enlist("a")
    if name != "warga":
        add_list(office, name, "a")
    add_list(office, "wartawan", "a")
    for post, names in (("a", (name,)), ("b", ("wartawan", name))):
        office.plan(post, people=True)
        office.rows[-1] = replace(office.rows[-1], audiences=names)
    office.sync()
    hold_while_sending(office, name, "wartawan")
    assert set(office.states().values()) == {"held list"}
    office.ledger.write(lambda conn: list_holds.end_hold(conn, name, now=office.now))
    assert office.states() == {"a/1/a": "scheduled", "b/1/a": "held list"}
    office.ledger.write(lambda conn: list_holds.end_hold(conn, "wartawan", now=office.now))
    assert office.states() == {"a/1/a": "scheduled", "b/1/a": "scheduled"}


def test_what_a_held_list_holds_of_a_cancelled_or_removed_post_stays(office: Office) -> None:
    office.enlist("ab")
    add_list(office, "wartawan", "a", "b")
    for post in ("a", "b"):
        office.plan(post, people=True)
    hold_while_sending(office, "warga")
    office.ledger.write(lambda conn: decisions.cancel(conn, "a", account=None, now=office.now))
    rows, office.rows = office.rows, office.rows[:1]
    name_lists(office, "wartawan")
    office.ledger.write(lambda conn: list_holds.end_hold(conn, "warga", now=office.now))
    cancelled = {"a/1/a": "cancelled person", "a/1/b": "cancelled person"}
    assert office.states() == {**cancelled, "b/1/a": "held list", "b/1/b": "held list"}
    office.rows = rows
    office.sync()
    assert office.states() == {**cancelled, "b/1/a": "scheduled", "b/1/b": "scheduled"}


def test_a_list_and_the_gate_agree_on_how_long_a_post_may_stand_still(office: Office) -> None:
    """Less than five minutes is no standstill, however short the grace: who joined then got nothing."""
    office.enlist("a")
    office.plan("a", people=True, grace=timedelta(minutes=1))
    office.send()
    office.now += timedelta(minutes=4)
    import_list(office, add="b")
    office.send()
    assert office.states() == {"a/1/a": "sending", "a/1/b": "sending"}


def test_a_list_that_grows_opens_no_cancelled_post(office: Office) -> None:
    office.enlist("ab")
    for post in ("p1", "p2", "p3"):
        office.plan(post, people=True)
        office.ledger.write(
            lambda conn, post=post: decisions.cancel(conn, post, account=None, now=office.now)
        )
    import_list(office, add="c")
    with office.ledger.read() as conn:
        assert set(conn.scalars(select(plan_row.c.expanded))) == {True}
    rows, office.rows = office.rows, []
    assert office.sync().vanished == (), "nothing was to be sent of them"
    office.rows = rows
    office.sync()
    verdict = lateness.verdict
    office.ledger.write(
        lambda conn: publish_now.request(conn, "p1", account=None, verdict=verdict, now=office.now)
    )
    office.claim()
    assert office.states() == dict.fromkeys(("p1/1/a", "p1/1/b", "p1/1/c"), "preparing")

"""A fan-out that may not go is stopped once, before anybody of it is claimed."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, event, func, select, update

from humaspost.ledger.deliveries import claims, publish_now
from humaspost.ledger.holds import pauses
from humaspost.ledger.people import list_holds
from humaspost.ledger.posts import post_stops
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import audience_member, consent, delivery, plan_row
from humaspost.model.post import Late, PublishTime
from humaspost.model.reasons import ListHold
from humaspost.policy import lateness
from humaspost.policy.decide import decide
from tests.support.ledger_office import NOW, Office, count_by_state

DAY = timedelta(days=1)


@pytest.fixture
def office(office: Office) -> Iterator[Office]:
    office.enlist(["p1", "p2", "p3"])
    return office


def date(office: Office, **ago: float) -> dict[str, PublishTime]:
    at = office.now - timedelta(**ago)
    return {"due": PublishTime(at.strftime("%Y-%m-%dT%H:%M"), "UTC", at)}


def stop(office: Office, post: str = "a") -> tuple[str | None, str]:
    with office.ledger.read() as conn:
        row = conn.execute(select(plan_row).where(plan_row.c.post == post)).one()
    return row.stop, row.stop_reason


def change(office: Office, **values: object) -> None:
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(values)))


def next_due(office: Office) -> object:
    with office.ledger.read() as conn:
        return claims.get_next_due(conn, office.account)


@pytest.mark.parametrize(
    ("late", "expected"), [(Late.ASK, ("missed", "late")), (Late.SKIP, ("expired", "late"))]
)
def test_a_late_fan_out_is_stopped_before_it_is_expanded(
    office: Office, late: Late, expected: tuple[str, str]
) -> None:
    office.plan("a", people=True, late=late, **date(office, hours=2))
    assert office.claim() == []
    assert (stop(office), office.states()) == (expected, {})
    assert next_due(office) is None
    with office.ledger.read() as conn:
        assert count_by_state(conn) == {expected[0]: 3}
        (entry,) = totals.list_by_post(conn)
    assert (entry.counts, entry.reasons) == ({expected[0]: 3}, {expected[0]: "late"})


def test_a_new_date_sends_what_was_missed_as_a_whole(office: Office) -> None:
    office.plan("a", people=True, **date(office, hours=2))
    office.claim()
    office.plan("a", people=True, **date(office, seconds=1))
    assert len(office.claim()) == 3


def test_a_pause_holds_a_fan_out_as_a_whole_and_its_end_frees_it(office: Office) -> None:
    office.plan("a", people=True)
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))
    assert office.claim() == []
    assert (stop(office), office.states(), next_due(office)) == (("held", "pause"), {}, None)
    office.ledger.write(lambda conn: pauses.end_pauses(conn, now=office.now))
    assert next_due(office) is not None
    assert len(office.claim()) == 3
    assert stop(office) == (None, "")


def test_a_pause_in_the_middle_holds_all_who_have_rows_with_one_statement(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    office.ledger.write(lambda conn: pauses.start_pause(conn, "", except_types=(), now=office.now))
    assert office.claim() == []
    assert sorted(office.states().values()) == ["held pause", "held pause", "sending"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"planned": False}, ("held", "not-in-plan")),
        ({"decision": "cancel", "decided_at": NOW}, ("cancelled", "person")),
        ({"expires_at": NOW}, ("expired", "expires")),
    ],
)
def test_each_cause_that_the_whole_post_shares_stops_it(
    office: Office, values: dict[str, object], expected: tuple[str, str]
) -> None:
    office.plan("a", people=True)
    change(office, **values)
    assert (office.claim(), office.states(), stop(office)) == ([], {}, expected)


def test_a_held_list_holds_its_posts_until_it_is_mended_or_a_person_publishes(office: Office) -> None:
    office.plan("a", people=True)
    hold_list(office)
    assert (office.claim(), stop(office), next_due(office)) == ([], ("held", "list"), None)
    end_hold(office)
    assert next_due(office) is not None
    hold_list(office)
    publish(office)
    assert len(office.claim()) == 3


def hold_list(office: Office, *, without: str = "p3") -> None:
    """Hold the list, as its file has one person no more."""
    there = sorted({"p1", "p2", "p3"} - {without})
    office.ledger.write(
        lambda conn: list_holds.hold_list(
            conn, "warga", ListHold.SHRUNK, digest="d", detail="x", candidates=there, now=office.now
        )
    )


def end_hold(office: Office) -> None:
    office.ledger.write(lambda conn: list_holds.end_hold(conn, "warga", now=office.now))


def publish(office: Office) -> None:
    office.ledger.write(
        lambda conn: publish_now.request(conn, "a", account=None, verdict=lateness.verdict, now=office.now)
    )


def test_publish_lets_a_post_through_one_hold_of_its_list_and_not_through_the_next(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    # Which of the three is first depends on the keys.
    without = max(key.rpartition("/")[2] for key, state in office.states().items() if state == "scheduled")
    hold_list(office, without=without)
    office.send()
    publish(office)
    end_hold(office)
    office.now += timedelta(minutes=1)
    hold_list(office, without=without)
    assert office.claim() == []
    assert sorted(office.states().values()) == ["held list", "held list", "sending"]
    publish(office)
    office.send()
    assert office.states()[f"a/1/{without}"] == "held list"
    assert sorted(office.states().values()) == ["held list", "sending", "sending"]


def test_a_fan_out_that_reaches_nobody_is_held_until_a_list_has_people(office: Office) -> None:
    office.plan("a", people=True)
    office.ledger.write(lambda conn: conn.execute(delete(audience_member)))
    assert (office.claim(), stop(office), next_due(office)) == ([], ("held", "no-recipients"), None)
    assert (office.claim(), stop(office)) == ([], ("held", "no-recipients"))
    member = {"audience": "warga", "recipient": "p2"}
    office.ledger.write(lambda conn: conn.execute(audience_member.insert().values(member)))
    assert next_due(office) is not None
    assert [row.post for row in office.claim()] == ["a"]


def test_a_list_of_people_without_consent_reaches_nobody(office: Office) -> None:
    office.plan("a", people=True)
    office.ledger.write(lambda conn: conn.execute(update(consent).values(withdrawn_at=NOW)))
    assert (office.claim(), stop(office), office.states()) == ([], ("held", "no-recipients"), {})


def test_people_who_come_after_the_grace_get_nothing_unasked(office: Office) -> None:
    office.plan("a", people=True)
    office.ledger.write(lambda conn: conn.execute(delete(audience_member)))
    office.claim()
    office.now += timedelta(hours=2)
    member = {"audience": "warga", "recipient": "p2"}
    office.ledger.write(lambda conn: conn.execute(audience_member.insert().values(member)))
    assert (office.claim(), stop(office)) == ([], ("missed", "late"))


def test_a_fan_out_that_stood_still_is_missed_with_one_statement(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    office.now += 60 * DAY
    statements: list[str] = []

    def work(conn: object) -> None:
        event.listen(conn, "before_cursor_execute", lambda *given: statements.append(given[2]))
        post_stops.settle_due(conn, office.account, decide=decide, until=office.now, now=office.now)

    office.ledger.write(work)
    assert sorted(office.states().values()) == ["missed late", "missed late", "sending"]
    assert len([text for text in statements if text.startswith("UPDATE")]) == 1


def test_the_stop_of_one_post_reads_nothing_of_the_others(office: Office) -> None:
    """Each claim read every delivery that was due: ten thousand rows, again and again."""
    office.plan("a", people=True)
    office.send(limit=1)
    plans: list[str] = []

    def work(conn: Connection) -> None:
        statements: list[tuple[str, tuple[object, ...]]] = []
        event.listen(conn, "before_cursor_execute", lambda *given: statements.append((given[2], given[3])))
        post_stops.settle_due(conn, office.account, decide=decide, until=office.now, now=office.now)
        for text, values in [given for given in statements if "delivery" in given[0]]:
            plans.extend(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))

    office.ledger.write(work)
    reads = [line for line in plans if " delivery " in line]
    assert reads
    assert [line for line in reads if "post=?" not in line] == []


def test_of_those_who_waited_some_are_in_time_and_the_gate_decides_on_each(office: Office) -> None:
    office.plan("a", people=True)
    office.send(limit=1)
    waiting, other = _scheduled(office)
    office.now += DAY
    ended = update(delivery).where(delivery.c.key == waiting).values(not_before=office.now)
    office.ledger.write(lambda conn: conn.execute(ended))
    office.send()
    with office.ledger.read() as conn:
        rows = {row.key: row.state for row in conn.execute(select(delivery.c.key, delivery.c.state))}
    assert (rows[waiting], rows[other]) == ("sending", "missed")


def _scheduled(office: Office) -> list[str]:
    with office.ledger.read() as conn:
        query = select(delivery.c.key).where(delivery.c.state == "scheduled").order_by(delivery.c.key)
        return list(conn.scalars(query))


def test_hundreds_of_overdue_posts_make_no_rows_and_delay_nothing_that_is_due(office: Office) -> None:
    for number in range(40):
        office.plan(f"old{number}", people=True, **date(office, hours=2 + number))
    office.plan("now", people=True)
    assert [row.post for row in office.claim(limit=3)] == ["now"] * 3
    with office.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(delivery)) == 3
        assert count_by_state(conn)["missed"] == 40 * 3


def test_only_one_post_is_settled_where_only_one_is_published(office: Office) -> None:
    for name in "ab":
        office.plan(name, people=True, **date(office, hours=2))
    office.ledger.write(
        lambda conn: post_stops.settle_due(
            conn, office.account, decide=decide, until=office.now, now=office.now, only_post="b"
        )
    )
    assert (stop(office, "a"), stop(office, "b")) == ((None, ""), ("missed", "late"))

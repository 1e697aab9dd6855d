"""What the gate reads about a delivery: plan, list, consent, decision and file as they are at that moment."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, event, insert, update

from humaspost.ledger.deliveries.gate import REREAD_DELAY, Blocked, Intent
from humaspost.ledger.schema import (
    audience,
    audience_candidate,
    audience_member,
    consent,
    meta,
    plan_row,
    post,
)
from humaspost.model.decision import FileState
from tests.support.ledger_office import NOW, Office


@pytest.fixture
def office(office: Office) -> Iterator[Office]:
    office.enlist(["p1", "p2"])
    return office


def execute(office: Office, *statements: object) -> None:
    office.ledger.write(lambda conn: [conn.execute(statement) for statement in statements])


def send_after(office: Office, *statements: object) -> list[str]:
    """Change the ledger between the claim and the gate; return the states afterwards."""
    tickets = [office.ticket(row) for row in office.claim()]
    execute(office, *statements)
    office.gate(tickets)
    return sorted(office.states().values())


def test_whoever_left_the_list_after_the_claim_gets_nothing(office: Office) -> None:
    office.plan("a", people=True)
    left = delete(audience_member).where(audience_member.c.recipient == "p1")
    assert send_after(office, left) == ["held not-in-plan", "sending"]


def test_a_list_that_the_post_names_no_longer_reaches_nobody(office: Office) -> None:
    office.plan("a", people=True)
    other = insert(audience).values(name="warga_lain", file="f", digest="d", imported_at=NOW)
    renamed = update(plan_row).values(audiences='["warga_lain"]')
    assert send_after(office, other, renamed) == ["held not-in-plan", "held not-in-plan"]


def test_publish_reaches_whom_a_held_list_and_its_file_both_have(office: Office) -> None:
    office.plan("a", people=True)
    held = update(audience).values(hold="list-shrunk")
    in_file = insert(audience_candidate).values(audience="warga", recipient="p1")
    published = update(plan_row).values(decision="publish", decided_at=NOW)
    assert send_after(office, held, in_file, published) == ["held list", "sending"]


def test_a_list_that_is_not_held_confirms_its_people(office: Office) -> None:
    office.plan("a", people=True)
    other = insert(audience).values(
        name="wartawan", file="f", digest="d", imported_at=NOW, hold="list-missing"
    )
    both = update(plan_row).values(audiences='["warga", "wartawan"]', decision="publish", decided_at=NOW)
    assert send_after(office, other, both) == ["sending", "sending"]


def test_a_name_that_only_resembles_that_of_a_list_is_another_list(office: Office) -> None:
    office.plan("a", people=True)
    assert (
        send_after(office, update(plan_row).values(audiences='["warg_", "wargaa"]'))[0] == "held not-in-plan"
    )


def test_whose_consent_was_withdrawn_after_the_claim_is_refused(office: Office) -> None:
    office.plan("a", people=True)
    withdrawn = update(consent).where(consent.c.recipient == "p2").values(withdrawn_at=NOW)
    assert send_after(office, withdrawn) == ["refused consent", "sending"]


def test_one_consent_that_stands_is_enough(office: Office) -> None:
    office.plan("a", people=True)
    agreed = {"basis": "consent", "source": "s", "consented_at": "2026-01-01", "recorded_at": NOW}
    other = insert(consent).values(recipient="p1", purpose="q", withdrawn_at=NOW, **agreed)
    assert send_after(office, other) == ["sending", "sending"]


def test_a_held_list_holds_its_post_until_a_person_publishes_it(office: Office) -> None:
    office.plan("a", people=True)
    held = update(audience).values(hold="list-shrunk")
    assert send_after(office, held) == ["held list", "held list"]
    office.plan("b", people=True)
    published = update(plan_row).where(plan_row.c.post == "b").values(decision="publish", decided_at=NOW)
    in_file = [{"audience": "warga", "recipient": id_} for id_ in ("p1", "p2")]
    execute(office, published, insert(audience_candidate).values(in_file))
    assert [type(result) for result in office.send()] == [Intent, Intent]


def test_what_the_newest_plan_does_not_have_is_held(office: Office) -> None:
    office.plan("a")
    assert send_after(office, update(plan_row).values(planned=False)) == ["held not-in-plan"]


def test_a_part_that_the_newest_text_does_not_have_is_held(office: Office) -> None:
    office.plan("a", "satu", "dua")
    office.plan("b", "satu saja")
    with office.ledger.read() as conn:
        shorter = conn.scalar(
            plan_row.select().with_only_columns(plan_row.c.rendition).where(plan_row.c.post == "b")
        )
    execute(office, update(plan_row).where(plan_row.c.post == "b").values(planned=False))
    office.put(office.key("a", 2), "scheduled")
    assert "held not-in-plan" in send_after(office, update(plan_row).values(rendition=shorter))


def test_a_cancelled_post_is_cancelled_with_all_its_parts(office: Office) -> None:
    office.plan("a", "satu", "dua", "tiga")
    cancelled = update(plan_row).values(decision="cancel", decided_at=NOW)
    assert send_after(office, cancelled) == ["cancelled part 1", "cancelled part 1", "cancelled person"]


@pytest.mark.parametrize("state", [FileState.CHANGED, FileState.ABSENT])
def test_a_file_that_is_not_what_was_read_is_read_again_before_anything_is_sent(
    office: Office, state: FileState
) -> None:
    office.plan("a")
    office.check_file = lambda _file, _stamp: state
    (stopped,) = office.send()
    assert stopped == Blocked(office.key("a"), "a", "scheduled", "", needs_rescan=True)
    assert office.claim() == []
    office.check_file = lambda _file, _stamp: FileState.PRESENT
    office.now += REREAD_DELAY
    (passed,) = office.send()
    assert isinstance(passed, Intent)


def test_the_plan_of_posts_that_vanished_all_at_once_stands(office: Office) -> None:
    office.plan("a")
    office.plan("b")
    execute(office, insert(meta).values(key="vanished_posts", value='["a"]'))
    office.check_file = lambda _file, _stamp: FileState.ABSENT
    office.send()
    assert office.states() == {"a/1": "sending", "b/1": "scheduled"}


def test_a_batch_looks_once_at_each_file_and_compares_the_stamp_that_was_read(office: Office) -> None:
    office.plan("a", people=True)
    execute(office, update(post).values(stamp="1:2:3:4"))
    seen: list[tuple[str, str | None]] = []

    def check_file(file: str, stamp: str | None) -> FileState:
        seen.append((file, stamp))
        return FileState.PRESENT

    office.check_file = check_file
    assert [type(result) for result in office.send()] == [Intent, Intent]
    assert seen == [("posts/a.md", "1:2:3:4")]


def test_a_batch_costs_the_same_number_of_statements_for_two_people_and_for_forty(office: Office) -> None:
    counted = []
    with office.ledger.read() as conn:
        engine = conn.engine
    for post_id, size in (("a", 2), ("b", 40)):
        office.plan(post_id, people=True)
        if size > 2:
            more = [f"q{number:02}" for number in range(size - 2)]
            execute(office, delete(audience_member).where(audience_member.c.audience == "warga"))
            _enlist_more(office, ["p1", "p2", *more], new=more)
        tickets = [office.ticket(row) for row in office.claim()]
        assert len(tickets) == size
        statements: list[str] = []
        listener = lambda *given, into=statements: into.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        office.gate(tickets)
        event.remove(engine, "before_cursor_execute", listener)
        counted.append(len(statements))
    assert counted[0] == counted[1]


def _enlist_more(office: Office, members: list[str], *, new: list[str]) -> None:
    from humaspost.ledger.schema import recipient

    agreed = {"purpose": "p", "basis": "consent", "source": "s", "consented_at": "2026-01-01"}
    execute(
        office,
        insert(recipient).values([{"id": id_, "phone": f"+{id_}", "created_at": NOW} for id_ in new]),
        insert(consent).values([{"recipient": id_, "recorded_at": NOW, **agreed} for id_ in new]),
        insert(audience_member).values([{"audience": "warga", "recipient": id_} for id_ in members]),
    )

"""A fan-out becomes deliveries chunk by chunk: everybody once, whoever joins meanwhile too, no post alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, event, func, insert, select, update

from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.deliveries import claims
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import (
    account,
    audience,
    audience_member,
    consent,
    delivery,
    plan_row,
    post,
    recipient,
    rendition,
)
from humaspost.policy.eligibility import check_recipient

NOW = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
PEOPLE = 1_200


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One account, one list of PEOPLE, no post."""
    opened = open_ledger(tmp_path, now=NOW - timedelta(days=1), create=True)
    opened.write(_office)
    yield opened
    opened.close()


def _office(conn: Connection) -> None:
    conn.execute(insert(account).values(id="a", name="wa", channel="whatsapp"))
    conn.execute(insert(rendition).values(hash="r", body="{}"))
    conn.execute(insert(audience).values(name="semua", file="s.csv", digest="", imported_at=NOW))
    join(conn, [f"p{number:05}" for number in range(PEOPLE)])


def join(conn: Connection, ids: list[str]) -> None:
    """People with these ids are on the list, and agreed to it."""
    people = [{"id": id_, "phone": f"+{id_}", "created_at": NOW} for id_ in ids]
    agreed = {"purpose": "p", "basis": "consent", "source": "s", "consented_at": "2026-01-01"}
    conn.execute(insert(recipient), people)
    conn.execute(insert(consent), [{"recipient": id_, "recorded_at": NOW, **agreed} for id_ in ids])
    conn.execute(insert(audience_member), [{"audience": "semua", "recipient": id_} for id_ in ids])


def due(conn: Connection, name: str, *, priority: int = 5) -> None:
    """A fan-out of that name is due."""
    conn.execute(insert(post).values(id=name, file=f"{name}.md", title=name, scanned_at=NOW))
    conn.execute(
        insert(plan_row).values(
            post=name, account="a", fingerprint=name, type="", date_at=NOW, due_at=NOW, local_time="", zone="UTC",
            late="ask", grace=3600.0, priority=priority, during_pause=False, audiences='["semua"]',
            rendition="r", fan_out=True, expanded=False,
        )
    )  # fmt: skip


def expand(conn: Connection) -> int:
    """One step."""
    return claims.expand_due(conn, "a", check_recipient=check_recipient, until=NOW, now=NOW)


def count(conn: Connection, name: str) -> int:
    """The deliveries of a post."""
    return conn.scalar(select(func.count()).select_from(delivery).where(delivery.c.post == name)) or 0


def test_everybody_once_and_then_it_is_done(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    assert [ledger.write(expand) for _ in range(4)] == [500, 500, 200, 0]
    with ledger.read() as conn:
        assert count(conn, "one") == PEOPLE
        assert conn.scalar(select(plan_row.c.expanded)) is True


def test_who_joins_meanwhile_gets_it_wherever_the_id_falls(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    ledger.write(expand)
    ledger.write(lambda conn: join(conn, ["a-first", "p00100-middle", "z-last"]))
    while ledger.write(expand):
        pass
    with ledger.read() as conn:
        assert count(conn, "one") == PEOPLE + 3


def test_opted_out_people_and_people_without_consent_are_refused_at_once(ledger: Ledger) -> None:
    opted_out = update(recipient).where(recipient.c.id == "p00001").values(opted_out_at=NOW)
    never = delete(consent).where(consent.c.recipient == "p00002")
    ledger.write(lambda conn: (due(conn, "one"), conn.execute(opted_out), conn.execute(never)))
    ledger.write(expand)
    with ledger.read() as conn:
        query = select(delivery.c.recipient, delivery.c.state, delivery.c.reason)
        rows = conn.execute(query.where(delivery.c.recipient < "p00004")).all()
    assert sorted(map(tuple, rows)) == [
        ("p00000", "scheduled", ""),
        ("p00001", "refused", "opt-out"),
        ("p00002", "refused", "consent"),
        ("p00003", "scheduled", ""),
    ]


def test_nothing_is_expanded_of_a_post_with_a_held_file(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    hold = update(post).values(hold="draft")
    ledger.write(lambda conn: conn.execute(hold))
    assert ledger.write(expand) == 0
    ledger.write(lambda conn: conn.execute(hold.values(hold=None)))
    assert ledger.write(expand) == 500


def test_a_second_edition_goes_to_everybody_again(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    while ledger.write(expand):
        pass
    ledger.write(lambda conn: conn.execute(update(plan_row).values(edition=2, expanded=False)))
    while ledger.write(expand):
        pass
    with ledger.read() as conn:
        assert count(conn, "one") == 2 * PEOPLE


def test_no_post_waits_for_the_ten_thousand_of_another(ledger: Ledger) -> None:
    for name in ("one", "two"):
        ledger.write(lambda conn, name=name: due(conn, name))
    assert ledger.write(expand) == 500
    with ledger.read() as conn:
        assert (count(conn, "one"), count(conn, "two")) == (250, 250)


def test_a_warning_comes_first(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    ledger.write(lambda conn: due(conn, "warning", priority=1))
    ledger.write(expand)
    with ledger.read() as conn:
        assert (count(conn, "one"), count(conn, "warning")) == (0, 500)


def test_what_is_still_to_come_is_counted_by_post_and_edition(ledger: Ledger) -> None:
    ledger.write(lambda conn: due(conn, "one"))
    ledger.write(lambda conn: due(conn, "two"))
    ledger.write(expand)
    with ledger.read() as conn:
        assert totals.count_unexpanded(conn) == {("one", "wa"): PEOPLE - 250, ("two", "wa"): PEOPLE - 250}
        assert totals.count_unexpanded(conn, post_id="two") == {("two", "wa"): PEOPLE - 250}
    ledger.write(lambda conn: conn.execute(update(plan_row).values(edition=2)))
    with ledger.read() as conn:
        assert totals.count_unexpanded(conn, post_id="one") == {("one", "wa"): PEOPLE}


def test_a_hundred_fan_outs_to_come_are_counted_in_a_few_questions(ledger: Ledger) -> None:
    for number in range(100):
        ledger.write(lambda conn, name=f"n{number}": due(conn, name))
    asked: list[str] = []
    with ledger.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert set(totals.count_unexpanded(conn).values()) == {PEOPLE}
    assert len(asked) <= 3, "one question per post kept who sends waiting for who tells"

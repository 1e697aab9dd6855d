"""A delivery that raises is put aside and told; the rest of the account goes out."""

import sqlite3
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from humaspost.ledger.worker_errors import list_worker_errors
from humaspost.model.rendition import Part
from tests.delivery.conftest import FakeOffice, soon
from tests.support.deadlines import SECOND

POSTS = ("a", "b", "c")


def sql(fake_office: FakeOffice, statement: str, *values: Any) -> list[Any]:
    with sqlite3.connect(fake_office.ledger.path, timeout=5 * SECOND) as db:
        return list(db.execute(statement, values))


def raise_for(text: str, secret: str = "") -> Any:
    def work(part: Part) -> None:
        if part.text == text:
            raise KeyError(secret)

    return work


def plan_three(fake_office: FakeOffice) -> None:
    for post in POSTS:
        fake_office.post(post)
    fake_office.schedule()


def corrupt_rendition(fake_office: FakeOffice, post: str, body: str) -> None:
    sql(
        fake_office,
        "UPDATE rendition SET body = ? WHERE hash = (SELECT rendition FROM plan_row WHERE post = ?)",
        body,
        post,
    )


def assert_put_aside(fake_office: FakeOffice, state: str) -> None:
    """The others are out, "b" is in that state, told once, and no later sender takes it up again."""
    expected = {"a": "published", "b": state, "c": "published"}
    assert fake_office.states() == expected
    told = Counter(str(event.kind) for event in fake_office.events if event.post == "b")
    assert told[state.split()[0]] == 1
    before = len(fake_office.events)
    fake_office.run()
    assert fake_office.states() == expected
    assert [event for event in fake_office.events[before:] if event.post == "b"] == []
    assert sorted(text for text, _to, _reply in fake_office.channel.published if text != "b") == ["a", "c"]


def detail_of(fake_office: FakeOffice, post: str) -> str:
    (row,) = sql(fake_office, "SELECT code, detail FROM delivery WHERE post = ?", post)
    assert row[0] == "bug"
    return str(row[1])


def test_a_preparation_that_raises_fails_its_own_delivery(fake_office: FakeOffice) -> None:
    fake_office.channel.on_prepare = raise_for("b", secret="0812-3456-7890")
    plan_three(fake_office)
    fake_office.run()
    assert_put_aside(fake_office, "failed bug")
    assert detail_of(fake_office, "b").startswith("KeyError at ")
    assert fake_office.channel.prepared == 3


@pytest.mark.parametrize("body", ['{"', "[]", '{"channel": "square", "parts": []}'])
def test_a_rendition_that_cannot_be_read_fails_its_own_delivery(fake_office: FakeOffice, body: str) -> None:
    plan_three(fake_office)
    corrupt_rendition(fake_office, "b", body)
    fake_office.run()
    assert_put_aside(fake_office, "failed bug")


def test_facts_that_raise_at_the_gate_fail_their_own_delivery(fake_office: FakeOffice) -> None:
    """One transaction decides all three: without the one that raises, the others pass."""
    plan_three(fake_office)
    sql(fake_office, "UPDATE plan_row SET late = 'kapan-kapan' WHERE post = 'b'")
    fake_office.run()
    assert_put_aside(fake_office, "failed bug")
    assert "ValueError" in detail_of(fake_office, "b")


def test_a_preparation_in_the_ledger_that_cannot_be_read_is_made_anew_at_the_next_try(
    fake_office: FakeOffice,
) -> None:
    fake_office.channel.steps = 1
    row = fake_office.post("b")
    fake_office.schedule()
    engine = fake_office.engine()
    sql(
        fake_office,
        "INSERT INTO preparation SELECT account, ?, '{', 1, due_at, 0, 0, due_at FROM plan_row",
        row.rendition.parts[0].hash,
    )
    engine.start()
    try:
        fake_office.drain(engine)
        assert fake_office.states() == {"b": "failed bug"}
        assert sql(fake_office, "SELECT * FROM preparation") == []
    finally:
        engine.stop(timeout=15 * SECOND)


def test_a_write_that_raises_is_unknown(fake_office: FakeOffice) -> None:
    fake_office.on_unknown = "ask"
    fake_office.channel.on_publish = raise_for("b")
    plan_three(fake_office)
    fake_office.run()
    assert_put_aside(fake_office, "unknown decision")
    assert detail_of(fake_office, "b").startswith("KeyError at ")


def test_a_receipt_that_cannot_be_recorded_is_unknown(fake_office: FakeOffice) -> None:
    """It was met again every half second, with all receipts after it, and the sender did not end."""
    fake_office.on_unknown = "ask"
    fake_office.channel.receipt_of = lambda part, receipt: (
        replace(receipt, at=receipt.at.replace(tzinfo=None)) if part.text == "b" else receipt
    )
    plan_three(fake_office)
    fake_office.run()
    assert_put_aside(fake_office, "unknown decision")


def test_a_lookup_that_raises_is_left_to_a_person_and_the_others_are_made(fake_office: FakeOffice) -> None:
    fake_office.channel.responses = [KeyError(), KeyError(), KeyError()]
    plan_three(fake_office)
    fake_office.run()
    (first, *_others) = [row[0] for row in sql(fake_office, "SELECT post FROM delivery ORDER BY key")]
    corrupt_rendition(fake_office, first, "{")
    fake_office.channel.lookups.clear()
    for _time in range(2):
        fake_office.run()
    assert len({attempt.key for attempt in fake_office.channel.lookups}) == 2
    assert set(fake_office.states().values()) == {"unknown decision"}


def test_turns_that_raise_are_a_need_until_one_does_not(fake_office: FakeOffice) -> None:
    """A late rule that cannot be read stops the expansion at each turn, and no other post."""
    fake_office.channel.audience = True
    fake_office.post("many", audiences=("warga",))
    fake_office.post("one")
    fake_office.schedule()
    sql(fake_office, "UPDATE plan_row SET late = '?' WHERE post = 'many'")
    engine = fake_office.engine()

    def recorded() -> list[str]:
        with fake_office.ledger.read() as conn:
            return [error.account for error in list_worker_errors(conn)]

    engine.start()
    try:
        assert soon(lambda: fake_office.states().get("one") == "published")
        assert soon(recorded)
        assert recorded() == ["square"]
        fake_office.drain(engine)  # a sender that runs once ends
        problems = [event for event in fake_office.events if event.kind == "problem"]
        assert len({event.detail for event in problems}) == len(problems) <= 2, "told at every turn"
        assert {event.account for event in problems} == {"square"}
        sql(fake_office, "UPDATE plan_row SET late = 'ask' WHERE post = 'many'")
        assert soon(lambda: not recorded())
    finally:
        engine.stop(timeout=15 * SECOND)

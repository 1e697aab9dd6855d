"""Rows that nobody needs any more go at their age; deliveries, attempts and what is pending stay."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from humaspost.ledger import retention
from humaspost.ledger.database import open_ledger
from humaspost.ledger.schema import attempt, delivery, message_event, preparation, rate, rendition, sender
from humaspost.model.delivery import Intent
from tests.support.ledger_office import NOW, Office

DAY = timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(open_ledger(tmp_path, now=NOW - DAY, create=True))
    yield made
    made.ledger.close()


def count(office: Office, table: object, *where: object) -> int:
    with office.ledger.read() as conn:
        return int(conn.scalar(select(func.count()).select_from(table).where(*where)) or 0)


def event(name: str, **values: object) -> dict[str, object]:
    old = NOW - 91 * DAY
    row = {"dedupe_key": name, "account": "a", "kind": "status", "at": old, "received_at": old}
    return row | {"settled": True} | values


def test_old_settled_events_go_and_links_and_open_ones_stay(office: Office) -> None:
    rows = [event(f"old{number}") for number in range(1200)]
    rows += [
        event("open", settled=False),
        event("link", kind="identity"),
        event("choice", kind="opt-out"),
        event("new", received_at=NOW - 89 * DAY),
    ]
    office.ledger.write(lambda conn: conn.execute(insert(message_event), rows))
    retention.delete_old(office.ledger, now=NOW)
    with office.ledger.read() as conn:
        left = set(conn.scalars(select(message_event.c.dedupe_key)))
    assert left == {"open", "link", "choice", "new"}


def test_senders_preparations_and_places_of_rates_go(office: Office) -> None:
    long_ago = NOW - 100 * DAY
    started = {"command": "run", "pid": 1, "host": "h", "started_at": long_ago, "heartbeat_at": long_ago}
    prepared = {"account": office.account, "token": "{}", "ready": True, "next_at": NOW}

    def work(conn: object) -> None:
        conn.execute(insert(sender).values(owner="ended", stopped_at=long_ago, **started))
        conn.execute(insert(sender).values(owner="running", **started))
        conn.execute(insert(preparation).values(part_hash="old", updated_at=NOW - 31 * DAY, **prepared))
        conn.execute(insert(preparation).values(part_hash="new", updated_at=NOW - 29 * DAY, **prepared))
        for name, age in (("old", 3 * DAY), ("new", DAY)):
            place = {"account": office.account, "name": name, "tat": (NOW - age).timestamp()}
            conn.execute(insert(rate).values(recipient="", **place))

    office.ledger.write(work)
    retention.delete_old(office.ledger, now=NOW)
    assert [count(office, table) for table in (sender, preparation, rate)] == [1, 1, 1]


def test_the_record_stays_and_old_texts_of_platforms_go(office: Office) -> None:
    office.plan("a", "text")
    office.send()
    key = office.key("a")
    office.ledger.write(lambda conn: conn.execute(delivery.update().values(detail="they said no")))
    office.ledger.write(lambda conn: conn.execute(attempt.update().values(detail="they said no")))
    retention.delete_old(office.ledger, now=NOW + 399 * DAY)
    assert count(office, attempt, attempt.c.detail != "") == 1
    retention.delete_old(office.ledger, now=NOW + 401 * DAY)
    assert (
        count(office, attempt, attempt.c.detail != "")
        == count(office, delivery, delivery.c.detail != "")
        == 0
    )
    assert (office.key("a"), count(office, attempt)) == (key, 1)


def test_only_renditions_that_nothing_refers_to_go(office: Office) -> None:
    office.plan("a", "one")
    office.send()
    office.plan("b", "two")
    office.plan("b", "three")
    before = count(office, rendition)
    retention.delete_old(office.ledger, now=NOW)
    assert (before, count(office, rendition)) == (3, 2)
    assert isinstance(office.send()[0], Intent)


def test_run_tidies_once_a_day(office: Office) -> None:
    def is_due(now: object) -> bool:
        with office.ledger.read() as conn:
            return retention.is_due(conn, now=now)

    assert is_due(NOW)
    retention.delete_old(office.ledger, now=NOW)
    assert not is_due(NOW + timedelta(hours=23))
    assert is_due(NOW + DAY)

"""A file that looks like an accident is not taken over by itself: its list is held until it is mended."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from humaspost.audience.changes import ImportChanges
from humaspost.audience.csv.reader import AudienceFile
from humaspost.audience.csv.row import AudienceRow, Consent
from humaspost.audience.importer import import_file, import_if_changed
from humaspost.audience.takeover import compare
from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.people import list_holds, recipients
from humaspost.ledger.schema import audience_candidate, recipient
from humaspost.model.reasons import ListHold

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HEADER = "phone,name,basis,purpose,source,consented_at,opted_out_at"
GOOD = "consent,informasi,formulir,2021-01-01"

Save = Callable[..., ImportChanges | None]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger on disk."""
    opened = open_ledger(tmp_path / "state", now=NOW, create=True)
    yield opened
    opened.close()


@pytest.fixture
def save(ledger: Ledger, tmp_path: Path) -> Save:
    """Save rows as the list's file, and let the program notice."""

    def run(*rows: str, header: str = HEADER, now: datetime = NOW) -> ImportChanges | None:
        path = tmp_path / "warga.csv"
        path.write_text("\n".join((header, *rows)) + "\n")
        return import_if_changed(ledger, "warga", path=path, now=now)

    return run


def row(number: int, *, consent: str = GOOD, opted_out_at: str = "") -> str:
    return f"0812{number:08d},Budi,{consent},{opted_out_at}"


def members(ledger: Ledger) -> int:
    with ledger.read() as conn:
        return len(recipients.list_members(conn, "warga"))


def opted_out(ledger: Ledger) -> set[str]:
    with ledger.read() as conn:
        return recipients.list_opted_out_phones(conn)


def candidates(ledger: Ledger) -> set[str]:
    with ledger.read() as conn:
        joined = select(recipient.c.phone).join(
            audience_candidate, audience_candidate.c.recipient == recipient.c.id
        )
        return set(conn.scalars(joined))


def holds(ledger: Ledger) -> list[ListHold | None]:
    with ledger.read() as conn:
        return [record.reason for record in list_holds.list_holds(conn)]


@pytest.mark.parametrize(
    ("known", "gone", "reason"),
    [
        (4, 3, None),
        (5, 4, ListHold.SHRUNK),
        (20, 4, None),
        (19, 4, ListHold.SHRUNK),
        (100, 20, None),
        (100, 21, ListHold.SHRUNK),
        (3, 3, ListHold.EMPTY),
        (0, 0, ListHold.EMPTY),
    ],
)
def test_more_than_three_and_more_than_a_fifth_is_an_accident(
    known: int, gone: int, reason: ListHold | None
) -> None:
    phones = [f"+62812{number:08d}" for number in range(known)]
    consent = Consent("consent", "informasi", "formulir", "2021-01-01")
    rows = tuple(AudienceRow(number, phone, "", consent) for number, phone in enumerate(phones[gone:], 2))
    assert compare(AudienceFile(rows=rows), phones).reason == reason


def test_a_list_that_shrinks_is_held_and_goes_on_when_it_is_mended(ledger: Ledger, save: Save) -> None:
    save(*map(row, range(1, 11)))
    changes = save(*map(row, range(1, 8)), row(8, consent="consent,informasi,formulir,31/02/2021"), row(20))
    assert changes is not None
    assert changes.hold is None  # three of ten are lost
    assert changes.summary is not None
    assert changes.summary.code == "list-rows"
    save(*map(row, range(1, 11)))
    changes = save(*map(row, range(1, 6)), row(20))
    assert changes is not None
    assert changes.summary is not None
    assert (changes.hold, members(ledger), holds(ledger)) == (ListHold.SHRUNK, 10, [ListHold.SHRUNK])
    assert "5 of the 10 people" in changes.summary.message
    assert "humaspost audience import warga" in changes.summary.hint
    assert candidates(ledger) == {f"+62812{number:08d}" for number in range(1, 6)}
    again = save(*map(row, range(1, 6)), row(20), now=NOW + timedelta(hours=1))
    assert again is not None
    assert again.summary == changes.summary, "it is told as long as it stands"
    save(*map(row, range(1, 10)))
    assert (members(ledger), holds(ledger), candidates(ledger)) == (9, [], set())


def test_the_same_file_as_before_ends_a_hold(ledger: Ledger, save: Save) -> None:
    save(*map(row, range(1, 11)))
    save(row(1))
    assert save(*map(row, range(1, 11))) is not None
    assert holds(ledger) == []
    assert save(*map(row, range(1, 11))) is None


def test_a_person_takes_it_over_by_hand(ledger: Ledger, save: Save, tmp_path: Path) -> None:
    save(*map(row, range(1, 11)))
    save(row(1))
    changes = import_file(ledger, "warga", path=tmp_path / "warga.csv", now=NOW, force=True)
    assert (changes.removed, members(ledger), holds(ledger)) == (9, 1, [])


def test_an_opt_out_in_a_held_file_counts(ledger: Ledger, save: Save) -> None:
    save(*map(row, range(1, 11)))
    spoilt = "consent,informasi,formulir,99/99/2021"
    rows = [row(number, consent=spoilt) for number in range(1, 8)]
    changes = save(
        *rows, row(8, opted_out_at="2026-03-01"), row(9, opted_out_at="?"), row(30, opted_out_at="ya")
    )
    assert changes is not None
    assert changes.hold is ListHold.SHRUNK
    assert opted_out(ledger) == {f"+62812{number:08d}" for number in (8, 9, 30)}
    assert candidates(ledger) == set()


def test_an_opt_out_in_a_file_with_an_open_quotation_mark_counts(ledger: Ledger, save: Save) -> None:
    save(*map(row, range(1, 4)))
    changes = save(row(1), row(2, opted_out_at="2026-03-01"), f'081200000003,"Siti,{GOOD},')
    assert changes is not None
    assert changes.hold is ListHold.UNREADABLE
    assert (members(ledger), opted_out(ledger)) == (3, {"+6281200000002"})


@pytest.mark.parametrize("rows", [(), (row(1, consent=",,,"),)])
def test_a_first_file_that_nobody_can_be_read_of_is_held(
    ledger: Ledger, save: Save, rows: tuple[str, ...]
) -> None:
    changes = save(*rows)
    assert changes is not None
    assert changes.hold is (ListHold.UNREADABLE if rows else ListHold.EMPTY)
    assert holds(ledger) == [changes.hold]


def test_a_missing_file_holds_and_is_told_again(ledger: Ledger, save: Save, tmp_path: Path) -> None:
    save(row(1))
    (tmp_path / "warga.csv").unlink()
    for hour in range(2):
        now = NOW + timedelta(hours=hour)
        changes = import_if_changed(ledger, "warga", path=tmp_path / "warga.csv", now=now)
        assert changes is not None
        assert changes.hold is ListHold.MISSING
    with ledger.read() as conn:
        record = list_holds.list_holds(conn)[0]
    assert (record.held_at, members(ledger)) == (NOW, 1)
    assert json.loads(record.detail)["code"] == "list-missing"


def test_who_left_is_no_loss(ledger: Ledger, save: Save) -> None:
    save(*map(row, range(1, 6)), *(row(number, opted_out_at="2026-03-01") for number in range(6, 11)))
    changes = save(*map(row, range(1, 6)))
    assert changes is not None
    assert (changes.hold, changes.removed) == (None, 5)

"""A list into the register: people keep their ids, who left stays away, and a send hardly waits."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from humaspost.audience.changes import ImportChanges
from humaspost.audience.csv.reader import read_audience
from humaspost.audience.importer import import_file, import_if_changed, preview_import
from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.people import recipients
from humaspost.ledger.schema import consent, recipient

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HEADER = "phone,name,basis,purpose,source,consented_at,opted_out_at"
GOOD = "consent,informasi,formulir,2021-01-01"

Import = Callable[..., ImportChanges]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger on disk."""
    opened = open_ledger(tmp_path / "state", now=NOW, create=True)
    yield opened
    opened.close()


@pytest.fixture
def load(ledger: Ledger, tmp_path: Path) -> Import:
    """Import rows (number 1 is ``081200000001``) into a list."""

    def run(*rows: str, name: str = "warga", now: datetime = NOW) -> ImportChanges:
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join((HEADER, *rows)) + "\n")
        with ledger.read() as conn:
            expected = preview_import(
                conn, name, read_audience(path, display_path=path.name, now=now, zone="Asia/Jakarta")
            )
        changes = import_file(ledger, name, path=path, now=now, force=True)
        # What was shown first is what was done.
        assert changes == replace(expected, hold=None, summary=changes.summary)
        assert changes.read == changes.imported_count + len(changes.rejected)
        return changes

    return run


def row(number: int, name: str = "Budi", *, consent: str = GOOD, opted_out_at: str = "") -> str:
    return f"0812{number:08d},{name},{consent},{opted_out_at}"


def phone(number: int) -> str:
    return f"+62812{number:08d}"


def on_list(ledger: Ledger, name: str = "warga") -> set[str]:
    with ledger.read() as conn:
        ids = recipients.list_members(conn, name)
        return set(conn.scalars(select(recipient.c.phone).where(recipient.c.id.in_(ids))))


def person(ledger: Ledger, number: int) -> recipients.Person:
    with ledger.read() as conn:
        found = recipients.get_by_phone(conn, phone(number))
    assert found is not None
    return found


def test_a_first_import(ledger: Ledger, load: Import) -> None:
    changes = load(row(1), row(2, "Siti"), row(3, consent=",,,"))
    assert (changes.read, changes.new, [refused.number for refused in changes.rejected]) == (3, 2, [4])
    assert on_list(ledger) == {phone(1), phone(2)}
    siti = person(ledger, 2)
    assert (siti.name, siti.consents) == ("Siti", {"informasi": ("consent", "formulir", "2021-01-01")})
    assert len(siti.id) == 16
    assert "812" not in siti.id
    assert siti.id != person(ledger, 1).id


def test_the_same_again_changes_nothing(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    before = person(ledger, 1)
    changes = load(row(1), row(2))
    assert (changes.new, changes.updated, changes.unchanged, changes.removed) == (0, 0, 2, 0)
    assert person(ledger, 1) == before


def test_an_edited_row_updates_its_person_and_keeps_the_id(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    before = person(ledger, 1).id
    changes = load(row(1, "Budi Santoso"), row(2, consent="contract,informasi,perjanjian,2022-01-01"))
    assert (changes.updated, changes.unchanged) == (2, 0)
    assert (person(ledger, 1).id, person(ledger, 1).name) == (before, "Budi Santoso")
    assert person(ledger, 2).consents == {"informasi": ("contract", "perjanjian", "2022-01-01")}
    assert load(row(1, "-"), row(2)).updated == 1  # row 2 has its first consent again
    assert person(ledger, 1).name == "Budi Santoso"  # an empty name takes none away


def test_removal_from_the_file_removes_from_the_list_and_not_from_the_register(
    ledger: Ledger, load: Import
) -> None:
    load(row(1), row(2))
    before = person(ledger, 2)
    assert load(row(1)).removed == 1
    assert on_list(ledger) == {phone(1)}
    assert person(ledger, 2) == before
    assert load(row(1), row(2)).new == 1
    assert person(ledger, 2).id == before.id


def test_a_row_without_consent_stays_on_the_list_and_its_consent_is_withdrawn(
    ledger: Ledger, load: Import
) -> None:
    load(row(1), row(2))
    changes = load(row(1), row(2, consent="consent,informasi,formulir,"))
    assert (changes.removed, changes.kept, changes.withdrawn, len(changes.rejected)) == (0, 1, 1, 1)
    assert on_list(ledger) == {phone(1), phone(2)}
    assert (person(ledger, 2).consents, list(person(ledger, 2).withdrawals)) == ({}, ["informasi"])
    load(row(1), row(2))
    assert list(person(ledger, 2).consents) == ["informasi"]


def test_a_consent_that_one_list_lost_is_not_given_by_the_same_date_of_another(
    ledger: Ledger, load: Import
) -> None:
    load(row(1))
    load(row(1), name="wartawan")
    load(row(1, consent="consent,informasi,formulir,"), row(2))
    load(row(1), row(3), name="wartawan")
    assert person(ledger, 1).consents == {}
    load(
        row(1, consent="consent,informasi,formulir,2026-12-01"), name="wartawan", now=NOW + timedelta(days=9)
    )
    assert list(person(ledger, 1).consents) == ["informasi"]


def test_a_row_that_cannot_be_read_changes_nothing_of_its_person(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    before = person(ledger, 2)
    changes = load(row(1), row(2, "Siti", consent="consent,informasi,formulir,31/02/2021"))
    assert (changes.removed, changes.kept, changes.withdrawn) == (0, 1, 0)
    assert (on_list(ledger), person(ledger, 2)) == ({phone(1), phone(2)}, before)


def test_a_number_that_cannot_be_read_takes_nobody_off(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2), row(3))
    changes = load(row(1), f'"6,28120E+12",Siti,{GOOD},')
    assert (changes.removed, changes.kept) == (0, 2)
    assert len(on_list(ledger)) == 3
    assert load(row(1)).removed == 2


def test_an_opt_out_that_cannot_be_read_counts_until_it_is_mended(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    load(row(2), name="relawan")
    assert load(row(1), row(2, opted_out_at="kemarin sore")).kept == 1
    assert person(ledger, 2).opted_out_at == NOW
    load(row(2), name="relawan")
    assert person(ledger, 2).opted_out_at == NOW, "another list does not mend it"
    load(row(1))
    assert person(ledger, 2).opted_out_at == NOW, "nor does the row's end"
    load(row(1), row(2))
    assert person(ledger, 2).opted_out_at is None
    load(row(1), row(2, opted_out_at="kemarin sore"))
    load(row(1), row(2, opted_out_at="01/03/2026"))
    load(row(1), row(2))
    assert person(ledger, 2).opted_out_at == datetime(2026, 2, 28, 17, tzinfo=UTC)


def test_a_message_makes_an_unclear_opt_out_one_for_good(ledger: Ledger, load: Import) -> None:
    load(row(1, opted_out_at="???"), row(2))
    ledger.write(lambda conn: recipients.record_opt_outs(conn, [(person(ledger, 1).id, NOW)]))
    load(row(1), row(2))
    assert person(ledger, 1).opted_out_at == NOW


def test_an_opt_out_without_a_readable_number_counts_for_its_namesakes_or_for_all_who_are_missing(
    ledger: Ledger, load: Import
) -> None:
    load(row(1, "Ani"), row(2, "Budi"), row(3, "Citra"))
    load(row(1, "Ani"), f'"6,28120E+12",Budi,{GOOD},2026-03-01')
    assert [bool(person(ledger, number).opted_out_at) for number in (1, 2, 3)] == [False, True, False]
    load(row(1, "Ani"), f'"6,28120E+12",Doni,{GOOD},2026-03-01')
    assert [bool(person(ledger, number).opted_out_at) for number in (1, 2, 3)] == [False, True, True]
    load(row(1, "Ani"), row(2, "Budi"), row(3, "Citra"))
    assert [bool(person(ledger, number).opted_out_at) for number in (1, 2, 3)] == [False, False, False]


def test_lists_do_not_touch_each_other(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    assert load(row(2), row(3), name="wartawan").new == 2
    assert on_list(ledger) == {phone(1), phone(2)}
    assert on_list(ledger, "wartawan") == {phone(2), phone(3)}


def test_no_file_brings_back_an_opted_out_person(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    ledger.write(lambda conn: recipients.record_opt_outs(conn, [(person(ledger, 1).id, NOW)]))
    fresh = "consent,informasi,formulir,2026-11-24"
    changes = load(row(1, consent=fresh), row(2), now=NOW + timedelta(days=1))
    assert (changes.opted_out, changes.unchanged) == (1, 1)
    assert person(ledger, 1).opted_out_at == NOW


def test_a_file_can_record_an_opt_out(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2))
    assert load(row(1, opted_out_at="2026-01-31"), row(2)).opted_out == 1
    assert person(ledger, 1).opted_out_at == datetime(2026, 1, 30, 17, tzinfo=UTC)
    assert load(row(1), row(2)).opted_out == 1  # a file that forgot it again
    assert person(ledger, 1).opted_out_at is not None
    assert load(row(1, opted_out_at="2026-03-01"), row(2)).opted_out == 1
    assert person(ledger, 1).opted_out_at == datetime(2026, 1, 30, 17, tzinfo=UTC)
    assert load(f"0812{9:08d},,,,,,2026-01-31").opted_out == 1
    assert person(ledger, 9).consents == {}


def test_an_unreadable_file_changes_nothing(ledger: Ledger, load: Import, tmp_path: Path) -> None:
    load(row(1))
    path = tmp_path / "warga.csv"
    path.write_text(f"telepon,nam\n{row(2)}\n")
    changes = import_file(ledger, "warga", path=path, now=NOW)
    assert changes.problems[0].code == "audience-column"
    assert not changes.is_usable
    path.unlink()
    assert not import_file(ledger, "warga", path=path, now=NOW).is_usable
    assert on_list(ledger) == {phone(1)}


def test_a_file_is_imported_when_it_changes(ledger: Ledger, load: Import, tmp_path: Path) -> None:
    load(row(1))
    path = tmp_path / "warga.csv"
    assert import_if_changed(ledger, "warga", path=path, now=NOW) is None
    path.write_text("\n".join((HEADER, row(1), row(2))) + "\n")
    changes = import_if_changed(ledger, "warga", path=path, now=NOW)
    assert changes is not None
    assert changes.new == 1
    assert import_if_changed(ledger, "warga", path=path, now=NOW) is None
    assert import_if_changed(ledger, "lain", path=path, now=NOW) is not None
    path.unlink()
    missing = import_if_changed(ledger, "warga", path=path, now=NOW)
    assert missing is not None
    assert not missing.is_usable


def test_a_date_in_the_future_counts_on_its_day_without_a_change_of_the_file(
    ledger: Ledger, load: Import, tmp_path: Path
) -> None:
    def consent_of(day: int) -> str:
        return f"consent,informasi,formulir,2026-11-{day}"

    load(
        row(1),
        row(2, consent=consent_of(26)),
        row(3, consent=consent_of(28)),
        row(4, opted_out_at="2026-11-26"),
    )
    path, midnight = tmp_path / "warga.csv", datetime(2026, 11, 25, 17, tzinfo=UTC)

    def look(now: datetime) -> ImportChanges:
        changes = import_if_changed(ledger, "warga", path=path, now=now)
        assert changes is not None
        return changes

    assert look(midnight - timedelta(seconds=1)).read == 0  # it was not read again
    assert on_list(ledger) == {phone(1)}
    assert look(midnight).new == 1
    assert on_list(ledger) == {phone(1), phone(2), phone(4)}
    assert not person(ledger, 4).unclear_opt_outs
    assert look(midnight).read == 0
    assert look(midnight + timedelta(days=2)).new == 1
    assert import_if_changed(ledger, "warga", path=path, now=midnight + timedelta(days=3)) is None


def test_lists_are_reported_with_their_people(ledger: Ledger, load: Import) -> None:
    load(row(1), row(2, opted_out_at="2026-01-31"))
    load(row(2), name="kosong")
    load(name="kosong")
    with ledger.read() as conn:
        told = [(found.name, found.members, found.opted_out) for found in recipients.list_audiences(conn)]
    assert told == [("kosong", 0, 0), ("warga", 2, 1)]


def test_more_rows_than_one_chunk(ledger: Ledger, load: Import) -> None:
    many = [row(number) for number in range(1, 1203)]
    assert load(*many).new == 1202
    assert load(*many[:600], row(5000)).removed == 602
    assert len(on_list(ledger)) == 601
    with ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(recipient)) == 1203
        assert conn.scalar(select(func.count()).select_from(consent)) == 1203


def test_a_send_hardly_waits_for_a_large_import(ledger: Ledger, load: Import) -> None:
    waits, stop = [], threading.Event()
    ledger.committer.submit(lambda conn: None).result()

    def send() -> None:
        while not stop.is_set():
            start = time.monotonic()
            ledger.write(lambda conn: recipients.get_digest(conn, "warga"))
            waits.append(time.monotonic() - start)
            stop.wait(0.005)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        begun = time.monotonic()
        assert load(*(row(number) for number in range(1, 2501))).new == 2500
        importing = time.monotonic() - begun
    finally:
        stop.set()
        sender.join()
    assert len(waits) >= 5  # between the chunks there was room
    assert max(waits) < importing / 2, "a send waits for one chunk of five, not for the import"


def test_another_process_has_its_turn_between_two_chunks(
    ledger: Ledger, load: Import, tmp_path: Path
) -> None:
    stop, met = threading.Event(), set()
    neighbour = open_ledger(tmp_path / "state", now=NOW, create=False)
    people = select(func.count()).select_from(recipient)

    def send() -> None:
        while not stop.is_set():
            met.add(neighbour.write(lambda conn: conn.scalar(people)))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert load(*(row(number) for number in range(1, 5001))).new == 5000
    finally:
        stop.set()
        sender.join()
        neighbour.close()
    assert len(met) >= 7, "of eleven moments that could be met"

"""Whatever happens to a list's file: no unreadable row takes a known person off, and no opt-out is lost."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from humaspost.audience.importer import import_file, import_if_changed
from humaspost.ledger.database import Ledger, create_empty
from humaspost.ledger.people import recipients
from humaspost.ledger.schema import audience_member, recipient
from tests.support.examples import examples

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HEADER = "phone;name;basis;purpose;source;consented_at;opted_out_at"
PEOPLE = 12
#: What fingers, spreadsheets and sync clients write into a cell.
SCRAPS = (
    "",
    "-",
    "?",
    "6,28120E+12",
    "=1+1",
    "31/02/2021",
    "46082",
    "Budi; S.Kom",
    '"',
    "kapan",
    "2099-01-01",
    "\x81",
    "é",
)


def number_of(person: int) -> str:
    return f"+62812000000{person:02}"


def row_of(person: int, *, opted_out_at: str = "") -> list[str]:
    name = f"Orang {person}"
    return [number_of(person), name, "consent", "informasi", "formulir", "2021-01-01", opted_out_at]


def save(path: Path, rows: list[list[str]]) -> None:
    text = "\r\n".join((HEADER, *(";".join(row) for row in rows), ""))
    path.write_bytes(text.encode("cp1252", errors="replace").replace(b"\x3f?", b"?"))


def members(ledger: Ledger) -> set[str]:
    with ledger.read() as conn:
        on_list = select(audience_member.c.recipient)
        return set(conn.scalars(select(recipient.c.phone).where(recipient.c.id.in_(on_list))))


def opted_out(ledger: Ledger) -> set[str]:
    with ledger.read() as conn:
        return recipients.list_opted_out_phones(conn)


@examples(12, 400)
@given(
    spoilt=st.lists(
        st.tuples(st.integers(1, PEOPLE), st.integers(0, 6), st.sampled_from(SCRAPS)), min_size=1, max_size=8
    ),
    leaving=st.sets(st.integers(1, PEOPLE), max_size=3),
    force=st.booleans(),
)
def test_spoilt_cells_take_nobody_off_and_lose_no_opt_out(
    tmp_path_factory: pytest.TempPathFactory,
    spoilt: list[tuple[int, int, str]],
    leaving: set[int],
    force: bool,
) -> None:
    ledger, path = create_empty(), tmp_path_factory.mktemp("list") / "warga.csv"
    everybody = range(1, PEOPLE + 1)
    save(path, [row_of(person) for person in everybody])
    import_file(ledger, "warga", path=path, now=NOW)
    rows = {
        person: row_of(person, opted_out_at="01/03/2026" if person in leaving else "") for person in everybody
    }
    for person, cell, scrap in spoilt:
        rows[person][cell] = scrap
    save(path, list(rows.values()))
    import_file(ledger, "warga", path=path, now=NOW + timedelta(hours=1), force=force)
    assert members(ledger) >= set(map(number_of, everybody))
    says_no = {person for person, row in rows.items() if row[6] in ("", "-")}
    assert opted_out(ledger) >= {number_of(person) for person in leaving - says_no}
    save(path, [row_of(person) for person in everybody])
    import_file(ledger, "warga", path=path, now=NOW + timedelta(hours=2))
    certain = {number_of(person) for person in leaving}
    assert opted_out(ledger) <= certain, "what was unclear ends when it is mended"


@examples(12, 400)
@given(seed=st.integers(0, 2**32), edits=st.integers(1, 6))
def test_no_byte_in_a_wrong_place_empties_a_list(
    tmp_path_factory: pytest.TempPathFactory, seed: int, edits: int
) -> None:
    choice = random.Random(seed)
    ledger, path = create_empty(), tmp_path_factory.mktemp("list") / "warga.csv"
    save(path, [row_of(person) for person in range(1, PEOPLE + 1)])
    import_if_changed(ledger, "warga", path=path, now=NOW)
    content = bytearray(path.read_bytes())
    for _edit in range(edits):
        if not content:
            break
        place = choice.randrange(len(content))
        match choice.randrange(4):
            case 0:
                content[place] = choice.choice(b'";,\n\r\x00\x81\xff=E')
            case 1:
                del content[place]
            case 2:
                content.insert(place, choice.choice(b'";\n\xe9'))
            case _:
                del content[place:]
                content += b"\n"
    path.write_bytes(bytes(content))
    before = members(ledger)
    import_if_changed(ledger, "warga", path=path, now=NOW + timedelta(hours=1))
    present = set(re.findall(r"\+62812000000\d\d", content.decode("latin-1")))
    lost = before - members(ledger)
    assert len(lost) <= 3
    assert not lost & present, "whoever can be read of the file stays"

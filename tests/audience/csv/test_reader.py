"""Every row of a list is imported, merged or refused by its number; none is lost."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.audience.codes import CODES
from humaspost.audience.csv.list_file import explain_os_error
from humaspost.audience.csv.opt_out_cell import OptOut
from humaspost.audience.csv.reader import AudienceFile, read_audience
from humaspost.audience.csv.row import Consent
from humaspost.audience.takeover import compare
from humaspost.base.file_stamp import file_digest
from humaspost.model.problem import Position, Severity
from humaspost.model.reasons import ListHold
from tests.support.examples import examples
from tests.support.reference_data import ROOT

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
HEADER = "phone,name,basis,purpose,source,consented_at"
GOOD = "consent,informasi,formulir,2021-01-01"


def reading(tmp_path: Path, content: str | bytes) -> AudienceFile:
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_audience(path, display_path="audiences/list.csv", now=NOW, zone="Asia/Jakarta")
    assert all(problem.code in CODES for problem in found.problems)
    assert all(row.code in CODES and row.message for row in found.rejected)
    return found


def test_a_list_as_an_office_has_it(tmp_path: Path) -> None:
    found = reading(tmp_path, f'{HEADER}\n081200000001,"Budi, S.Kom",{GOOD}\n081200000002,-,{GOOD}\n')
    assert (found.row_count, found.rejected, found.problems) == (2, (), ())
    budi, other = found.rows
    assert (budi.number, budi.phone, budi.name) == (2, "+6281200000001", "Budi, S.Kom")
    assert budi.consent == Consent("consent", "informasi", "formulir", "2021-01-01")
    assert other.name == ""
    assert found.digest == file_digest(tmp_path / "list.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_spreadsheets_write_csv_in_many_ways(tmp_path: Path, delimiter: str, end: str, bom: str) -> None:
    text = f"{HEADER}\n081200000001,Budi,{GOOD}\n,,,,,\n\n081200000002,Siti,{GOOD}".replace(",", delimiter)
    found = reading(tmp_path, bom + text.replace("\n", end))
    assert [(row.number, row.phone) for row in found.rows] == [(2, "+6281200000001"), (5, "+6281200000002")]
    assert found.row_count == 2


def test_columns_in_any_order_and_a_cell_of_two_lines(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        "name,consented_at,Phone,opted_out_at,source,purpose,basis\n"
        '"Budi\nSantoso",2021-01-01,081200000001,,formulir,informasi,persetujuan\n'
        "Siti,2021-01-01,081200000002,2026-01-31 10:00,formulir,informasi,Tugas Publik\n",
    )
    budi, siti = found.rows
    assert (budi.number, budi.name, budi.consent.basis) == (2, "Budi\nSantoso", "consent")
    assert (siti.number, siti.consent.basis) == (3, "public-task")
    assert siti.opted_out_at == datetime(2026, 1, 31, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "code", "message"),
    [
        (f",Budi,{GOOD}", "recipient-phone", "no telephone number"),
        (f"6.28E+12,Budi,{GOOD}", "recipient-phone-spreadsheet", "6.28E+12"),
        ("081200000001,Budi,,informasi,formulir,2021-01-01", "recipient-consent", "basis"),
        ("081200000001,Budi,consent,,-,2021-01-01", "recipient-consent", "purpose, source"),
        ("081200000001,Budi,consent,informasi,formulir,", "recipient-consent", "consented_at"),
        ("081200000001,Budi", "recipient-consent", "basis, purpose, source, consented_at"),
        ("081200000001,Budi,consent,informasi,formulir,31/02/2020", "recipient-date", "31/02/2020"),
        ("081200000001,Budi,consent,informasi,formulir,2021-02-30", "recipient-date", "2021-02-30"),
        ("081200000001,Budi,consent,informasi,formulir,0202-03-01", "recipient-date", "look at the year"),
        ("081200000001,Budi,consent,informasi,formulir,0001-01-01", "recipient-date", "look at the year"),
        ("081200000001,Budi,consent,informasi,formulir,2026-11-25", "recipient-future", "2026-11-25"),
        ("081200000001,=1+1,consent,informasi,formulir,2021-01-01", "recipient-formula", "name"),
        ('"=""081200000001""",Budi,consent,informasi,formulir,2021-01-01', "recipient-formula", "phone"),
        ("081200000001,Budi,@SUM(A1),informasi,formulir,2021-01-01", "recipient-formula", "basis"),
        ("081200000001,Budi,+cmd,informasi,formulir,2021-01-01", "recipient-formula", "basis"),
        (f"081200000001,Budi, S.Kom,{GOOD}", "recipient-cells", "7 cells, but 6 columns"),
    ],
)
def test_a_bad_row_is_refused_by_its_number(tmp_path: Path, row: str, code: str, message: str) -> None:
    found = reading(tmp_path, f"{HEADER}\n081200000009,Siti,{GOOD}\n{row}\n")
    assert [(refused.number, refused.code) for refused in found.rejected] == [(3, code)]
    assert message in found.rejected[0].message
    assert len(found.rows) == 1
    assert found.row_count == 2


def test_today_is_not_the_future_where_the_office_is(tmp_path: Path) -> None:
    early = datetime(2026, 11, 24, 18, tzinfo=UTC)  # 01:00 on the 25th in Jakarta
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADER}\n081200000001,Budi,consent,informasi,formulir,2026-11-25\n")
    assert len(read_audience(path, display_path="l", now=early, zone="Asia/Jakarta").rows) == 1
    assert len(read_audience(path, display_path="l", now=early, zone="America/New_York").rows) == 0


def test_an_opted_out_row_is_kept_as_opted_out_without_any_consent(tmp_path: Path) -> None:
    text = "081200000001,,,,,,2026-01-31\n081200000002,,,,,,ya\n081200000003,,,,,,kapan ya\n081200000004,,,,,,2099-01-01\n"
    found = reading(tmp_path, f"{HEADER},opted_out_at\n{text}")
    assert [(row.phone, row.opted_out_at) for row in found.rows] == [
        ("+6281200000001", datetime(2026, 1, 30, 17, tzinfo=UTC)),
        ("+6281200000002", NOW),
    ]
    assert [(r.number, r.code, r.phone, r.opt_out) for r in found.rejected] == [
        (4, "recipient-date", "+6281200000003", OptOut(NOW, is_unclear=True)),
        (5, "recipient-future", "+6281200000004", OptOut(NOW, is_unclear=True)),
    ]


@pytest.mark.parametrize("word", ["tidak", "belum", "-", "0", " "])
def test_a_word_for_no_is_no_opt_out(tmp_path: Path, word: str) -> None:
    found = reading(tmp_path, f"{HEADER},berhenti\n081200000001,Budi,{GOOD},{word}\n")
    assert [row.opted_out_at for row in found.rows] == [None]


def test_an_opt_out_beside_a_cell_that_cannot_be_read_is_unclear(tmp_path: Path) -> None:
    shifted = "081200000001,Budi, S.Kom,consent,informasi,formulir,2021-01-01"
    found = reading(tmp_path, f"{HEADER},opted_out_at\n{shifted}\n{shifted},2026-01-31\n")
    assert [(row.phone, row.opt_out) for row in found.rejected] == [
        ("+6281200000001", OptOut(NOW, is_unclear=True))
    ] * 2


def test_a_duplicate_person_is_merged_and_counted(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        f"{HEADER},opted_out_at\n081200000001,Budi,{GOOD},\n+62 812-0000-0001,Budi S,{GOOD},\n"
        f"081200000002,Siti,{GOOD},\n6281200000002,Siti,{GOOD},2026-01-31\n081200000002,Siti,{GOOD},\n",
    )
    assert [(row.number, row.name) for row in found.rows] == [(2, "Budi"), (5, "Siti")]
    assert found.rows[1].opted_out_at is not None
    assert (found.merged_row_numbers, found.row_count) == ((3, 4, 6), 5)


@pytest.mark.parametrize(
    ("header", "position", "hint"),
    [
        ("phone,nme,basis,purpose,source,consented_at", (1, 7), "write: name"),
        ("phone,name,basis,purpose,source,consented_on", (1, 33), "write: consented_at"),
        ("No Hape;name;basis;purpose;source;consented_at", (1, 1), "write: phone"),
        (f"{HEADER},opted_aut", (1, 46), "write: opted_out_at"),
        (f"{HEADER},nik", (1, 46), "leave this column out: what is not needed is not kept"),
        (f"{HEADER},phone", (1, 46), "leave one of the two out"),
        ("phone,name,basis,purpose,source", (1, 1), f"write: {HEADER},opted_out_at"),
    ],
)
def test_a_bad_header_stops_the_file_and_names_its_position(
    tmp_path: Path, header: str, position: tuple[int, int], hint: str
) -> None:
    found = reading(tmp_path, f"{header}\n081200000001,Budi,{GOOD}\n")
    problem = found.problems[0]
    assert (problem.code, problem.file, problem.hint) == ("audience-column", "audiences/list.csv", hint)
    assert (problem.position.line, problem.position.column) == position
    assert problem.text == header
    assert (found.rows, found.is_usable) == ((), False)


@pytest.mark.parametrize(
    ("content", "code", "position"),
    [
        (f"{HEADER}\n0812,Jos\x81,{GOOD}\n".encode("latin-1"), "audience-encoding", (2, 9)),
        (f"\ufeff{HEADER}\n0812,Jos".encode() + b"\xe9\n", "audience-encoding", (2, 9)),
        (b"PK\x03\x04" + bytes(30), "audience-encoding", (1, 1)),
        (f"{HEADER}\n\0".encode(), "audience-encoding", (2, 1)),
        (f'{HEADER}\n081200000001,"Budi,{GOOD}\n'.encode(), "audience-csv", (2, 1)),
        (f'{HEADER}\n081200000001,"Bu"di,{GOOD}\n'.encode(), "audience-csv", (2, 1)),
        (b"", "audience-column", (1, 1)),
    ],
)
def test_a_file_that_is_no_list(tmp_path: Path, content: bytes, code: str, position: tuple[int, int]) -> None:
    found = reading(tmp_path, content)
    assert [problem.code for problem in found.problems] == [code]
    assert (found.problems[0].position.line, found.problems[0].position.column) == position
    assert found.problems[0].hint
    assert found.rows == ()


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    found = read_audience(
        tmp_path / "none.csv", display_path="audiences/none.csv", now=NOW, zone="Asia/Jakarta"
    )
    assert [problem.code for problem in found.problems] == ["audience-missing-file"]
    assert "config.toml" in found.problems[0].hint
    assert file_digest(tmp_path / "none.csv") is None


def test_a_basis_that_the_law_does_not_know_is_a_warning(tmp_path: Path) -> None:
    rows = "".join(f"08120000000{n},B,kenalan,informasi,formulir,2021-01-01\n" for n in range(1, 4))
    found = reading(tmp_path, f"{HEADER}\n{rows}")
    assert [(p.code, p.severity, p.position.line) for p in found.problems] == [
        ("recipient-basis", Severity.WARNING, 2)
    ]
    assert (len(found.rows), found.is_usable) == (3, True)


@pytest.mark.parametrize("name", ["camat-lurah", "mahasiswa", "masyarakat", "relawan", "wartawan"])
def test_the_example_lists_are_read_whole(name: str) -> None:
    found = read_audience(ROOT / "audiences" / f"{name}.csv", display_path=name, now=NOW, zone="Asia/Jakarta")
    assert found.problems == ()
    assert found.rows
    assert found.rejected == ()


@examples(50, 200)
@given(st.lists(st.text(alphabet='0812+-.,;"\n\r =Eé\u202a', max_size=20), max_size=8))
def test_no_text_breaks_the_reader_and_no_row_is_lost(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    found = reading(folder, f"{HEADER}\n081200000001,Budi,{GOOD}\n{','.join(cells)}\n")
    assert found.problems or found.row_count >= 1
    # Rows that a quotation mark made one have its number, and each its own line.
    numbers = [
        *(row.number for row in found.rows),
        *((row.number, row.problem.position) for row in found.rejected),
        *found.merged_row_numbers,
    ]
    assert len(set(numbers)) == len(numbers) == found.row_count


def test_a_consent_without_an_answer_to_every_question_is_none() -> None:
    whole = ("consent", "informasi", "formulir", "2021-01-01")
    assert Consent(*whole).is_complete
    for missing in range(4):
        assert not Consent(*whole[:missing], "", *whole[missing + 1 :]).is_complete


INDONESIAN = "No;Nama;No. HP;Dasar;Tujuan;Sumber;Tanggal persetujuan;Berhenti;;"
INDONESIAN_ROWS = """\
1;Budi;0812 0000 0001;persetujuan;informasi;formulir;01/03/2026;;;
;;;;;;;;;
2;Sri Rêjeki;81200000002;Tugas Publik;informasi;formulir;2-Mar-26;tidak;;
3;Siti;'+62812-0000-0003;consent;informasi;formulir;2 Maret 2026;3 Apr 2026;;
"""


@pytest.mark.parametrize(
    "title",
    ["", "DAFTAR PENERIMA;;;;;;;;;\n", "Daftar warga\n\n", "sep=;\n", "Daftar: per 1/3/2026, Dinas\n;;;;\n"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_list_as_excel_writes_it_in_indonesia(tmp_path: Path, title: str, encoding: str) -> None:
    text = f"{title}{INDONESIAN}\n{INDONESIAN_ROWS}".replace("\n", "\r\n")
    found = reading(tmp_path, text.encode(encoding))
    assert (found.problems, found.rejected) == ((), ())
    assert [(row.phone, row.name, row.consent.consented_at) for row in found.rows] == [
        ("+6281200000001", "Budi", "2026-03-01"),
        ("+6281200000002", "Sri Rêjeki", "2026-03-02"),
        ("+6281200000003", "Siti", "2026-03-02"),
    ]
    assert [bool(row.opted_out_at) for row in found.rows] == [False, False, True]


def test_tabs_and_a_comma_in_a_quoted_title(tmp_path: Path) -> None:
    text = f'"Daftar, per Maret"\n{INDONESIAN}\n{INDONESIAN_ROWS}'.replace(";", "\t")
    assert len(reading(tmp_path, text).rows) == 3


def test_a_header_below_people_stops_the_file(tmp_path: Path) -> None:
    found = reading(tmp_path, f"081200000001,Budi,{GOOD}\n{HEADER}\n081200000002,Siti,{GOOD}\n")
    assert [problem.code for problem in found.problems] == ["audience-column"]


def test_no_message_shows_a_number_or_a_name(tmp_path: Path) -> None:
    rows = [
        "081234567899,Rahasia,consent,informasi,formulir,31/02/2021,",
        "081234567899,Rahasia,081234567899,informasi,formulir,46082,",
        "0812345678991234,Rahasia,consent,informasi,formulir,2021-01-01,",
        "081234567899,Rahasia,S.Kom,consent,informasi,formulir,2021-01-01,,081234567899",
        '081234567899,"Ra\nhasia",consent,informasi,formulir,,081234567899',
    ]
    found = reading(tmp_path, f"{HEADER},opted_out_at\n" + "\n".join(rows))
    headless = reading(tmp_path, "\n".join(rows))
    assert len(found.rejected) == len(rows)
    for problem in (*found.all_problems, *headless.all_problems):
        shown = f"{problem.message} {problem.hint} {problem.text}"
        assert "34567" not in shown
        assert "ahasia" not in shown


def test_a_problem_stands_at_its_cell(tmp_path: Path) -> None:
    text = f'{HEADER}\n081200000001,"Bu\ndi",{GOOD}\n081200000002,"Siti, S.E.",consent,informasi,formulir,31/02/2021\n'
    problem = reading(tmp_path, text).rejected[0].problem
    assert problem.position == Position(4, 54, 10)
    assert problem.text[53:63] == "31/02/2021"
    assert problem.hint == "write it like 2026-01-31"


@pytest.mark.parametrize(
    ("date", "hint"),
    [
        ("46082", "write: 2026-03-01"),
        ("03/14/2026", "write: 2026-03-14"),
        ("31/02/2026", "write it like 2026-01-31"),
        ("kemarin", "31/01/2026"),
    ],
)
def test_a_refused_date_says_what_to_write(tmp_path: Path, date: str, hint: str) -> None:
    found = reading(tmp_path, f"{HEADER}\n081200000001,Budi,consent,informasi,formulir,{date}\n")
    assert hint in found.rejected[0].problem.hint


def test_a_foreign_number_without_its_sign_is_not_taken_for_a_mobile_of_indonesia(tmp_path: Path) -> None:
    found = reading(tmp_path, f"{HEADER}\n8613812345678,Li,{GOOD}\n81234567899,Budi,{GOOD}\n")
    assert [row.phone for row in found.rows] == ["+6281234567899"]
    assert [row.code for row in found.rejected] == ["recipient-phone"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("second", ["081200000002", "6.28E+12"])
def test_a_stop_is_of_the_person_in_whose_line_it_stands(
    tmp_path: Path, end: str, last: str, second: str
) -> None:
    """A stray quotation mark makes one record of the two last rows."""
    rows = f'081200000001,"Budi,{GOOD},\n{second},Siti",{GOOD},2026-01-31'
    text = f"{HEADER},opted_out_at\n081200000009,Ani,{GOOD},\n{rows}".replace("\n", end)
    found = reading(tmp_path, text + (end if last else ""))
    assert [row.phone for row in found.rows] == ["+6281200000009"]
    phone = "+6281200000002" if second.startswith("0") else ""
    assert [(row.phone, bool(row.opt_out)) for row in found.rejected] == [
        ("+6281200000001", False),
        (phone, True),
    ]
    assert [row.problem.position for row in found.rejected] == [Position(3, 1), Position(4, 1)]


def test_a_broken_number_beside_a_cell_of_several_lines_is_told_as_such(tmp_path: Path) -> None:
    found = reading(tmp_path, f'{HEADER}\n6.28E+12,"Budi\nSantoso",{GOOD}\n081200000002,"\n8E1",{GOOD}\n')
    assert [(row.number, row.code) for row in found.rejected] == [(2, "recipient-phone-spreadsheet")]
    assert [row.phone for row in found.rows] == ["+6281200000002"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_cell_of_several_lines_stays_one(tmp_path: Path, end: str) -> None:
    text = (
        f'{HEADER}\n081200000001,"Budi\nJl. Melati 12, RT 3",{GOOD}\n081200000002,Siti,{GOOD[:-10]}31/02/2021'
    )
    found = reading(tmp_path, text.replace("\n", end))
    assert [row.phone for row in found.rows] == ["+6281200000001"]
    assert [row.problem.position for row in found.rejected] == [Position(4, 46, 10)]


NUMBERS = [
    "0812-3456-7890", "0812/3456/7890", "0812 \u2013 3456 \u2013 7890", "0812\u20133456\u20137890", "%2B6281234567890",
    "tel_081234567890", "62 81 2345 67890", "(0812) 3456.7890", "7654321",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("column", range(2, 7))
def test_a_number_in_a_wrong_cell_is_hidden(tmp_path: Path, number: str, column: int) -> None:
    cells = ["081200000001", "Budi", *GOOD.split(","), ""]
    cells[column] = number
    found = reading(tmp_path, f"{HEADER},opted_out_at\n{','.join(cells)}\n081200000002,,,,,,\n")
    shown = " ".join(f"{each.message} {each.hint} {each.text}" for each in found.all_problems)
    assert not any(part in shown for part in ("3456", "7890", "654"))


def test_a_number_that_a_spreadsheet_broke_is_told_short(tmp_path: Path) -> None:
    found = reading(tmp_path, f"{HEADER}\n6.28123456789E+12,Budi,{GOOD}\n")
    assert "6.28E+12" in found.rejected[0].message


@pytest.mark.parametrize(
    "row",
    [
        "081200000001,Budi, Rahasia,consent,informasi,formulir,2021-01-01",
        "081200000001,Budi,Rahasia,informasi,formulir,2021-01-01",
        "081200000001,B,consent,informasi,formulir,Rahasia",
        "081200000001,B,consent,informasi,2021-01-01,Pak Rahasia",
        "081200000001,consent,informasi,formulir,Rahasia",
        "081200000001,Budi,Rahasia,consent,informasi,formulir",
        "081200000001,B,consent,informasi,formulir,2021-01-01,Rahasia",
    ],
)
def test_a_name_in_a_wrong_cell_is_hidden(tmp_path: Path, row: str) -> None:
    found = reading(tmp_path, f"{HEADER},opted_out_at\n{row}\n")
    problems = found.all_problems
    assert problems
    assert not any("Rahasia" in f"{each.message} {each.hint} {each.text}" for each in problems)


def test_a_first_row_of_a_person_is_no_header(tmp_path: Path) -> None:
    found = reading(tmp_path, "081234567899,Rahasia,consent,informasi,formulir,2021-01-01,stop\n")
    shown = " ".join(f"{each.message} {each.hint} {each.text}" for each in found.all_problems)
    assert found.problems[0].code == "audience-column"
    assert "ahasia" not in shown
    assert "34567" not in shown


def test_dates_and_known_words_stay_visible(tmp_path: Path) -> None:
    found = reading(
        tmp_path, f"{HEADER}\n081200000001,Budi,consent,informasi,formulir,31 Februari 2021 10:00\n"
    )
    assert "'31 Februari 2021 10:'" in found.rejected[0].message
    assert (
        found.rejected[0].problem.text
        == "************,****,consent,informasi,formulir,31 Februari 2021 10:00"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("place", ["081200000001,\0Budi", "0812\x0000000001,Budi", "\0081200000001,Budi"])
def test_the_stops_of_a_list_with_a_nul_byte_count(tmp_path: Path, place: str, encoding: str) -> None:
    text = f"{HEADER},opted_out_at\n{place},{GOOD},2026-01-31\n081200000002,Siti,{GOOD},\n081200000003,Ani,{GOOD},ya\0\n"
    found = reading(tmp_path, text.encode(encoding))
    assert [(each.code, each.position) for each in found.problems] == [("audience-encoding", Position(2, 1))]
    assert [row.phone for row in found.salvaged] == ["+6281200000001", "+6281200000003"]
    assert all(row.opt_out and not row.opt_out.is_unclear for row in found.salvaged)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_huge_cell_is_told_with_its_line(tmp_path: Path, quote: str) -> None:
    rows = f"081200000002,{quote}{'x' * 200_000}{quote},{GOOD},\n081200000003,Ani,{GOOD},ya\n"
    found = reading(tmp_path, f"{HEADER},opted_out_at\n081200000001,Budi,{GOOD},\n{rows}")
    (problem,) = found.problems
    assert (problem.code, problem.file, problem.position) == (
        "audience-csv",
        "audiences/list.csv",
        Position(3, 1),
    )
    assert "a cell of more than 131,072 characters" in problem.message
    assert "shorten the cell" in problem.hint
    assert [row.phone for row in found.salvaged] == ["+6281200000003"]


def test_a_quotation_mark_that_swallows_a_long_list_is_told_with_its_line(tmp_path: Path) -> None:
    rows = "".join(f"08120000{n:04},Siti,{GOOD}\n" for n in range(4000))
    found = reading(tmp_path, f'{HEADER}\n081200000001,"Budi,{GOOD}\n{rows}')
    assert [(each.code, each.position) for each in found.problems] == [("audience-csv", Position(2, 1))]
    assert "quotation mark" in found.problems[0].hint


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (FileNotFoundError(errno.ENOENT, "x"), "audience-missing-file", "is not there"),
        (NotADirectoryError(errno.ENOTDIR, "x"), "audience-missing-file", "is not there"),
        (PermissionError(errno.EACCES, "x"), "audience-unreadable-file", "may not read"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), "audience-unreadable-file", os.strerror(errno.EIO)),
        (
            OSError(errno.ELOOP, os.strerror(errno.ELOOP)),
            "audience-unreadable-file",
            os.strerror(errno.ELOOP),
        ),
    ],
)
def test_a_list_that_does_not_open_is_told_by_its_reason(
    tmp_path: Path, error: OSError, code: str, told: str
) -> None:
    problem = explain_os_error(error, tmp_path / "list.csv", "audiences/list.csv").problem
    assert problem.code == code
    assert told in problem.message
    assert "audiences/list.csv" in problem.message
    assert problem.hint


def test_a_folder_in_the_place_of_a_list_is_told(tmp_path: Path) -> None:
    found = read_audience(tmp_path, display_path="audiences", now=NOW, zone="Asia/Jakarta")
    assert [each.code for each in found.problems] == ["audience-unreadable-file"]
    assert "is a folder" in found.problems[0].message
    assert compare(found, ()).reason is ListHold.UNREADABLE


def test_a_path_that_no_system_has_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 5000)
    found = read_audience(path, display_path="l", now=NOW, zone="Asia/Jakarta")
    assert [each.code for each in found.problems] == ["audience-unreadable-file"]


@pytest.mark.skipif(os.name == "nt", reason="a link needs a permission on Windows")
def test_a_list_that_links_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").symlink_to("list.csv")
    found = read_audience(tmp_path / "list.csv", display_path="l", now=NOW, zone="Asia/Jakarta")
    assert [each.code for each in found.problems] == ["audience-unreadable-file"]


@pytest.mark.parametrize(
    "row",
    [
        "081200000001;Budi; S.Kom;consent;informasi;;2021-01-01;",
        "081200000001;Budi;consent;Rapat; acara;;2021-01-01;",
    ],
    ids=["in the name", "in the purpose"],
)
def test_a_stop_beside_a_separator_too_many_is_unclear(tmp_path: Path, row: str) -> None:
    """The date of the consent had moved into the column of stops, and stayed when the row was mended."""
    header = "phone;name;basis;purpose;source;consented_at;opted_out_at"
    found = reading(tmp_path, f"{header}\n{row}\n")
    (rejected,) = found.rejected
    assert rejected.opt_out is not None
    assert rejected.opt_out.is_unclear


@pytest.mark.parametrize(
    ("rows", "stops"),
    [
        (['";";consent;informasi;formulir;2021-01-01;01/03/2026'], 1),
        (
            [
                '081200000001;";consent;informasi;formulir;2021-01-01;',
                '";Budi;consent;informasi;formulir;2021-01-01;01/03/2026',
            ],
            1,
        ),
        (['081200000001;"Budi; S.Kom";consent;informasi;formulir;2021-01-01'], 0),
        (['081200000001;"Budi\nS.Kom";consent;informasi;formulir;2021-01-01;'], 0),
        (['"081200000001\n";Budi;consent;informasi;formulir;2021-01-01;'], 0),
    ],
    ids=["in one row", "over two rows", "a name", "a name of two lines", "a number of two lines"],
)
def test_lone_quotation_marks_hide_no_stop(tmp_path: Path, rows: list[str], stops: int) -> None:
    header = "phone;name;basis;purpose;source;consented_at;opted_out_at"
    found = reading(tmp_path, "\n".join([header, *rows, ""]))
    assert len([row for row in found.rejected if row.opt_out is not None]) == stops
    assert len(found.rejected) == (len(rows) if stops else 0)


def test_a_lone_quotation_mark_in_the_column_of_stops_is_a_stop(tmp_path: Path) -> None:
    header = "phone;name;basis;purpose;source;consented_at;opted_out_at"
    rows = [f"08120000000{n};Orang;consent;informasi;formulir;2021-01-01;" for n in range(3)]
    found = reading(tmp_path, "\n".join([header, rows[0] + '"', *rows[1:], ""]))
    assert [row.phone for row in found.salvaged] == ["+6281200000000"]

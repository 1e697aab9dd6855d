"""A forgotten person is found in every row of a list's file, also of one that cannot be read as a list."""

from pathlib import Path

import pytest

from humaspost.audience.csv.number_search import find_number_rows
from humaspost.audience.csv.unreadable import UnreadableList

PHONE = "+6281234567890"
HEADER = "phone,name,basis,purpose,source,consented_at"
GOOD = "consent,informasi,formulir,2021-01-01"


def rows(tmp_path: Path, content: str | bytes, phone: str = PHONE) -> tuple[int, ...]:
    path = tmp_path / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return find_number_rows(path, phone, display_path="audiences/list.csv")


def test_each_row_of_the_person_is_found(tmp_path: Path) -> None:
    text = f"{HEADER}\n081234567890,Budi,{GOOD}\n081234567899,Siti,{GOOD}\n+62 812-3456-7890,Budi S,{GOOD}\n"
    assert rows(tmp_path, text) == (2, 4)


@pytest.mark.parametrize(
    "cell",
    [
        "6281234567890.0",
        "0812 3456 7890 / 0813 0000 0000",
        "081300000000 081234567890",
        '"=""081234567890"""',
        "telp. 0812.3456.7890 (kantor)",
        "0062 812 3456 7890",
        "+62 (0)812 3456 7890",
        "'081234567890",
    ],
)
@pytest.mark.parametrize("row", ["{},Budi,consent", "-,Budi {},consent", "-,Budi,consent,,,,,,{}"])
def test_the_number_is_found_in_any_form_and_any_cell(tmp_path: Path, cell: str, row: str) -> None:
    assert rows(tmp_path, f"{HEADER}\n{row.format(cell)}\n") == (2,)


@pytest.mark.parametrize("number", ["0812345678901", "181234567890", "08123456789", "81234567890123"])
def test_another_number_is_not_taken_for_it(tmp_path: Path, number: str) -> None:
    assert rows(tmp_path, f"{HEADER}\n{number},Budi,{GOOD}\n") == ()


def test_a_number_of_another_country(tmp_path: Path) -> None:
    text = f"{HEADER}\n+65 9123 4567,A,{GOOD}\n006591234567,A,{GOOD}\n091234567,B,{GOOD}\n"
    assert rows(tmp_path, text, "+6591234567") == (2, 3)


@pytest.mark.parametrize(
    "content",
    [
        f'{HEADER}\n-,"Siti,{GOOD}\n081234567890,Budi,{GOOD}\n'.encode(),
        f"{HEADER}\n-,Si\0ti,{GOOD}\n08123\x004567890,Budi,{GOOD}\n".encode(),
        f"{HEADER}\n-,Siti,{GOOD}\n081234567890,Jos\x81,{GOOD}\n".encode("latin-1"),
        f"{HEADER}\n-,{'x' * 200_000},{GOOD}\n081234567890,Budi,{GOOD}\n".encode(),
        f"no,header\n-,Siti,{GOOD}\n081234567890,Budi,{GOOD}\n".encode(),
    ],
)
def test_a_file_that_is_no_list_is_searched_line_by_line(tmp_path: Path, content: bytes) -> None:
    assert rows(tmp_path, content) == (3,)


def test_a_spreadsheet_cannot_be_searched(tmp_path: Path) -> None:
    with pytest.raises(UnreadableList, match="audience-encoding"):
        rows(tmp_path, b"PK\x03\x04" + bytes(60))

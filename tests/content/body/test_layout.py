"""Lines that mean something in another program, and what other programs paste."""

import pytest

from humaspost.model.document import to_plain_text
from tests.support.content_files import NAMES, parsed, scheduled

LONG = "Pemerintah Kota Contoh memperpanjang jam layanan administrasi"


def _codes(body: str) -> list[str]:
    return [problem.code for problem in parsed(scheduled(body=body)).problems]


@pytest.mark.parametrize(
    "body",
    [
        "| a | b |\n|---|---|\n| c | d |\n",
        "a | b\n--|--\nc | d\n",
        "| a | b |\n| c | d |\n",
        "+---+---+\n| a | b |\n+---+---+\n",
        "Senin\tRW 1\t08.00\nSelasa\tRW 2\t09.00\n",
    ],
)
def test_a_table_is_refused(body: str) -> None:
    assert _codes(f"Jadwal:\n\n{body}") == ["body-table"]


@pytest.mark.parametrize(
    "body",
    [
        "Hari\t:\tRabu\nJam\t:\t09.00\n",
        "Kontak: 0812 | humas@kota.example\nBuka: Senin | Selasa\n",
        "-\tSatu\n-\tDua\n",
        "a || b\n",
    ],
)
def test_lines_that_resemble_a_table_are_not_refused(body: str) -> None:
    assert _codes(body) == []


def test_wrapped_lines_are_told_where_they_begin() -> None:
    wrapped = f"{LONG}\nkependudukan di Kecamatan Melati, Kenanga, dan Cempaka sampai pukul\n20.00 WIB.\n"
    assert _codes(f"Satu.\n\n{wrapped}") == ["lines-wrapped"]
    found = parsed(scheduled(body=f"Satu.\n\n{wrapped}")).problems
    assert [problem.position.line for problem in found if problem.position] == [9]


@pytest.mark.parametrize(
    "body",
    [
        "Mengharap kehadiran:\nHari    : Rabu, 3 Februari 2027\nJam     : 09.00 WIB s.d. selesai\nTempat  : Balai Desa\n",
        f"{LONG}.\n{LONG}.\n{LONG}.\n",
        "Roses are red\nviolets are blue\nsugar is sweet\nand so are you\n",
        f"{LONG}\n",
        f"{LONG * 4}\n{LONG * 4}\n{LONG * 4}\n",
    ],
)
def test_lines_that_somebody_broke_on_purpose_are_not_told(body: str) -> None:
    assert _codes(body) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\uf0b7\tSatu\n\uf0a7 Dua", "• Satu\n• Dua"),
        ("•\tSatu\n\u00b7\tDua", "• Satu\n\u00b7 Dua"),
        ("#\u00a0Judul", "Judul"),
        ("-\u00a0satu\n-\u00a0dua", "- satu\n- dua"),
        ("Rp\u202f10.000\u00a0saja", "Rp 10.000 saja"),
        ("Hari\t: Rabu", "Hari : Rabu"),
        ("- a\n\t- b", "- a\n  - b"),
    ],
)
def test_pasted_text_is_read_as_what_it_means(body: str, text: str) -> None:
    post = parsed(scheduled(body=body), names=NAMES).post
    assert post
    assert to_plain_text(post.body) == text


def test_a_sign_of_one_font_within_the_text_is_told() -> None:
    assert _codes("Tanda \uf0fc di sini.\n") == ["font-character"]


@pytest.mark.parametrize("body", ["=======\n", "<<<< lihat >>>>\n", "a <<<<<<< b\n"])
def test_signs_that_are_no_marks_of_a_merge_stay(body: str) -> None:
    assert "merge-conflict" not in _codes(body)


def test_a_no_break_space_among_the_keys_is_a_space() -> None:
    text = scheduled("late:\u00a0skip\n").replace("08:30 WIB", "08:30\u00a0WIB")
    found = parsed(text)
    assert found.problems == ()
    assert found.post
    assert found.post.late == "skip"
    assert found.post.date
    assert found.post.date.zone == "Asia/Jakarta"

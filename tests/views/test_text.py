"""Text that is shown: safe, aligned, never wider than asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.views.text import (
    align_columns,
    display_width,
    escape_unsafe,
    is_command,
    pad,
    truncate,
    wrap_text,
)
from tests.support.examples import examples

WIDTHS = st.integers(10, 100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("biasa\nsaja", "biasa\nsaja"),
        ("\x1b[31mmerah", "\\x1b[31mmerah"),
        ("a\u202eb", "a\\u202eb"),
        ("nol\u200blebar", "nol\\u200blebar"),
        ("tab\there", "tab here"),
        ("\x9b31m", "\\x9b31m"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("kutipan “ini” – itu…", "kutipan “ini” – itu…"),
    ],
)
def test_what_could_steer_a_terminal_is_spelt_out(text: str, expected: str) -> None:
    assert escape_unsafe(text) == expected


@examples(50, 100)
@given(st.text())
def test_nothing_displayed_is_a_control_or_a_direction(text: str) -> None:
    shown = escape_unsafe(text)
    assert not any(
        (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202a\u202e\u2066" for c in shown
    )
    assert escape_unsafe(shown.replace("\\", "/")) == shown.replace("\\", "/")


def test_width_counts_cells() -> None:
    assert [display_width(text) for text in ("abc", "漢字", "e\u0301", "👍")] == [3, 4, 1, 2]


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "🇮🇩", "❤\ufe0f", "👍🏽", "\u1112\u1161\u11ab"])
def test_what_is_one_sign_on_the_screen_has_two_cells(text: str) -> None:
    assert display_width(text) == 2
    assert pad(text, 4) == f"{text}  "
    assert align_columns([(text, "a"), ("bb", "c")]) == [f"  {text}  a", "  bb  c"]


@pytest.mark.parametrize("sign", ["漢", "👨\u200d👩\u200d👧"])
def test_a_wide_sign_is_not_cut_in_two(sign: str) -> None:
    assert truncate(sign * 9, 9) == f"{sign * 3}..."
    assert truncate(sign * 9, 10) == f"{sign * 3} ..."


@examples(50, 100)
@given(st.text(), WIDTHS)
def test_a_cut_text_is_one_line_of_at_most_so_many_cells(text: str, cells: int) -> None:
    shown = truncate(text, cells)
    assert display_width(shown) <= cells
    assert "\n" not in shown


@examples(50, 100)
@given(st.lists(st.text("abc漢 ", max_size=9), max_size=30).map(" ".join), WIDTHS)
def test_wrapping_loses_no_word_and_no_line_is_too_wide(text: str, cells: int) -> None:
    lines = wrap_text(text, cells, indent="  ")
    assert " ".join(lines).split() == text.split()
    assert all(display_width(line) <= cells or len(line.split()) == 1 for line in lines)


def test_columns_are_aligned_by_cells() -> None:
    assert align_columns([("a", "漢字", "x"), ("bbb", "c", "y")]) == ["  a    漢字  x", "  bbb  c     y"]
    assert align_columns([("a",), ("b", "c")]) == ["  a", "  b  c"]
    assert pad("漢", 4) == "漢  "


def test_a_sentence_about_humaspost_is_no_command() -> None:
    assert is_command("humaspost audience import warga --yes")
    assert is_command("chmod o-r audiences/*.csv")
    assert not is_command("humaspost reads the row again on that day; if the day is wrong, write it")
    assert not is_command("write it like 2026-01-31")

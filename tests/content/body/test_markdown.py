"""The body as blocks."""

import time

import pytest

from humaspost.content.body.markdown import _PARSER_LEVELS, _parser, parse_document
from humaspost.content.report import FileReport
from humaspost.model.document import (
    Break,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Link,
    ListBlock,
    Paragraph,
    PartBreak,
    Quote,
    Strike,
    Strong,
    Text,
    split_parts,
    to_plain_text,
)
from tests.support.deadlines import SECOND


def read(body: str) -> Document:
    page = FileReport("p.md", tuple(body.split("\n")))
    found = parse_document(body, page, first_line=1)
    assert page.problems == []
    return found


def codes(body: str) -> list[tuple[str, int, int]]:
    page = FileReport("p.md", tuple(body.split("\n")))
    parse_document(body, page, first_line=1)
    return [(p.code, p.position.line, p.position.column) for p in page.problems if p.position]


def _p(*text: str) -> Paragraph:
    return Paragraph(tuple(Text(one) for one in text))


def test_every_mark_has_its_inline() -> None:
    body = "a **b _c_!** ~~d~~ `e_f` [g](https://h.example/i?a=1&b=é) <https://j.example> k\\\nl\nm & n\n"
    assert read(body) == (
        Paragraph(
            (
                Text("a "),
                Strong((Text("b "), Emphasis((Text("c"),)), Text("!"))),
                Text(" "),
                Strike((Text("d"),)),
                Text(" "),
                Code("e_f"),
                Text(" "),
                Link("https://h.example/i?a=1&b=é", (Text("g"),)),
                Text(" "),
                Link("https://j.example", (Text("https://j.example"),)),
                Text(" k"),
                Break(),
                Text("l"),
                Break(),
                Text("m & n"),
            )
        ),
    )


def test_every_block_has_its_form() -> None:
    body = "# A\n\nb\n\n- c\n- d\n  - e\n\n3. f\n4. g\n\n> h\n>\n> i\n\n```\nj\n```\n\n********\n"
    assert read(body) == (
        Heading(1, (Text("A"),)),
        _p("b"),
        ListBlock(None, ((_p("c"),), (_p("d"), ListBlock(None, ((_p("e"),),))))),
        ListBlock(3, ((_p("f"),), (_p("g"),)), ("3.", "4.")),
        Quote((_p("h"), _p("i"))),
        CodeBlock("j\n"),
        _p("********"),
    )


@pytest.mark.parametrize(
    "mark", ["<!-- part -->", "<!--part-->", "<!-- PART -->", "\n<!-- part -->\n", "\n\n<!-- part -->\n\n"]
)
def test_a_part_break_cuts_wherever_it_stands(mark: str) -> None:
    assert read(f"a {mark} b\n") == (_p("a"), PartBreak(), _p("b"))


def test_a_part_break_ends_a_list() -> None:
    assert read("- a\n<!-- part -->\n- b\n") == (
        ListBlock(None, ((_p("a"),),)),
        PartBreak(),
        ListBlock(None, ((_p("b"),),)),
    )


def test_the_parts_of_a_thread() -> None:
    parts = split_parts(read("a\n<!-- part -->\nb\n\nc\n<!-- part -->\n**d**\n"))
    assert [to_plain_text(part) for part in parts] == ["a", "b\n\nc", "d"]


def test_other_comments_are_for_the_office_only() -> None:
    assert to_plain_text(read("a <!-- jangan\n\nditerbitkan --> b\n")).split() == ["a", "b"]
    assert codes("a\n<!-- x\n\n-->b ![c](d)\n") == [("body-image", 4, 6)]


def test_html_stays_text_and_warns_once() -> None:
    page = FileReport("p.md", ("REG<spasi>NAMA", "<b>x</b>"))
    assert parse_document("REG<spasi>NAMA\n<b>x</b>\n", page, first_line=1) == (
        Paragraph((Text("REG<spasi>NAMA"), Break(), Text("<b>x</b>"))),
    )
    assert [(p.code, p.is_error) for p in page.problems] == [("html-ignored", False)]


@pytest.mark.parametrize(
    "text", ["harga < 50rb dan > 10rb", "<3 kalian", "a <https://b.example>", "<a@b.example>"]
)
def test_text_that_only_resembles_html_does_not_warn(text: str) -> None:
    assert codes(text) == []


def test_a_mail_address_stays_one() -> None:
    assert read("ke <humas@kotacontoh.example>.") == (_p("ke humas@kotacontoh.example."),)


def test_a_dangerous_link_stays_text() -> None:
    assert read("[a](javascript:alert(1))") == (_p("[a](javascript:alert(1))"),)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Pasal:\n\n3. Jam\n7. Biaya\n12. Sanksi", "Pasal:\n\n3. Jam\n7. Biaya\n12. Sanksi"),
        ("01. a\n1. b", "01. a\n1. b"),
        ("7) a\n8) b", "7) a\n8) b"),
        ("+ 5 derajat", "+ 5 derajat"),
        ("suhu\n> 30 derajat", "suhu\n> 30 derajat"),
        (">30 orang", ">30 orang"),
        ("> kata\n> 30 orang", "kata\n30 orang"),
        ("> 1. satu\n> 2. dua", "1. satu\n2. dua"),
        ("Hari    : Rabu\nJam     : 09.00", "Hari    : Rabu\nJam     : 09.00"),
        ("tekan *123*45# atau *811*7# atau *123#", "tekan *123*45# atau *811*7# atau *123#"),
        ("*123*1*#, *#06#", "*123*1*#, *#06#"),
        ("2*3*4 = 24, a**b**c, rumah~ku~baru, x~~y~~z", "2*3*4 = 24, a**b**c, rumah~ku~baru, x~~y~~z"),
        ("nama_file_baru dan __init__x", "nama_file_baru dan __init__x"),
        ("Rp10~20 ribu, ~5 km dan ~7 km", "Rp10~20 ribu, ~5 km dan ~7 km"),
        ("[PENTING]: besok", "[PENTING]: besok"),
        ("Rapat\n===\nbesok", "Rapat\n===\nbesok"),
        ("a\n\n    menjorok\n\tlagi", "a\n\nmenjorok\nlagi"),
        ("R&D; &copy;", "R&D; &copy;"),
        ("```Loket buka\nsampai 20```", "Loket buka\nsampai 20"),
        ("```python\nkode\n```", "python\nkode"),
        ("```\nbelum tutup", "```\nbelum tutup"),
        ("a\n--------\nb", "a\n\n--------\n\nb"),
        ("*tebal* ~coret~ _miring_", "tebal coret miring"),
    ],
)
def test_what_is_typed_stands_in_the_text(body: str, text: str) -> None:
    page = FileReport("p.md", tuple(body.split("\n")))
    assert to_plain_text(parse_document(body, page, first_line=1)) == text


def test_the_marks_of_whatsapp_are_read() -> None:
    assert read("*a* ~b~ **c *d* e**") == (
        Paragraph(
            (Strong((Text("a"),)), Text(" "), Strike((Text("b"),)), Text(" "), Strong((Text("c d e"),)))
        ),
    )


@pytest.mark.parametrize("body", ["a\nb", "*a*\nb", "a  \nb", "`x`, a\nb", "- a\nb"])
def test_lines_are_joined_where_the_office_says_so(body: str) -> None:
    page = FileReport("p.md", tuple(body.split("\n")))
    assert (
        "a b" in to_plain_text(parse_document(body, page, first_line=1, joins_lines=True)) or "  \n" in body
    )
    assert "a\n" in to_plain_text(parse_document(body, page, first_line=1))


@pytest.mark.parametrize("deep", [">" * 11, "- " * 11, "> " * 5000, "1. " * 11])
def test_a_deep_nest_is_a_problem(deep: str) -> None:
    assert codes(f"a\n\n{deep}b\n") == [("body-nesting", 3, 1)]


@pytest.mark.parametrize("deep", [">" * 10, "- " * 10, "> " * 10, "1. " * 10, "> - " * 5])
def test_ten_levels_are_not_a_problem(deep: str) -> None:
    assert codes(f"a\n\n{deep}b\n") == []


@pytest.mark.parametrize(
    "line", ["-" * 11, "*" * 40, "_" * 11, "- " * 12, "* " * 12, "> " + "-" * 30, "--*" * 5]
)
def test_a_horizontal_line_in_the_text_is_not_a_nest(line: str) -> None:
    assert codes(f"a\n\n{line}\n\nb\n") == []


@pytest.mark.parametrize("line", [">" * 12, "- " * 12 + "x", "1. " * 12])
def test_what_stands_in_code_is_not_a_nest(line: str) -> None:
    assert read(f"```\n{line}\n```\n") == (CodeBlock(f"{line}\n"),)


@pytest.mark.parametrize(
    "nest", [">" * 30_000, "- " * 15_000 + "x", "> 1. " * 6_000, ">" * 30 + "\n" + "x\n" * 9]
)
def test_the_parser_itself_stops_in_a_deep_nest(nest: str) -> None:
    # Each level reads every line below it once more, so this is what bounds the time.
    assert max(token.level for token in _parser().parse(nest)) <= _PARSER_LEVELS
    assert [code for code, _line, _column in codes(nest)] == ["body-nesting"]


def test_a_list_indented_too_deep_is_a_problem() -> None:
    body = "".join("  " * n + "- a\n" for n in range(12))
    assert [code for code, _line, _column in codes(body)] == ["body-nesting"]


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "*",
        "_a*",
        ">",
        "`",
        "<a",
        "[a](",
        "![a](",
        "- ",
        "\\",
        "&a;",
        "~~a ",
        "a\n",
        "* a\n  * b\n",
        "<!--",
    ],
)
def test_no_body_takes_long(unit: str) -> None:
    body = (unit * 32_000)[: 32 * 1024]
    page = FileReport("p.md", tuple(body.split("\n")))
    begin = time.process_time()
    parse_document(body, page, first_line=1)
    assert time.process_time() - begin < 5 * SECOND

"""The short cut through a body of paragraphs says what the parser says."""

from hypothesis import example, given
from hypothesis import strategies as st

from humaspost.content.body.comments import BodyPart
from humaspost.content.body.markdown import _parse_blocks, _parser, _TokenReader
from humaspost.content.report import FileReport
from humaspost.model.document import Break, Text
from tests.support.examples import examples

#: What stands in posts, and everything that could begin something else than a paragraph.
_BITS = (
    "kata",
    "Loket buka",
    " ",
    "  ",
    "\n",
    "\n\n",
    "*",
    "**",
    "***",
    "_",
    "__",
    "-",
    "1.",
    "#",
    ">",
    "=",
    ".",
)
_MORE = (",", "http://a.example/b_c", "é", "~~", "`", "[a](b)", "\\", "&amp;", "\n    ", "(1/4)", "😀", "!")


@examples(50, 100)
@given(st.lists(st.sampled_from(_BITS + _MORE), max_size=24).map("".join))
@example("**tebal** dan _miring_\nsambung\n\n*satu*")
@example("* butir\n* lagi")
@example("kata\n***\nkata")
@example("kata\n* * *\nkata")
@example("*\n")
@example("__a__ b_c_d *e\n\nf*")
def test_paragraphs_are_what_the_parser_makes_of_them(text: str) -> None:
    page = FileReport("p.md", tuple(text.split("\n")))
    piece = BodyPart(text, 1)
    for line_break in (Break(), Text(" ")):
        slow = tuple(_TokenReader(_parser().parse(text), piece, page, line_break).read_blocks())
        assert tuple(_parse_blocks(piece, page, line_break)) == slow

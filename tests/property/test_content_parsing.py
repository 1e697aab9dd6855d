"""Whatever bytes stand in a file, reading it gives a post or problems: never an exception, never neither."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from humaspost.content.body.markdown import _BLOCK_START, _MARKUP_CHARACTER, _parser, parse_document
from humaspost.content.post_file import ParsedFile, parse_post_file
from humaspost.content.report import FileReport
from humaspost.model.document import Paragraph, to_plain_text
from tests.support.content_files import NAMES
from tests.support.examples import examples

KEYS = [
    "id",
    "title",
    "date",
    "expires",
    "channels",
    "audiences",
    "audience",
    "tags",
    "link",
    "media",
    "draft",
]
KEYS += [
    "late",
    "visibility",
    "corrects",
    "repeats",
    "x",
    "whatsapp",
    "twitter",
    "hashtag",
    "no",
    "<<",
    "'a b'",
]
VALUES = [
    "a",
    "true",
    "no",
    "014",
    "'a",
    '"a',
    "[a, b]",
    "[#a]",
    "{a: b}",
    "#a",
    "&a b",
    "*a",
    "!a",
    "!!int 1",
    "- a",
]
VALUES += [
    "RALAT: a",
    "2027-02-03 08:30 WIB",
    "2027-02-30 08:30",
    "|",
    ">",
    "@a",
    "%a",
    "\ta",
    "{a: [b, {c: d}]}",
]
VALUES += [
    '"\\u202e"',
    "é😀",
    "\u200b",
    "",
    "'it''s'",
    "https://a.example",
    "[{file: a, alt: b, part: 2}]",
    "? a",
]

line = st.builds(
    "{}{}:{}{}".format, st.sampled_from(["", "", "", "  ", "- ", "\t"]), st.sampled_from(KEYS),
    st.sampled_from([" ", " ", " ", "", "  "]), st.sampled_from(VALUES) | st.text(max_size=8),
)  # fmt: skip
front = st.lists(line | st.sampled_from(["  a: b", "  - a", "- b", "]", "# c", "", "..."]), max_size=10).map(
    "\n".join
)
markup_characters = [
    "*",
    "**",
    "_",
    "`",
    "```",
    "[",
    "](",
    ")",
    "<",
    ">",
    "- ",
    "1. ",
    "#",
    "\n",
    "\n\n",
    "    ",
    "~~",
    "\\",
    "&amp;",
]
markup_characters += [
    "<!--",
    "-->",
    "<!-- part -->",
    "<b>",
    "![",
    "a",
    " ",
    "https://a.example",
    "\u200b",
    "\u2028",
    "\t",
    "---",
    "=",
]
body = st.lists(st.sampled_from(markup_characters), max_size=40).map("".join)


def _check_result(result: ParsedFile, raw: bytes) -> None:
    assert (result.post is None) == any(problem.is_error for problem in result.problems), raw
    for problem in result.problems:
        assert problem.position, raw
        assert problem.position.line >= 1, raw
        assert 1 <= problem.position.column <= len(problem.text) + 1, (problem, raw)
        assert problem.message, raw
        assert problem.hint, raw
        assert problem.file == "posts/p.md", raw


def _read(raw: bytes) -> ParsedFile:
    return parse_post_file(raw, file="posts/p.md", folder=Path("/office/posts"), names=NAMES)


@examples(75, 300)
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    _check_result(_read(raw), raw)


@examples(75, 300)
@given(st.binary(max_size=200), st.text(max_size=200))
def test_any_bytes_between_fences(keys: bytes, text: str) -> None:
    raw = b"---\n" + keys + b"\n---\n" + text.encode(errors="replace")
    _check_result(_read(raw), raw)


@examples(200, 800)
@given(front, body)
def test_anything_that_resembles_a_post(keys: str, text: str) -> None:
    raw = f"---\n{keys}\n---\n{text}".encode()
    _check_result(_read(raw), raw)


@examples(100, 400)
@given(body)
def test_any_body_is_blocks_or_a_problem(text: str) -> None:
    page = FileReport("p.md", tuple(text.split("\n")))
    assert isinstance(to_plain_text(parse_document(text, page, first_line=1)), str)


@examples(150, 600)
@given(st.text(st.sampled_from("ab .,!:;()'\"/\n\n\né\u00a0\u3000#1-"), max_size=60))
def test_plain_text_is_read_as_the_parser_would_read_it(text: str) -> None:
    if _MARKUP_CHARACTER.search(text) or _BLOCK_START.search(f"\n{text}\n"):
        return
    fast = parse_document(text, FileReport("p.md"), first_line=1)
    tokens = [token for token in _parser().parse(text) if token.type == "inline"]
    # A paragraph of spaces alone is none on the short way, and an empty one for the parser: neither is displayed.
    texts = [
        "\n".join(child.content for child in token.children or [] if child.type == "text") for token in tokens
    ]
    assert [to_plain_text((block,)) for block in fast if isinstance(block, Paragraph)] == [
        text for text in texts if text
    ]

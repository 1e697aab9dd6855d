"""Markdown rules that keep typed signs, codes to dial, and lines in code.

CommonMark reads ``2*3*4`` as italic, joins the lines of a code span, and drops the words after a fence.
"""

import re
import unicodedata
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.backticks import backtick

_MARKS = "*_~"
_RUN = re.compile(r"\*+|_+|~+")
#: A code to dial (``*123*45#``) or a product of numbers: its asterisks are no marks.
_DIAL_CODE = re.compile(r"\*(?!\*)#?\d[\d*#]*")
_DIAL_SIGN = re.compile(r"#|\d\*+\d")
#: "More than 30" is no quotation; the numbers of a list within one are.
_MORE_THAN = re.compile(r">[ \t]?\d+(?![\d.)]*[.)][ \t])")
_SINGLE_TILDE = re.compile(r"~(?=[^\s~])[^~\n]*(?<=[^\s~])~(?!~)")


def add_literal_rules(parser: MarkdownIt) -> MarkdownIt:
    """Return the parser with these rules, and without those that let words vanish."""
    # A second address for a link, a heading by a line below it, and code by spaces hide or change lines.
    parser.disable(["reference", "lheading", "code", "entity"])
    parser.inline.ruler.before("backticks", "literal_marks", _keep_literal_marks)
    parser.inline.ruler.before("strikethrough", "single_tilde", _read_single_tilde)
    parser.inline.ruler.at("backticks", _read_code_span)
    parser.block.ruler.at("fence", _read_fence, {"alt": ["paragraph", "blockquote", "list"]})
    parser.block.ruler.at(
        "blockquote", _read_quote, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    return parser


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _is_letter_before(state: StateInline) -> bool:
    return state.pos > 0 and _is_letter(state.src[state.pos - 1])


def _keep_literal_marks(state: StateInline, silent: bool) -> bool:
    """Keep marks between two letters or digits, and those of a code to dial, as text."""
    if state.src[state.pos] not in _MARKS:
        return False
    run = _RUN.match(state.src, state.pos, state.posMax)
    assert run
    if _is_letter_before(state):
        is_literal = run.end() < state.posMax and _is_letter(state.src[run.end()])
        return is_literal and _take_text(state, run[0], silent)
    code = _DIAL_CODE.match(state.src, state.pos, state.posMax)
    is_code = (
        code is not None and bool(_DIAL_SIGN.search(code[0])) and state.src[state.pos - 1 : state.pos] != "*"
    )
    return code is not None and is_code and _take_text(state, code[0], silent)


def _take_text(state: StateInline, text: str, silent: bool) -> bool:
    if not silent:
        state.pending += text
    state.pos += len(text)
    return True


def _read_single_tilde(state: StateInline, silent: bool) -> bool:
    """Read ``~struck~``, as WhatsApp writes it."""
    if silent or state.src[state.pos] != "~" or _is_letter_before(state):
        return False
    found = _SINGLE_TILDE.match(state.src, state.pos, state.posMax)
    if not found or state.src[state.pos - 1 : state.pos] == "~":
        return False
    end, maximum = found.end(), state.posMax
    if end < maximum and _is_letter(state.src[end]):
        return False
    state.pos, state.posMax = state.pos + 1, end - 1
    state.push("s_open", "s", 1)
    state.md.inline.tokenize(state)
    state.push("s_close", "s", -1)
    state.pos, state.posMax = end, maximum
    return True


def _read_code_span(state: StateInline, silent: bool) -> bool:
    """Read a code span without joining its lines."""
    start, count = state.pos, len(state.tokens)
    if not backtick(state, silent):
        return False
    token = state.tokens[-1] if len(state.tokens) > count else None
    if token is not None and token.type == "code_inline":
        text = state.src[start + len(token.markup) : state.pos - len(token.markup)]
        is_padded = text[:1] == text[-1:] == " " and bool(text.strip())
        token.content = text[1:-1] if is_padded else text
    return True


def _read_quote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if _MORE_THAN.match(_line_text(state, start_line)):
        return False
    return blockquote(state, start_line, end_line, silent)


_read_any_fence: Callable[[StateBlock, int, int, bool], bool] = fence


def _read_fence(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read a fence that has no words of its own and is closed; other text stays text."""
    if not _read_any_fence(state, start_line, end_line, True):
        return False
    mark = _line_text(state, start_line)
    if set(mark) != {mark[0]}:
        return False
    for line in range(start_line + 1, end_line):
        text = _line_text(state, line)
        if text and state.sCount[line] < state.blkIndent:
            return False
        if len(text) >= len(mark) and set(text) == {mark[0]}:
            return _read_any_fence(state, start_line, end_line, silent)
    return False


def _line_text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()

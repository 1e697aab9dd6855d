"""The first line of a docstring is short: an order for a function, a noun phrase for a class or a module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SOURCE = ROOT / "src" / "humaspost"
MOST_CHARACTERS = 90
#: Where a docstring is the help text of a command; design/language.md decides how those read.
_HELP = ("cli/commands", "cli/demo/main.py", "cli/root.py", "cli/options.py")
#: With these begin sentences that a reader must turn round first.
_INVERTED = re.compile(
    r"what(ever)?|when|where|whether|which|while|who(ever|m|se)?|why|how|its?|th(at|ose|ey|is|ese|an|en|ere)|nobody|"
    r"nothing|somebody|someone|anybody|none|never|not?|as|if|after|before|from|so"
)
_ARTICLES = re.compile(r"the|an?|every|each|all|any|another|both|some|one|two|of|in|at|by|for|with(out)?")


def docstrings() -> Iterator[tuple[str, ast.AST, str]]:
    """Yield where each docstring stands, what it describes, and its first line."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if text := ast.get_docstring(node):
                yield f"{name}:{getattr(node, 'lineno', 1)}", node, text.splitlines()[0]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _first_word(line: str) -> str:
    return line.split()[0].strip("`,.:;").lower()


FIRST_LINES = [
    pytest.param(node, line, id=place)
    for place, node, line in docstrings()
    if not (_is_function(node) and place.startswith(_HELP))
]


def test_first_lines_are_short_sentences() -> None:
    wrong = [
        f"{given.id}: {given.values[1]}"
        for given in FIRST_LINES
        if len(given.values[1]) > MOST_CHARACTERS or not given.values[1].endswith((".", "?", "!", ":"))
    ]
    assert wrong == []


def test_functions_are_described_by_an_order() -> None:
    """Ruff's D401 sees a verb in the wrong form; this sees a sentence that begins with no verb at all."""
    wrong = [
        f"{given.id}: {given.values[1]}"
        for given in FIRST_LINES
        if _is_function(given.values[0])
        and (
            _INVERTED.fullmatch(_first_word(given.values[1]))
            or _ARTICLES.fullmatch(_first_word(given.values[1]))
        )
    ]
    assert wrong == []


def test_classes_and_modules_are_named_by_a_noun_phrase() -> None:
    wrong = [
        f"{given.id}: {given.values[1]}"
        for given in FIRST_LINES
        if not _is_function(given.values[0]) and _INVERTED.fullmatch(_first_word(given.values[1]))
    ]
    assert wrong == []


def test_the_source_is_read_at_all() -> None:
    assert len(FIRST_LINES) > 1_000
    assert Path(SOURCE / "app" / "__init__.py").is_file()

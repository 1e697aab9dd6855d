"""A command that a message tells somebody to type is one that the program takes as it stands."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from humaspost.cli.registry import ENTRIES, load_command
from tests.docs.pages import ROOT

SOURCES = ROOT / "src" / "humaspost"
_USAGE_ERROR = typer.BadParameter.__mro__[1]
#: Where the command ends and the sentence goes on.
_END = r"[`\n;,()]|: |[.?:](?:\s|$)|\.\.\.| && |  | (?:or|and|then|to|when|in|while)\b"
_COMMAND = re.compile(rf"humaspost ([a-z]+)\b(.*?)(?={_END}|$)", re.DOTALL)
#: Sentences about a command, which nobody types.
PROSE = {"publish tries once more"}


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module, docstrings and comments excepted; a value is written {}."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Expr, ast.JoinedStr))
        for each in ast.walk(node)
        if isinstance(node, ast.JoinedStr) or each is node.value
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def hints() -> list[tuple[str, str]]:
    """Each command line in a message, with the module's path."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for text in texts(path):
            for name, rest in _COMMAND.findall(text):
                line = f"{name}{rest}".strip()
                if name in ENTRIES and line not in PROSE:
                    found.add((path.relative_to(SOURCES).as_posix(), line))
    return sorted(found)


def parse(line: str) -> None:
    """Parse the command line as the program does; raise a usage error if it does not take it."""
    name, *words = shlex.split(re.sub(r"\{\w*\}", "a", line))
    command = load_command(ENTRIES[name])
    while verbs := getattr(command, "commands", {}):
        assert words, f"{name} needs a verb"
        assert words[0] in verbs, f"{name} has no {words[0]}"
        command, words = verbs[words[0]], words[1:]
    command.make_context(name, words)


def test_messages_name_commands() -> None:
    assert len(hints()) > 50


@pytest.mark.parametrize(("module", "line"), hints(), ids=lambda value: value)
def test_each_command_in_a_message_is_one_that_can_be_typed(module: str, line: str) -> None:
    try:
        parse(line)
    except _USAGE_ERROR as error:
        pytest.fail(f"{module}: humaspost {line}: {error}")

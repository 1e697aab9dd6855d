"""No name in the source carries a metaphor, a finite phrase or a private synonym: one word per idea.

The words are those of the review of names (docs/adr/0017); each had a standard term in its place. The list of
exceptions may only get shorter.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT

#: Words that no part of a name may be, by the term that says it.
FORBIDDEN = {
    "worker": "lane lanes",
    "lookup, check or poll": "look looks looked looking",
    "unknown outcome": "doubt doubts doubtful",
    "duplicate": "twice",
    "video, audio, phone": "film films sound sounds telephone telephones",
    "report, emit, print": "tell tells told teller say says said",
    "receive": "hear hears heard",
    "request or question": "ask asks asked asking",
    "remaining, opted_out or finish": "left leave leaves leaving alone",
    "fix": "mend mends mended mending",
    "claimed": "hand hands",
    "preparation": "works",
    "gate_queue": "turnstile",
    "context": "door",
    "fake, harness or the thing itself": "town square press crier cried cry jam cinema desk board bench",
    "batch or records": "book books",
    "webhook_sender": "courier",
    "schema or geometry": "shape shapes shaped",
    "event": "happen happens happened happening",
    "start and restart": "begun anew",
    "expected or requested": "want wants wanted",
    "suggested": "meant",
    "snapshot or observed": "sight seen",
    "display or preview": "shown",
    "index, registry or the thing itself": "known",
    "match or the thing itself": "found",
    "eligibility": "may cannot which across",
    "last": "latest",
    "outlook, upcoming, forecast": "fate coming unsent foreseen gather gathered",
    "channel_extras": "particulars",
    "shared": "everywhere",
    "exit_codes": "exits",
    "position": "place places",
    "time, date or instant": "moment moments",
    "hints": "wording",
    "owner's noun": "owned mine ours fresh far gone",
    "all": "together",
    "transport": "wire",
    "store, log, options, checks": "gallery catalogue journal switches contents nodes reads world",
    "collect, evict, load": "reap trim recall",
    "freeze, reset, submit, stop": "thaw calm fly halt grow",
    "status": "judged survey surveyed",
    "redaction": "secrecy struck",
    "policy": "handling",
    "text_length": "weight",
    "the platform's term": "keeping signing making tagging filling notices",
    "the actor's noun": "whose whoever nobody somebody",
}
#: Names that carry such a word in its plain sense; this list may only get shorter.
EXCEPTIONS = {
    line for line in Path(__file__).with_name("name_exceptions.txt").read_text("utf-8").splitlines() if line
}
MOST_EXCEPTIONS = 7
_WORDS = {word: term for term, words in FORBIDDEN.items() for word in words.split()}
_HUMPS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def parts(name: str) -> set[str]:
    """Return the words of a name in snake or camel case."""
    return {hump.lower() for piece in name.split("_") for hump in _HUMPS.findall(piece)}


def names(path: Path) -> Iterator[str]:
    """Yield the names that a source file defines; local variables are not names of the house."""
    yield path.stem
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
                arguments = node.args
                yield from (a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
            case ast.ClassDef():
                yield node.name
                yield from _assigned(node.body)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name
    yield from _assigned(tree.body)


def _assigned(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets += [statement.target] if isinstance(statement, ast.AnnAssign) else []
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def folders(root: Path) -> set[str]:
    """Return the names of the packages below ``root``."""
    return {path.parent.name for path in root.rglob("__init__.py")}


def forbidden(root: Path) -> dict[str, str]:
    """Return each name below ``root`` that has a forbidden word, with the term to write instead."""
    every = folders(root) | {name for path in root.rglob("*.py") for name in names(path)}
    return {name: _WORDS[word] for name in sorted(every) for word in parts(name) & _WORDS.keys()}


def test_no_name_of_the_source_has_a_forbidden_word() -> None:
    wrong = forbidden(ROOT / "src")
    assert {name: term for name, term in wrong.items() if name not in EXCEPTIONS} == {}


def test_every_exception_is_still_needed_and_there_are_no_more_of_them() -> None:
    assert EXCEPTIONS - forbidden(ROOT / "src").keys() == set()
    assert len(EXCEPTIONS) <= MOST_EXCEPTIONS


def test_a_metaphor_is_detected_in_every_kind_of_name(tmp_path: Path) -> None:
    (tmp_path / "turnstile.py").write_text(
        "class LaneSender:\n    told = 1\n\n    def tell(self, wanted):\n        self.seen_at = 0\n", "utf-8"
    )
    assert forbidden(tmp_path).keys() == {"turnstile", "LaneSender", "told", "tell", "wanted", "seen_at"}

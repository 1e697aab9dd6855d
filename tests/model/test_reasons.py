"""A reason is a member of an enum wherever it is written or compared, never a string of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import humaspost
from humaspost.model import reasons
from humaspost.model.reasons import AccountHold, StopReason

SOURCES = Path(humaspost.__file__).parent
#: What a reason, or a hold, is called where it is a variable, a column, an attribute or a keyword.
NAMES = {"reason", "hold", "hold_reason", "file_hold", "account_hold"}
#: Functions that take one by position.
MAKERS = {"Deny", "TooLate", "Blocked", "HoldAccount", "NotPlanned", "hold_account", "is_held", "_hold_post"}


def is_reason(node: ast.expr) -> bool:
    """Return True for ``reason``, ``row.reason``, ``entry["hold"]`` and ``entry["reasons"].get(state)``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=name)):
            return name in NAMES
        case ast.Call(func=ast.Attribute(value=ast.Subscript(slice=ast.Constant("reasons")))):
            return True
    return False


def is_text(node: ast.expr) -> bool:
    """Return True for a string that is not empty, and for a list of strings."""
    match node:
        case ast.Constant(value=str(text)):
            return text != ""
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(is_text(item) for item in items)
        case ast.IfExp(body=body, orelse=orelse):
            return is_text(body) or is_text(orelse)
    return False


def bare_reasons(tree: ast.AST) -> Iterator[int]:
    """Yield the lines on which a reason is written or compared as a string."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                operands = [left, *others]
                found = any(map(is_reason, operands)) and any(map(is_text, operands))
            case ast.Call(func=ast.Attribute(value=subject, attr="in_" | "startswith"), args=arguments) if (
                is_reason(subject)
            ):
                found = any(map(is_text, arguments))
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments, keywords=keywords
            ):
                found = any(k.arg in NAMES and is_text(k.value) for k in keywords)
                found |= name in MAKERS and is_text(arguments[-1]) if arguments else False
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                found = any(
                    k and isinstance(k, ast.Constant) and k.value in NAMES and is_text(v) for k, v in pairs
                )
            case ast.Match(subject=subject, cases=cases) if is_reason(subject):
                patterns = (pattern for case in cases for pattern in ast.walk(case.pattern))
                found = any(isinstance(p, ast.MatchValue) and is_text(p.value) for p in patterns)
            case _:
                continue
        if found:
            yield node.lineno


#: A problem's text for people, and a pause's, are called reason too.
OTHER = ("channels/", "content/", "media/", "sandbox/", "audience/", "settings/")


def test_no_reason_is_a_bare_string() -> None:
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        if not name.startswith(OTHER):
            found += [f"{name}:{line}" for line in bare_reasons(ast.parse(path.read_text("utf-8")))]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "row.hold == 'login'",
        "'login' != reason",
        "reason in ('quota', 'pause')",
        "entry['hold'] == 'gone'",
        "entry['reasons'].get(State.HELD) == 'file'",
        "delivery.c.reason.in_(('login', 'quota'))",
        "item.hold_reason.startswith('part ')",
        "Deny(State.HELD, 'pause')",
        "move(conn, x, y, reason='file')",
        "{'reason': 'decision' if a else 'lookup'}",
        "match row.reason:\n    case 'late':\n        pass",
    ],
)
def test_a_bare_string_would_be_detected(line: str) -> None:
    assert list(bare_reasons(ast.parse(line))) == [1]


def test_every_hold_of_an_account_is_a_reason_of_its_deliveries() -> None:
    assert {StopReason(hold) for hold in AccountHold} == {
        StopReason.LOGIN,
        StopReason.QUOTA,
        StopReason.THROTTLE,
    }


def test_a_part_is_a_reason() -> None:
    assert reasons.part_reason(2) == "part 2"
    assert reasons.is_part_reason("part 2")
    assert not reasons.is_part_reason(StopReason.PAUSE)

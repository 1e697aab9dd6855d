"""A problem as a person reads it: the caret under the very characters, however the line is made."""

import pytest

from humaspost.model.problem import Position, Problem, Severity
from humaspost.views.problems import format_problem, problems_to_json, unique_problems


def printed(text: str, column: int, length: int = 1, hint: str = "") -> list[str]:
    problem = Problem("a-code", "it is wrong", hint, "posts/a.md", Position(3, column, length), text=text)
    return format_problem(problem)


def marked(lines: list[str]) -> str:
    """What stands above the carets."""
    source, carets = lines[3], lines[4]
    return source[carets.index("^") : carets.index("^") + carets.count("^")]


@pytest.mark.parametrize(
    ("text", "column", "length", "above"),
    [
        ("title: RALAT: Loket", 13, 1, ":"),
        ("tags: #A", 7, 2, "#A"),
        ("a\x1bb: x", 2, 1, "\\x1b"),
        ("x" * 300 + "HERE" + "y" * 300, 301, 4, "HERE"),
        ("pendek", 7, 1, ""),
    ],
)
def test_the_caret_stands_under_what_is_wrong(text: str, column: int, length: int, above: str) -> None:
    assert marked(printed(text, column, length)) == above


def test_wide_characters_move_the_caret() -> None:
    lines = printed("漢字: x", 3, 1)
    assert lines[4].index("^") == len("    3 | ") + 4


def test_no_line_of_an_excerpt_is_wider_than_the_terminal() -> None:
    for column in (1, 60, 66, 67, 150, 400):
        assert max(len(line) for line in printed("x" * 400, column, 400)) <= 80


def test_a_hint_to_be_copied_stays_whole_and_a_sentence_is_wrapped() -> None:
    copied = "write: title: " + "x" * 100
    assert printed("a", 1, hint=copied)[-1] == f"  {copied}"
    assert all(len(line) <= 80 for line in printed("a", 1, hint="known keys: " + "word, " * 40))


def test_a_problem_without_a_position_or_a_file_is_still_printed() -> None:
    assert format_problem(Problem("a-code", "it is wrong"))[0] == "error[a-code]"
    warning = Problem("a-code", "hm", file="config.toml", severity=Severity.WARNING)
    assert format_problem(warning)[0] == "config.toml: warning[a-code]"
    assert (
        format_problem(Problem("a", "b", "", "posts/a.md", Position(3, 13)))[0] == "posts/a.md:3:13: error[a]"
    )


def test_a_problem_of_several_accounts_is_printed_once() -> None:
    place = Position(3, 1)
    twice = [Problem("a", "m", file="f", position=place, channel=name) for name in ("x", "instagram")]
    other = Problem("a", "other", file="f", position=place)
    assert unique_problems([*twice, other]) == [twice[0], other]


def test_json_has_every_key_even_if_empty() -> None:
    document = problems_to_json([Problem("a", "m")], posts=1)
    assert document["problems"][0] == {
        "code": "a",
        "severity": "error",
        "file": None,
        "line": None,
        "column": None,
        "field": None,
        "channel": None,
        "message": "m",
        "hint": "",
    }

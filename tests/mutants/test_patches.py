"""Every fault can still be put into the tree, and the tests that must see it are still there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mutants.patches import HERE, ROOT, Mutant, list_findings, load

MUTANTS = load()


def test_there_are_faults_and_each_has_a_number_of_its_own() -> None:
    numbers = [mutant.number for mutant in MUTANTS]
    assert len(set(numbers)) == len(numbers) >= 40
    assert all(number.isdecimal() for number in numbers)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_fits_the_tree_and_is_still_python(mutant: Mutant) -> None:
    for file, text in mutant.texts(ROOT).items():
        assert file.startswith("src/humaspost/")
        if file.endswith(".py"):
            compile(text, file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_names_what_a_user_would_suffer(mutant: Mutant) -> None:
    assert mutant.why.endswith(".")
    assert len(mutant.why) > 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_must_see_it_are_there(mutant: Mutant) -> None:
    assert mutant.red
    for node in mutant.red:
        file, *names = node.partition("[")[0].split("::")
        assert names, f"{node} names no function"
        assert _is_there(ROOT / file, tuple(names)), f"there is no {node}"


def test_the_readme_names_the_fault_of_each_finding_and_the_random_day_that_finds_it() -> None:
    table = list_findings(MUTANTS)
    assert table in (HERE / "README.md").read_text("utf-8"), f"README.md must hold:\n{table}"
    found = {int(m.finding.split()[0]) for m in MUTANTS if m.finding and "office/days" in " ".join(m.red)}
    assert found == set(range(1, 11))


@cache
def _is_there(file: Path, names: tuple[str, ...]) -> bool:
    """Return whether the file defines the function, within its class if it has one."""
    if not file.is_file():
        return False
    body = ast.parse(file.read_text("utf-8")).body
    for name in names:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        node = next((node for node in body if isinstance(node, kinds) and node.name == name), None)
        if node is None:
            return False
        body = node.body
    return True

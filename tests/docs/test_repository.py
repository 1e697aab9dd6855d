"""The repository carries nothing of the machine that it was made on, and everything that it needs."""

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, tree

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
#: Put together here, so that this file does not hold what it forbids.
REGISTRIES = ("files.python" + "hosted", "registry.npm" + "js", "pypi.org/" + "simple", "find-" + "links")
MACHINE = re.compile(r"/(?:work|farm|opt/pypi|root)/[\w.]")
#: Import names that are not their package's name, where the metadata cannot tell.
_NOT_PACKAGES = {"humaspost", "tests", "benchmarks"}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the repository."""
    for path in tree():
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_no_registry_address() -> None:
    assert not [(path, word) for path, text in texts() for word in REGISTRIES if word in text]


def test_no_path_of_a_machine() -> None:
    inside = {path for path, text in texts() if MACHINE.search(text) and path != Path(__file__)}
    assert not inside


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_pin_is_exact_and_hashed(file: Path) -> None:
    pins = re.split(
        r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE).strip()
    )
    assert len(pins) > 3
    for pin in pins:
        assert re.match(r"[a-z0-9.-]+==[\w.]+ \\\n", pin), pin
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin
        assert "://" not in pin


def test_pins_of_the_three_files_agree() -> None:
    versions: dict[str, set[str]] = {}
    for file in REQUIREMENTS:
        for name, version in re.findall(r"^([a-z0-9.-]+)==([\w.]+)", file.read_text("utf-8"), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert not {name: found for name, found in versions.items() if len(found) > 1}


def imported(folder: str) -> set[str]:
    """The top-level modules that the Python files of a folder import."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - _NOT_PACKAGES


def pinned(*names: str) -> set[str]:
    """The distributions that these files pin, as their metadata spells them."""
    text = "".join((ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in names)
    return set(re.findall(r"^([a-z0-9.-]+)==", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("folder", "files"), [("src", ("run",)), ("tests", ("run", "test")), ("benchmarks", ("run", "test"))]
)
def test_everything_imported_is_pinned(folder: str, files: tuple[str, ...]) -> None:
    providers = importlib.metadata.packages_distributions()
    allowed = pinned(*files)
    missing = {
        module
        for module in imported(folder)
        if not {normal(name) for name in providers.get(module, ())} & allowed
    }
    assert not missing


def normal(name: str) -> str:
    """A distribution's name as pins spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_example_office_lies_in_the_past() -> None:
    posts = sorted((ROOT / "posts").glob("*.md"))
    assert len(posts) == 12
    for post in posts:
        assert re.search(r"^date: 2021-", post.read_text("utf-8"), re.MULTILINE), post.name


def test_the_makefile_lists_every_target_and_no_more_than_fourteen() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", text, re.MULTILINE)
    assert targets == re.findall(r"^([a-z-]+):  ## \S", text, re.MULTILINE)
    assert len(targets) <= 14
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony.split() == targets

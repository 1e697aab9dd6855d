"""Questions and words are apart: reports hold no words, views read no ledger and no clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SOURCE = ROOT / "src" / "humaspost"
REPORTS = sorted((SOURCE / "reports").rglob("*.py"))
VIEWS = sorted((SOURCE / "views").rglob("*.py"))
#: Above the ledger nothing knows SQLAlchemy's rows.
ABOVE_LEDGER = sorted(
    path for package in ("reports", "views", "app", "cli") for path in (SOURCE / package).rglob("*.py")
)


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that the file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _names(path: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}


def _called(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    return {ast.unparse(node.func) for node in calls}


def test_there_is_something_to_check() -> None:
    assert len(REPORTS) > 10
    assert len(VIEWS) > 10


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_reports_hold_no_words(path: Path) -> None:
    assert not {"_", "ngettext"} & _called(path)
    assert "humaspost.base.i18n" not in set(_imports(path))


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_views_read_neither_ledger_nor_clock(path: Path) -> None:
    imported = set(_imports(path))
    assert not {name for name in imported if name.startswith(("humaspost.ledger", "sqlalchemy"))}
    assert "humaspost.app.office" not in imported
    assert not {"datetime.now", "datetime.utcnow", "time.time", "time.monotonic"} & _called(path)


def test_no_row_of_sqlalchemy_is_returned_by_the_ledger() -> None:
    assert [path.relative_to(ROOT) for path in ABOVE_LEDGER if "Row" in _names(path)] == []
    assert [path.relative_to(ROOT) for path in ABOVE_LEDGER if "sqlalchemy.Row" in set(_imports(path))] == []


#: About the ledger's file, which is SQLite's.
ABOUT_THE_FILE = ("database.py", "file.py", "recovery/", "migrations/")
#: What one database says and another does not.
OF_ONE_DATABASE = re.compile(
    r"sqlite|postgres|pragma|\biif\b|insert or |begin immediate|exec_driver_sql", re.IGNORECASE
)


def test_only_the_dialect_of_the_ledger_names_a_database() -> None:
    ledger = SOURCE / "ledger"
    paths = {path.relative_to(ledger).as_posix(): path for path in ledger.rglob("*.py")}
    assert OF_ONE_DATABASE.search(paths.pop("dialect.py").read_text("utf-8"))
    others = [name for name in paths if not name.startswith(ABOUT_THE_FILE)]
    assert len(others) > 20
    assert [name for name in others if OF_ONE_DATABASE.search(paths[name].read_text("utf-8"))] == []


def test_only_the_dialect_of_the_ledger_imports_one_of_sqlalchemy() -> None:
    importers = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if any(name.startswith("sqlalchemy.dialects") for name in _imports(path))
    ]
    assert importers == ["ledger/dialect.py"]

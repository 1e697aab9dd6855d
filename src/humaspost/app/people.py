"""Audiences: files of people, imported when they change."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from humaspost.app.office import Office
from humaspost.audience.importing import Changes, import_file, import_if_changed, preview
from humaspost.audience.read import read
from humaspost.ledger.store import Ledger
from humaspost.model.problem import Problem


def imported_if_changed(office: Office) -> list[Changes]:
    """Every audience of the config holds what its file says; what changed, by name."""
    found = (_import(office, name, import_if_changed) for name in office.settings.audiences)
    return [changes for changes in found if changes is not None]


def import_now(office: Office, name: str) -> Changes:
    """The audience holds what its file says. Raises KeyError for a name that the config does not have."""
    changes = _import(office, name, import_file)
    assert changes is not None
    return changes


def would_change(office: Office, name: str) -> Changes:
    """What importing the audience now would change; nothing is written."""
    path = office.settings.audiences[name]
    reading = read(path, shown=_shown(office, path), now=office.now(), zone=office.settings.timezone)
    with office.ledger().read() as conn:
        return preview(conn, name, reading)


class _How(Protocol):
    def __call__(
        self, ledger: Ledger, name: str, *, path: Path, now: datetime, zone: str, shown: str
    ) -> Changes | None: ...


def _import(office: Office, name: str, how: _How) -> Changes | None:
    path = office.settings.audiences[name]
    return how(
        office.ledger(write=True),
        name,
        path=path,
        now=office.now(),
        zone=office.settings.timezone,
        shown=_shown(office, path),
    )


def _shown(office: Office, path: Path) -> str:
    root = office.settings.root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def problems_of(changes: Iterable[Changes]) -> list[Problem]:
    """What is wrong with the files."""
    return [problem for each in changes for problem in each.problems]

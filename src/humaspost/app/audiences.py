"""Audiences: files of people, imported when they change."""

from collections.abc import Iterable

from humaspost.app.office import Office
from humaspost.audience.importer import Changes, import_if_changed
from humaspost.base.paths import shown
from humaspost.model.problem import Problem


def imported_if_changed(office: Office) -> list[Changes]:
    """Every audience of the config holds what its file says; what changed, by name."""
    found = (_import(office, name) for name in office.settings.audiences)
    return [changes for changes in found if changes is not None]


def _import(office: Office, name: str) -> Changes | None:
    path = office.settings.audiences[name]
    return import_if_changed(
        office.ledger(write=True),
        name,
        path=path,
        now=office.now(),
        zone=office.settings.timezone,
        shown=shown(path, office.settings.root),
    )


def problems_of(changes: Iterable[Changes]) -> list[Problem]:
    """What is wrong with the files."""
    return [problem for each in changes for problem in each.problems]

"""Audiences: files of people, imported when they change."""

from collections.abc import Iterable

from humaspost.app.office import Office
from humaspost.audience.importer import ImportChanges, import_if_changed
from humaspost.base.paths import shown
from humaspost.model.problem import Problem


def import_changed(office: Office) -> list[ImportChanges]:
    """Every audience of the config holds what its file says; what changed, by name."""
    imports = (_run_import(office, name) for name in office.settings.audiences)
    return [changes for changes in imports if changes is not None]


def _run_import(office: Office, name: str) -> ImportChanges | None:
    path = office.settings.audiences[name]
    return import_if_changed(
        office.ledger(write=True),
        name,
        path=path,
        now=office.now(),
        zone=office.settings.timezone,
        display_path=shown(path, office.settings.root),
    )


def list_problems(changes: Iterable[ImportChanges]) -> list[Problem]:
    """What is wrong with the files."""
    return [problem for each in changes for problem in each.problems]

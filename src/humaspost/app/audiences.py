"""Audiences: files of recipients, imported when they change."""

import time
from collections.abc import Iterable, Mapping, Sequence

from humaspost.app.office import Office
from humaspost.audience.csv_reader import AudienceFile, read_audience
from humaspost.audience.importer import ImportChanges, import_if_changed, import_rows, preview_import
from humaspost.base.paths import display_path
from humaspost.ledger.people import recipients
from humaspost.model.problem import Problem
from humaspost.model.records import AudienceRecord


def import_changed(office: Office, *, wait_for_unsettled: bool = False) -> list[ImportChanges]:
    """Import each audience file that changed and is not being written; return the changes.

    ``wait_for_unsettled`` waits for files that are being written once, for the settle time of the policy.
    """
    names = _list_settled(office)
    if wait_for_unsettled and len(names) < len(office.settings.audiences):
        time.sleep(office.stamps.settle + 0.05)
        names = _list_settled(office)
    imports = (_run_import(office, name) for name in names)
    return [changes for changes in imports if changes is not None]


def _list_settled(office: Office) -> list[str]:
    return [name for name, path in office.settings.audiences.items() if office.stamps.observe(path)[1]]


def _run_import(office: Office, name: str) -> ImportChanges | None:
    path = office.settings.audiences[name]
    return import_if_changed(
        office.ledger(write=True),
        name,
        path=path,
        now=office.now(),
        zone=office.settings.timezone,
        display_path=display_path(path, office.settings.root),
    )


def list_problems(changes: Iterable[ImportChanges]) -> list[Problem]:
    """Return all problems of the imported files."""
    return [problem for each in changes for problem in each.problems]


def list_imported(office: Office) -> dict[str, AudienceRecord]:
    """Return the ledger's record of each audience, by name."""
    with office.ledger().read() as conn:
        return {row.name: row for row in recipients.list_audiences(conn)}


def read_files(office: Office, names: Sequence[str] = ()) -> dict[str, AudienceFile]:
    """Read the audience files; without names, read all files of the config."""
    settings, now = office.settings, office.now()
    return {
        name: read_audience(
            path, display_path=display_path(path, settings.root), now=now, zone=settings.timezone
        )
        for name, path in settings.audiences.items()
        if not names or name in names
    }


def preview_imports(office: Office, files: Mapping[str, AudienceFile]) -> list[ImportChanges]:
    """Return what each file would change; change nothing."""
    with office.ledger().read() as conn:
        return [preview_import(conn, name, file) for name, file in files.items()]


def import_audience(office: Office, name: str, file: AudienceFile) -> ImportChanges:
    """Import the file as it was read; return the changes."""
    path = display_path(office.settings.audiences[name], office.settings.root)
    return import_rows(office.ledger(write=True), name, audience_file=file, now=office.now(), file=path)

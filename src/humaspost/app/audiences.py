"""Audiences: files of recipients, imported when they change."""

import time
from collections.abc import Iterable, Mapping, Sequence

from humaspost.app.office import Office
from humaspost.audience.changes import ImportChanges
from humaspost.audience.csv.reader import AudienceFile, read_audience
from humaspost.audience.importer import import_if_changed, import_rows, preview_import
from humaspost.base.paths import display_path
from humaspost.ledger.people import list_holds, recipients
from humaspost.ledger.queries import totals
from humaspost.model.problem import Problem
from humaspost.model.records import AudienceRecord


def import_changed(office: Office, *, wait_for_unsettled: bool = False) -> list[ImportChanges]:
    """Import each audience file that changed and is not being written; return the changes.

    What is wrong with the other files is returned again. ``wait_for_unsettled`` waits for files that are being
    written once, for the settle time of the policy.
    """
    names = _list_settled(office)
    if wait_for_unsettled and len(names) < len(office.settings.audiences):
        time.sleep(office.stamps.settle + 0.05)
        names = _list_settled(office)
    imports = (_run_import(office, name) for name in names)
    return [changes for changes in imports if changes is not None]


def has_unsettled(office: Office) -> bool:
    """Return True if an audience file is still being written."""
    return len(_list_settled(office)) < len(office.settings.audiences)


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
    """Return one problem per file that is not taken over or lacks rows, and its warnings."""
    problems = []
    for each in changes:
        problems += [each.summary] if each.summary is not None else []
        problems += [problem for problem in each.problems if not problem.is_error]
    return problems


def is_due_post_held(office: Office) -> bool:
    """Return True if a post that is due, and has deliveries left, names a held list."""
    with office.ledger().read() as conn:
        held = {record.audience for record in list_holds.list_holds(conn)}
        entries = totals.list_by_post(conn) if held else []
    return any(
        entry.due_at <= office.now() and entry.remaining_count and not held.isdisjoint(entry.audiences)
        for entry in entries
    )


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
    root, paths = office.settings.root, office.settings.audiences
    with office.ledger().read() as conn:
        return [
            preview_import(conn, name, file, file=display_path(paths[name], root))
            for name, file in files.items()
        ]


def import_audience(office: Office, name: str, file: AudienceFile) -> ImportChanges:
    """Import the file as it was read, also one that would be held; return the changes."""
    path = display_path(office.settings.audiences[name], office.settings.root)
    ledger = office.ledger(write=True)
    return import_rows(ledger, name, audience_file=file, now=office.now(), file=path, force=True)

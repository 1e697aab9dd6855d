"""The daemon's work on the posts folder: read it, sync the ledger, report what is new."""

from collections.abc import Callable

from humaspost.app.audiences import has_unsettled, import_changed, list_problems
from humaspost.app.backups import create_daily_job
from humaspost.app.folder.last_sync import LastSync
from humaspost.app.folder.scan import ScanResult, list_vanished_problems, scan_folder, sync_ledger
from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger.posts.sync_plan import SyncResult
from humaspost.model.event_kind import EventKind
from humaspost.model.problem import Problem


def create_rescan(office: Office, record_files: Callable[[], None]) -> Callable[[], float | None]:
    """Return a function that syncs the ledger with the folder and reports each change once.

    It calls ``record_files``, which records what the sender runs with. It returns the seconds after which unsettled
    files can be read, or None.
    """
    reported: set[tuple[str, str, int]] = set()
    folder_problems: list[Problem] = []
    keep_backup = create_daily_job(office)
    last = LastSync(office)

    def sync_folder() -> None:
        last.begin()
        scanned = scan_folder(office, for_sending=True)
        synced = sync_ledger(office, scanned, since=last.scan, note_ledger=last.note_ledger)
        is_settled = not office.reader.unsettled
        last.record(scanned, is_settled=is_settled, has_vanished=bool(synced.vanished))
        _report_plan(office, scanned, synced)
        folder_problems[:] = (*scanned.problems, *list_vanished_problems(scanned, synced))

    def rescan() -> float | None:
        keep_backup()
        problems_of_lists = list_problems(import_changed(office))
        is_waiting = False
        if not last.is_current():
            is_waiting = last.is_only_waiting()
            if not is_waiting:
                sync_folder()
        problems = (*problems_of_lists, *folder_problems)
        for problem in problems:
            _report_problem(office, problem, reported)
        reported.intersection_update(_problem_key(problem) for problem in problems)
        record_files()
        is_unsettled = is_waiting or office.reader.unsettled or has_unsettled(office)
        return office.settings.policy.settle.total_seconds() if is_unsettled else None

    return rescan


def _problem_key(problem: Problem) -> tuple[str, str, int]:
    return problem.file, problem.code, problem.position.line if problem.position else 0


def _report_problem(office: Office, problem: Problem, reported: set[tuple[str, str, int]]) -> None:
    if problem.is_error and _problem_key(problem) not in reported:
        reported.add(_problem_key(problem))
        position = f":{problem.position.line}:{problem.position.column}" if problem.position else ""
        detail = f"{problem.file}{position}: error[{problem.code}]"
        if problem.code.startswith("list-"):
            detail = f"{detail}: {problem.message}"
        office.emit(DeliveryEvent(office.now(), EventKind.FILE_PROBLEM, detail=detail))


def _report_plan(office: Office, scanned: ScanResult, synced: SyncResult) -> None:
    now = office.now()
    for kind, posts in ((EventKind.NEW, synced.new), (EventKind.CHANGED, synced.changed)):
        for post in posts:
            rows = [row for row in scanned.plan.rows if row.post == post]
            accounts = ", ".join(row.account.name for row in rows)
            file, due = (rows[0].file, rows[0].due.utc) if rows else ("", None)
            office.emit(DeliveryEvent(now, kind, post, accounts, detail=file, due_at=due))
    for part in synced.cancelled:
        detail = _("its new text has no part {part}").format(part=part.part)
        office.emit(DeliveryEvent(now, EventKind.CANCELLED, part.post, part.account, detail))

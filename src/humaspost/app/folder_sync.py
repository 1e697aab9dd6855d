"""What the daemon does with the folder: read it, enter it, and tell what is new."""

from collections.abc import Callable

from humaspost.app.audiences import imported_if_changed, problems_of
from humaspost.app.backups import daily
from humaspost.app.office import Office
from humaspost.app.scan import Scan, enter, scan, vanished
from humaspost.delivery.events import Happened
from humaspost.ledger.deliveries.sync_plan import Scheduled
from humaspost.model.problem import Problem


def follow(office: Office) -> Callable[[], float | None]:
    """A function that brings the ledger up to the folder, tells each thing once, and when to look again."""
    told: set[tuple[str, str, int]] = set()
    keep_backup = daily(office)

    def rescan() -> float | None:
        keep_backup()
        people = imported_if_changed(office)
        found = scan(office, sending=True)
        done = enter(office, found)
        _tell_plan(office, found, done)
        problems = (*problems_of(people), *found.problems, *vanished(found, done))
        for problem in problems:
            _tell_problem(office, problem, told)
        told.intersection_update(_key(problem) for problem in problems)
        return office.settings.policy.settle.total_seconds() if office.reader.unsettled else None

    return rescan


def _key(problem: Problem) -> tuple[str, str, int]:
    return problem.file, problem.code, problem.place.line if problem.place else 0


def _tell_problem(office: Office, problem: Problem, told: set[tuple[str, str, int]]) -> None:
    if problem.is_error and _key(problem) not in told:
        told.add(_key(problem))
        place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
        detail = f"{problem.file}{place}: error[{problem.code}]"
        office.tell(Happened(office.now(), "file-problem", detail=detail))


def _tell_plan(office: Office, found: Scan, done: Scheduled) -> None:
    now = office.now()
    for kind, posts in (("new", done.new), ("changed", done.changed)):
        for post in posts:
            rows = [row for row in found.plan.rows if row.post == post]
            accounts = ", ".join(row.account.name for row in rows)
            file, due = (rows[0].file, rows[0].due.utc) if rows else ("", None)
            office.tell(Happened(now, kind, post, accounts, detail=file, due=due))

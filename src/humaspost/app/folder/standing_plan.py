"""The last plan of posts whose files vanished at once, as reports ask for it (ADR 0009)."""

from dataclasses import dataclass, replace

from humaspost.app.folder.scan import ScanResult
from humaspost.app.office import Office
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post


@dataclass(frozen=True, slots=True)
class StandingPlan:
    """The posts that keep their last plan, with its rows; a post that is held has no row.

    ``unseen`` posts have a file that no sender takes over until the others are back.
    """

    posts: frozenset[str] = frozenset()
    rows: tuple[PlanRow, ...] = ()
    unseen: frozenset[str] = frozenset()

    def list_posts(self) -> list[Post]:
        """Return the posts that go out, as far as the plan has them: without the text of the file."""
        accounts: dict[str, list[str]] = {}
        for row in self.rows:
            accounts.setdefault(row.post, []).append(row.account.name)
        return [
            Post(
                id=row.post,
                file=row.file,
                title=row.title,
                body=(),
                date=row.due,
                expires=row.expires,
                channels=tuple(accounts[row.post]),
                audiences=row.audiences,
            )
            for row in {row.post: row for row in self.rows}.values()
        ]


def with_standing_plan(scan: ScanResult, standing: StandingPlan) -> ScanResult:
    """Return the scan with the rows of the last plan that go out without a file."""
    return replace(scan, plan=replace(scan.plan, rows=(*scan.plan.rows, *standing.rows)))


def load_standing_plan(office: Office, scan: ScanResult) -> StandingPlan:
    """Return the plan that the next sync with this scan leaves as it is; only reads."""
    if not office.has_ledger:
        return StandingPlan()
    from humaspost.ledger.posts import standing_plan
    from humaspost.ledger.queries import delivery_lists

    with office.ledger().read() as conn:
        posts = standing_plan.find_standing(conn, scan.plan, folder_missing=scan.folder_missing)
        if not posts:
            return StandingPlan()
        accounts = {account.name: account for account in office.settings.accounts}
        rows = standing_plan.load_rows(conn, posts, accounts)
        known = {record.id for record in delivery_lists.list_posts(conn)}
    return StandingPlan(posts, tuple(rows), frozenset(row.post for row in scan.plan.rows) - known)

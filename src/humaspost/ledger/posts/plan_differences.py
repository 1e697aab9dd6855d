"""Posts that the ledger has otherwise than a plan, as another process read the folder."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from humaspost.ledger.posts import held_posts, vanished_posts
from humaspost.ledger.schema import post
from humaspost.model.plan import NotPlanned, Plan, PlanRow


@dataclass(frozen=True, slots=True)
class _Difference:
    """A difference of one post.

    ``needs_whole_plan`` = the file that the ledger has of it is not in the plan.
    """

    post: str
    needs_whole_plan: bool = False


def find_different(conn: Connection, plan: Plan) -> set[str] | None:
    """Return the posts of the plan whose file, hold or stamp is another one in the ledger.

    Returns None where only the sync of the whole plan can mend it: files of the ledger are not in the plan.
    """
    columns = [post.c[name] for name in ("id", "file", "title", "hold", "stamp")]
    posts = {row.id: row for row in conn.execute(select(*columns))}
    by_file = {row.file: row for row in posts.values()}
    resolved = [held_posts.resolve_post_id(item, posts, by_file) for item in plan.held]
    if vanished_posts.find_vanished(conn, Plan(plan.rows, tuple(resolved)), posts):
        return None
    differences = [
        *_compare_rows(plan, posts),
        *_compare_held(plan, [posts.get(item.post) for item in resolved]),
    ]
    if any(difference.needs_whole_plan for difference in differences):
        return None
    return {difference.post for difference in differences}


def _compare_rows(plan: Plan, posts: dict[str, Row[tuple[object, ...]]]) -> Iterator[_Difference]:
    for row in plan.rows:
        stored = posts.get(row.post)
        if stored is None or stored.file != row.file or _differs(stored, row, None, plan):
            yield _Difference(row.post)


def _compare_held(plan: Plan, stored_posts: list[Row[tuple[object, ...]] | None]) -> Iterator[_Difference]:
    files = {entry.file for entries in (plan.rows, plan.held) for entry in entries}
    for item, stored in zip(plan.held, stored_posts, strict=True):
        if stored is None:
            continue  # never scheduled: nothing to hold
        if stored.file == item.file:
            if _differs(stored, item, item.reason, plan):
                yield _Difference(item.post)
        elif stored.file not in files:
            yield _Difference(item.post, needs_whole_plan=True)


def _differs(
    stored: Row[tuple[object, ...]], entry: PlanRow | NotPlanned, hold: str | None, plan: Plan
) -> bool:
    stamp = plan.stamps.get(entry.file)
    return stored.hold != hold or (stamp is not None and stored.stamp != stamp)

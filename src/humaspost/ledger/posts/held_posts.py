"""The files that a plan holds, and which of them speak for a post."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from humaspost.model.plan import NotPlanned, PlanRow


def resolve_post_id(
    item: NotPlanned, posts: Mapping[str, Row[Any]], by_file: Mapping[str, Row[Any]]
) -> NotPlanned:
    """Return the item with the id and title of the post that its file had before.

    The file may be unreadable now, so that it gives no id.
    """
    of_file = by_file.get(item.file)
    id_ = item.post or (of_file.id if of_file else "")
    return replace(item, post=id_, title=item.title or (posts[id_].title if id_ in posts else ""))


def select_of_keepers(
    held: Sequence[NotPlanned],
    rows: Sequence[PlanRow],
    posts: Mapping[str, Row[Any]],
    *,
    is_partial: bool,
) -> tuple[NotPlanned, ...]:
    """Return the held items without those whose id another file keeps.

    The keeper says what becomes of the post; who else claims its id is a problem of that file alone.
    """
    planned = {row.post for row in rows}
    kept = {item.post for item in held if item.post in posts and posts[item.post].file == item.file}

    def is_foreign(item: NotPlanned) -> bool:
        if item.post not in posts or posts[item.post].file == item.file:
            return item.post in planned
        # A partial plan does not know whether the keeper is still there: the next full one does.
        return is_partial or item.post in planned or item.post in kept

    return tuple(item for item in held if not is_foreign(item))

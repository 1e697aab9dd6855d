"""Earlier posts: from which files they were planned, and what of them is public."""

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from humaspost.ledger.schema import account, plan_row, post, rendition
from humaspost.model.plan import PublishedPost

#: Hashes per query; a database limits the parameters of one.
_CHUNK = 500


def planned_files(conn: Connection) -> dict[str, str]:
    """Return the file from which each post was planned last, by the post's id."""
    return {row.id: row.file for row in conn.execute(select(post.c.id, post.c.file))}


def started_posts(conn: Connection, *, since: datetime) -> frozenset[str]:
    """Return the posts with a first write since then."""
    return frozenset(conn.scalars(select(plan_row.c.post).where(plan_row.c.first_write_at > since)))


def published_posts(conn: Connection, *, since: datetime) -> list[PublishedPost]:
    """Return each post on each account that is or may be public since then, without its text."""
    rows = conn.execute(
        select(
            post.c.id,
            post.c.file,
            post.c.title,
            account.c.name,
            plan_row.c.date_at,
            plan_row.c.frozen_rendition,
        )
        .join(plan_row, plan_row.c.post == post.c.id)
        .join(account, account.c.id == plan_row.c.account)
        .where(plan_row.c.first_write_at > since, plan_row.c.frozen_rendition.isnot(None))
        .order_by(plan_row.c.date_at, post.c.id)
    )
    return [PublishedPost(*row) for row in rows]


def first_part_texts(conn: Connection, hashes: Collection[str]) -> dict[str, str]:
    """Return the text of the first part of each rendition, by hash."""
    texts = {}
    wanted = sorted(hashes)
    for start in range(0, len(wanted), _CHUNK):
        in_chunk = rendition.c.hash.in_(wanted[start : start + _CHUNK])
        for row in conn.execute(select(rendition.c.hash, rendition.c.body).where(in_chunk)):
            texts[row.hash] = str(json.loads(row.body)["parts"][0]["text"])
    return texts

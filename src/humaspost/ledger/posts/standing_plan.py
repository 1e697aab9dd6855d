"""The last plan of posts whose files vanished at once, by which they go out (ADR 0009)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from humaspost.ledger import schema
from humaspost.ledger.posts import held_posts, vanished_posts
from humaspost.ledger.schema import plan_row, post
from humaspost.model.account import Account
from humaspost.model.plan import Plan, PlanRow
from humaspost.model.post import Late, PublishTime
from humaspost.model.rendition import Rendition


def find_standing(conn: Connection, plan: Plan, *, folder_missing: bool) -> frozenset[str]:
    """Return the posts that keep their last plan if the folder is now as ``plan`` has it."""
    columns = [post.c[name] for name in ("id", "file", "title", "hold")]
    posts = {row.id: row for row in conn.execute(select(*columns))}
    by_file = {row.file: row for row in posts.values()}
    held = tuple(held_posts.resolve_post_id(item, posts, by_file) for item in plan.held)
    vanished = vanished_posts.find_vanished(conn, replace(plan, held=held), posts)
    is_accident = vanished_posts.is_accident(conn, vanished, folder_missing=folder_missing)
    return frozenset(vanished) if is_accident else frozenset()


def load_rows(conn: Connection, posts: Collection[str], accounts: Mapping[str, Account]) -> list[PlanRow]:
    """Return the rows of these posts as the last plan had them, by ``accounts`` of the config.

    A post that its file held before it vanished stays held, and has none.
    """
    query = (
        select(plan_row, post.c.file, post.c.title, schema.account.c.name, schema.rendition.c.body)
        .join(post, post.c.id == plan_row.c.post)
        .join(schema.account, schema.account.c.id == plan_row.c.account)
        .join(schema.rendition, schema.rendition.c.hash == plan_row.c.rendition)
        .where(plan_row.c.planned, post.c.hold.is_(None))
        .order_by(plan_row.c.post, schema.account.c.name)
    )
    return [
        _build_row(row, accounts[row.name])
        for row in conn.execute(query)
        if row.post in posts and row.name in accounts
    ]


def _build_row(row: Row[Any], account: Account) -> PlanRow:
    return PlanRow(
        post=row.post,
        file=row.file,
        title=row.title,
        type=row.type,
        account=account,
        due=PublishTime(row.local_time, row.zone, row.date_at),
        rendition=Rendition.from_json(json.loads(row.body)),
        expires=PublishTime("", row.zone, row.expires_at) if row.expires_at else None,
        late=Late(row.late),
        grace=timedelta(seconds=row.grace),
        priority=row.priority,
        during_pause=row.during_pause,
        audiences=tuple(json.loads(row.audiences)),
        repeats=tuple(json.loads(row.repeats or "[]")),
        own_late=Late(row.own_late) if row.own_late else None,
    )

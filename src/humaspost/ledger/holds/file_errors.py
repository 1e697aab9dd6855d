"""Files that the last scan skipped because of their errors.

A post that is not scheduled has no delivery that could show the error.
"""

import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, exists, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.posts.unexpanded import is_unexpanded
from humaspost.ledger.schema import account, delivery, meta, plan_row, post
from humaspost.model.delivery import State

_PENDING = tuple(set(State) - {State.PUBLISHED, State.EXPIRED, State.REFUSED, State.CANCELLED})
#: Files per query; a database limits the parameters of one.
_CHUNK = 500
_KEY = "file_errors"


def list_finished(
    conn: Connection, files: Collection[str], *, channels: Mapping[str, Collection[str]] | None = None
) -> tuple[str, ...]:
    """Return those of the files whose post was scheduled and has nothing left to send.

    Their errors delay nothing. ``channels`` are the names that a file has under ``channels:``, as far as it could
    be read: a post is not over on one that it was never scheduled for.
    """
    pending = exists(delivery.c.key).where(delivery.c.post == post.c.id, delivery.c.state.in_(_PENDING))
    is_open = plan_row.c.stop.is_(None) | plan_row.c.stop.in_(_PENDING)
    unexpanded = exists(plan_row.c.post).where(plan_row.c.post == post.c.id, is_unexpanded(), is_open)
    is_planned = exists(plan_row.c.post).where(plan_row.c.post == post.c.id)
    finished: list[str] = []
    all_files = list(files)
    for start in range(0, len(all_files), _CHUNK):
        in_chunk = post.c.file.in_(all_files[start : start + _CHUNK])
        finished += conn.scalars(select(post.c.file).where(in_chunk, is_planned, ~pending, ~unexpanded))
    scheduled = _list_scheduled_names(conn, [file for file in finished if (channels or {}).get(file)])
    return tuple(
        file for file in finished if set((channels or {}).get(file, ())) <= scheduled.get(file, set())
    )


def _list_scheduled_names(conn: Connection, files: Sequence[str]) -> dict[str, set[str]]:
    """Return the names of accounts and channels that the post of each file is scheduled for."""
    names: dict[str, set[str]] = {}
    query = select(post.c.file, account.c.name, account.c.channel).join(
        plan_row, plan_row.c.post == post.c.id
    )
    query = query.join(account, account.c.id == plan_row.c.account)
    for start in range(0, len(files), _CHUNK):
        for row in conn.execute(query.where(post.c.file.in_(files[start : start + _CHUNK]))):
            names.setdefault(row.file, set()).update((row.name, row.channel))
    return names


def save_file_errors(conn: Connection, files: Sequence[tuple[str, str]]) -> None:
    """Save (file, code of its error) of each file; write nothing where they are unchanged."""
    if list(files) != load_file_errors(conn):
        row = upsert(meta).values(key=_KEY, value=json.dumps(files))
        conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))


def load_file_errors(conn: Connection) -> list[tuple[str, str]]:
    """Return (file, code) of each file with an error."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return [(str(file), str(code)) for file, code in json.loads(value)] if value else []

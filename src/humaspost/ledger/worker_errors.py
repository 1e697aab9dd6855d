"""Errors that stop the worker of a whole account, as its sender recorded them.

No delivery shows such an error, because the worker did not get as far as one.
"""

import json
from datetime import datetime

from sqlalchemy import Connection, delete, select

from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import meta
from humaspost.model.records import WorkerError

_KEY = "worker_errors"


def record_worker_error(conn: Connection, error: WorkerError) -> None:
    """Record the error; it replaces an earlier one of the account."""
    others = [other for other in list_worker_errors(conn) if other.account != error.account]
    _save(conn, [*others, error])


def clear_worker_error(conn: Connection, account: str) -> None:
    """Forget the error of an account whose worker goes on."""
    _save(conn, [error for error in list_worker_errors(conn) if error.account != account])


def clear_all(conn: Connection) -> None:
    """Forget all errors: they were those of an earlier sender."""
    conn.execute(delete(meta).where(meta.c.key == _KEY))


def list_worker_errors(conn: Connection) -> list[WorkerError]:
    """Return the errors by account name."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    entries = json.loads(value) if value else []
    return [
        WorkerError(str(account), str(detail), datetime.fromisoformat(since))
        for account, detail, since in entries
    ]


def _save(conn: Connection, errors: list[WorkerError]) -> None:
    entries = sorted([error.account, error.detail, error.since.isoformat()] for error in errors)
    row = upsert(meta).values(key=_KEY, value=json.dumps(entries))
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))

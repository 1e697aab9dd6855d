"""The record of sending processes, with the time of their last heartbeat."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from humaspost.base.canonical_json import dump_canonical
from humaspost.base.file_stamp import FileStamp
from humaspost.ledger.schema import sender
from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import SenderFiles, StaleFile


def record_start(conn: Connection, owner: str, *, command: str, pid: int, host: str, now: datetime) -> None:
    """Record that the sender runs."""
    conn.execute(
        insert(sender).values(
            owner=owner, command=command, pid=pid, host=host, started_at=now, heartbeat_at=now
        )
    )


def record_heartbeat(conn: Connection, owner: str, *, now: datetime) -> None:
    """Record that the sender is alive at ``now``."""
    conn.execute(update(sender).where(sender.c.owner == owner).values(heartbeat_at=now))


def record_files(conn: Connection, owner: str, files: SenderFiles) -> None:
    """Record the files that the sender runs with from now on."""
    stale = {file.path: {"reason": file.reason, "detail": file.detail} for file in files.stale}
    conn.execute(
        update(sender)
        .where(sender.c.owner == owner)
        .values(
            config_digest=files.config_digest,
            config_read_at=files.config_read_at,
            list_digests=dump_canonical(dict(files.list_digests)),
            secret_stamps=dump_canonical({path: one.text() for path, one in files.secret_stamps.items()}),
            stale_files=dump_canonical(stale),
        )
    )


def files_from_row(row: Row[Any]) -> SenderFiles:
    """Return the files that the sender recorded."""
    stale = json.loads(row.stale_files)
    return SenderFiles(
        row.config_digest,
        row.config_read_at,
        json.loads(row.list_digests),
        {path: FileStamp.from_text(stamp) for path, stamp in json.loads(row.secret_stamps).items()},
        tuple(StaleFile(path, StaleReason(one["reason"]), one["detail"]) for path, one in stale.items()),
    )


def record_stop(conn: Connection, owner: str) -> None:
    """Record that the sender stopped normally."""
    now = datetime.now(UTC)
    conn.execute(update(sender).where(sender.c.owner == owner).values(stopped_at=now, heartbeat_at=now))


def get_last_started(conn: Connection, *, command: str | None = None) -> Row[Any] | None:
    """Return the sender that started last, or the last one of ``command``.

    Only the lock shows whether that sender still runs.
    """
    query = select(sender).order_by(sender.c.started_at.desc()).limit(1)
    if command is not None:
        query = query.where(sender.c.command == command)
    return conn.execute(query).one_or_none()

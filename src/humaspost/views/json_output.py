"""Ledger rows as JSON: one shape everywhere, moments in UTC, numbers masked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from humaspost.audience.phone import masked


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return value.isoformat() if value else None


def delivery_json(row: Row[Any]) -> dict[str, Any]:
    """One entry of ``deliveries``."""
    return {
        "key": row.key,
        "post": row.post,
        "account": row.account_name,
        "channel": row.channel,
        "part": row.part,
        "recipient": masked(row.phone) if row.phone else None,
        "state": str(row.state),
        "reason": row.reason or None,
        "code": row.code or None,
        "due_at": moment(row.due_at),
        "published_at": moment(row.published_at),
        "receipt": row.stage,
        "attempts": row.attempts,
        "remote_id": row.remote_id,
        "url": row.url,
        "edition": row.edition,
    }


def post_json(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of ``posts``."""
    return {
        "id": entry["id"],
        "file": entry["file"],
        "title": entry["title"],
        "account": entry["account"],
        "channel": entry["channel"],
        "due_at": moment(entry["due_at"]),
        "changed": entry["changed"],
        "hold": entry["hold"],
        "counts": counts_json(entry["counts"]),
    }


def counts_json(counts: Mapping[str, int]) -> dict[str, int]:
    """States that have any, by name."""
    return {str(state): counts[state] for state in sorted(counts) if counts[state]}


def counted(rows: Iterable[Row[Any]]) -> Counter[str]:
    """Rows by state."""
    return Counter(str(row.state) for row in rows)


def run_json(rows: Iterable[Row[Any]], *, problems: int) -> dict[str, Any]:
    """The document of ``run --json`` and ``publish --json``."""
    kept = list(rows)
    return {
        "schema": 1,
        "counts": counts_json(counted(kept)),
        "problem_count": problems,
        "deliveries": [delivery_json(row) for row in kept],
    }


def attempt_json(row: Row[Any]) -> dict[str, Any]:
    """One entry of ``log --json``."""
    return {
        "key": row.key,
        "number": row.number,
        "post": row.post,
        "account": row.account_name,
        "channel": row.channel,
        "part": row.part,
        "recipient": masked(row.phone) if row.phone else None,
        "started_at": moment(row.started_at),
        "ended_at": moment(row.ended_at),
        "outcome": row.outcome,
        "code": row.code or None,
        "detail": row.detail or None,
        "remote_id": row.remote_id,
        "url": row.url,
    }

"""Records of the ledger as JSON: one schema, times in UTC, phone numbers masked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from humaspost.audience.phone import mask_phone
from humaspost.model.records import AttemptRecord, DeliveryRecord, PostStop, PostTotals


def utc_iso(value: datetime | None) -> str | None:
    """Return the time in ISO 8601 and UTC."""
    return value.isoformat() if value else None


def delivery_to_json(row: DeliveryRecord) -> dict[str, Any]:
    """Return one entry of ``deliveries``."""
    return {
        "key": row.key,
        "post": row.post,
        "account": row.account_name,
        "channel": row.channel,
        "part": row.part,
        "recipient": mask_phone(row.phone) if row.phone else None,
        "state": str(row.state),
        "reason": row.reason or None,
        "code": row.code or None,
        "due_at": utc_iso(row.due_at),
        "published_at": utc_iso(row.published_at),
        "receipt": row.stage,
        "attempts": row.attempts,
        "remote_id": row.remote_id,
        "url": row.url,
        "edition": row.edition,
    }


def post_to_json(entry: PostTotals) -> dict[str, Any]:
    """Return one entry of ``posts``."""
    return {
        "id": entry.id,
        "file": entry.file,
        "title": entry.title,
        "account": entry.account,
        "channel": entry.channel,
        "due_at": utc_iso(entry.due_at),
        "changed": entry.changed,
        "hold": entry.hold,
        "counts": counts_to_json(entry.counts),
        "decision": str(entry.decision) if entry.decision else None,
        "decided_at": utc_iso(entry.decided_at),
    }


def counts_to_json(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts above zero, by name of the state."""
    return {str(state): counts[state] for state in sorted(counts) if counts[state]}


def count_states(rows: Iterable[DeliveryRecord]) -> Counter[str]:
    """Return the number of rows in each state."""
    return Counter(str(row.state) for row in rows)


def count_stops(stops: Iterable[PostStop]) -> Counter[str]:
    """Return the number of recipients without rows in each state of a stopped post."""
    counts: Counter[str] = Counter()
    for stop in stops:
        counts[str(stop.state)] += stop.recipients
    return counts


def run_to_json(
    rows: Iterable[DeliveryRecord], *, problems: int, stops: Iterable[PostStop] = ()
) -> dict[str, Any]:
    """Return the document of ``run --json`` and ``publish --json``.

    Recipients without rows count in the state in which their post is stopped.
    """
    row_list, stop_list = list(rows), list(stops)
    counts = count_states(row_list) + count_stops(stop_list)
    return {
        "schema": 1,
        "counts": counts_to_json(counts),
        "problem_count": problems,
        "deliveries": [delivery_to_json(row) for row in row_list],
        "stops": [
            {
                "post": stop.post,
                "account": stop.account,
                "state": str(stop.state),
                "reason": str(stop.reason) or None,
                "recipients": stop.recipients,
            }
            for stop in stop_list
        ],
    }


def attempt_to_json(row: AttemptRecord) -> dict[str, Any]:
    """Return one entry of ``log --json``."""
    return {
        "key": row.key,
        "number": row.number,
        "post": row.post,
        "account": row.account_name,
        "channel": row.channel,
        "part": row.part,
        "recipient": mask_phone(row.phone) if row.phone else None,
        "started_at": utc_iso(row.started_at),
        "ended_at": utc_iso(row.ended_at),
        "outcome": row.outcome,
        "code": row.code or None,
        "detail": row.detail or None,
        "remote_id": row.remote_id,
        "url": row.url,
    }

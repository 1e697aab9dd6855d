"""The finding in a list's file, as the ledger keeps it."""

import json
from datetime import datetime
from typing import Any

from humaspost.audience.csv.reader import AudienceFile
from humaspost.base.canonical_json import dump_canonical
from humaspost.model.problem import Position, Problem


def findings_to_text(problem: Problem | None, audience_file: AudienceFile) -> str:
    """Return the problem as the ledger keeps it, with the counts; "" without one."""
    if problem is None:
        return ""
    position, reread_at = problem.position, audience_file.reread_at
    document: dict[str, Any] = {
        "code": str(problem.code),
        "message": problem.message,
        "hint": problem.hint,
        "file": problem.file,
        "place": [position.line, position.column, position.length] if position else None,
        "text": problem.text,
        "rows": audience_file.row_count,
        "refused": len(audience_file.rejected),
        "reread_at": reread_at.isoformat() if reread_at else "",
    }
    return dump_canonical(document)


def problem_from_text(text: str) -> Problem | None:
    """Return the problem that the ledger keeps, or None."""
    if not text:
        return None
    document = json.loads(text)
    position = Position(*document["place"]) if document["place"] else None
    return Problem(
        document["code"],
        document["message"],
        document["hint"],
        document["file"],
        position,
        text=document["text"],
    )


def is_reread_due(text: str, now: datetime) -> bool:
    """Return True if a date that was in the future has come.

    The unchanged file says something else then.
    """
    reread_at = json.loads(text).get("reread_at", "") if text else ""
    return bool(reread_at) and datetime.fromisoformat(reread_at) <= now

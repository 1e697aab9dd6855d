"""The finding in a list's file, as the ledger keeps it."""

import json
from typing import Any

from humaspost.base.canonical_json import dump_canonical
from humaspost.model.problem import Position, Problem


def findings_to_text(problem: Problem | None, *, row_count: int, rejected_count: int) -> str:
    """Return the problem and the counts as the ledger keeps them; "" without a problem."""
    if problem is None:
        return ""
    position = problem.position
    document: dict[str, Any] = {
        "code": str(problem.code),
        "message": problem.message,
        "hint": problem.hint,
        "file": problem.file,
        "place": [position.line, position.column, position.length] if position else None,
        "text": problem.text,
        "rows": row_count,
        "refused": rejected_count,
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

"""Doubts are looked up on the platform, at the times the channel knows; nothing is ever written here."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened
from humaspost.delivery.steps.retry import as_one_of_six
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import outcomes, unknown_outcomes
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.rendition import Rendition

#: A look that nobody answered is made again so often, for so long.
ASKED_AGAIN = timedelta(minutes=15)
ASKED_FOR = timedelta(days=1)


def look(lines: Mapping[str, Line], sender: Sender) -> int:
    """One look at each unknown whose look is due, never waiting; how many were looked at.

    ``lines`` by the ledger's account id.
    """
    now = sender.now()
    with sender.ledger.read() as conn:
        due = unknown_outcomes.due(conn, now=now, only=sender.only)
    for row in due:
        line = lines.get(row.account)
        if line is not None:
            _look(line, sender, row)
    return len(due)


def _look(line: Line, sender: Sender, row: Row[Any]) -> None:
    with sender.ledger.read() as conn:
        attempt = _attempt(row, unknown_outcomes.taken(conn, row))
    try:
        answer = line.session.find(attempt, to=_recipient(row))
    except Exception as error:
        # Not even the question was answered, so nothing was seen; no other look waits for it.
        said = str(as_one_of_six(error))
        sender.tell(Happened(sender.now(), "not-looked", row.post, line.account.name, detail=said))
        answer = Proof.NO_ANSWER
    answer = sender.ledger.write(lambda conn: _settle(conn, line, sender, row, answer))
    if answer is Proof.NO_ANSWER:
        return
    kind = "found" if isinstance(answer, Receipt) else "looked"
    url = answer.url if isinstance(answer, Receipt) else None
    detail = "" if isinstance(answer, Receipt) else answer
    sender.tell(Happened(sender.now(), kind, row.post, line.account.name, detail=detail, url=url))


def _settle(
    conn: Connection, line: Line, sender: Sender, row: Row[Any], answer: Receipt | Proof
) -> Receipt | Proof:
    """What the answer proves of this delivery: an object that another one holds proves nothing."""
    now = sender.now()
    if isinstance(answer, Receipt) and answer.remote_id in unknown_outcomes.taken(conn, row):
        answer = Proof.ABSENT_SO_FAR
    if isinstance(answer, Receipt):
        outcomes.publish(conn, [outcomes.Published(row.key, row.number, answer)], now=now, found=True)
        return answer
    next_at = (
        None if answer is Proof.CANNOT_TELL else _next(line, row, now, answered=answer is not Proof.NO_ANSWER)
    )
    retry = line.account.on_unknown == "retry" and answer is not Proof.NO_ANSWER
    outcomes.looked(conn, row.key, proof=answer, next_at=next_at, now=now, retry=retry)
    return answer


def _next(line: Line, row: Row[Any], now: datetime, *, answered: bool) -> datetime | None:
    """The next look that is still to come, counted from the end of the attempt.

    A look that was not answered is made once more, for a day at most: it showed nothing.
    """
    times = [row.unknown_since + timedelta(seconds=after) for after in line.channel.looks.after]
    coming = next((moment for moment in times[row.looks + 1 :] if moment > now), None)
    if coming is None and not answered and now < row.unknown_since + ASKED_FOR:
        return now + ASKED_AGAIN
    return coming


def _attempt(row: Row[Any], taken: frozenset[str]) -> Attempt:
    part = Rendition.from_json(json.loads(row.body)).parts[row.part - 1]
    return Attempt(
        key=row.key,
        number=row.number,
        started_at=row.started_at,
        ended_at=row.unknown_since,
        part=part,
        ready=json.loads(row.ready),
        reply_to=row.reply_to,
        code=row.code,
        taken=taken,
    )


def _recipient(row: Row[Any]) -> Recipient | None:
    return Recipient(row.recipient, row.phone) if row.recipient else None


def evidence(line: Line, ledger: Ledger, key: str) -> Receipt | Proof:
    """What the platform says of one delivery whose fate or place is not known; read-only."""
    with ledger.read() as conn:
        row = unknown_outcomes.one(conn, key)
        if row is None:
            return Proof.CANNOT_TELL
        attempt = _attempt(row, unknown_outcomes.taken(conn, row))
    try:
        return line.session.find(attempt, to=_recipient(row))
    except Exception:
        return Proof.NO_ANSWER  # nobody answered, or nothing that we could read

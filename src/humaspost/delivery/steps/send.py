"""Steps 4 to 7: look at the clocks once more, write once, record what is known."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.events import Happened
from humaspost.delivery.steps import retry
from humaspost.delivery.steps.durable_write import record, refused
from humaspost.ledger.deliveries import outcomes, preparations
from humaspost.ledger.deliveries.gate import Intent
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import marketing_preferences, service_windows
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt
from humaspost.model.errors import Rejected, Scope, Transient

#: Longer than this between the gate and the socket and nothing is sent: the world may have changed.
STALE = 5.0


def send(
    line: Line, sender: Sender, intent: Intent, *, gated: float, sleep: Callable[[float], None] = time.sleep
) -> datetime | None:
    """The intent is written at most once and its outcome is on disk; until when the lane waits, if it must.

    ``gated`` is the monotonic clock when the intent was committed.
    """
    wait = (intent.at - sender.now()).total_seconds()
    if wait <= STALE:  # a longer one means that the clock was set back since the gate
        sleep(max(0.0, wait))
    wall = abs((sender.now() - intent.gated_at).total_seconds())
    if wall > STALE or time.monotonic() - gated > STALE:
        record(sender, lambda conn: _unsent(conn, line, intent, sender.now()))
        _have_again(line, intent)
        return None
    try:
        receipt = line.session.publish(
            intent.part,
            Ready(intent.ready),
            key=f"hp1:{intent.key}:{intent.number}",
            to=intent.to,
            reply_to=intent.reply_to,
        )
    except Exception as error:
        return _failed(line, sender, intent, retry.as_one_of_six(error))
    _published(line, sender, intent, receipt)
    return None


def _unsent(conn: Connection, line: Line, intent: Intent, now: datetime) -> None:
    outcomes.again(conn, intent.key, intent.number, at=None, now=now, outcome="unsent", counts=False)
    _give_back(conn, line, intent, now)


def _give_back(conn: Connection, line: Line, intent: Intent, now: datetime) -> None:
    """What the intent took is there again: proof that nothing was created came before it was used."""
    if intent.to is None:
        preparations.give_back(conn, line.id, intent.part.hash, token=intent.ready, now=now)


def _have_again(line: Line, intent: Intent) -> None:
    """The lane asks the ledger how far the part is prepared, for whoever is still to be sent it."""
    line.spent.add(intent.part.hash)


def _published(line: Line, sender: Sender, intent: Intent, receipt: Receipt) -> None:
    now = sender.now()
    published = outcomes.Published(intent.key, intent.number, receipt)
    sender.receipts.keep(sender.ledger, published, now=now, failed=lambda error: refused(sender, error))
    url = receipt.url or (_address(line, sender, intent, receipt) if intent.to is None else None)
    sender.tell(Happened(now, "published", intent.post, line.account.name, url=url))


def _address(line: Line, sender: Sender, intent: Intent, receipt: Receipt) -> str | None:
    """Where it can be seen, asked once; it is published and recorded whatever comes of this."""
    if receipt.remote_id is None:
        return None
    try:
        seen = line.session.read_back(receipt)
        url = seen.url if seen else None
        if url is not None:
            sender.ledger.write(lambda conn: outcomes.address(conn, intent.key, url))
    except Exception as error:
        detail = f"address: {getattr(error, 'orig', error)}"
        sender.tell(Happened(sender.now(), "problem", intent.post, line.account.name, detail=detail))
        return None
    return url


def _failed(line: Line, sender: Sender, intent: Intent, error: retry.OneOfSix) -> datetime | None:
    now = sender.now()
    failures, same = record(sender, lambda conn: outcomes.failures(conn, intent.key, code=error.code))
    verdict = retry.decide(error, failures=failures, now=now, jitter=random.random(), same=same)  # noqa: S311  # spreads load
    code, detail = error.code, error.detail
    key, number, whole = intent.key, intent.number, error.scope is Scope.POST

    def outcome(conn: Connection) -> str:
        match verdict:
            case retry.Again(at, counts, _, redo):
                outcomes.again(
                    conn, key, number, at=at, now=now, code=code, detail=detail, counts=counts, whole=whole
                )
                if isinstance(error, Transient) and error.closed and intent.to is not None:
                    service_windows.close(conn, line.id, intent.to.id, at=intent.gated_at)
                if redo:
                    preparations.forget(conn, line.id, intent.part.hash)
                else:
                    _give_back(conn, line, intent, now)
                return "retry"
            case retry.HoldAccount(reason) as held:
                outcomes.again(
                    conn, key, number, at=None, now=now, code=code, detail=detail, counts=False, held=reason
                )
                _give_back(conn, line, intent, now)
                until = retry.asks_again(held, now)
                account_holds.hold(conn, line.id, reason, code=code, detail=detail, until=until, now=now)
                return "held"
            case retry.Fail():
                outcomes.fail(conn, key, number, code=code, detail=detail, now=now, whole=whole)
                if isinstance(error, Rejected) and error.unwanted:
                    marketing_preferences.refused(conn, key, at=now)
                return "failed"
            case retry.Doubt(hold):
                _doubt(conn, line, intent, error, now=now, hold=hold)
                return "unknown"

    kind = record(sender, outcome)
    if isinstance(verdict, retry.Again | retry.HoldAccount):
        _have_again(line, intent)
    sender.tell(Happened(now, kind, intent.post, line.account.name, detail=str(error)))
    if isinstance(verdict, retry.Again) and verdict.lane:
        return verdict.at
    return None


def _doubt(
    conn: Connection, line: Line, intent: Intent, error: retry.OneOfSix, *, now: datetime, hold: bool
) -> None:
    streak = outcomes.doubt(
        conn,
        intent.key,
        intent.number,
        code=error.code,
        detail=error.detail,
        now=now,
        look_after=line.first_look,
    )
    if hold:
        # A suspected spam block lets one log in all the same: only a person ends it, by `account check`.
        account_holds.hold(conn, line.id, "quota", code=error.code, detail=error.detail, now=now)
    elif streak >= outcomes.STREAK:
        until = now + timedelta(seconds=30 * 2 ** min(streak - outcomes.STREAK, 7))
        account_holds.stop_lane(conn, line.id, code=error.code, until=until)

"""Account holds: a refused login, a used-up quota, or unknown outcomes in a row."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from humaspost.ledger.deliveries import states
from humaspost.ledger.dialect import upsert
from humaspost.ledger.schema import account, delivery, meta
from humaspost.model.errors import AnyChannelError
from humaspost.model.outcome import HoldAccount
from humaspost.model.reasons import AccountHold, StopReason

#: Holds under which no due delivery is tried. After unknown outcomes in a row, one at a time is tried.
PERSISTENT = (AccountHold.LOGIN, AccountHold.QUOTA)


def is_held(conn: Connection, account_id: str, reason: AccountHold) -> bool:
    """Return True if the account is held for that reason."""
    condition = (account.c.id == account_id) & (account.c.hold == reason)
    return conn.scalar(select(account.c.id).where(condition)) is not None


def hold_account(
    conn: Connection,
    account_id: str,
    reason: AccountHold,
    *,
    code: str = "",
    detail: str = "",
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Hold the account and its due deliveries, with the reason."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(hold=reason, hold_code=code, hold_detail=detail, hold_until=until)
    )
    _hold_deliveries(conn, account_id, reason, now=now)


def hold_refused_account(
    conn: Connection, account_id: str, error: AnyChannelError, decision: HoldAccount, *, now: datetime
) -> None:
    """Hold the account after an error, as the decision demands.

    The hold ends when its login is checked again with success, or when a user ends it.
    """
    hold_account(
        conn,
        account_id,
        decision.reason,
        code=error.code,
        detail=error.detail,
        until=decision.next_login_check(now),
        now=now,
    )


def hold_due(conn: Connection, account_id: str, *, now: datetime) -> bool:
    """Hold due deliveries under a refused login or used-up quota; return False without one."""
    reason = conn.scalar(
        select(account.c.hold).where(account.c.id == account_id, account.c.hold.in_(PERSISTENT))
    )
    if reason is None:
        return False
    _hold_deliveries(conn, account_id, reason, now=now)
    return True


def _hold_deliveries(conn: Connection, account_id: str, reason: AccountHold, *, now: datetime) -> None:
    is_due = (delivery.c.account == account_id) & (delivery.c.due_at <= now)
    states.move(conn, states.HOLD, is_due, now=now, reason=reason, owner=None)


def throttle(conn: Connection, account_id: str, *, code: str, until: datetime) -> None:
    """Throttle the account after unknown outcomes in a row.

    One write at a time probes the account, the first not before ``until``.
    """
    conn.execute(
        update(account)
        .where(
            account.c.id == account_id, (account.c.hold == AccountHold.THROTTLE) | account.c.hold.is_(None)
        )
        .values(hold=AccountHold.THROTTLE, hold_code=code, hold_until=until)
    )


def release_throttled(conn: Connection, account_id: str, *, now: datetime) -> int:
    """Release what a throttle holds, under the late policy; return how many deliveries."""
    is_throttled = (delivery.c.account == account_id) & (delivery.c.reason == StopReason.THROTTLE)
    return states.move(conn, states.UNHOLD, is_throttled, now=now, reason="")


def release_for_probe(conn: Connection, account_id: str, *, now: datetime) -> None:
    """Release what a throttle holds when its time is over.

    The gate then tries one write at a time.
    """
    is_over = (account.c.hold == AccountHold.THROTTLE) & (account.c.hold_until <= now)
    if conn.scalar(select(account.c.id).where(account.c.id == account_id, is_over)) is not None:
        release_throttled(conn, account_id, now=now)


def release_account(conn: Connection, account_id: str, *, now: datetime) -> int:
    """Release the account, under the late policy; return how many deliveries that frees."""
    conn.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(hold=None, hold_code="", hold_detail="", hold_until=None, unknown_streak=0)
    )
    is_held = (delivery.c.account == account_id) & delivery.c.reason.in_(list(AccountHold))
    return states.move(conn, states.UNHOLD, is_held, now=now, reason="")


def acknowledge(conn: Connection, account_id: str, *, now: datetime) -> None:
    """Release the account, and record that a user fixed it now.

    Reports about the time before that are outdated.
    """
    release_account(conn, account_id, now=now)
    row = upsert(meta).values(key=_acknowledged_key(account_id), value=now.isoformat())
    conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value}))


def acknowledged_since(conn: Connection, account_id: str, *, since: datetime) -> bool:
    """Return True if a user fixed the account after ``since``."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == _acknowledged_key(account_id)))
    return value is not None and datetime.fromisoformat(value) > since


def _acknowledged_key(account_id: str) -> str:
    return f"acknowledged:{account_id}"

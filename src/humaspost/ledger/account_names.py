"""The names of accounts: an account keeps its history under a new one."""

from sqlalchemy import Connection, delete, exists, or_, select, update

from humaspost.ledger.schema import (
    account,
    delivery,
    marketing_preference,
    plan_row,
    preparation,
    quota_use,
    rate,
    service_window,
)


class NameTaken(Exception):
    """A new name under which the ledger has another account, with a history of its own."""


def rename_account(conn: Connection, old: str, new: str) -> bool:
    """Rename the account, which keeps its history; return False where it does not exist.

    Where the ledger has both names, the one without a history is dropped. Raises NameTaken where both have
    one.
    """
    ids = {row.name: row.id for row in conn.execute(select(account).where(account.c.name.in_((old, new))))}
    if old not in ids:
        return False
    if new not in ids:
        conn.execute(update(account).where(account.c.id == ids[old]).values(name=new))
    elif not has_history(conn, ids[new]):
        _merge(conn, ids[new], into=ids[old])
        conn.execute(update(account).where(account.c.id == ids[old]).values(name=new))
    elif not has_history(conn, ids[old]):
        _merge(conn, ids[old], into=ids[new])
    else:
        raise NameTaken(new)
    return True


def has_history(conn: Connection, account_id: str) -> bool:
    """Return True if the account was ever bound, wrote anything, or heard of a person."""
    is_bound = account.c.bound_at.isnot(None) | account.c.platform_id.isnot(None)
    was_tried = or_(delivery.c.attempts > 0, delivery.c.state.in_(("sending", "unknown", "published")))
    evidence = (
        select(account.c.id).where(account.c.id == account_id, is_bound),
        select(delivery.c.key).where(delivery.c.account == account_id, was_tried),
        select(service_window.c.recipient).where(service_window.c.account == account_id),
        select(marketing_preference.c.recipient).where(marketing_preference.c.account == account_id),
    )
    return any(conn.scalar(query.limit(1)) is not None for query in evidence)


def _merge(conn: Connection, empty: str, *, into: str) -> None:
    """Drop an account without a history; what a person decided there counts for the other."""
    conn.execute(delete(delivery).where(delivery.c.account == empty))
    for row in conn.execute(select(plan_row).where(plan_row.c.account == empty)).all():
        if row.decision is not None:
            _move_decision(conn, row.post, empty, into)
    for table in (plan_row, preparation, rate, quota_use):
        conn.execute(delete(table).where(table.c.account == empty))
    conn.execute(delete(account).where(account.c.id == empty))


def _move_decision(conn: Connection, post: str, empty: str, into: str) -> None:
    source = (plan_row.c.post == post) & (plan_row.c.account == empty)
    target = (plan_row.c.post == post) & (plan_row.c.account == into)
    if not conn.scalar(select(exists().where(target))):
        conn.execute(update(plan_row).where(source).values(account=into, expanded=False))
        return
    decision, decided_at = conn.execute(
        select(plan_row.c.decision, plan_row.c.decided_at).where(source)
    ).one()
    conn.execute(
        update(plan_row)
        .where(target, plan_row.c.decision.is_(None))
        .values(decision=decision, decided_at=decided_at)
    )

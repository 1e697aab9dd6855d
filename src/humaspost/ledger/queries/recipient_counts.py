"""Numbers of recipients that a post would still reach."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, select

from humaspost.ledger.deliveries.gate_facts import has_consent, is_confirmed_member
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.schema import (
    account,
    audience,
    audience_member,
    delivery,
    recipient,
)
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason

#: States of a recipient that other lists do not bring back.
_ENDED = (State.SENDING, State.UNKNOWN, State.PUBLISHED, State.FAILED, State.REFUSED, State.CANCELLED)


def count_waiting(
    conn: Connection, post: str, *, account_name: str, audiences: Sequence[str], is_moved: bool = False
) -> int:
    """Return how many people of these lists may get the post and have not had it.

    Of a list that is held, only people whom its file has too. ``is_moved`` = the post gets a new date.
    """
    is_ended = delivery.c.state.in_(_ENDED) & ~_is_without_consent()
    if is_moved:
        is_ended &= delivery.c.state != State.FAILED
    members = (
        select(audience_member.c.recipient)
        .join(audience, audience.c.name == audience_member.c.audience)
        .where(audience_member.c.audience.in_(audiences), is_confirmed_member())
    )
    ended = (
        select(delivery.c.recipient)
        .join(account, account.c.id == delivery.c.account)
        .where(delivery.c.post == post, account.c.name == account_name, is_ended)
    )
    may_get = and_(recipient.c.opted_out_at.is_(None), has_consent(recipient.c.id))
    query = select(func.count()).select_from(recipient)
    return conn.scalar(query.where(recipient.c.id.in_(members), recipient.c.id.not_in(ended), may_get)) or 0


def count_new(conn: Connection, post: str, *, account_name: str, audiences: Sequence[str]) -> int:
    """Return how many people joined these lists, or consented, since the post went to them."""
    had = (
        select(delivery.c.recipient)
        .join(account, account.c.id == delivery.c.account)
        .where(delivery.c.post == post, account.c.name == account_name, ~_is_without_consent())
    )
    return delivery_lists.reachable_count(conn, audiences, except_for=had)


def _is_without_consent() -> ColumnElement[bool]:
    """Return the condition of people who were refused, and get it once they consent."""
    return (delivery.c.state == State.REFUSED) & (delivery.c.reason == StopReason.CONSENT)

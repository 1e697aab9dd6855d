"""Numbers of recipients that a post would still reach."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, select

from humaspost.ledger.deliveries.gate_facts import has_consent, is_confirmed_member
from humaspost.ledger.schema import (
    account,
    audience,
    audience_member,
    delivery,
    recipient,
)
from humaspost.model.delivery import State

#: States of a recipient that other lists or other dates do not bring back.
_ENDED = (State.SENDING, State.UNKNOWN, State.PUBLISHED, State.FAILED, State.REFUSED, State.CANCELLED)


def count_waiting(conn: Connection, post: str, *, account_name: str, audiences: Sequence[str]) -> int:
    """Return how many people of these lists may get the post and have not had it.

    Of a list that is held, only people whom its file has too.
    """
    members = (
        select(audience_member.c.recipient)
        .join(audience, audience.c.name == audience_member.c.audience)
        .where(audience_member.c.audience.in_(audiences), is_confirmed_member())
    )
    ended = (
        select(delivery.c.recipient)
        .join(account, account.c.id == delivery.c.account)
        .where(delivery.c.post == post, account.c.name == account_name, delivery.c.state.in_(_ENDED))
    )
    may_get = and_(recipient.c.opted_out_at.is_(None), has_consent(recipient.c.id))
    query = select(func.count()).select_from(recipient)
    return conn.scalar(query.where(recipient.c.id.in_(members), recipient.c.id.not_in(ended), may_get)) or 0

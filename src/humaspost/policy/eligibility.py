"""The rules about which recipients may get a message."""

from datetime import datetime

from humaspost.model.decision import Deny, UserDecision
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason


def check_recipient(*, has_consent: bool, opted_out: bool) -> Deny | None:
    """Return why the recipient gets nothing, or None; an opt-out counts before the consent."""
    if opted_out:
        return Deny(State.REFUSED, StopReason.OPT_OUT)
    if not has_consent:
        return Deny(State.REFUSED, StopReason.CONSENT)
    return None


def covers_list_hold(
    decision: UserDecision | None, decided_at: datetime | None, list_held_at: datetime | None
) -> bool:
    """Return True if a person published the post over the hold of its list.

    A hold that began later is about rows that this person has not seen.
    """
    if decision is not UserDecision.PUBLISH or decided_at is None or list_held_at is None:
        return False
    return decided_at >= list_held_at

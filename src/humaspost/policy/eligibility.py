"""The rule about which recipients may get a message."""

from humaspost.model.decision import Deny
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason


def check_recipient(*, has_consent: bool, opted_out: bool) -> Deny | None:
    """Return why the recipient gets nothing, or None; an opt-out counts before the consent."""
    if opted_out:
        return Deny(State.REFUSED, StopReason.OPT_OUT)
    if not has_consent:
        return Deny(State.REFUSED, StopReason.CONSENT)
    return None

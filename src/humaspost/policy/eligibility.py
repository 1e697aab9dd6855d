"""May this person be written to?"""

from humaspost.model.decision import Deny
from humaspost.model.delivery import State


def check_recipient(*, has_consent: bool, opted_out: bool) -> Deny | None:
    """Return why the person gets nothing, or None; an opt-out counts before a missing consent."""
    if opted_out:
        return Deny(State.REFUSED, "opt-out")
    if not has_consent:
        return Deny(State.REFUSED, "consent")
    return None

"""The words for a post that is too late to be sent."""

from datetime import datetime

from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason
from humaspost.views.times import TimeFormatter


def describe_lateness(state: str, reason: str, due: datetime | None, clock: TimeFormatter) -> str:
    """Return why a missed or expired post is not sent; what kept it nobody knows for certain."""
    if reason == StopReason.EXPIRES:
        return _("its `expires:` passed")
    when = clock.format_date(due) if due else ""
    if reason == StopReason.BEFORE_LEDGER:
        return _("was due {when}; before this office's first start").format(when=when)
    if state == State.EXPIRED:
        return _("was due {when}; it is never sent late (`late: skip`)").format(when=when)
    return _("was due {when}; not sent within its grace").format(when=when)

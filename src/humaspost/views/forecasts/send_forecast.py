"""Forecasts of a post on its accounts, in one line each."""

from collections.abc import Iterable
from typing import Any

from humaspost.base.i18n import _
from humaspost.model.delivery import State
from humaspost.model.reasons import FileHold, StopReason, is_part_reason
from humaspost.reports.forecasts.post_judge import PostForecast
from humaspost.reports.forecasts.send_forecast import SendForecast
from humaspost.views.decisions.post_decisions import format_decision
from humaspost.views.forecasts.too_late import describe_lateness
from humaspost.views.states import state_word
from humaspost.views.text import align_columns as aligned
from humaspost.views.times import TimeFormatter


def format_send_forecasts(forecasts: Iterable[SendForecast], *, clock: TimeFormatter) -> list[str]:
    """Return a line for each account, for example ``x  will be sent Wed 3 Feb 08:30``."""
    return aligned((each.account, _format(each, clock)) for each in forecasts)


def _format(each: SendForecast, clock: TimeFormatter) -> str:
    if each.forecast is None:
        reason = _("a draft") if each.file_hold == FileHold.DRAFT else _("its file has errors")
        return _("will not be sent: {reason}").format(reason=reason)
    if each.forecast.remaining:
        return _format_remaining(each.forecast, each.account, clock)
    reasons = [_format_not_sent(state, reason, each, clock) for state, reason in each.forecast.not_sent]
    if each.published and each.published < each.total:
        part = _("is partly published: {count} of {total}")
        part = part.format(count=f"{each.published:,}", total=f"{each.total:,}")
        return "; ".join([part, *reasons])
    if each.published:
        return "; ".join([_("is published, and not sent again"), *reasons])
    return _("will not be sent: {reason}").format(reason="; ".join(reasons) or _("nothing of it is left"))


def _format_remaining(forecast: PostForecast, account: str, clock: TimeFormatter) -> str:
    if forecast.hold_reason and not is_part_reason(forecast.hold_reason):
        return _("held: {reason}").format(reason=_hold_words(forecast.hold_reason, account))
    if forecast.due <= clock.now:
        return _("will be sent at once; was due {when}").format(when=clock.format_date(forecast.due))
    return _("will be sent {when}").format(when=clock.format_date(forecast.due))


def _hold_words(reason: str, account: str) -> str:
    words = {
        StopReason.PAUSE: _("sending is paused: humaspost resume"),
        StopReason.LOGIN: _("the login of its account: humaspost account check {name}").format(name=account),
        StopReason.LIST: _("humaspost does not use the new file of its list: humaspost check"),
        StopReason.NO_RECIPIENTS: _("no person on its lists may get a message"),
        StopReason.NOT_PLANNED: _("its file no longer names it"),
    }
    return words.get(StopReason(reason), reason) if reason in list(StopReason) else reason


def _format_not_sent(state: str, reason: str, each: SendForecast, clock: TimeFormatter) -> str:
    match state:
        case State.CANCELLED if each.cancelled_at is not None:
            return format_decision(each.cancelled_at, clock=clock)
        case State.CANCELLED if reason == StopReason.NOT_PLANNED:
            return _("its new text has fewer parts; the parts after its end are not sent")
        case State.HELD:
            return _hold_words(reason, each.account)
        case State.UNKNOWN:
            return _("perhaps live: humaspost status")
        case "changed":
            return _("the file was changed since")
        case State.MISSED | State.EXPIRED:
            due = each.forecast.due if each.forecast is not None else None
            return f"{state_word(state)}: {describe_lateness(state, reason, due, clock)}"
        case _:
            return f"{state_word(state)} ({reason})" if reason else state_word(state)


def send_forecast_to_json(each: SendForecast) -> dict[str, Any]:
    """Return one entry of ``forecast`` in ``preview --json``."""
    found = each.forecast
    return {
        "account": each.account,
        "due_at": found.due.isoformat() if found is not None else None,
        "remaining": found.remaining if found is not None else 0,
        "held": (found.hold_reason or None) if found is not None else str(each.file_hold),
        "not_sent": [
            {"kind": str(state), "reason": str(reason) or None}
            for state, reason in (found.not_sent if found is not None else ())
        ],
    }

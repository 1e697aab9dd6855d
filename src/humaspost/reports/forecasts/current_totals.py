"""Deliveries of a post by state as the rule says now, where no sender has acted on it yet."""

from dataclasses import replace

from humaspost.model.decision import Deny
from humaspost.model.delivery import State
from humaspost.model.reasons import StopReason
from humaspost.model.records import PostTotals


def without_recorded_hold(entry: PostTotals) -> PostTotals:
    """Return the entry without the hold that a sender recorded of its recipients without rows.

    The rule is asked again: what held them may be over. Other stops stay until a person or the file ends them.
    """
    if entry.stop is not State.HELD or _is_without_recipients(entry):
        return entry
    counts, reasons = entry.counts.copy(), dict(entry.reasons)
    counts[State.HELD] -= entry.unexpanded or 0
    counts[State.SCHEDULED] += entry.unexpanded or 0
    if not counts[State.HELD]:
        reasons.pop(State.HELD, None)
    return replace(entry, counts=counts, reasons=reasons, stop=None, stop_reason="")


def with_rule(entry: PostTotals, denial: Deny | None) -> PostTotals:
    """Return the entry with each delivery in the state that the rule gives it now.

    ``denial`` is what the rule says against the post; ``entry`` has no recorded hold.
    """
    if entry.stop is not None:
        return replace(entry, stopped=entry.unexpanded or 0)
    if denial is None and entry.unexpanded is not None and not entry.counts.total():
        return replace(entry, stop=State.HELD, stop_reason=StopReason.NO_RECIPIENTS)
    waiting = entry.count(State.SCHEDULED, State.PREPARING)
    held = entry.counts[State.HELD] - entry.unplanned
    if denial is None or not (waiting + held or entry.unexpanded is not None):
        return entry
    counts, reasons = entry.counts.copy(), dict(entry.reasons)
    counts[State.SCHEDULED] = counts[State.PREPARING] = 0
    counts[State.HELD] -= held
    counts[denial.state] += waiting + held
    if entry.counts[State.HELD] and not counts[State.HELD]:
        reasons.pop(State.HELD, None)
    if waiting + held:
        reasons[denial.state] = denial.reason
    return replace(
        entry,
        counts=counts,
        reasons=reasons,
        stop=denial.state,
        stop_reason=denial.reason,
        stopped=waiting + held,
    )


def _is_without_recipients(entry: PostTotals) -> bool:
    return entry.stop_reason == StopReason.NO_RECIPIENTS and not entry.unexpanded

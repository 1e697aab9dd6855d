"""The one rule of whether a delivery may go now.

The gate runs it inside the transaction that commits the intent; expansion, ``plan``, ``check``, ``preview`` and
``status`` ask it with the facts of the same moment.
"""

from dataclasses import replace

from humaspost.model.decision import (
    Allow,
    Decision,
    Deny,
    FileState,
    GateFacts,
    Reread,
    TooLate,
    UserDecision,
)
from humaspost.model.delivery import State
from humaspost.model.reasons import AccountHold, StopReason
from humaspost.policy import lateness
from humaspost.policy.eligibility import check_recipient, covers_list_hold

#: The holds that end without a change of the post or of its lists.
_PASSING_HOLDS = (StopReason.PAUSE, *(StopReason(hold) for hold in AccountHold))


def decide(facts: GateFacts) -> Decision:
    """Return Allow, or the delivery's state instead; the first reason that applies is reported."""
    return (
        _check_final(facts)
        or _check_holds(facts)
        or _check_file(facts)
        or _check_lateness(facts)
        or _check_content(facts)
        or Allow()
    )


def decide_after_holds(facts: GateFacts) -> Decision:
    """Return the decision, or that it is too late for a post that a pause or an account holds.

    The end of such a hold does not make the post less late: reports say so before it ends.
    """
    decision = decide(facts)
    if not (isinstance(decision, Deny) and decision.reason in _PASSING_HOLDS):
        return decision
    later = decide(replace(facts, is_paused=False, account_hold=None))
    return later if isinstance(later, Deny) and later.state in (State.MISSED, State.EXPIRED) else decision


def _check_final(facts: GateFacts) -> Deny | None:
    if facts.decision is UserDecision.CANCEL:
        return Deny(State.CANCELLED, StopReason.PERSON)
    if lateness.has_expired(facts.expires_at, facts.now):
        return Deny(State.EXPIRED, StopReason.EXPIRES)
    return check_recipient(has_consent=facts.has_consent, opted_out=facts.opted_out)


def _check_holds(facts: GateFacts) -> Deny | None:
    if facts.file_hold:
        return Deny(State.HELD, StopReason.FILE)
    if not (facts.is_planned and facts.is_member):
        return Deny(State.HELD, StopReason.NOT_PLANNED)
    is_let_through = covers_list_hold(facts.decision, facts.decided_at, facts.list_held_at)
    if facts.list_held_at is not None and not (is_let_through and facts.is_confirmed):
        return Deny(State.HELD, StopReason.LIST)
    if facts.is_paused:
        return Deny(State.HELD, StopReason.PAUSE)
    if facts.account_hold:
        return Deny(State.HELD, StopReason(facts.account_hold))
    return None


def _check_file(facts: GateFacts) -> Reread | None:
    # After the holds, which stand whatever the file says; before the late rule, as it may have another date.
    return None if facts.file_state is FileState.PRESENT else Reread()


def _check_lateness(facts: GateFacts) -> Deny | None:
    verdict = lateness.check_start(facts.timing, facts.now)
    return Deny(verdict.state, verdict.reason) if isinstance(verdict, TooLate) else None


def _check_content(facts: GateFacts) -> Deny | None:
    if not facts.service_window_open and not facts.has_template:
        return Deny(State.REFUSED, StopReason.NO_TEMPLATE)
    if facts.marketing_refused:
        return Deny(State.REFUSED, StopReason.NO_MARKETING)
    if facts.first_write_at is None and facts.duplicate_of:
        return Deny(State.FAILED, StopReason.SAME_TEXT)
    return None

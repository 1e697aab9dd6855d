"""May this delivery be sent now? The one rule, run inside the gate's transaction."""

from humaspost.model.decision import Allow, Decision, Deny, GateFacts
from humaspost.model.delivery import State
from humaspost.model.post import Late


def decide(facts: GateFacts) -> Decision:
    """Go, or where the delivery stands instead; the first reason that holds is the one that is told."""
    return (
        _check_final(facts)
        or _check_holds(facts)
        or _check_lateness(facts)
        or _check_content(facts)
        or Allow()
    )


def _check_final(facts: GateFacts) -> Deny | None:
    if facts.expires_at and facts.now >= facts.expires_at:
        return Deny(State.EXPIRED, "expires")
    if facts.opted_out:
        return Deny(State.REFUSED, "opt-out")
    if not facts.has_consent:
        return Deny(State.REFUSED, "consent")
    return None


def _check_holds(facts: GateFacts) -> Deny | None:
    if facts.file_hold:
        return Deny(State.HELD, "file")
    if facts.is_paused:
        return Deny(State.HELD, "pause")
    if facts.account_hold:
        return Deny(State.HELD, facts.account_hold)
    return None


def _check_lateness(facts: GateFacts) -> Deny | None:
    """Late counts to the first public write; once that was made in time, the rest continues."""
    if facts.first_write_at is not None:
        return None
    in_time = facts.now <= facts.due_at + facts.grace or facts.late is Late.PUBLISH
    if in_time and not facts.due_before_ledger:
        return None
    if facts.late is Late.SKIP:
        return Deny(State.EXPIRED, "late")
    return Deny(State.MISSED, "before-ledger" if facts.due_before_ledger else "late")


def _check_content(facts: GateFacts) -> Deny | None:
    if not facts.service_window_open and not facts.has_template:
        return Deny(State.REFUSED, "no-template")
    if facts.marketing_refused:
        return Deny(State.REFUSED, "no-marketing")
    if facts.first_write_at is None and facts.duplicate_of:
        return Deny(State.FAILED, "same-text")
    return None

"""May this delivery be sent now? The one rule, run inside the gate's transaction."""

from humaspost.model.decision import Case, Decision, Go, Stop
from humaspost.model.delivery import State
from humaspost.model.post import Late


def decide(case: Case) -> Decision:
    """Go, or where the delivery stands instead; the first reason that holds is the one that is told."""
    return _never(case) or _not_now(case) or _late(case) or _form(case) or Go()


def _never(case: Case) -> Stop | None:
    if case.expires_at and case.now >= case.expires_at:
        return Stop(State.EXPIRED, "expires")
    if case.opted_out:
        return Stop(State.REFUSED, "opt-out")
    if not case.consent:
        return Stop(State.REFUSED, "consent")
    return None


def _not_now(case: Case) -> Stop | None:
    if case.file_hold:
        return Stop(State.HELD, "file")
    if case.paused:
        return Stop(State.HELD, "pause")
    if case.account_hold:
        return Stop(State.HELD, case.account_hold)
    return None


def _late(case: Case) -> Stop | None:
    """Late counts to the first public write; once that was made in time, the rest continues."""
    if case.first_write_at is not None:
        return None
    in_time = case.now <= case.due_at + case.grace or case.late is Late.PUBLISH
    if in_time and not case.before_ledger:
        return None
    if case.late is Late.SKIP:
        return Stop(State.EXPIRED, "late")
    return Stop(State.MISSED, "before-ledger" if case.before_ledger else "late")


def _form(case: Case) -> Stop | None:
    if not case.window and not case.template:
        return Stop(State.REFUSED, "no-template")
    if case.unwanted:
        return Stop(State.REFUSED, "no-marketing")
    if case.first_write_at is None and case.same_text:
        return Stop(State.FAILED, "same-text")
    return None

"""The rule of the gate, over every combination of facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from humaspost.model.decision import Allow, Deny, FileState, GateFacts, Reread, UserDecision
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.policy.decide import decide
from humaspost.policy.lateness import MIN_STANDSTILL
from tests.support.examples import examples

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
minutes = st.integers(-600, 600).map(lambda n: DUE + timedelta(minutes=n))
cases = st.builds(
    GateFacts,
    now=minutes,
    due_at=st.just(DUE),
    expires_at=st.none() | minutes,
    late=st.sampled_from(Late),
    grace=st.integers(0, 120).map(lambda n: timedelta(minutes=n)),
    first_write_at=st.none() | minutes,
    progress_at=st.none() | minutes,
    waited_until=st.none() | minutes,
    decision=st.none() | st.sampled_from(UserDecision),
    decided_at=st.none() | minutes,
    is_planned=st.booleans(),
    file_state=st.sampled_from(FileState),
    list_held_at=st.none() | minutes,
    is_member=st.booleans(),
    is_confirmed=st.booleans(),
    is_paused=st.booleans(),
    file_hold=st.none() | st.just("draft"),
    account_hold=st.none() | st.sampled_from(["login", "quota", "throttle"]),
    has_consent=st.booleans(),
    opted_out=st.booleans(),
    service_window_open=st.booleans(),
    has_template=st.booleans(),
    marketing_refused=st.booleans(),
    due_before_ledger=st.booleans(),
    duplicate_of=st.none() | st.just("other"),
)


def _last_progress(case):
    """Return the latest time from which lateness may count."""
    times = [case.due_at]
    if case.decision in (UserDecision.PUBLISH, UserDecision.RETRY):
        times.append(case.decided_at)
    if case.first_write_at is not None:
        times += [case.first_write_at, case.progress_at, case.waited_until]
    return max(time for time in times if time is not None)


@examples(50, 100)
@given(cases)
def test_nothing_goes_that_any_fact_forbids(case):
    if not isinstance(decide(case), Allow):
        return
    assert case.expires_at is None or case.now < case.expires_at
    assert not any((case.opted_out, case.is_paused, case.file_hold, case.account_hold))
    assert case.has_consent
    assert case.is_planned
    assert case.is_member
    assert case.file_state is FileState.PRESENT
    assert case.decision is not UserDecision.CANCEL
    if case.list_held_at is not None:
        assert case.decision is UserDecision.PUBLISH
        assert case.is_confirmed
        assert case.decided_at >= case.list_held_at
    assert case.service_window_open or case.has_template
    assert not case.marketing_refused
    if case.first_write_at is None:
        assert not case.due_before_ledger
        assert case.duplicate_of is None
    assert case.late is Late.PUBLISH or case.now <= _last_progress(case) + max(case.grace, MIN_STANDSTILL)


@examples(50, 100)
@given(cases)
def test_what_nothing_forbids_goes(case):
    stopped = decide(case)
    if isinstance(stopped, Allow):
        return
    if isinstance(stopped, Reread):
        assert case.file_state is not FileState.PRESENT
        return
    facts = {
        "person": case.decision is UserDecision.CANCEL,
        "not-in-plan": not (case.is_planned and case.is_member),
        "list": case.list_held_at is not None,
        "expires": case.expires_at is not None and case.now >= case.expires_at,
        "opt-out": case.opted_out,
        "consent": not case.has_consent,
        "file": case.file_hold is not None,
        "pause": case.is_paused,
        "login": case.account_hold == "login",
        "quota": case.account_hold == "quota",
        "throttle": case.account_hold == "throttle",
        "before-ledger": case.due_before_ledger and case.first_write_at is None,
        "late": case.now > case.due_at + case.grace or case.due_before_ledger,
        "no-template": not (case.service_window_open or case.has_template),
        "no-marketing": case.marketing_refused,
        "same-text": case.duplicate_of is not None,
    }
    assert facts[stopped.reason]


@examples(50, 100)
@given(cases)
def test_what_makes_progress_is_never_missed(case):
    decision = decide(case)
    if case.first_write_at is not None and case.now <= _last_progress(case) + case.grace:
        assert not (isinstance(decision, Deny) and decision.state is State.MISSED)


@examples(50, 100)
@given(cases)
def test_late_is_missed_only_where_a_person_has_to_decide(case):
    decision = decide(case)
    if isinstance(decision, Deny) and decision.state is State.MISSED:
        assert case.late is not Late.SKIP


@examples(50, 100)
@given(cases)
def test_a_wait_stops_nothing_that_goes_without_it(case):
    """The stop of whole posts reads the waits of its recipients only where it is denied without them."""
    if not isinstance(decide(replace(case, waited_until=None)), Deny):
        assert not isinstance(decide(case), Deny)

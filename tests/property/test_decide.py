"""The rule of the gate, over every combination of facts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from humaspost.model.decision import Case, Go, Stop
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.policy.decide import decide
from tests.support.examples import examples

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
minutes = st.integers(-600, 600).map(lambda n: DUE + timedelta(minutes=n))
cases = st.builds(
    Case,
    now=minutes,
    due_at=st.just(DUE),
    expires_at=st.none() | minutes,
    late=st.sampled_from(Late),
    grace=st.integers(0, 120).map(lambda n: timedelta(minutes=n)),
    first_write_at=st.none() | minutes,
    paused=st.booleans(),
    file_hold=st.none() | st.just("draft"),
    account_hold=st.none() | st.sampled_from(["login", "quota", "lane"]),
    consent=st.booleans(),
    opted_out=st.booleans(),
    window=st.booleans(),
    template=st.booleans(),
    unwanted=st.booleans(),
    before_ledger=st.booleans(),
    same_text=st.none() | st.just("other"),
)


@examples(50, 100)
@given(cases)
def test_nothing_goes_that_any_fact_forbids(case):
    if not isinstance(decide(case), Go):
        return
    assert case.expires_at is None or case.now < case.expires_at
    assert not any((case.opted_out, case.paused, case.file_hold, case.account_hold))
    assert case.consent
    assert case.window or case.template
    assert not case.unwanted
    if case.first_write_at is None:
        assert not case.before_ledger
        assert case.same_text is None
        assert case.late is Late.PUBLISH or case.now <= case.due_at + case.grace


@examples(50, 100)
@given(cases)
def test_what_nothing_forbids_goes(case):
    stopped = decide(case)
    if isinstance(stopped, Go):
        return
    facts = {
        "expires": case.expires_at is not None and case.now >= case.expires_at,
        "opt-out": case.opted_out,
        "consent": not case.consent,
        "file": case.file_hold is not None,
        "pause": case.paused,
        "login": case.account_hold == "login",
        "quota": case.account_hold == "quota",
        "lane": case.account_hold == "lane",
        "before-ledger": case.before_ledger and case.first_write_at is None,
        "late": case.now > case.due_at + case.grace or case.before_ledger,
        "no-template": not (case.window or case.template),
        "no-marketing": case.unwanted,
        "same-text": case.same_text is not None,
    }
    assert facts[stopped.reason]


@examples(50, 100)
@given(cases)
def test_once_begun_in_time_the_rest_is_never_missed(case):
    decision = decide(case)
    if case.first_write_at is not None and isinstance(decision, Stop):
        assert decision.state is not State.MISSED


@examples(50, 100)
@given(cases)
def test_late_is_missed_only_where_a_person_is_to_be_asked(case):
    decision = decide(case)
    if isinstance(decision, Stop) and decision.state is State.MISSED:
        assert case.late is not Late.SKIP

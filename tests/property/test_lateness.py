"""All who ask whether a delivery may start get the gate's answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from humaspost.ledger.deliveries import claims
from humaspost.ledger.posts import plan_rows
from humaspost.model.account import Account
from humaspost.model.decision import Deny, GateFacts, OnTime, Timing, TooLate
from humaspost.model.delivery import State
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late, PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.policy import lateness
from humaspost.policy.decide import decide
from humaspost.policy.eligibility import check_recipient
from humaspost.reports.forecasts.recipient_day import FanOut
from tests.support.examples import examples

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
times = st.integers(-200, 200).map(lambda n: DUE + timedelta(minutes=n))
timings = st.builds(
    Timing,
    due_at=st.just(DUE),
    late=st.sampled_from(Late),
    grace=st.integers(0, 120).map(lambda n: timedelta(minutes=n)),
    expires_at=st.none() | times,
    due_before_ledger=st.booleans(),
    first_write_at=st.none() | times,
    progress_at=st.none() | times,
)


def _gate(timing: Timing, now: datetime, **more: bool) -> GateFacts:
    return GateFacts(
        now=now,
        due_at=timing.due_at,
        expires_at=timing.expires_at,
        late=timing.late,
        grace=timing.grace,
        first_write_at=timing.first_write_at,
        progress_at=timing.progress_at,
        due_before_ledger=timing.due_before_ledger,
        **more,
    )


def _stop(verdict: object) -> tuple[State, str] | None:
    return (verdict.state, verdict.reason) if isinstance(verdict, Deny | TooLate) else None


@examples(50, 100)
@given(timings, times)
def test_the_gate_lets_go_what_is_on_time(timing: Timing, now: datetime) -> None:
    assert _stop(decide(_gate(timing, now))) == _stop(lateness.verdict(timing, now))


@examples(50, 100)
@given(timings, times)
def test_the_ledger_enters_an_old_post_as_the_gate_would(timing: Timing, now: datetime) -> None:
    timing = replace(timing, due_before_ledger=True, first_write_at=None)
    row = PlanRow(
        "a", "posts/a.md", "a", "news", Account("x", "x", None), PublishTime(DUE.replace(tzinfo=None), "UTC", DUE),
        Rendition("x", (Part(1, "a"),)), late=timing.late, grace=timing.grace,
        expires=PublishTime(timing.expires_at.replace(tzinfo=None), "UTC", timing.expires_at)
        if timing.expires_at
        else None,
    )  # fmt: skip
    context = plan_rows.SyncContext(now, DUE + timedelta(seconds=1), lateness.verdict, scanned_at=now)
    assert plan_rows.initial_state(row, 1, context=context) == _stop(decide(_gate(timing, now)))


@examples(50, 100)
@given(timings, times)
def test_a_forecast_ends_a_fan_out_when_the_gate_would(timing: Timing, now: datetime) -> None:
    timing = replace(timing, due_before_ledger=False, first_write_at=None)
    fan_out = FanOut([], DUE, timing.expires_at, lateness.last_start(timing))
    assert fan_out.is_over(now) == (not isinstance(lateness.verdict(timing, now), OnTime))


@given(st.booleans(), st.booleans())
def test_who_is_refused_at_the_gate_is_refused_when_the_post_is_expanded(
    has_consent: bool, opted_out: bool
) -> None:
    facts = _gate(Timing(DUE, Late.ASK, timedelta(0)), DUE, has_consent=has_consent, opted_out=opted_out)
    row = SimpleNamespace(post="a", account="a", edition=1, due_at=DUE, priority=5)
    person = SimpleNamespace(id="p", agreed=has_consent, opted_out_at=DUE if opted_out else None)
    entered = claims._new_delivery(row, person, check_recipient)
    assert (entered.state, entered.reason) == (_stop(decide(facts)) or (State.SCHEDULED, ""))

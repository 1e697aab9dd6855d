"""What follows from each of the six errors."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.delivery.steps.retry import as_channel_error, backoff, decide
from humaspost.model import errors
from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from humaspost.model.outcome import HoldAccount, MarkFailed, MarkUnknown, RetryLater
from tests.support.examples import examples

NOW = datetime(2027, 2, 3, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)
LATER = NOW + timedelta(hours=5)


def test_a_time_that_is_past_never_means_a_retry_at_once():
    waits = [
        decide(RateLimited("429", retry_at=NOW), failures=failures, now=NOW, jitter=jitter).at - NOW
        for failures, jitter in ((0, 0.0), (3, 0.0), (3, 1.0), (50, 1.0))
    ]
    assert waits == [timedelta(seconds=seconds) for seconds in (30, 30, 240, 3600)]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Transient("dns"), RetryLater(NOW + timedelta(seconds=30))),
        (
            Transient("expired", restart_preparation=True),
            RetryLater(NOW + timedelta(seconds=30), restart_preparation=True),
        ),
        (RateLimited("429", retry_at=LATER), RetryLater(LATER, counts_failure=False, whole_account=True)),
        (RateLimited("429", retry_at=SOON), RetryLater(SOON, counts_failure=False, whole_account=True)),
        # By a clock of the platform's that is behind ours: its own time would be asked for at once, for ever.
        (
            RateLimited("429", retry_at=NOW - timedelta(hours=1)),
            RetryLater(NOW + timedelta(seconds=30), whole_account=True),
        ),
        (RateLimited("429", retry_at=NOW), RetryLater(NOW + timedelta(seconds=30), whole_account=True)),
        (QuotaExceeded("cap", resets_at=NOW), RetryLater(NOW + timedelta(seconds=30), whole_account=True)),
        (
            RateLimited("131056", retry_at=LATER, scope=Scope.RECIPIENT),
            RetryLater(LATER, counts_failure=False),
        ),
        (QuotaExceeded("cap", resets_at=LATER), RetryLater(LATER, counts_failure=False, whole_account=True)),
        (QuotaExceeded("402", resets_at=None), HoldAccount("quota")),
        (Rejected("too-long"), MarkFailed()),
        (AuthFailed("401"), HoldAccount("login", rechecks_login=True)),
        (AuthFailed("lasting-401", persistent=True), HoldAccount("login")),
        (UnknownOutcome("timeout"), MarkUnknown()),
        (UnknownOutcome("spam", scope=Scope.ACCOUNT), MarkUnknown(hold_account=True)),
    ],
)
def test_each_of_the_six(error, verdict):
    assert decide(error, failures=0, now=NOW, jitter=1.0) == verdict


def test_what_has_an_end_is_final_after_so_many_tries():
    error = Transient("2207052", restart_preparation=True, max_attempts=3)
    verdicts = [decide(error, failures=n, now=NOW, jitter=1.0) for n in range(4)]
    assert [type(verdict) for verdict in verdicts] == [RetryLater, RetryLater, MarkFailed, MarkFailed]


def test_only_tries_that_ended_the_same_way_count():
    error = RateLimited("131049", retry_at=LATER, scope=Scope.RECIPIENT, max_attempts=2)
    verdicts = [decide(error, failures=5, now=NOW, jitter=1.0, same_code_failures=n) for n in range(3)]
    assert [type(verdict) for verdict in verdicts] == [RetryLater, MarkFailed, MarkFailed]


def test_there_are_exactly_six_and_all_are_decided():
    six = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, ChannelError) and value is not ChannelError
    }
    assert len(six) == 6
    assert {type(as_channel_error(error)) for error in (KeyError("x"), ChannelError("odd"))} == {
        UnknownOutcome
    }


def test_an_internal_error_on_a_write_is_unknown_and_names_no_value():
    doubt = as_channel_error(KeyError("secret-token"))
    assert (doubt.code, doubt.detail) == ("bug", "KeyError")


@examples(50, 100)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_back_off_grows_to_an_hour_and_is_never_at_once(failures, jitter):
    wait = backoff(failures, jitter)
    assert timedelta(seconds=1) <= wait <= timedelta(hours=1)
    assert backoff(failures, 1.0) <= backoff(failures + 1, 1.0)

"""The rule of the gate, fact by fact: one that forbids alone stops what would go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.model.decision import Allow, Decision, Deny, FileState, GateFacts, Reread, UserDecision
from humaspost.model.delivery import State
from humaspost.model.post import Late
from humaspost.policy.decide import decide

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
GRACE = timedelta(minutes=30)
#: Nothing forbids it, and it was started; so the facts of a first write are silent.
GOING = GateFacts(
    now=DUE + timedelta(minutes=5),
    due_at=DUE,
    expires_at=None,
    late=Late.ASK,
    grace=GRACE,
    first_write_at=DUE,
    progress_at=DUE,
    waited_until=None,
    decision=None,
    decided_at=None,
    is_planned=True,
    file_state=FileState.PRESENT,
    list_held_at=None,
    is_member=True,
    is_paused=False,
    file_hold=None,
    account_hold=None,
    has_consent=True,
    opted_out=False,
    service_window_open=True,
    has_template=True,
    marketing_refused=False,
    due_before_ledger=False,
    duplicate_of=None,
)
FIRST = replace(GOING, first_write_at=None, progress_at=None)
LATER = DUE + GRACE + timedelta(seconds=1)


@pytest.mark.parametrize(
    "case",
    [
        GOING,
        FIRST,
        replace(FIRST, now=DUE + GRACE),
        replace(GOING, now=DUE + GRACE),
        replace(GOING, now=LATER, progress_at=LATER - GRACE),
        replace(GOING, now=LATER, waited_until=LATER - GRACE),
        replace(FIRST, now=LATER, decision=UserDecision.PUBLISH, decided_at=LATER - GRACE),
        replace(FIRST, now=LATER, decision=UserDecision.RETRY, decided_at=LATER - GRACE),
        replace(GOING, list_held_at=DUE, decision=UserDecision.PUBLISH, decided_at=DUE),
    ],
)
def test_what_nothing_forbids_goes(case: GateFacts) -> None:
    assert isinstance(decide(case), Allow)


@pytest.mark.parametrize("window_open", [True, False])
@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize(
    ("fact", "stop"),
    [
        ({"expires_at": GOING.now}, Deny(State.EXPIRED, "expires")),
        ({"expires_at": DUE}, Deny(State.EXPIRED, "expires")),
        ({"opted_out": True}, Deny(State.REFUSED, "opt-out")),
        ({"has_consent": False}, Deny(State.REFUSED, "consent")),
        ({"has_consent": False, "is_member": False}, Deny(State.REFUSED, "consent")),
        ({"decision": UserDecision.CANCEL}, Deny(State.CANCELLED, "person")),
        ({"decision": UserDecision.CANCEL, "expires_at": DUE}, Deny(State.CANCELLED, "person")),
        ({"is_planned": False}, Deny(State.HELD, "not-in-plan")),
        ({"is_member": False}, Deny(State.HELD, "not-in-plan")),
        ({"list_held_at": DUE}, Deny(State.HELD, "list")),
        (
            {"list_held_at": GOING.now, "decision": UserDecision.PUBLISH, "decided_at": DUE},
            Deny(State.HELD, "list"),
        ),
        (
            {"list_held_at": DUE, "decision": UserDecision.PUBLISH, "decided_at": DUE, "is_confirmed": False},
            Deny(State.HELD, "list"),
        ),
        ({"list_held_at": DUE, "decision": UserDecision.RETRY, "decided_at": DUE}, Deny(State.HELD, "list")),
        ({"file_state": FileState.CHANGED}, Reread()),
        ({"file_state": FileState.ABSENT}, Reread()),
        ({"file_state": FileState.ABSENT, "is_paused": True}, Deny(State.HELD, "pause")),
        ({"file_hold": "draft"}, Deny(State.HELD, "file")),
        ({"is_paused": True}, Deny(State.HELD, "pause")),
        ({"account_hold": "login"}, Deny(State.HELD, "login")),
        ({"account_hold": "quota"}, Deny(State.HELD, "quota")),
        ({"marketing_refused": True}, Deny(State.REFUSED, "no-marketing")),
    ],
)
def test_each_fact_stops_by_itself(
    fact: dict[str, object], stop: Decision, *, started: bool, window_open: bool
) -> None:
    assert decide(replace(GOING if started else FIRST, service_window_open=window_open, **fact)) == stop


@pytest.mark.parametrize(
    ("late", "before_ledger", "stop"),
    [
        (Late.ASK, False, Deny(State.MISSED, "late")),
        (Late.SKIP, False, Deny(State.EXPIRED, "late")),
        (Late.PUBLISH, False, Allow()),
        (Late.ASK, True, Deny(State.MISSED, "before-ledger")),
        (Late.SKIP, True, Deny(State.EXPIRED, "late")),
        (Late.PUBLISH, True, Deny(State.MISSED, "before-ledger")),
    ],
)
def test_what_is_late_before_its_first_write(late: Late, stop: Decision, *, before_ledger: bool) -> None:
    assert decide(replace(FIRST, now=LATER, late=late, due_before_ledger=before_ledger)) == stop


@pytest.mark.parametrize("late", list(Late))
def test_what_began_and_stood_still_for_longer_than_the_grace_is_late(late: Late) -> None:
    stop = {
        Late.ASK: Deny(State.MISSED, "late"),
        Late.SKIP: Deny(State.EXPIRED, "late"),
        Late.PUBLISH: Allow(),
    }
    assert decide(replace(GOING, now=LATER, late=late)) == stop[late]
    waited = replace(GOING, now=LATER + GRACE, late=late, waited_until=DUE + timedelta(minutes=2))
    assert decide(waited) == stop[late]


def test_a_wait_before_the_first_write_is_no_progress() -> None:
    waited = replace(FIRST, now=LATER, waited_until=LATER, progress_at=LATER)
    assert decide(waited) == Deny(State.MISSED, "late")


def test_a_post_that_another_date_moved_is_not_late_by_the_date_it_had() -> None:
    assert decide(replace(FIRST, now=LATER, file_state=FileState.CHANGED)) == Reread()


def test_without_a_window_and_without_a_template_no_recipient_gets_a_message() -> None:
    assert decide(replace(GOING, service_window_open=False, has_template=False)) == Deny(
        State.REFUSED, "no-template"
    )


def test_the_same_text_is_refused_only_before_the_first_write() -> None:
    assert decide(replace(FIRST, duplicate_of="other")) == Deny(State.FAILED, "same-text")
    assert decide(replace(GOING, duplicate_of="other")) == Allow()

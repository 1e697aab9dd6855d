"""Every kind of event has a line for a person and an object for a program."""

from datetime import UTC, datetime

import pytest

from humaspost.delivery.events import DeliveryEvent
from humaspost.model.delivery import State
from humaspost.model.event_kind import EventKind
from humaspost.views.events import event_to_json, format_event
from humaspost.views.times import TimeFormatter

NOW = datetime(2027, 2, 3, 1, 30, 1, tzinfo=UTC)
CLOCK = TimeFormatter("Asia/Jakarta", NOW)

#: What ``--jsonl`` has said so far; a program may compare with any of them.
PUBLISHED_VALUES = {
    "scheduled", "preparing", "sending", "unknown", "published", "held", "missed", "failed", "expired",
    "refused", "cancelled", "retry", "prepare-failed", "checked", "check-failed", "found", "duplicate", "new",
    "changed", "file-problem", "limit", "login", "opted-out", "no-marketing", "number-changed", "clock",
    "problem", "text", "reloaded", "stale-file",
}  # fmt: skip


def _event(kind: EventKind) -> DeliveryEvent:
    detail = "30" if kind is EventKind.CLOCK else "why"
    return DeliveryEvent(NOW, kind, "sp-2027-014", "x", detail=detail, due_at=NOW)


def test_no_value_of_a_kind_ever_changes() -> None:
    assert {kind.value for kind in EventKind} == PUBLISHED_VALUES


def test_each_state_is_a_kind() -> None:
    assert {EventKind(state) for state in State} < set(EventKind)


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_has_a_line_and_an_object(kind: EventKind) -> None:
    line = format_event(_event(kind), clock=CLOCK)
    assert line.startswith("08:30:01  ")
    assert len(line) > len("08:30:01  ")
    assert type(event_to_json(_event(kind))["kind"]) is str
    assert event_to_json(_event(kind))["kind"] == kind.value


def test_a_state_without_a_reason_is_not_worth_a_line() -> None:
    for kind in (EventKind.SCHEDULED, EventKind.CHECKED):
        assert format_event(DeliveryEvent(NOW, kind, "a", "x"), clock=CLOCK) == ""

"""``plan`` of an archive: its lines are measured once, not once for each of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from humaspost.model.reasons import StopReason
from humaspost.reports.forecasts.plan_outlook import NotSending, PlanOutlook
from humaspost.reports.sender_status import SenderStatus
from humaspost.views.forecasts.plan import format_plan
from humaspost.views.times import TimeFormatter

CLOCK = TimeFormatter("Asia/Jakarta", datetime(2027, 2, 3, 1, 0, tzinfo=UTC))


class CountingTuple(tuple[NotSending, ...]):
    """A tuple that counts how often it is gone through."""

    walks = 0

    def __iter__(self) -> Iterator[Any]:
        type(self).walks += 1
        return super().__iter__()


def test_thousands_of_posts_that_are_not_sent_are_gone_through_a_few_times() -> None:
    items = CountingTuple(
        NotSending("failed", f"post-{number}", f"posts/{number}.md") for number in range(50)
    )
    CountingTuple.walks = 0
    lines = format_plan(PlanOutlook((), items), SenderStatus(False), clock=CLOCK)
    assert CountingTuple.walks <= 5
    text = "\n".join(lines)
    assert [text.index(f"post-{number} ") for number in range(50)] == sorted(
        text.index(f"post-{number} ") for number in range(50)
    )


@pytest.mark.parametrize(
    ("kind", "reason", "text"),
    [
        ("cancelled", StopReason.NOT_PLANNED, "its new text has fewer parts"),
        ("cancelled", StopReason.PERSON, "a person decided so"),
        ("refused", StopReason.CONSENT, "some people may not get it: humaspost log t-1"),
    ],
)
def test_the_reason_is_what_happened(kind: str, reason: StopReason, text: str) -> None:
    items = (NotSending(kind, "t-1", "posts/t.md", reason=reason),)
    assert text in "\n".join(format_plan(PlanOutlook((), items), SenderStatus(False), clock=CLOCK))

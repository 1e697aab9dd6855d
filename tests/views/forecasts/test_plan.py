"""``plan`` of an archive: its lines are measured once, not once for each of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

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

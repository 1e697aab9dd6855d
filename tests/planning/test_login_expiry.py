"""Posts that come due after their account's login has ended: ``login-expires``."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from humaspost.model.account import AccountStatus
from humaspost.model.plan import PostPolicy
from humaspost.model.problem import Problem, Severity
from humaspost.planning.codes import CODES
from humaspost.planning.plan import PlanningContext, build_plan
from tests.planning.test_plan import ACCOUNTS, DUE, PlanningChannel, post

DAY = timedelta(days=1)


def statuses(
    expires_at: datetime | None, *, fetched_at: datetime = DUE - 40 * DAY, renews: bool = False, **more: Any
) -> list[Problem]:
    facts = AccountStatus(fetched_at, expires_at, extra={"renews": renews})
    known = PlanningContext(
        ACCOUNTS, {"square": PlanningChannel()}, lambda _p: PostPolicy(), {"square": facts}
    )
    made, problems = build_plan([replace(post("a"), **more)], (), known)
    assert bool(made.rows) is not more.get("draft", False)
    return problems


@pytest.mark.parametrize(
    ("expires_at", "warned"),
    [(DUE - DAY, True), (DUE, True), (DUE + timedelta(seconds=1), False), (None, False)],
)
def test_a_login_that_ends_before_the_post_is_due_is_warned_of(expires_at, warned) -> None:
    problems = statuses(expires_at)
    assert [(p.code, p.field, p.severity) for p in problems] == (
        [("login-expires", "date", Severity.WARNING)] if warned else []
    )
    assert {p.code for p in problems} <= set(CODES)


def test_the_warning_names_the_login_and_the_time() -> None:
    (problem,) = statuses(DUE - DAY)
    assert "square" in problem.message
    assert "2027-02-02" in problem.message
    assert "humaspost account check square" in problem.hint


def test_a_login_that_renews_itself_is_trusted_until_it_evidently_does_not() -> None:
    assert statuses(DUE - DAY, renews=True) == []
    assert [p.code for p in statuses(DUE - DAY, renews=True, fetched_at=DUE - 14 * DAY)] == ["login-expires"]


def test_a_draft_is_not_warned() -> None:
    assert statuses(DUE - DAY, draft=True) == []

"""The state of each account, from the ledger's row of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.model.account import AccountStatus
from humaspost.model.records import AccountRecord
from humaspost.reports.status import AccountState, account_state

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RECORD = AccountRecord(
    id="1",
    name="x",
    channel="x",
    platform_id="9",
    display_name="@kotacontoh",
    bound_at=NOW,
    checked_at=NOW,
    checked_identity="",
    status_json=None,
    hold=None,
    hold_code="",
    hold_detail="",
    hold_until=None,
    unknown_streak=0,
)


def _expires_in(days: int) -> str:
    return json.dumps(AccountStatus(NOW, NOW + days * DAY).to_json())


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (None, AccountState.NEVER_CHECKED),
        (replace(RECORD, bound_at=None), AccountState.NEVER_CHECKED),
        (replace(RECORD, bound_at=None, hold="login"), AccountState.LOGIN_REFUSED),
        (replace(RECORD, hold="login"), AccountState.LOGIN_REFUSED),
        (replace(RECORD, hold="quota"), AccountState.QUOTA),
        (replace(RECORD, hold="throttle", status_json=_expires_in(3)), AccountState.THROTTLE),
        (replace(RECORD, status_json=_expires_in(13)), AccountState.LOGIN_EXPIRING),
        (replace(RECORD, status_json=_expires_in(14)), AccountState.OK),
        (RECORD, AccountState.OK),
    ],
)
def test_the_state_of_an_account(record: AccountRecord | None, state: AccountState) -> None:
    assert account_state(record, now=NOW) is state

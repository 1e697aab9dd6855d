"""The accounts in ``status`` and ``account list``: a code for programs, a sentence for people."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.reports.status import AccountState, AccountSummary
from humaspost.views.accounts import account_to_json, format_account_state, format_accounts
from humaspost.views.times import TimeFormatter

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
CLOCK = TimeFormatter("Asia/Jakarta", NOW)
LATER = NOW + timedelta(hours=2)
EXPIRES_AT = NOW + timedelta(days=3)


def _account(state: AccountState, **values: datetime | None) -> AccountSummary:
    return AccountSummary("x", "x", "@kotacontoh", state, **values)


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        (_account(AccountState.OK), "ok"),
        (
            _account(AccountState.LOGIN_EXPIRING, login_expires_at=EXPIRES_AT),
            "ok, login expires in 3 days: humaspost doctor",
        ),
        (_account(AccountState.LOGIN_REFUSED), "LOGIN REFUSED: humaspost account check x"),
        (_account(AccountState.NEVER_CHECKED), "never checked: humaspost account check x"),
        (_account(AccountState.QUOTA), "allowance spent: humaspost doctor"),
        (_account(AccountState.QUOTA, held_until=LATER), "allowance spent until today 10:00"),
        (_account(AccountState.THROTTLE), "slowed: answers are missing"),
        (_account(AccountState.THROTTLE, held_until=LATER), "slowed: answers are missing until today 10:00"),
    ],
)
def test_people_read_a_sentence_and_programs_a_code(account: AccountSummary, sentence: str) -> None:
    assert format_account_state(account, CLOCK) == sentence
    assert account_to_json(account) == {
        "account": "x",
        "display_name": "@kotacontoh",
        "status": account.state.value,
        "held_until": account.held_until.isoformat() if account.held_until else None,
        "login_expires_at": account.login_expires_at.isoformat() if account.login_expires_at else None,
    }


def test_every_state_of_an_account_has_a_sentence_of_its_own() -> None:
    accounts = [_account(state, login_expires_at=EXPIRES_AT) for state in AccountState]
    assert len({format_account_state(account, CLOCK) for account in accounts}) == len(AccountState)


def test_the_list_of_accounts_explains_what_to_write_where_there_is_none() -> None:
    assert format_accounts([_account(AccountState.OK)], CLOCK) == ["x  x  @kotacontoh  ok"]
    assert format_accounts([], CLOCK) == ["There is no account; write one in config.toml: [accounts.x]"]

"""The account lines of ``account list``, ``status`` and ``schedule``."""

from collections.abc import Sequence
from typing import Any, assert_never

from humaspost.base.i18n import _
from humaspost.reports.status import AccountState, AccountSummary
from humaspost.views.json_output import utc_iso
from humaspost.views.text import align_columns
from humaspost.views.times import TimeFormatter, format_duration


def format_account_state(account: AccountSummary, clock: TimeFormatter) -> str:
    """Return whether the account may send, and the command that helps."""
    match account.state:
        case AccountState.OK:
            return _("ok")
        case AccountState.LOGIN_EXPIRING:
            remaining = format_duration((account.login_expires_at or clock.now) - clock.now)
            return _("ok, login expires in {left}: humaspost doctor").format(left=remaining)
        case AccountState.LOGIN_REFUSED:
            return _("LOGIN REFUSED: humaspost account check {name}").format(name=account.name)
        case AccountState.NEVER_CHECKED:
            return _("never checked: humaspost account check {name}").format(name=account.name)
        case AccountState.QUOTA if account.held_until is None:
            return _("allowance spent: humaspost doctor")
        case AccountState.QUOTA:
            return _("allowance spent") + _format_until(account, clock)
        case AccountState.THROTTLE:
            return _("slowed: answers are missing") + _format_until(account, clock)
        case unreachable:
            assert_never(unreachable)


def _format_until(account: AccountSummary, clock: TimeFormatter) -> str:
    if account.held_until is None:
        return ""
    return _(" until {when}").format(when=clock.format_near(account.held_until))


def format_accounts(accounts: Sequence[AccountSummary], clock: TimeFormatter) -> list[str]:
    """Return one line per account of the config."""
    if not accounts:
        return [_("There is no account; write one in config.toml: [accounts.x]")]
    rows = [
        (account.name, account.channel, account.display_name, format_account_state(account, clock))
        for account in accounts
    ]
    return align_columns(rows, indent=0)


def account_to_json(account: AccountSummary) -> dict[str, Any]:
    """Return one entry of ``accounts`` in ``status --json``; ``status`` is a code."""
    return {
        "account": account.name,
        "display_name": account.display_name,
        "status": account.state.value,
        "held_until": utc_iso(account.held_until),
        "login_expires_at": utc_iso(account.login_expires_at),
    }

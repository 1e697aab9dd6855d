"""The account lines of ``account list``, ``status`` and ``schedule``."""

from collections.abc import Sequence
from typing import Any, assert_never

from humaspost.base.i18n import _, ngettext
from humaspost.model.account import Template
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
        case AccountState.NOT_CONFIGURED:
            return _("not in config.toml; renamed? humaspost account rename {name} NEW").format(
                name=account.name
            )
        case unreachable:
            assert_never(unreachable)


def _format_until(account: AccountSummary, clock: TimeFormatter) -> str:
    if account.held_until is None:
        return ""
    return _(" until {when}").format(when=clock.format_near(account.held_until))


def format_accounts(accounts: Sequence[AccountSummary], clock: TimeFormatter) -> list[str]:
    """Return one line per account."""
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


def format_templates(templates: tuple[Template, ...]) -> list[str]:
    """Return a table of templates: name, language, status, category and requirements.

    Templates that can be sent come first.
    """
    if not templates:
        return [_("The account has no template. Without one, only people who wrote to you can be reached.")]
    head = (_("TEMPLATE"), _("LANGUAGE"), _("STATUS"), _("CATEGORY"), _("WANTS"))
    rows = [
        (t.name, t.language, t.status, t.category, _format_requirements(t))
        for t in _sort_templates(templates)
    ]
    usable = sum(t.status == "APPROVED" for t in templates)
    total = _("{usable} of {count} can be sent.").format(usable=usable, count=len(templates))
    return [*align_columns([head, *rows], indent=0), "", total]


def _sort_templates(templates: tuple[Template, ...]) -> list[Template]:
    return sorted(templates, key=lambda t: (t.status != "APPROVED", t.name, t.language))


def _format_requirements(template: Template) -> str:
    count_text = ngettext("{count} param", "{count} params", template.param_count).format(
        count=template.param_count
    )
    params = ", ".join(template.param_names) or (count_text if template.param_count else "")
    requirements = [button.rstrip("+") for button in template.buttons if button in ("url+", "quick_reply")]
    header = template.header_kind or (_("a header text") if template.has_header_param else "")
    return " + ".join(part for part in (header, params, ", ".join(requirements)) if part) or "-"


def templates_to_json(account: str, templates: tuple[Template, ...]) -> dict[str, Any]:
    """Return the document of ``account templates --json``."""
    entries = [
        {
            "name": t.name,
            "language": t.language,
            "status": t.status,
            "category": t.category,
            "params": t.param_count,
            "param_names": list(t.param_names),
            "header": t.header_kind or ("text" if t.has_header_param else None),
            "buttons": list(t.buttons),
        }
        for t in _sort_templates(templates)
    ]
    return {"schema": 1, "account": account, "templates": entries}

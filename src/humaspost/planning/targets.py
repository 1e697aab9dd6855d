"""The accounts that a post names under ``channels:``."""

from collections.abc import Sequence

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.model.account import Account
from humaspost.model.post import Post
from humaspost.model.problem import Problem


def find_targets(post: Post, accounts: Sequence[Account]) -> tuple[tuple[Account, ...], tuple[Problem, ...]]:
    """Return the accounts as written, without duplicates, and the problems with the names."""
    selected: dict[str, Account] = {}
    problems: list[Problem] = []
    for index, name in enumerate(post.channels):
        account = _resolve_name(name, accounts)
        if isinstance(account, Account):
            selected.setdefault(account.name, account)
        else:
            problems.append(_ambiguous_problem(name, account, accounts, f"channels.{index}"))
    return tuple(selected.values()), tuple(problems)


def _resolve_name(name: str, accounts: Sequence[Account]) -> Account | list[Account]:
    """Return the account of that name, the channel's only or default account, or candidates."""
    by_name = [account for account in accounts if account.name == name]
    of_channel = [account for account in accounts if account.channel == name]
    default = [account for account in of_channel if account.default]
    for choice in (default, of_channel, by_name) if len(of_channel) > 1 else (by_name, of_channel):
        if len(choice) == 1:
            return choice[0]
    return of_channel


def _ambiguous_problem(
    name: str, candidates: list[Account], accounts: Sequence[Account], field: str
) -> Problem:
    if candidates:
        names = ", ".join(account.name for account in candidates)
        return Problem(
            "ambiguous-channel",
            _("{name!r} could be any of these accounts: {names}").format(name=name, names=names),
            _("write the account's name, or set default = true for one of them in config.toml"),
            field=field,
        )
    account_names = sorted({account.name for account in accounts} | {account.channel for account in accounts})
    suggestion = nearest(name, account_names)
    hint = _("did you mean {near}?").format(near=suggestion) if suggestion else ""
    all_names = _("accounts in config.toml: {names}").format(names=", ".join(account_names) or _("none"))
    return Problem(
        "unknown-channel",
        _("there is no channel or account {name!r}").format(name=name),
        hint or all_names,
        field=field,
    )

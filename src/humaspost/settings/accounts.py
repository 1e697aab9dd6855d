"""The accounts of the ``[accounts.NAME]`` tables, each checked by its own channel."""

import re
from collections.abc import Iterable
from contextlib import suppress

from pydantic import ValidationError

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.channels import registry
from humaspost.model.account import Account
from humaspost.model.channel import Channel, aliases_of
from humaspost.model.problem import Problem
from humaspost.settings.addresses import check_address
from humaspost.settings.config_file import AccountTable, ConfigFile, channel_keys
from humaspost.settings.problems import ConfigDocument, is_secret_name, validation_problems

_NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,31}")


def read_accounts(config: ConfigFile, document: ConfigDocument) -> tuple[tuple[Account, ...], list[Problem]]:
    """Return the valid accounts, and the problems of the others."""
    accounts: list[Account] = []
    account_problems: list[Problem] = []
    for name, table in config.accounts.items():
        account, problems = _read_account(name, table, document, is_demo=config.demo)
        account_problems += problems
        if account is not None:
            accounts.append(account)
    account_problems += _check_defaults(accounts, document)
    account_problems += _check_duplicate_accounts(accounts, document)
    return tuple(accounts), account_problems


def _read_account(
    name: str, table: AccountTable, document: ConfigDocument, *, is_demo: bool
) -> tuple[Account | None, list[Problem]]:
    path = f"accounts.{name}"
    problems = [document.at_key(problem, path) for problem in _check_name(name)]
    channel = _load_channel(table.channel)
    if isinstance(channel, Problem):
        return None, [*problems, document.at_value(channel, f"{path}.channel")]
    channel_settings = {key: value for key, value in channel_keys(table).items() if not is_secret_name(key)}
    try:
        config = channel.Config.model_validate(channel_settings)
    except ValidationError as error:
        return None, [
            *problems,
            *validation_problems(error, document, model=channel.Config, prefix=("accounts", name)),
        ]
    address = getattr(config, "base_url", None)
    problems += [
        document.at_value(parsed, f"{path}.base_url")
        for parsed in _check_base_url(address, path, is_demo=is_demo)
    ]
    display_name = channel.display_name(config)
    return Account(name, table.channel, config, display_name, table.default, table.on_unknown), problems


def _load_channel(name: str) -> Channel | Problem:
    if name not in registry.channel_names():
        return _unknown_channel(name)
    try:
        return registry.load_channel(name)
    except registry.ChannelNotLoaded as error:
        return Problem("config-channel", str(error), _("is its package installed whole? see: pip check"))


def _check_name(name: str) -> Iterable[Problem]:
    if name == "media":  # this name is used for the bucket's keys
        message = _("an account cannot be called media: the keys of the media host have that name")
        yield Problem("config-account-name", message, _("choose another name for the account"))
    if _NAME_PATTERN.fullmatch(name):
        return
    message = _("an account cannot be called {name!r}").format(name=name)
    hint = _("begin with a small letter, then small letters, digits and _: {example}")
    suggestion = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_").lstrip("0123456789_") or "x"
    yield Problem("config-account-name", message, hint.format(example=f"[accounts.{suggestion}]"))


def _unknown_channel(name: str) -> Problem:
    names = sorted(registry.channel_names())
    aliases = _channel_aliases(names)
    suggestion = aliases.get(nearest(name, aliases)) or nearest(name, names)
    message = _("there is no channel {name!r}").format(name=name)
    hint = _('write: channel = "{near}"').format(near=suggestion) if suggestion else _("channels: {names}")
    return Problem("config-channel", message, hint.format(names=", ".join(names)))


def _channel_aliases(names: Iterable[str]) -> dict[str, str]:
    """Return each other name of a channel with the channel's name. Import every channel."""
    aliases: dict[str, str] = {}
    for name in names:
        # A broken plug-in is not what the user asked about here.
        with suppress(registry.ChannelNotLoaded):
            aliases |= dict.fromkeys(aliases_of(registry.load_channel(name)), name)
    return aliases


def _check_base_url(address: str | None, path: str, *, is_demo: bool) -> Iterable[Problem]:
    if address is not None:
        yield from check_address(str(address), is_demo=is_demo, field=f"{path}.base_url")
    elif is_demo:
        message = _("with `demo = true` an account needs a base_url on this computer")
        yield Problem("config-demo", message, _('write: base_url = "http://127.0.0.1:PORT/..."'), field=path)


def _check_defaults(accounts: list[Account], document: ConfigDocument) -> Iterable[Problem]:
    """Yield a problem for each channel with more than one default account.

    A channel without a default is only unclear where a post names the channel itself.
    """
    for channel in dict.fromkeys(account.channel for account in accounts):
        defaults = [a.name for a in accounts if a.channel == channel and a.default]
        if len(defaults) > 1:
            message = _("{names} are both the default of {channel}")
            words = message.format(names=", ".join(defaults), channel=channel)
            hint = _("write `default = true` in exactly one: the one that `channels: [{channel}]` means")
            path = f"accounts.{defaults[-1]}.default"
            yield document.at_key(
                Problem("config-default", words, hint.format(channel=channel), field=path), path
            )


def _check_duplicate_accounts(accounts: list[Account], document: ConfigDocument) -> Iterable[Problem]:
    """Yield a problem for one identity under two names: each post could be published twice."""
    accounts_by_identity: dict[tuple[str, str], str] = {}
    for account in accounts:
        platform_id = registry.load_channel(account.channel).platform_id(account.config)
        identity = platform_id or account.display_name.casefold()
        first_account = (
            accounts_by_identity.setdefault((account.channel, identity), account.name)
            if identity
            else account.name
        )
        if first_account != account.name:
            message = _("{name} and {first} are the same account on {channel}")
            words = message.format(name=account.name, first=first_account, channel=account.channel)
            hint = _(
                "take one of the two tables out; to keep its history under a new name: humaspost account rename OLD NEW"
            )
            yield document.at_key(Problem("config-same-account", words, hint), f"accounts.{account.name}")

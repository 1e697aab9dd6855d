"""``[accounts.NAME]`` tables → accounts, each checked by its own channel."""

import re
from collections.abc import Iterable

from pydantic import ValidationError

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.channels import registry
from humaspost.model.account import Account
from humaspost.model.channel import Channel
from humaspost.model.problem import Problem
from humaspost.settings.addresses import check_address
from humaspost.settings.config_file import AccountTable, ConfigFile, own_keys
from humaspost.settings.problems import Page, findings, named_like_secret

_OTHER_NAMES = {"twitter": "x", "wa": "whatsapp", "ig": "instagram"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def read(config: ConfigFile, page: Page) -> tuple[tuple[Account, ...], list[Problem]]:
    """The accounts that are right, and what is wrong with the others."""
    accounts: list[Account] = []
    problems: list[Problem] = []
    for name, table in config.accounts.items():
        account, found = _account(name, table, page, demo=config.demo)
        problems += found
        if account is not None:
            accounts.append(account)
    problems += _default_problems(accounts, page)
    problems += _twin_problems(accounts, page)
    return tuple(accounts), problems


def _account(
    name: str, table: AccountTable, page: Page, *, demo: bool
) -> tuple[Account | None, list[Problem]]:
    path = f"accounts.{name}"
    problems = [page.at_key(problem, path) for problem in _name_problems(name)]
    channel = _channel(table.channel)
    if isinstance(channel, Problem):
        return None, [*problems, page.at_value(channel, f"{path}.channel")]
    own = {key: value for key, value in own_keys(table).items() if not named_like_secret(key)}
    try:
        config = channel.Config.model_validate(own)
    except ValidationError as error:
        return None, [*problems, *findings(error, page, model=channel.Config, under=("accounts", name))]
    address = getattr(config, "base_url", None)
    problems += [page.at_value(found, f"{path}.base_url") for found in _address(address, path, demo=demo)]
    shown = channel.shown(config)
    return Account(name, table.channel, config, shown, table.default, table.on_unknown), problems


def _channel(name: str) -> Channel | Problem:
    if name not in registry.names():
        return _unknown_channel(name)
    try:
        return registry.channel(name)
    except registry.ChannelNotLoaded as error:
        return Problem("config-channel", str(error), _("is its package installed whole? see: pip check"))


def _name_problems(name: str) -> Iterable[Problem]:
    if name == "media":  # the bucket's keys are kept under this name
        message = _("an account cannot be called media: the keys of the media host have that name")
        yield Problem("config-account-name", message, _("choose another name for the account"))
    if _NAME.fullmatch(name):
        return
    message = _("an account cannot be called {name!r}").format(name=name)
    hint = _("begin with a small letter, then small letters, digits and _: {example}")
    simple = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_").lstrip("0123456789_") or "x"
    yield Problem("config-account-name", message, hint.format(example=f"[accounts.{simple}]"))


def _unknown_channel(name: str) -> Problem:
    known = sorted(registry.names())
    near = _OTHER_NAMES.get(nearest(name, _OTHER_NAMES)) or nearest(name, known)
    message = _("there is no channel {name!r}").format(name=name)
    hint = _('write: channel = "{near}"').format(near=near) if near else _("channels: {names}")
    return Problem("config-channel", message, hint.format(names=", ".join(known)))


def _address(address: str | None, path: str, *, demo: bool) -> Iterable[Problem]:
    if address is not None:
        yield from check_address(str(address), demo=demo, field=f"{path}.base_url")
    elif demo:
        message = _("with `demo = true` an account needs a base_url on this computer")
        yield Problem("config-demo", message, _('write: base_url = "http://127.0.0.1:PORT/..."'), field=path)


def _default_problems(accounts: list[Account], page: Page) -> Iterable[Problem]:
    """Two defaults contradict each other; none at all is only unclear where a post names the bare channel."""
    for channel in dict.fromkeys(account.channel for account in accounts):
        defaults = [a.name for a in accounts if a.channel == channel and a.default]
        if len(defaults) > 1:
            message = _("{names} are both the default of {channel}")
            words = message.format(names=", ".join(defaults), channel=channel)
            hint = _("write `default = true` in exactly one: the one that `channels: [{channel}]` means")
            path = f"accounts.{defaults[-1]}.default"
            yield page.at_key(
                Problem("config-default", words, hint.format(channel=channel), field=path), path
            )


def _twin_problems(accounts: list[Account], page: Page) -> Iterable[Problem]:
    """The same identity under two names would be told apart by nobody: every post could go out twice."""
    seen: dict[tuple[str, str], str] = {}
    for account in accounts:
        platform_id = registry.channel(account.channel).platform_id(account.config)
        identity = platform_id or account.shown.casefold()
        first = seen.setdefault((account.channel, identity), account.name) if identity else account.name
        if first != account.name:
            message = _("{name} and {first} are the same account on {channel}")
            words = message.format(name=account.name, first=first, channel=account.channel)
            hint = _("take one of the two tables out; a new name keeps its history: humaspost account rename")
            yield page.at_key(Problem("config-same-account", words, hint), f"accounts.{account.name}")

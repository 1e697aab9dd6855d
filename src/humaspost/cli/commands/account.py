"""``humaspost account list|check|login|rename``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.login import login
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text

if TYPE_CHECKING:
    from humaspost.app.office import Office

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=_("The office's accounts.")
)
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("as in config.toml: [accounts.NAME]"))]


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Every account, and what is known of it."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.reports.status import account_summaries, unconfigured_accounts
    from humaspost.views.accounts import account_to_json, format_accounts

    office = open_office()
    summaries = (*account_summaries(office), *unconfigured_accounts(office))
    if json:
        entries = [{**account_to_json(one), "channel": one.channel} for one in summaries]
        print_json({"schema": 1, "accounts": entries})
    else:
        print_text(format_accounts(summaries, time_formatter(office)))


@app.command()
def check(name: Name, json: JsonOption = False) -> ExitCode:
    """Ask the platform whose credentials these are; nothing is posted."""
    from humaspost.app import verbs
    from humaspost.cli.office import open_office
    from humaspost.reports.attention import login_required

    office = open_office()
    _check_account_exists(office.settings.account(name) is not None, name)
    status: list[str] = []
    office.emit = lambda what: status.append(what.detail)
    display_name, recheck_at = verbs.check_account(office, name)
    login = login_required(office, name)
    reason = (f"{login.code}: {login.detail}" if login is not None else "; ".join(status)).strip(": ")
    if json:
        ok = recheck_at is None
        print_json(
            {
                "schema": 1,
                "account": name,
                "ok": ok,
                "display_name": display_name,
                "reason": None if ok else reason or None,
            }
        )
    elif recheck_at is None:
        print_text(_("ok, {shown}").format(shown=display_name))
    else:
        print_text(
            [
                _("not ok: {why}").format(why=reason or _("no answer")),
                *_login_remedy(office, name, error=login is not None),
            ]
        )
    return (
        ExitCode.OK if recheck_at is None else ExitCode.LOGIN if login is not None else ExitCode.RETRY_LATER
    )


def _login_remedy(office: "Office", name: str, *, error: bool) -> list[str]:
    from humaspost.app import accounts

    if not error:
        return [_("nothing is known to be wrong with the login; try again later")]
    account = office.settings.account(name)
    browser_login = account is not None and accounts.login_secrets(office.channels[account.channel], account)
    remedy = _("its keys are read from credentials.toml, under [{name}]")
    return [
        (_("log in with a browser: humaspost account login {name}") if browser_login else remedy).format(
            name=name
        ),
        _("nothing is sent there until this command says ok"),
    ]


app.command()(login)


@app.command()
def templates(name: Name, json: JsonOption = False) -> ExitCode:
    """Ask the platform for the account's templates: status, category, what each one wants."""
    from humaspost.app.accounts import fetch_status
    from humaspost.cli.office import open_office
    from humaspost.model.errors import AuthFailed, ChannelError
    from humaspost.views.accounts import format_templates, templates_to_json

    office = open_office()
    account = office.settings.account(name)
    _check_account_exists(account is not None, name)
    if account and not office.channels[account.channel].rules(account.config).is_per_recipient:
        raise typer.BadParameter(_("{name} is public and sends no templates").format(name=name))
    try:
        status = fetch_status(office, name).templates
    except ChannelError as error:
        print_text(_("not ok: {why}").format(why=str(error)), error=True)
        return ExitCode.LOGIN if isinstance(error, AuthFailed) else ExitCode.RETRY_LATER
    if json:
        print_json(templates_to_json(name, status))
    else:
        print_text(format_templates(status))
    return ExitCode.OK


@app.command()
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help=_("the name until now"))],
    new: Annotated[str, typer.Argument(metavar="NEW", help=_("the name in config.toml from now on"))],
) -> None:
    """Keep an account's history under its new name; write the new name in config.toml first."""
    from humaspost.app import verbs
    from humaspost.cli.office import check_state_owner, open_office

    office = open_office()
    check_state_owner(office.settings)
    _check_account_exists(office.settings.account(new) is not None, new)
    if office.settings.account(old) is not None:
        message = _("config.toml still has [accounts.{old}]; write [accounts.{new}] in its place first")
        raise typer.BadParameter(message.format(old=old, new=new))
    try:
        is_known = verbs.rename_account(office, old, new)
    except verbs.NameTaken as error:
        message = _(
            "the ledger has something of both {old} and {new}, and one account cannot have two histories"
        )
        raise typer.BadParameter(message.format(old=old, new=new)) from error
    if not is_known:
        raise typer.BadParameter(_("the ledger knows no account {name!r}").format(name=old))
    lines = [_("{old} is {new} from now on; nothing is sent twice for it.").format(old=old, new=new)]
    lines.append(_("In posts that name it, and in credentials.toml, write {new} too.").format(new=new))
    print_text(lines)


def _check_account_exists(exists: bool, name: str) -> None:
    if not exists:
        message = _("there is no account {name!r} in config.toml; see them: humaspost account list")
        raise typer.BadParameter(message.format(name=name))

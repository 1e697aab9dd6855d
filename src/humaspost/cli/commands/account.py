"""``humaspost account list|check|login|rename``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.login import login
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json
from humaspost.cli.terminal import give, say

if TYPE_CHECKING:
    from humaspost.app.office import Office

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=_("The office's accounts.")
)
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("as in config.toml: [accounts.NAME]"))]


@app.command("list")
def list_(json: Json = False) -> None:
    """Every account, and what is known of it."""
    from humaspost.cli.office import clock, open_office
    from humaspost.views.status import screen
    from humaspost.views.text import columns as aligned

    office = open_office()
    found = screen(office, clock(office)).accounts
    channels = {account.name: account.channel for account in office.settings.accounts}
    if json:
        keys = ("account", "shown", "status")
        entries = [{**dict(zip(keys, row, strict=True)), "channel": channels[row[0]]} for row in found]
        give({"schema": 1, "accounts": entries})
    elif found:
        say(aligned([(row[0], channels[row[0]], *row[1:]) for row in found], indent=0))
    else:
        say(_("There is no account; write one in config.toml: [accounts.x]"))


@app.command()
def check(name: Name, json: Json = False) -> Exit:
    """Ask the platform whose credentials these are; nothing is posted."""
    from humaspost import app as verbs
    from humaspost.cli.office import open_office
    from humaspost.ledger import accounts

    office = open_office()
    _known(office.settings.account(name) is not None, name)
    told: list[str] = []
    office.tell = lambda what: told.append(what.detail)
    shown, again = verbs.check_account(office, name)
    with office.ledger().read() as conn:
        row = accounts.by_name(conn, name)
    refused = row is not None and row.hold == "login"
    why = (f"{row.hold_code}: {row.hold_detail}" if refused and row is not None else "; ".join(told)).strip(
        ": "
    )
    if json:
        ok = again is None
        give({"schema": 1, "account": name, "ok": ok, "shown": shown, "why": None if ok else why or None})
    elif again is None:
        say(_("ok, {shown}").format(shown=shown))
    else:
        say([_("not ok: {why}").format(why=why or _("no answer")), *_remedy(office, name, refused=refused)])
    return Exit.OK if again is None else Exit.LOGIN if refused else Exit.LATER


def _remedy(office: "Office", name: str, *, refused: bool) -> list[str]:
    from humaspost.app import accounts

    if not refused:
        return [_("nothing is known to be wrong with the login; try again later")]
    account = office.settings.account(name)
    by_browser = account is not None and accounts.tokens(office.channels[account.channel], account)
    way = _("its keys are read from credentials.toml, under [{name}]")
    return [
        (_("log in with a browser: humaspost account login {name}") if by_browser else way).format(name=name),
        _("nothing is sent there until this command says ok"),
    ]


app.command()(login)


@app.command()
def templates(name: Name, json: Json = False) -> Exit:
    """Ask the platform for the account's templates: status, category, what each one wants."""
    from humaspost.app.accounts import survey
    from humaspost.cli.office import open_office
    from humaspost.model.errors import AuthFailed, ChannelError
    from humaspost.views.templates import template_lines, templates_json

    office = open_office()
    account = office.settings.account(name)
    _known(account is not None, name)
    if account and not office.channels[account.channel].rules(account.config).audience:
        raise typer.BadParameter(_("{name} is public and sends no templates").format(name=name))
    try:
        found = survey(office, name).templates
    except ChannelError as error:
        say(_("not ok: {why}").format(why=str(error)), error=True)
        return Exit.LOGIN if isinstance(error, AuthFailed) else Exit.LATER
    if json:
        give(templates_json(name, found))
    else:
        say(template_lines(found))
    return Exit.OK


@app.command()
def rename(
    old: Annotated[str, typer.Argument(metavar="OLD", help=_("the name until now"))],
    new: Annotated[str, typer.Argument(metavar="NEW", help=_("the name in config.toml from now on"))],
) -> None:
    """Keep an account's history under its new name; write the new name in config.toml first."""
    from humaspost import app as verbs
    from humaspost.cli.office import open_office

    office = open_office()
    _known(office.settings.account(new) is not None, new)
    if office.settings.account(old) is not None:
        message = _("config.toml still has [accounts.{old}]; write [accounts.{new}] in its place first")
        raise typer.BadParameter(message.format(old=old, new=new))
    if not verbs.rename_account(office, old, new):
        raise typer.BadParameter(_("the ledger knows no account {name!r}").format(name=old))
    lines = [_("{old} is {new} from now on; nothing is sent twice for it.").format(old=old, new=new)]
    lines.append(_("In posts that name it, and in credentials.toml, write {new} too.").format(new=new))
    say(lines)


def _known(known: bool, name: str) -> None:
    if not known:
        message = _("there is no account {name!r} in config.toml; see them: humaspost account list")
        raise typer.BadParameter(message.format(name=name))

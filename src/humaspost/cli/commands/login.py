"""``humaspost account login NAME``."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.terminal import say

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.model.account import Account
    from humaspost.model.channel import Consent

#: What is to be written in the app's settings on the platform: they take only addresses that they know.
PORT = 8723
#: Seconds that a person has on the platform's page.
PATIENCE = 300.0


def login(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("as in config.toml: [accounts.NAME]"))],
    paste: Annotated[
        bool, typer.Option("--paste", help=_("no browser here: open the address elsewhere, paste the answer"))
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help=_("of the callback address in the app's settings"))
    ] = PORT,
) -> Exit:
    """Log in with a browser, where the account is set up so; its tokens are kept, and never shown."""
    from humaspost.app import accounts
    from humaspost.cli.oauth_callback import HOST, PATH, NoAnswer
    from humaspost.cli.office import open_office
    from humaspost.model.errors import AuthFailed, ChannelError

    office = open_office()
    account = office.settings.account(name)
    if account is None:
        message = _("there is no account {name!r} in config.toml; see them: humaspost account list")
        raise typer.BadParameter(message.format(name=name))
    consent = accounts.consent(office, account, callback=f"http://{HOST}:{port}{PATH}")
    if consent is None:
        message = _("{name} is not logged in to with a browser: its keys stand in credentials.toml")
        raise typer.BadParameter(message.format(name=name))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = _(
            "account login needs a person at a terminal: type `humaspost account login {name}` where it sends"
        )
        raise typer.BadParameter(message.format(name=name))
    try:
        code = _pasted(consent) if paste else _awaited(consent, port)
        accounts.log_in(office, account, consent=consent, code=code)
    except NoAnswer as none:
        say(_("not logged in: {why}").format(why=none.reason or _("no answer in five minutes")), error=True)
        return Exit.LOGIN
    except AuthFailed as refused:
        say(_("not logged in: {why}").format(why=refused), error=True)
        return Exit.LOGIN
    except ChannelError as error:
        say(_("not logged in, try again: {why}").format(why=error), error=True)
        return Exit.LATER
    return _checked(office, account)


def _awaited(consent: "Consent", port: int) -> str:
    from humaspost.cli.oauth_callback import Callback

    with Callback(port) as callback:
        say([_("Open this address, as the account that shall publish, and say yes:"), "", consent.url, ""])
        say(_("Waiting for the answer on {address}, five minutes at most.").format(address=consent.callback))
        return callback.code(consent.state, within=PATIENCE)


def _pasted(consent: "Consent") -> str:
    from urllib.parse import urlsplit

    from humaspost.cli.oauth_callback import NoAnswer, answer_in, code_in, is_ours

    say(
        [
            _("Open this address anywhere, as the account that shall publish, and say yes:"),
            "",
            consent.url,
            "",
        ]
    )
    say(_("The browser then cannot open {address}...: that is right.").format(address=consent.callback))
    sys.stderr.write(_("Paste that whole address here, within half a minute:") + " ")
    sys.stderr.flush()
    answer = answer_in(urlsplit(sys.stdin.readline().strip()).query)
    if not is_ours(answer, consent.state):
        raise NoAnswer(_("that is not the address of this login's answer"))
    return code_in(answer)


def _checked(office: "Office", account: "Account") -> Exit:
    """Whose tokens they are is asked at once: a person may have been signed in as somebody else."""
    from humaspost import app as verbs

    told: list[str] = []
    office.tell = lambda what: told.append(what.detail)
    shown, again = verbs.check_account(office, account.name)
    if again is None:
        say(_("ok, {shown}").format(shown=shown))
        return Exit.OK
    say(_("logged in, but not ok: {why}").format(why="; ".join(told) or _("no answer")), error=True)
    return Exit.LOGIN

"""``humaspost account login NAME``."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.terminal import print_text

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.model.account import Account
    from humaspost.model.channel import Authorization

#: The app's settings on the platform must list this address: platforms refuse unknown ones.
DEFAULT_PORT = 8723
#: Seconds that a person has to answer on the platform's page.
LOGIN_TIMEOUT = 300.0


def login(
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("as in config.toml: [accounts.NAME]"))],
    paste: Annotated[
        bool, typer.Option("--paste", help=_("no browser here: open the address elsewhere, paste the answer"))
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help=_("of the callback address in the app's settings"))
    ] = DEFAULT_PORT,
) -> ExitCode:
    """Log in with a browser, where the account is set up so; its tokens are kept, and never shown."""
    from humaspost.app import accounts
    from humaspost.cli.oauth_callback import HOST, PATH, AuthorizationDenied
    from humaspost.cli.office import open_office
    from humaspost.model.errors import AuthFailed, ChannelError

    office = open_office()
    account = office.settings.account(name)
    if account is None:
        message = _("there is no account {name!r} in config.toml; see them: humaspost account list")
        raise typer.BadParameter(message.format(name=name))
    authorization = accounts.create_authorization(office, account, callback_url=f"http://{HOST}:{port}{PATH}")
    if authorization is None:
        message = _("{name} is not logged in to with a browser: its keys stand in credentials.toml")
        raise typer.BadParameter(message.format(name=name))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = _(
            "account login needs a person at a terminal: type `humaspost account login {name}` where it sends"
        )
        raise typer.BadParameter(message.format(name=name))
    try:
        code = _read_pasted_code(authorization) if paste else _wait_for_code(authorization, port)
        accounts.log_in(office, account, authorization=authorization, code=code)
    except AuthorizationDenied as none:
        print_text(
            _("not logged in: {why}").format(why=none.reason or _("no answer in five minutes")), error=True
        )
        return ExitCode.LOGIN
    except AuthFailed as refused:
        print_text(_("not logged in: {why}").format(why=refused), error=True)
        return ExitCode.LOGIN
    except ChannelError as error:
        print_text(_("not logged in, try again: {why}").format(why=error), error=True)
        return ExitCode.RETRY_LATER
    return _verify_login(office, account)


def _wait_for_code(authorization: "Authorization", port: int) -> str:
    from humaspost.cli.oauth_callback import CallbackServer

    with CallbackServer(port) as callback:
        print_text(
            [
                _("Open this address, as the account that shall publish, and say yes:"),
                "",
                authorization.url,
                "",
            ]
        )
        print_text(
            _("Waiting for the answer on {address}, five minutes at most.").format(
                address=authorization.callback_url
            )
        )
        return callback.wait_for_code(authorization.state, within=LOGIN_TIMEOUT)


def _read_pasted_code(authorization: "Authorization") -> str:
    from urllib.parse import urlsplit

    from humaspost.cli.oauth_callback import AuthorizationDenied, code_of, matches_state, parse_response

    print_text(
        [
            _("Open this address anywhere, as the account that shall publish, and say yes:"),
            "",
            authorization.url,
            "",
        ]
    )
    print_text(
        _("The browser then cannot open {address}...: that is right.").format(
            address=authorization.callback_url
        )
    )
    sys.stderr.write(_("Paste that whole address here, within half a minute:") + " ")
    sys.stderr.flush()
    answer = parse_response(urlsplit(sys.stdin.readline().strip()).query)
    if not matches_state(answer, authorization.state):
        raise AuthorizationDenied(_("that is not the address of this login's answer"))
    return code_of(answer)


def _verify_login(office: "Office", account: "Account") -> ExitCode:
    """Ask the platform whose tokens these are: the person might use another login there."""
    from humaspost.app import verbs

    status: list[str] = []
    office.emit = lambda what: status.append(what.detail)
    display_name, recheck_at = verbs.check_account(office, account.name)
    if recheck_at is None:
        print_text(_("ok, {shown}").format(shown=display_name))
        return ExitCode.OK
    print_text(_("logged in, but not ok: {why}").format(why="; ".join(status) or _("no answer")), error=True)
    return ExitCode.LOGIN

"""``humaspost serve``: webhooks in the foreground."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.terminal import print_json_line, print_note, print_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from humaspost.app.webhooks import WebhookEndpoint


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("port; 0 = any free one"))] = 8910,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help=_("address to listen on; leave it to a reverse proxy"))
    ] = "127.0.0.1",
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one event per line, in JSON"))] = False,
) -> ExitCode:
    """Take the platforms' webhooks, until stopped: what became of each message, who wrote, who left."""
    from humaspost.app.webhooks import list_endpoints, open_ledger_for_webhooks
    from humaspost.cli.commands.schedule import StopSignal
    from humaspost.cli.office import check_state_owner, open_office
    from humaspost.cli.progress import ProgressPrinter
    from humaspost.web.server import bind_socket
    from humaspost.web.server import serve as run
    from humaspost.web.webhooks import build_application

    office = open_office()
    check_state_owner(office.settings)
    account_hooks = list_endpoints(office)
    missing = _check_secrets(account_hooks)
    if missing or not account_hooks:
        print_note(
            missing
            or [_("no account of config.toml takes webhooks; WhatsApp's do: docs/channels/whatsapp.md")]
        )
        return ExitCode.CONFIG
    listener = bind_socket(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    with (
        open_ledger_for_webhooks(office) as check_ledger,
        ProgressPrinter(office, jsonl=jsonl) as printer,
        StopSignal() as stop,
    ):
        office.emit = printer.emit
        run(
            build_application(office, account_hooks),
            listener,
            stop.requested,
            on_started=lambda: _print_header(address, account_hooks, jsonl=jsonl),
            check=check_ledger,
        )
    return ExitCode.INTERRUPTED if stop.interrupted else ExitCode.OK


def _check_secrets(hooks: "Mapping[str, WebhookEndpoint]") -> list[str]:
    instructions = _("write {field} under [{account}] in credentials.toml")
    return [
        instructions.format(field=field, account=name)
        for name, hook in hooks.items()
        for field in hook.missing_secrets
    ]


def _print_header(address: str, hooks: "Mapping[str, WebhookEndpoint]", *, jsonl: bool) -> None:
    if jsonl:
        print_json_line(
            {"kind": "listening", "url": address, "webhooks": [f"/webhooks/{name}" for name in hooks]}
        )
        return
    print_text(
        [
            _("listening for webhooks; Ctrl-C stops safely"),
            *(f"  {address}/webhooks/{name}" for name in hooks),
        ]
    )

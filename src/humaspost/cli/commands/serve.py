"""``humaspost serve``: webhooks in the foreground."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.terminal import give_line, note, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from humaspost.app.webhooks import Hook


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("port; 0 = any free one"))] = 8910,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help=_("address to listen on; leave it to a reverse proxy"))
    ] = "127.0.0.1",
    jsonl: Annotated[bool, typer.Option("--jsonl", help=_("one event per line, in JSON"))] = False,
) -> Exit:
    """Take the platforms' webhooks, until stopped: what became of each message, who wrote, who left."""
    from humaspost.app.webhooks import hooks
    from humaspost.cli.commands.schedule import Stop
    from humaspost.cli.office import open_office
    from humaspost.cli.progress import Teller
    from humaspost.web.server import bound
    from humaspost.web.server import serve as run
    from humaspost.web.webhooks import application

    office = open_office()
    found = hooks(office)
    missing = _missing(found)
    if missing or not found:
        note(
            missing
            or [_("no account of config.toml takes webhooks; WhatsApp's do: docs/channels/whatsapp.md")]
        )
        return Exit.CONFIG
    listening = bound(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    office.ledger(write=True)
    with Teller(office, jsonl=jsonl) as teller, Stop() as stop:
        office.tell = teller.tell
        run(
            application(office, found),
            listening,
            stop.asked,
            started=lambda: _head(address, found, jsonl=jsonl),
        )
    office.close()
    return Exit.INTERRUPTED if stop.by_hand else Exit.OK


def _missing(found: "Mapping[str, Hook]") -> list[str]:
    write = _("write {field} under [{account}] in credentials.toml")
    return [write.format(field=field, account=name) for name, hook in found.items() for field in hook.missing]


def _head(address: str, found: "Mapping[str, Hook]", *, jsonl: bool) -> None:
    if jsonl:
        give_line({"kind": "listening", "url": address, "webhooks": [f"/webhooks/{name}" for name in found]})
        return
    say(
        [
            _("listening for webhooks; Ctrl-C stops safely"),
            *(f"  {address}/webhooks/{name}" for name in found),
        ]
    )

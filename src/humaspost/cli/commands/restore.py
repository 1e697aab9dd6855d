"""``humaspost restore``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Yes
from humaspost.cli.terminal import ask, note, say

if TYPE_CHECKING:
    from humaspost.ledger.recovery.restore import Restored


def restore(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=_("a backup; else the newest daily one"))
    ] = None,
    adopt: Annotated[
        bool, typer.Option("--adopt", help=_("the ledger that lies there is a copy: take it up as it is"))
    ] = False,
    yes: Yes = False,
) -> Exit:
    """Put a backup of the ledger back. What was due since becomes unknown, so that nothing goes out twice."""
    if adopt and file is not None:
        raise typer.BadParameter(_("--adopt takes no FILE"))
    from humaspost.app import backups
    from humaspost.cli.office import clock, open_office

    office = open_office()
    moment = clock(office)
    source, since = backups.known_until(office, file, adopt=adopt)
    note(
        [
            _("It knows what was sent until {when}.").format(when=moment.full(since)),
            _("What was due since, and not settled then, becomes unknown: it is yours to settle."),
            _("It does not know a pause, a person who left, or a post that was sent early since then."),
        ]
    )
    question = _("Take the ledger up as it is?") if adopt else _("Put {name} back?").format(name=source)
    if not yes and not ask(question, flag="--yes", command="restore"):
        note(_("Nothing was changed."))
        return Exit.OK
    say(_done(backups.put_back(office, source)))
    return Exit.OK


def _done(done: "Restored") -> list[str]:
    message = ngettext(
        "Restored. {count} delivery may have been sent since and is unknown now.",
        "Restored. {count} deliveries may have been sent since and are unknown now.",
        done.doubted,
    )
    lines = [message.format(count=done.doubted)]
    if done.aside:
        lines.append(_("What was the ledger lies in {path}").format(path=done.aside))
    return [*lines, _("Settle them: humaspost status. Restart `humaspost serve` if it runs.")]

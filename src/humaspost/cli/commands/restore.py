"""``humaspost restore``."""

from pathlib import Path
from typing import Annotated

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import YesOption
from humaspost.cli.terminal import confirm, print_note, print_text


def restore(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=_("a backup; else the newest daily one"))
    ] = None,
    adopt: Annotated[
        bool, typer.Option("--adopt", help=_("the ledger that lies there is a copy: take it up as it is"))
    ] = False,
    yes: YesOption = False,
) -> ExitCode:
    """Put a backup of the ledger back. What was due since becomes unknown, so that nothing goes out twice."""
    if adopt and file is not None:
        raise typer.BadParameter(_("--adopt takes no FILE"))
    from humaspost.app import backups
    from humaspost.cli.office import check_state_owner, open_office, time_formatter

    office = open_office()
    check_state_owner(office.settings)
    backups.check_unused(office)
    clock = time_formatter(office)
    source, since = backups.get_restore_point(office, file, adopt=adopt)
    print_note(
        [
            _("It knows what was sent until {when}.").format(when=clock.format_full(since)),
            _("What was due since, and not settled then, becomes unknown: it is yours to settle."),
            _(
                "It does not know a pause, a person who left, or a post that was sent early or cancelled since then."
            ),
        ]
    )
    question = _("Take the ledger up as it is?") if adopt else _("Put {name} back?").format(name=source)
    if not yes and not confirm(question, flag="--yes", command="restore"):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    result = backups.restore_backup(office, source)
    print_text(_format_result(result.unknown_count, result.archived_path))
    return ExitCode.OK


def _format_result(unknown_count: int, archived_path: Path | None) -> list[str]:
    message = ngettext(
        "Restored. {count} delivery may have been sent since and is unknown now.",
        "Restored. {count} deliveries may have been sent since and are unknown now.",
        unknown_count,
    )
    lines = [message.format(count=unknown_count)]
    if archived_path:
        lines.append(_("What was the ledger lies in {path}").format(path=archived_path))
    return [*lines, _("Settle them: humaspost status. Then start `humaspost schedule` and `serve` again.")]

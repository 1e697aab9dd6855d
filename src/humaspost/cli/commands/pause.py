"""``humaspost pause`` and ``humaspost resume``."""

from typing import Annotated

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.terminal import print_text


def pause(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("why; everybody sees it"))],
    except_type: Annotated[
        list[str] | None,
        typer.Option("--except-type", metavar="T", help=_("posts of this type go out all the same")),
    ] = None,
) -> None:
    """Stop before the very next public write, everywhere."""
    from humaspost.app import verbs
    from humaspost.cli.office import open_office

    if not reason.strip():
        raise typer.BadParameter(_("--reason says nothing; everybody who asks why sees it"))
    committed = verbs.pause(open_office(), reason, except_types=except_type or [])
    lines = [_("Paused: {reason}").format(reason=reason)]
    if committed:
        message = ngettext(
            "{count} write was on its way already; its outcome is in: humaspost status",
            "{count} writes were on their way already; their outcomes are in: humaspost status",
            committed,
        )
        lines.append(message.format(count=committed))
    else:
        lines.append(_("Nothing was on its way."))
    if except_type:
        lines.append(_("Posts of type {types} still go out.").format(types=", ".join(except_type)))
    print_text([*lines, _("It ends with: humaspost resume")])


def resume() -> None:
    """Send again; what came due meanwhile is missed unless within its grace."""
    from humaspost.app import verbs
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.reports.sender_status import sender_status

    office = open_office()
    sender = sender_status(office)
    if not sender.pauses:
        print_text(_("Nothing was paused."))
        return
    released = verbs.resume(office)
    since = time_formatter(office).format_near(sender.pauses[0].since)
    message = ngettext(
        "Sending again; it was paused since {since}. {count} delivery had come due.",
        "Sending again; it was paused since {since}. {count} deliveries had come due.",
        released,
    )
    print_text(
        [
            message.format(since=since, count=released),
            _("What is too late now is missed, not sent: humaspost status"),
        ]
    )

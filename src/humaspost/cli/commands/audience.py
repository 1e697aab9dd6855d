"""``humaspost audience list|import|forget``."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import JsonOption, YesOption
from humaspost.cli.terminal import confirm, print_json, print_note, print_text, terminal_columns

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=_("Lists of recipients.")
)


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Every audience, with how many people it holds and when its file was read."""
    from humaspost.app import audiences
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.views.audiences import audiences_to_json, format_audiences

    office = open_office()
    rows = audiences.list_imported(office)
    if json:
        print_json({"schema": 1, "audiences": audiences_to_json(office.settings, rows)})
    else:
        print_text(format_audiences(office.settings, rows, clock=time_formatter(office)))


@app.command("import")
def import_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=_("only these; else all of config.toml"))
    ] = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> ExitCode:
    """Show what the files would change, ask, and bring the lists up to them."""
    from humaspost.app import audiences
    from humaspost.cli.office import open_office
    from humaspost.views.audiences import changes_to_json, format_changes, has_no_changes

    office = open_office()
    _require_configured(names or [], office.settings.audiences)
    files = audiences.read_files(office, names or [])
    changes = audiences.preview_imports(office, files)
    print_note([line for change in changes for line in format_changes(change, columns=terminal_columns())])
    usable = [change.name for change in changes if change.is_usable]
    idle = all(has_no_changes(change) for change in changes)
    if not (idle or yes or confirm(_("Import?"), flag="--yes", command="audience import")):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    # A list that cannot be read is held, and the opt-outs in it count.
    done = {name: audiences.import_audience(office, name, file) for name, file in files.items()}
    if json:
        print_json(
            {
                "schema": 1,
                "audiences": [changes_to_json(done.get(pending.name, pending)) for pending in changes],
            }
        )
    elif usable:
        print_text(_("Imported: {names}").format(names=", ".join(usable)))
    return exit_code_of(list_codes=[one.summary.code for one in done.values() if one.summary is not None])


@app.command("forget")
def forget_person(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help=_("the person's telephone number"))],
    yes: YesOption = False,
    json: JsonOption = False,
) -> ExitCode:
    """Erase a person for good: from the ledger, its backups and every later list."""
    from humaspost.app import erasure
    from humaspost.audience.phone import InvalidPhone, mask_phone, parse_phone
    from humaspost.cli.office import open_office
    from humaspost.views.decisions.erasure import erasure_to_json, format_erasure, format_person

    office = open_office()
    try:
        phone = parse_phone(number)
    except InvalidPhone as error:
        raise typer.BadParameter(f"{error.message}; {error.hint}") from error
    masked_number, columns = mask_phone(phone), terminal_columns()
    print_note(format_person(masked_number, erasure.read_person(office, phone), columns=columns))
    if not (yes or confirm(_("Forget this person?"), flag="--yes", command="audience forget")):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    result = erasure.forget_person(office, phone)
    if json:
        print_json(erasure_to_json(masked_number, result))
    else:
        print_text(format_erasure(office.settings, result, columns=columns))
    return ExitCode.NEEDS_PERSON if result.needs_person else ExitCode.OK


def _require_configured(names: Sequence[str], audiences: Mapping[str, "Path"]) -> None:
    for name in names:
        if name not in audiences:
            message = _("there is no audience {name!r} in config.toml; there are: {names}")
            raise typer.BadParameter(message.format(name=name, names=", ".join(audiences) or _("none")))
    if not audiences:
        raise typer.BadParameter(_("config.toml names no audience: [audiences.masyarakat] file = ..."))

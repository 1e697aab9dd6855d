"""``humaspost audience list|import``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.base.paths import shown
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import JsonOption, YesOption
from humaspost.cli.terminal import confirm, print_json, print_note, print_text, terminal_columns

if TYPE_CHECKING:
    from pathlib import Path

    from humaspost.app.office import Office
    from humaspost.audience.csv_reader import AudienceFile
    from humaspost.audience.importer import ImportChanges

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=_("Lists of recipients.")
)


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """Every audience, with how many people it holds and when its file was read."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.ledger.people import recipients
    from humaspost.views.audiences import audiences_to_json, format_audiences

    office = open_office()
    with office.ledger().read() as conn:
        rows = {row.name: row for row in recipients.list_audiences(conn)}
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
    from humaspost.cli.office import open_office
    from humaspost.views.audiences import changes_to_json, format_changes, has_no_changes

    office = open_office()
    readings = _read_files(office, names or [])
    changes = _preview_imports(office, readings)
    print_note([line for change in changes for line in format_changes(change, columns=terminal_columns())])
    usable = [change.name for change in changes if change.is_usable]
    idle = all(has_no_changes(change) for change in changes)
    if not (idle or yes or confirm(_("Import?"), flag="--yes", command="audience import")):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    done = {name: _import_audience(office, name, readings[name]) for name in usable}
    if json:
        print_json(
            {
                "schema": 1,
                "audiences": [changes_to_json(done.get(pending.name, pending)) for pending in changes],
            }
        )
    elif usable:
        print_text(_("Imported: {names}").format(names=", ".join(usable)))
    return ExitCode.OK if len(usable) == len(changes) else ExitCode.PROBLEMS


def _read_files(office: "Office", names: list[str]) -> dict[str, "AudienceFile"]:
    from humaspost.audience.csv_reader import read_audience

    now, zone, root = office.now(), office.settings.timezone, office.settings.root
    audience_files = _chosen_audiences(office, names).items()
    return {
        name: read_audience(path, display_path=shown(path, root), now=now, zone=zone)
        for name, path in audience_files
    }


def _preview_imports(office: "Office", readings: dict[str, "AudienceFile"]) -> list["ImportChanges"]:
    from humaspost.audience.importer import preview_import

    with office.ledger().read() as conn:
        return [preview_import(conn, name, reading) for name, reading in readings.items()]


def _import_audience(office: "Office", name: str, reading: "AudienceFile") -> "ImportChanges":
    from humaspost.audience.importer import import_rows

    ledger, settings = office.ledger(write=True), office.settings
    file = shown(settings.audiences[name], settings.root)
    return import_rows(ledger, name, audience_file=reading, now=office.now(), file=file)


def _chosen_audiences(office: "Office", names: list[str]) -> dict[str, "Path"]:
    audience_files = office.settings.audiences
    for name in names:
        if name not in audience_files:
            message = _("there is no audience {name!r} in config.toml; there are: {names}")
            raise typer.BadParameter(message.format(name=name, names=", ".join(audience_files) or _("none")))
    if not audience_files:
        raise typer.BadParameter(_("config.toml names no audience: [audiences.masyarakat] file = ..."))
    return {name: path for name, path in audience_files.items() if not names or name in names}

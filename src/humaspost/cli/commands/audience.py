"""``humaspost audience list|import``."""

from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.base.paths import shown
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import Json, Yes
from humaspost.cli.terminal import ask, columns, give, note, say

if TYPE_CHECKING:
    from pathlib import Path

    from humaspost.app.office import Office
    from humaspost.audience.csv_reader import Reading
    from humaspost.audience.importer import Changes

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=_("Lists of recipients.")
)


@app.command("list")
def list_(json: Json = False) -> None:
    """Every audience, with how many people it holds and when its file was read."""
    from humaspost.cli.office import clock, open_office
    from humaspost.ledger.people import recipients
    from humaspost.views.audiences import audience_json, audience_lines

    office = open_office()
    with office.ledger().read() as conn:
        rows = {row.name: row for row in recipients.audiences(conn)}
    if json:
        give({"schema": 1, "audiences": audience_json(office.settings, rows)})
    else:
        say(audience_lines(office.settings, rows, clock=clock(office)))


@app.command("import")
def import_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=_("only these; else all of config.toml"))
    ] = None,
    yes: Yes = False,
    json: Json = False,
) -> Exit:
    """Show what the files would change, ask, and bring the lists up to them."""
    from humaspost.cli.office import open_office
    from humaspost.views.audiences import changes_json, changes_lines, nothing_to_do

    office = open_office()
    readings = _readings(office, names or [])
    changes = _previews(office, readings)
    note([line for change in changes for line in changes_lines(change, columns=columns())])
    usable = [change.name for change in changes if change.is_usable]
    idle = all(nothing_to_do(change) for change in changes)
    if not (idle or yes or ask(_("Import?"), flag="--yes", command="audience import")):
        note(_("Nothing was changed."))
        return Exit.OK
    done = {name: _import(office, name, readings[name]) for name in usable}
    if json:
        give({"schema": 1, "audiences": [changes_json(done.get(one.name, one)) for one in changes]})
    elif usable:
        say(_("Imported: {names}").format(names=", ".join(usable)))
    return Exit.OK if len(usable) == len(changes) else Exit.PROBLEMS


def _readings(office: "Office", names: list[str]) -> dict[str, "Reading"]:
    from humaspost.audience.csv_reader import read

    now, zone, root = office.now(), office.settings.timezone, office.settings.root
    chosen = _chosen(office, names).items()
    return {name: read(path, shown=shown(path, root), now=now, zone=zone) for name, path in chosen}


def _previews(office: "Office", readings: dict[str, "Reading"]) -> list["Changes"]:
    from humaspost.audience.importer import preview

    with office.ledger().read() as conn:
        return [preview(conn, name, reading) for name, reading in readings.items()]


def _import(office: "Office", name: str, reading: "Reading") -> "Changes":
    from humaspost.audience.importer import import_reading

    ledger, settings = office.ledger(write=True), office.settings
    file = shown(settings.audiences[name], settings.root)
    return import_reading(ledger, name, reading=reading, now=office.now(), file=file)


def _chosen(office: "Office", names: list[str]) -> dict[str, "Path"]:
    known = office.settings.audiences
    for name in names:
        if name not in known:
            message = _("there is no audience {name!r} in config.toml; there are: {names}")
            raise typer.BadParameter(message.format(name=name, names=", ".join(known) or _("none")))
    if not known:
        raise typer.BadParameter(_("config.toml names no audience: [audiences.masyarakat] file = ..."))
    return {name: path for name, path in known.items() if not names or name in names}

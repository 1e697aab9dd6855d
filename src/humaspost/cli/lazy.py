"""A command group whose commands are imported only when they run: ``--help`` stays quick."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as build

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.cli.options import everywhere
from humaspost.cli.registry import ENTRIES, GROUPS, Entry


class LazyGroup(TyperGroup):
    """The root command: knows every command's name, and imports the one that is asked for."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Every command's name, in the order of ``--help``."""
        return list(ENTRIES)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """The command, ready to run. Raises a usage error that names the nearest one."""
        if cmd_name in ENTRIES:
            return load(ENTRIES[cmd_name])
        raise typer.BadParameter(_unknown(cmd_name))

    def format_help(self, _ctx: Any, formatter: Any) -> None:
        """One screen: groups of verbs, not a list of descriptions."""
        formatter.write(help_text())


def _unknown(name: str) -> str:
    near = nearest(name, ENTRIES)
    message = _("there is no command {name!r}").format(name=name)
    return f"{message}; {_('did you mean {near!r}?').format(near=near)}" if near else message


def load(entry: Entry) -> Any:
    """The command, with the switches that all have."""
    module, _colon, name = entry.target.partition(":")
    target = getattr(importlib.import_module(f"humaspost.cli.{module}"), name)
    command = build(target if isinstance(target, typer.Typer) else single(target))
    command.name = entry.name
    for one in getattr(command, "commands", {}).values():
        _equip(one)
    if not hasattr(command, "commands"):
        _equip(command)
    return command


def single(function: Any) -> typer.Typer:
    """A Typer application of this one command."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    return app


def _equip(command: Any) -> None:
    for param in shared():
        param.expose_value = False
        command.params.append(param)


def shared() -> list[Any]:
    """Fresh ``--config``, ``--quiet`` and ``-v`` parameters."""
    return list(build(single(everywhere)).params)


def help_text() -> str:
    """The grouped ``--help``."""
    wide = max(len(title) for title, _entries in GROUPS) + 2
    rows = (f"{title:<{wide}}{'  '.join(entry.name for entry in entries)}" for title, entries in GROUPS)
    return "\n".join(
        [
            _("Usage: humaspost [OPTIONS] COMMAND"),
            "",
            *rows,
            "",
            _("Start with: humaspost demo          Lost? humaspost status"),
            _("One command: humaspost COMMAND --help"),
            "",
        ]
    )

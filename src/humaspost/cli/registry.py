"""All commands: their group in the help, the function that runs them, and one line each."""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as build

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.cli.options import shared_options


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command; ``target`` is ``module:function`` under humaspost.cli, imported when it runs."""

    name: str
    target: str
    help: str


#: In the order of ``--help``.
GROUPS: tuple[tuple[str, tuple[CommandEntry, ...]], ...] = (
    (
        _("Write"),
        (
            CommandEntry(
                "init", "commands.init:init", _("make a new office: config.toml, credentials.toml, posts/")
            ),
            CommandEntry("new", "commands.new:new", _("write a draft with the common keys")),
            CommandEntry("check", "commands.check:check", _("find every problem, offline")),
            CommandEntry(
                "preview", "commands.preview:preview", _("show exactly what each channel will show")
            ),
            CommandEntry("plan", "commands.plan:plan", _("show what would go out when, and what will not")),
        ),
    ),
    (
        _("Send"),
        (
            CommandEntry(
                "schedule", "commands.schedule:schedule", _("watch posts/ and send when due, until stopped")
            ),
            CommandEntry("run", "commands.run:run", _("send what is due, once: for cron")),
            CommandEntry("publish", "commands.publish:publish", _("send one post now, after asking")),
            CommandEntry("cancel", "commands.cancel:cancel", _("stop one post: nothing more of it is sent")),
            CommandEntry(
                "pause", "commands.pause:pause", _("stop before the very next public write, everywhere")
            ),
            CommandEntry("resume", "commands.pause:resume", _("send again")),
        ),
    ),
    (
        _("Watch"),
        (
            CommandEntry("status", "commands.status:status", _("what needs you, what comes, what went out")),
            CommandEntry("log", "commands.log:log", _("every attempt")),
            CommandEntry("resolve", "commands.resolve:resolve", _("settle an unknown outcome")),
            CommandEntry(
                "doctor", "commands.doctor:doctor", _("what will fail tomorrow, each with its remedy")
            ),
        ),
    ),
    (
        _("Set up"),
        (
            CommandEntry(
                "account", "commands.account:app", _("list, check and rename accounts, show their templates")
            ),
            CommandEntry("audience", "commands.audience:app", _("list, import and forget recipients")),
            CommandEntry(
                "serve", "commands.serve:serve", _("take webhooks: what became of each WhatsApp message")
            ),
            CommandEntry("backup", "commands.backup:backup", _("copy the ledger, also while it is in use")),
            CommandEntry("restore", "commands.restore:restore", _("put a backup of the ledger back")),
        ),
    ),
    (
        _("Learn"),
        (
            CommandEntry("demo", "demo.main:demo", _("one office day on pretend platforms")),
            CommandEntry("sandbox", "commands.sandbox:sandbox", _("the pretend platforms by themselves")),
            CommandEntry("explain", "commands.explain:explain", _("what a code means and what to do")),
        ),
    ),
)

ENTRIES = {entry.name: entry for _title, entries in GROUPS for entry in entries}


class LazyGroup(TyperGroup):
    """The root command: it lists all commands and imports only the requested one."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return every command's name, in the order of ``--help``."""
        return list(ENTRIES)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """Return the command; raise a usage error that suggests the nearest name."""
        if cmd_name in ENTRIES:
            return load_command(ENTRIES[cmd_name])
        raise typer.BadParameter(_unknown_command(cmd_name))

    def format_help(self, _ctx: Any, formatter: Any) -> None:
        """Write one screen with the commands in groups."""
        formatter.write(help_text())


def _unknown_command(name: str) -> str:
    near = nearest(name, ENTRIES)
    message = _("there is no command {name!r}").format(name=name)
    return f"{message}; {_('did you mean {near!r}?').format(near=near)}" if near else message


def load_command(entry: CommandEntry) -> Any:
    """Return the command with the shared options."""
    module, _colon, name = entry.target.partition(":")
    target = getattr(importlib.import_module(f"humaspost.cli.{module}"), name)
    command = build(target if isinstance(target, typer.Typer) else as_application(target))
    command.name = entry.name
    for subcommand in getattr(command, "commands", {}).values():
        _add_shared_options(subcommand)
    if not hasattr(command, "commands"):
        _add_shared_options(command)
    return command


def as_application(function: Any) -> typer.Typer:
    """Return a Typer application of this one command."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    return app


def _add_shared_options(command: Any) -> None:
    for param in build_shared_parameters():
        param.expose_value = False
        command.params.append(param)


def build_shared_parameters() -> list[Any]:
    """Return new ``--config``, ``--quiet`` and ``-v`` parameters."""
    return list(build(as_application(shared_options)).params)


def help_text() -> str:
    """Return the grouped ``--help``."""
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

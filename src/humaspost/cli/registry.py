"""Every command: where it is listed, what runs it, what it does in one line."""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as build

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.cli.options import everywhere


@dataclass(frozen=True, slots=True)
class Entry:
    """``target`` is ``module:function`` under humaspost.cli, imported only when the command runs."""

    name: str
    target: str
    help: str


#: In the order of ``--help``; only what exists.
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        _("Write"),
        (
            Entry(
                "init", "commands.init:init", _("make a new office: config.toml, credentials.toml, posts/")
            ),
            Entry("new", "commands.new:new", _("write a draft with the common keys")),
            Entry("check", "commands.check:check", _("find every problem, offline")),
            Entry("preview", "commands.preview:preview", _("show exactly what each channel will show")),
            Entry("plan", "commands.plan:plan", _("show what would go out when, and what will not")),
        ),
    ),
    (
        _("Send"),
        (
            Entry(
                "schedule", "commands.schedule:schedule", _("watch posts/ and send when due, until stopped")
            ),
            Entry("run", "commands.run:run", _("send what is due, once: for cron")),
            Entry("publish", "commands.publish:publish", _("send one post now, after asking")),
            Entry("pause", "commands.pause:pause", _("stop before the very next public write, everywhere")),
            Entry("resume", "commands.pause:resume", _("send again")),
        ),
    ),
    (
        _("Watch"),
        (
            Entry("status", "commands.status:status", _("what needs you, what comes, what went out")),
            Entry("log", "commands.log:log", _("every attempt")),
            Entry("resolve", "commands.resolve:resolve", _("settle an unknown outcome")),
            Entry("doctor", "commands.doctor:doctor", _("what will fail tomorrow, each with its remedy")),
        ),
    ),
    (
        _("Set up"),
        (
            Entry(
                "account", "commands.account:app", _("list, check and rename accounts, show their templates")
            ),
            Entry("audience", "commands.audience:app", _("list and import recipients")),
            Entry("serve", "commands.serve:serve", _("take webhooks: what became of each WhatsApp message")),
            Entry("backup", "commands.backup:backup", _("copy the ledger, also while it is in use")),
            Entry("restore", "commands.restore:restore", _("put a backup of the ledger back")),
        ),
    ),
    (
        _("Learn"),
        (
            Entry("demo", "demo.main:demo", _("one office day on pretend platforms")),
            Entry("sandbox", "commands.sandbox:sandbox", _("the pretend platforms by themselves")),
            Entry("explain", "commands.explain:explain", _("what a code means and what to do")),
        ),
    ),
)

ENTRIES = {entry.name: entry for _title, entries in GROUPS for entry in entries}


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

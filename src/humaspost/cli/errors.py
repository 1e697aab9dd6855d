"""Every error ends here: one message, its remedy, one exit code; never a raw trace, never a secret."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import flags
from humaspost.cli.terminal import ReaderGone, columns, say

#: What typer raises for a mistake on the command line; it exports only this leaf of it.
_USAGE = typer.BadParameter.__mro__[1]


def guard(root: Callable[[], Any]) -> Exit:
    """What the process ends with."""
    try:
        answer = root().main(prog_name="humaspost", standalone_mode=False)
        return Exit(answer) if isinstance(answer, int) else Exit.OK
    except ReaderGone:
        return Exit.OK
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except Exception as error:
        return _quietly(error)


def _quietly(error: Exception) -> Exit:
    """As ``_told``; that nobody reads standard error changes nothing."""
    try:
        return _told(error)
    except ReaderGone:
        return Exit.IO


def _told(error: Exception) -> Exit:
    """The error's message is on standard error. By name, so that nothing is imported that was not raised."""
    for kind in type(error).__mro__:
        say_it = _BY_NAME.get(f"{kind.__module__}.{kind.__name__}")
        if say_it:
            return say_it(error)
    return _bug(error)


def _usage(error: Any) -> Exit:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "humaspost"
    ours = type(error) is typer.BadParameter and not error.param
    words = error.message if ours else error.format_message()
    say([words, _("how it is used: {command} --help").format(command=command)], error=True)
    return Exit.USAGE


def _configuration(error: Any) -> Exit:
    _problems(error.problems)
    return Exit.CONFIG


def _bad_post(error: Any) -> Exit:
    _problems(error.problems)
    return Exit.PROBLEMS


def _problems(problems: Any) -> None:
    from humaspost.views.problems import problem_lines

    for problem in problems:
        say([*problem_lines(problem, columns=columns()), ""], error=True)
    code = problems[-1].code
    say(_("What a code means: humaspost explain {code}").format(code=code), error=True)


def _channel(error: Exception) -> Exit:
    say(str(error), error=True)
    return Exit.CONFIG


def _busy(_error: Exception) -> Exit:
    from datetime import UTC, datetime

    from humaspost.cli.office import office_settings
    from humaspost.ledger.senders import FILE, read_last_sender
    from humaspost.views.times import Clock

    settings, now = office_settings(), datetime.now(UTC)
    found = read_last_sender(settings.state / FILE)
    message = _("already running: pid {pid} on {host} since {when}")
    since = Clock(settings.timezone, now).date(found.started_at if found else now)
    pid, host = (found.pid, found.host) if found else ("?", "?")
    say(message.format(pid=pid, host=host, when=since), error=True)
    say(_("nothing was started; see what it does with: humaspost status"), error=True)
    return Exit.LATER


def _ledger(error: Any) -> Exit:
    say([str(error), *([error.hint] if error.hint else [])], error=True)
    return Exit.IO


def _database(error: Any) -> Exit:
    """SQLite's own words, without the statement that they came from."""
    from humaspost.ledger.database import reason

    why = reason(error)
    say(_("the ledger cannot be read or written: {reason}").format(reason=why), error=True)
    if "malformed" in why or "not a database" in why:
        say(_("it is damaged; put the newest backup back: humaspost restore"), error=True)
        return Exit.IO
    say(_("is the disk full, or the folder not yours? see: humaspost doctor"), error=True)
    return Exit.IO


def _io(error: Any) -> Exit:
    where = f"{error.filename}: " if error.filename else ""
    say(f"{where}{error.strerror or error or type(error).__name__}", error=True)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        say(_("make some room on the disk, then type the same again; nothing was lost"), error=True)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        say(_("is the folder yours, and may it be written to? see: humaspost doctor"), error=True)
    return Exit.IO


def _child(error: Exception) -> Exit:
    say(str(error), error=True)
    return Exit.IO


def _bug(error: Exception) -> Exit:
    if flags.verbose >= 3 or os.environ.get("HUMASPOST_DEBUG"):
        _trace(error)
    message = _("this is a mistake in humaspost, not yours: {kind} at {where}")
    say(
        [
            message.format(kind=type(error).__name__, where=_place(error)),
            _("what was due is kept; see it with: humaspost status"),
            _("for the trace, run the same again with -vvv and send it to us"),
        ],
        error=True,
    )
    return Exit.BUG


def _place(error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}humaspost{os.sep}" in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"


def _trace(error: Exception) -> None:
    """The trace without local variables: those could hold a secret, the lines of code cannot."""
    import traceback

    say("".join(traceback.format_exception(error)).rstrip(), error=True)
    sys.stderr.flush()


_BY_NAME: dict[str, Callable[[Any], Exit]] = {
    f"{_USAGE.__module__}.{_USAGE.__name__}": _usage,
    "humaspost.settings.problems.ConfigError": _configuration,
    "humaspost.cli.post_lookup.BadPost": _bad_post,
    "humaspost.cli.demo.child.ChildFailed": _child,
    "humaspost.channels.registry.ChannelNotLoaded": _channel,
    "humaspost.delivery.sender_lock.Busy": _busy,
    "humaspost.ledger.database.LedgerError": _ledger,
    "sqlalchemy.exc.DBAPIError": _database,
    "sqlite3.DatabaseError": _database,
    "builtins.OSError": _io,
}

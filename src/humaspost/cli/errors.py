"""Every error as one message, one fix and one exit code; no bare trace and no secret."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import current_options
from humaspost.cli.terminal import OutputClosed, print_text, terminal_columns

#: Errors of a path that this user may not use, or that is a file where a folder belongs.
_REFUSALS = (errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
#: Typer raises this class for usage errors, but exports only this subclass of it.
_USAGE_ERROR = typer.BadParameter.__mro__[1]


def run_guarded(root: Callable[[], Any]) -> ExitCode:
    """Run the command and return the exit code of the process."""
    try:
        answer = root().main(prog_name="humaspost", standalone_mode=False)
        return ExitCode(answer) if isinstance(answer, int) else ExitCode.OK
    except OutputClosed:
        return ExitCode.OK
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _report_quietly(error)


def _report_quietly(error: Exception) -> ExitCode:
    """Report the error, even if standard error is closed or the report itself fails."""
    try:
        return _report_error(error)
    except OutputClosed:
        return ExitCode.IO
    except Exception as failure:
        print_text(str(error), error=True)
        return _report_bug(failure)


def _report_error(error: Exception) -> ExitCode:
    """Print the error to standard error and return its exit code."""
    for kind in type(error).__mro__:
        reporter = _REPORTERS.get(f"{kind.__module__}.{kind.__name__}")
        if reporter:
            return reporter(error)
    return _report_bug(error)


def _report_usage_error(error: Any) -> ExitCode:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "humaspost"
    is_own_parameter = type(error) is typer.BadParameter and not error.param
    words = error.message if is_own_parameter else error.format_message()
    print_text([words, _("how it is used: {command} --help").format(command=command)], error=True)
    return ExitCode.USAGE


def _report_configuration_error(error: Any) -> ExitCode:
    _report_problems(error.problems)
    _report_sender_of_broken_config()
    return ExitCode.CONFIG


def _report_sender_of_broken_config() -> None:
    """Report a scheduler that still uses the last good config.toml."""
    from humaspost.delivery.sender_lock import is_held, read_owner
    from humaspost.settings.find import find_config, guess_state
    from humaspost.settings.problems import ConfigError

    try:
        state = guess_state(find_config(Path.cwd(), os.environ, option=current_options.config))
        sender = read_owner(state) if is_held(state) else None
    except (ConfigError, OSError):  # whose scheduler it is cannot be known
        return
    if sender is not None:
        message = _("the scheduler (pid {pid} on {host}) still uses the last good config.toml")
        print_text(message.format(pid=sender.pid, host=sender.host), error=True)


def _report_bad_post(error: Any) -> ExitCode:
    _report_problems(error.problems)
    return ExitCode.PROBLEMS


def _report_problems(problems: Any) -> None:
    from humaspost.views.problems import format_problem

    for problem in problems:
        print_text([*format_problem(problem, columns=terminal_columns()), ""], error=True)
    code = problems[-1].code
    print_text(_("What a code means: humaspost explain {code}").format(code=code), error=True)


def _report_plainly(error: Exception) -> ExitCode:
    print_text(str(error), error=True)
    return ExitCode.CONFIG


def _report_busy_sender(error: Any) -> ExitCode:
    from datetime import UTC, datetime

    from humaspost.cli.office import office_settings
    from humaspost.delivery.sender_lock import read_owner
    from humaspost.views.times import TimeFormatter

    settings, now = office_settings(), datetime.now(UTC)
    sender = read_owner(settings.state)
    message = _("already running: pid {pid} on {host} since {when}")
    since = TimeFormatter(settings.timezone, now).format_date(sender.started_at if sender else now)
    pid, host = (sender.pid, sender.host) if sender else ("?", "?")
    print_text(message.format(pid=pid, host=host, when=since), error=True)
    next_step = _("nothing was started; see what it does with: humaspost status")
    if error.for_change:
        next_step = _("nothing was changed; stop it first, then type the same again")
    print_text(next_step, error=True)
    return ExitCode.RETRY_LATER


def _report_ledger_in_use(error: Any) -> ExitCode:
    from datetime import UTC, datetime

    from humaspost.cli.office import office_settings
    from humaspost.views.times import TimeFormatter

    lines = [str(error)]
    if error.user is not None:
        clock = TimeFormatter(office_settings().timezone, datetime.now(UTC))
        since = clock.format_date(error.user.since)
        lines = [
            _("{message}, since {when}").format(message=error, when=since),
            _("nothing was changed; stop it, then type the same again"),
        ]
    print_text(lines, error=True)
    return ExitCode.RETRY_LATER


def _report_replaced_ledger(error: Any) -> ExitCode:
    _report_ledger_error(error)
    return ExitCode.RETRY_LATER


def _report_wrong_user(error: Any) -> ExitCode:
    import shlex

    message = _("{path} belongs to {owner}, and you are {user}: {owner} could not open what you write there")
    command = shlex.join(["sudo", "-u", error.owner, "humaspost", *sys.argv[1:]])
    print_text(
        [
            message.format(path=error.path, owner=error.owner, user=error.user),
            _("nothing was started; type: {command}").format(command=command),
        ],
        error=True,
    )
    return ExitCode.CONFIG


def _report_refused_state() -> bool:
    """Report a path of the state folder that is refused; return False without one."""
    import shlex

    from humaspost.delivery.state_owner import current_user, find_refused_path
    from humaspost.settings.find import find_config, guess_state
    from humaspost.settings.problems import ConfigError

    try:
        state = guess_state(find_config(Path.cwd(), os.environ, option=current_options.config))
        path = find_refused_path(state)
    except (ConfigError, OSError):
        return False
    if path is None:
        return False
    user, folder = shlex.quote(current_user()), shlex.quote(str(state))
    if state.is_dir():
        message = _("{path} is part of the state folder, and {user} may not read and write it")
        remedy = _("give it back: sudo chown -R {user} {folder} && chmod -R u+rwX {folder}")
    else:
        message = _("{path} is not a folder, so humaspost cannot keep its ledger there")
        remedy = _("move it away, or name another state = ... in config.toml: mv {folder} {folder}.old")
    print_text(
        [message.format(path=path, user=current_user()), remedy.format(user=user, folder=folder)], error=True
    )
    return True


def _report_ledger_error(error: Any) -> ExitCode:
    # SQLite says no more than that it cannot open the file.
    if _report_refused_state():
        return ExitCode.CONFIG
    print_text([str(error), *([error.hint] if error.hint else [])], error=True)
    return ExitCode.IO


def _report_unsupported_ledger(error: Any) -> ExitCode:
    from humaspost.views.text import wrap_text

    columns = terminal_columns()
    print_text([*wrap_text(str(error), columns), *wrap_text(error.hint, columns)], error=True)
    return ExitCode.CONFIG


def _report_database_error(error: Any) -> ExitCode:
    """Report SQLite's own message without the SQL statement."""
    from humaspost.delivery.events import describe_database_error

    if _report_refused_state():
        return ExitCode.CONFIG
    message = describe_database_error(error)
    print_text(_("the ledger cannot be read or written: {reason}").format(reason=message), error=True)
    if "malformed" in message or "not a database" in message:
        print_text(_("it is damaged; put the newest backup back: humaspost restore"), error=True)
        return ExitCode.IO
    print_text(_("is the disk full, or the folder not yours? see: humaspost doctor"), error=True)
    return ExitCode.IO


def _report_io_error(error: Any) -> ExitCode:
    if error.errno in _REFUSALS and _report_refused_state():
        return ExitCode.CONFIG
    path = f"{error.filename}: " if error.filename else ""
    print_text(f"{path}{error.strerror or error or type(error).__name__}", error=True)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        print_text(_("make some room on the disk, then type the same again; nothing was lost"), error=True)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        print_text(_("is the folder yours, and may it be written to? see: humaspost doctor"), error=True)
    return ExitCode.IO


def _report_child_error(error: Exception) -> ExitCode:
    print_text(str(error), error=True)
    return ExitCode.IO


def _report_bug(error: Exception) -> ExitCode:
    if current_options.verbose >= 3 or os.environ.get("HUMASPOST_DEBUG"):
        _format_trace(error)
    message = _("this is a mistake in humaspost, not yours: {kind} at {where}")
    print_text(
        [
            message.format(kind=type(error).__name__, where=_error_location(error)),
            _("what was due is kept; see it with: humaspost status"),
            _("for the trace, run the same again with -vvv and send it to us"),
        ],
        error=True,
    )
    return ExitCode.BUG


def _error_location(error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [frame for frame in frames if f"{os.sep}humaspost{os.sep}" in frame.filename] or frames
    return f"{Path(own_frames[-1].filename).name}:{own_frames[-1].lineno}" if own_frames else "?"


def _format_trace(error: Exception) -> None:
    """Print the trace without local variables, because those might contain a secret."""
    import traceback

    print_text("".join(traceback.format_exception(error)).rstrip(), error=True)
    sys.stderr.flush()


_REPORTERS: dict[str, Callable[[Any], ExitCode]] = {
    f"{_USAGE_ERROR.__module__}.{_USAGE_ERROR.__name__}": _report_usage_error,
    "humaspost.settings.problems.ConfigError": _report_configuration_error,
    "humaspost.cli.post_lookup.UnusablePost": _report_bad_post,
    "humaspost.cli.demo.child.ChildFailed": _report_child_error,
    "humaspost.channels.registry.ChannelNotLoaded": _report_plainly,
    "humaspost.delivery.sender_lock.SenderBusy": _report_busy_sender,
    "humaspost.ledger.accounts.AccountRenamed": _report_plainly,
    "humaspost.delivery.state_owner.WrongUser": _report_wrong_user,
    "humaspost.ledger.lock.LedgerInUseError": _report_ledger_in_use,
    "humaspost.ledger.errors.LedgerReplacedError": _report_replaced_ledger,
    "humaspost.ledger.errors.UnsupportedLedgerError": _report_unsupported_ledger,
    "humaspost.ledger.errors.LedgerError": _report_ledger_error,
    "sqlalchemy.exc.DBAPIError": _report_database_error,
    "sqlite3.DatabaseError": _report_database_error,
    "builtins.OSError": _report_io_error,
}

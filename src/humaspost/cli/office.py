"""The office that a command works on."""

import atexit
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from humaspost.cli import language
from humaspost.cli.options import current_options
from humaspost.cli.reading_progress import ReadingProgress
from humaspost.settings.settings import Settings

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.views.times import TimeFormatter


def office_settings() -> Settings:
    """Load the settings of the selected office and switch to its language."""
    from humaspost.settings.find import find_config
    from humaspost.settings.load import load_settings

    loaded = load_settings(find_config(Path.cwd(), os.environ, option=current_options.config))
    if not os.environ.get("HUMASPOST_LANGUAGE"):
        language.use_language(loaded.language)
    return loaded


def open_office() -> "Office":
    """Open the selected office; its ledger opens at the first use and closes at the end."""
    # A closed ledger is one file: a manual copy of it is complete.
    return _open(office_settings())


@contextmanager
def sole_sender() -> Iterator["Office"]:
    """Open the selected office with this process as its only sender.

    Raises SenderBusy at once if another process sends, and WrongUser if the state folder is another user's.
    """
    # The lock is checked before any heavy import.
    from humaspost.delivery.sender_lock import acquire_sender_lock
    from humaspost.settings.problems import ConfigError

    try:
        settings = office_settings()
    except ConfigError:
        if not _wait_for_config(1.0):
            raise
        settings = office_settings()
    check_state_owner(settings)
    with acquire_sender_lock(settings.state):
        if _wait_for_config(settings.policy.settle.total_seconds()):
            settings = office_settings()
        yield _open(settings)


def _wait_for_config(settle: float) -> bool:
    """Wait for a config.toml that is perhaps still being written; return False if it is settled."""
    from humaspost.base.file_stamp import is_settled, read_stamp
    from humaspost.settings.find import find_config

    stamp = read_stamp(find_config(Path.cwd(), os.environ, option=current_options.config))
    if is_settled(stamp, now=time.time(), settle=settle, unchanged_since=None):
        return False
    time.sleep(settle)
    return True


def check_state_owner(settings: Settings) -> None:
    """Raise WrongUser if the owner of the office could not open what this process writes."""
    from humaspost.delivery.state_owner import check_owner

    check_owner(settings.state, settings.root)


def _open(settings: Settings) -> "Office":
    from humaspost.app.office import Office

    progress = ReadingProgress()
    office = Office(settings, report_reading=progress.report)
    atexit.register(office.close)
    atexit.register(progress.close)
    return office


def time_formatter(office: "Office") -> "TimeFormatter":
    """Return a formatter of times in the office's own zone."""
    from humaspost.views.times import TimeFormatter

    return TimeFormatter(office.settings.timezone, office.now())

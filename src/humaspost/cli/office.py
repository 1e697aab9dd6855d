"""The office that a command works on."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from humaspost.cli import language
from humaspost.cli.options import current_options
from humaspost.settings.settings import Settings

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.views.times import TimeFormatter


def office_settings() -> Settings:
    """The settings of the office that is meant; from now on texts are in its language."""
    from humaspost.settings.find import find_config
    from humaspost.settings.load import load_settings

    loaded = load_settings(find_config(Path.cwd(), os.environ, option=current_options.config))
    if not os.environ.get("HUMASPOST_LANGUAGE"):
        language.use_language(loaded.language)
    return loaded


def open_office() -> "Office":
    """The office that is meant; its ledger is opened when it is first asked for, and closed at the end.

    A ledger that is closed is one file: whoever copies it by hand copies all of it.
    """
    return _open(office_settings())


@contextmanager
def sole_sender() -> Iterator["Office"]:
    """The office that is meant, with this process as its only sender.

    The lock is asked before anything heavy is imported: raises SenderBusy at once where another sends.
    """
    from humaspost.delivery.sender_lock import acquire_sender_lock

    settings = office_settings()
    with acquire_sender_lock(settings.state):
        yield _open(settings)


def _open(settings: Settings) -> "Office":
    from humaspost.app.office import Office

    office = Office(settings)
    atexit.register(office.close)
    return office


def time_formatter(office: "Office") -> "TimeFormatter":
    """Says moments in the office's own zone."""
    from humaspost.views.times import TimeFormatter

    return TimeFormatter(office.settings.timezone, office.now())

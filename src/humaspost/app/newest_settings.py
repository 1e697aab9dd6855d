"""The reading of a config.toml that was edited while a command waited for its person."""

import time
from dataclasses import replace

from humaspost.app.office import Office
from humaspost.base.file_stamp import is_settled, read_stamp
from humaspost.settings.load import load_settings


def use_newest_settings(office: Office) -> None:
    """Load config.toml again where it changed since the office was opened.

    Raises ConfigError. What only a new process can use stays: another state folder, another language.
    """
    current = office.settings
    stamp = read_stamp(current.file)
    if stamp == current.stamp:
        return
    settle, now = current.policy.settle.total_seconds(), office.now().timestamp()
    if not is_settled(stamp, now=now, settle=settle, unchanged_since=None):
        time.sleep(settle)  # an editor may still be writing it
    settings = load_settings(current.file)
    if settings.state == current.state:
        office.replace_settings(replace(settings, language=current.language))

"""The files whose newest version the running sender does not use."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from humaspost.app.office import Office
from humaspost.base.file_stamp import ABSENT, FileStamp, file_digest, read_stamp
from humaspost.base.paths import display_path
from humaspost.delivery.sender_process import DRAIN_TIMEOUT
from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import SenderFiles, StaleFile

#: The time in which a sender reads a settled file: its writes in flight end first, and a scan follows.
RELOAD_TIME = timedelta(seconds=DRAIN_TIMEOUT + 12)


def list_stale_files(office: Office, files: SenderFiles) -> tuple[StaleFile, ...]:
    """Return the files that the sender refused, and those that it should have read by now."""
    if not files.config_digest:  # it has not scanned yet
        return ()
    refused = {file.path for file in files.stale}
    unread = [path for path in _list_unread(office, files) if path not in refused]
    return (*files.stale, *(StaleFile(path, StaleReason.UNREAD) for path in unread))


def _list_unread(office: Office, files: SenderFiles) -> Iterator[str]:
    settings = office.settings
    if settings.digest != files.config_digest and _is_overdue(office, settings.stamp):
        yield settings.file.name
    for name, path in settings.audiences.items():
        stamp = read_stamp(path)
        if _is_overdue(office, stamp) and file_digest(path) != files.list_digests.get(name):
            yield display_path(path, settings.root)
    for file, recorded in files.secret_stamps.items():
        # A secret that only the sender can read is no finding of this process.
        stamp = read_stamp(Path(file)) if os.access(file, os.R_OK) else ABSENT
        if stamp != recorded and _is_overdue(office, stamp):
            yield display_path(Path(file), settings.root)


def _is_overdue(office: Office, stamp: FileStamp) -> bool:
    """Return True if the file is there and last changed before a sender's reload time."""
    reload_time = office.settings.policy.settle + RELOAD_TIME
    changed_at = max(stamp.mtime_ns, stamp.ctime_ns) / 1e9
    return stamp != ABSENT and office.now().timestamp() - changed_at > reload_time.total_seconds()

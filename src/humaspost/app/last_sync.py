"""The last sync of the ledger with the folder: whether another one could find anything new."""

import time
from pathlib import Path

from humaspost.app.office import Office
from humaspost.app.scan import ScanResult
from humaspost.content.folder_state import FolderState, read_state
from humaspost.ledger.queries.plan_state import load_plan_state

#: Seconds after which everything is read, planned and compared with the ledger again, whatever changed.
FULL_SYNC_INTERVAL = 600.0


class LastSync:
    """The state of the folder and of the ledger at the last sync of this process.

    An archive of 20,000 posts costs a walk through its folder then, and no more.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._folder_state: FolderState = []
        self._basis: tuple[object, ...] | None = None
        self._basis_before: tuple[object, ...] | None = None
        self._synced_at = float("-inf")
        self._scan: ScanResult | None = None

    @property
    def scan(self) -> ScanResult | None:
        """Return the scan of the last sync, or None where everything must be synced."""
        return None if self._is_full_sync_due() else self._scan

    def is_current(self) -> bool:
        """Return True if folder, settings and ledger are those of the last sync."""
        if self._basis is None or self._is_full_sync_due():
            return False
        return self._basis == self._load_basis() and self._folder_state == self._read_folder(self._scan)

    def begin(self) -> None:
        """Note the state of folder and ledger before they are read.

        ``is_current`` compares with it, and so finds what changes while they are read. It finds the changes of the
        sync itself, too: one more sync follows, which changes nothing.
        """
        if self._is_full_sync_due():
            self._scan = None
        self._folder_state = self._read_folder(self._scan)
        self._basis, self._basis_before = None, self._load_basis()

    def record(self, scan: ScanResult, *, is_settled: bool) -> None:
        """Record the sync; files that are not settled must be read again."""
        if self._scan is None:
            self._synced_at = time.monotonic()
        new_media = set(_media_paths(scan)) - set(_media_paths(self._scan))
        self._scan = None if scan.folder_missing else scan
        self._basis = self._basis_before if is_settled and not new_media else None

    def _is_full_sync_due(self) -> bool:
        return time.monotonic() - self._synced_at > FULL_SYNC_INTERVAL

    def _load_basis(self) -> tuple[object, ...]:
        with self._office.ledger().read() as conn:
            return self._office.settings, load_plan_state(conn)

    def _read_folder(self, scan: ScanResult | None) -> FolderState:
        return read_state(self._office.settings.posts, _media_paths(scan))


def _media_paths(scan: ScanResult | None) -> list[Path]:
    """Return the files that posts show: a change of theirs changes the plan too."""
    if scan is None:
        return []
    media = (medium for post in scan.posts for medium in post.media)
    paths = (path for medium in media for path in (medium.path, medium.cover, medium.captions))
    return sorted({path for path in paths if path is not None})

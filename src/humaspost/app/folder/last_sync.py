"""The last sync of the ledger with the folder: whether another one could find anything new."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from humaspost.app.folder.scan import ScanResult
from humaspost.app.office import Office
from humaspost.content.folder_state import FolderState, list_added, read_state
from humaspost.ledger.queries.plan_state import has_files, load_plan_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Seconds after which everything is read, planned and compared with the ledger again, whatever changed.
FULL_SYNC_INTERVAL = 600.0
#: Of more new files than these each look reads everything: they are a folder that was copied.
MAX_ADDED = 50
#: Seconds for which new files that are still being written put off a sync.
MAX_WAIT = 10.0


class LastSync:
    """The state of the folder and of the ledger at the last sync of this process.

    An archive of 20,000 posts costs a walk through its folder then, and no more.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._folder_state: FolderState = []
        self._basis: tuple[object, ...] | None = None
        self._basis_before: tuple[object, ...] | None = None
        #: What ``is_current`` just observed: it need not be read twice.
        self._observed_basis: tuple[object, ...] | None = None
        self._observed_folder: FolderState | None = None
        self._ledger_states: list[tuple[Any, ...]] = []
        self._synced_at = float("-inf")
        #: Since when new files put off a sync.
        self._waiting_since: float | None = None
        self._scan: ScanResult | None = None

    @property
    def scan(self) -> ScanResult | None:
        """Return the scan of the last sync, or None where everything must be synced."""
        return None if self._is_full_sync_due() else self._scan

    def is_current(self) -> bool:
        """Return True if folder, settings and ledger are those of the last sync."""
        self._observed_basis = self._observed_folder = None
        if self._basis is None or self._is_full_sync_due():
            return False
        self._observed_basis = self._load_basis()
        self._observed_folder = self._read_folder(self._scan)
        return self._observed_basis == self._basis and self._observed_folder == self._folder_state

    def is_only_waiting(self) -> bool:
        """Return True if all that ``is_current`` found are new files that are still being written.

        No post is to be held for them: none that the ledger has was planned from such a file. What is new in the
        ledger, such as a post that was sent, waits with them, but not for long.
        """
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()
        if self._observed_folder is None or time.monotonic() - self._waiting_since > MAX_WAIT:
            return False
        if self._observed_basis is None or self._basis is None or self._observed_basis[0] != self._basis[0]:
            return False
        added = list_added(self._observed_folder, since=self._folder_state)
        if not added or len(added) > MAX_ADDED:
            return False
        files = self._office.reader.observe_unsettled(added, now=self._office.now().timestamp())
        if files is None:
            return False
        with self._office.ledger().read() as conn:
            return not has_files(conn, files)

    def begin(self) -> None:
        """Note the state of folder and ledger before they are read.

        ``is_current`` compares with it, and so finds what changes while they are read. What ``is_current`` observed is
        not read again: it is the earlier look.
        """
        if self._is_full_sync_due():
            self._scan = self._observed_folder = None
        observed_folder, observed_basis = self._observed_folder, self._observed_basis
        self._observed_basis = self._observed_folder = None
        self._folder_state = self._read_folder(self._scan) if observed_folder is None else observed_folder
        self._basis, self._basis_before = None, observed_basis or self._load_basis()
        self._ledger_states = []
        self._waiting_since = None

    def note_ledger(self, conn: "Connection") -> None:
        """Note the state of the ledger: call it first and last in the transaction of the sync.

        What changes in between are the sync's own changes, which need no other sync.
        """
        self._ledger_states.append(load_plan_state(conn))

    def record(self, scan: ScanResult, *, is_settled: bool, has_vanished: bool = False) -> None:
        """Record the sync.

        Files that are not settled must be read again, and posts that vanished be looked for.
        """
        if self._scan is None:
            self._synced_at = time.monotonic()
        new_media = set(_media_paths(scan)) - set(_media_paths(self._scan))
        self._scan = None if scan.folder_missing else scan
        self._basis = None
        if is_settled and not new_media:
            self._basis = self._basis_before if has_vanished else self._add_own_changes(self._basis_before)

    def _add_own_changes(self, basis: tuple[object, ...] | None) -> tuple[object, ...] | None:
        """Return the basis with what the sync itself changed, unless somebody else wrote before it."""
        if basis is None or len(self._ledger_states) != 2:
            return basis
        settings, before = basis
        first, last = self._ledger_states
        return (settings, last) if first == before else basis

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

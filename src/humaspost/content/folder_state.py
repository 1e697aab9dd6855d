"""The state of the posts folder in one value, found by a quick walk that opens no file."""

import os
from collections.abc import Iterable
from pathlib import Path

_IGNORED_PREFIXES = (".", "#", "~")
FolderState = list[tuple[str, tuple[int, ...]]]


def read_state(folder: Path, others: Iterable[Path] = ()) -> FolderState:
    """Return a value that differs once a file below the folder, or one of ``others``, does.

    Links are followed, so a changed target counts. What cannot be read has its error instead of a stamp.
    """
    state: FolderState = []
    pending, visited = [str(folder)], set[tuple[int, int]]()
    while pending:
        path = pending.pop()
        try:
            status = Path(path).stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(path) as scan:
                for entry in scan:
                    if entry.name.startswith(_IGNORED_PREFIXES):
                        continue
                    if entry.is_dir():
                        pending.append(entry.path)
                        # Its times change with files that do not count; those that count have their own stamps.
                        state.append((entry.path, _stamp(entry)[:2]))
                    else:
                        state.append((entry.path, _stamp(entry)))
        except OSError as error:
            state.append((path, (error.errno or 0,)))
    state += [(str(path), _stamp(path)) for path in others]
    return state


def list_added(state: FolderState, *, since: FolderState) -> list[str]:
    """Return the paths that came since then; none where anything else changed too."""
    stamps = dict(since)
    added = [(path, stamp) for path, stamp in state if path not in stamps]
    is_else_same = len(state) == len(since) + len(added) and all(
        stamps.get(path, stamp) == stamp for path, stamp in state
    )
    return [path for path, _stamp in added] if is_else_same else []


def _stamp(path: "os.DirEntry[str] | Path") -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

"""Where every key path stands in the file."""

from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.model.problem import Place

#: Front matter begins after the first fence.
FIRST_LINE = 2


class Places(Mapping[str, Place]):
    """Places by key path, each made when it is asked for: most never are."""

    __slots__ = ("_spots",)

    def __init__(self) -> None:
        self._spots: dict[str, tuple[int, int, int]] = {}

    def note(self, path: str, start: Any, end: Any) -> None:
        """What stands between the two marks is at ``path``; it is one character where it spans lines."""
        line, column = start.line, start.column
        length = end.column - column if end.line == line else 1
        self._spots[path] = line + FIRST_LINE, column + 1, length or 1

    def put(self, path: str, place: Place) -> None:
        """``path`` is at ``place``."""
        self._spots[path] = place.line, place.column, place.length

    def also(self, path: str, other: str) -> None:
        """Whatever is at ``path`` or below is at ``other`` too."""
        for at, spot in list(self._spots.items()):
            if at == path or at.startswith(f"{path}."):
                self._spots.setdefault(other + at[len(path) :], spot)

    def __getitem__(self, path: str) -> Place:
        return Place(*self._spots[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._spots)

    def __len__(self) -> int:
        return len(self._spots)

    def __contains__(self, path: object) -> bool:
        return path in self._spots

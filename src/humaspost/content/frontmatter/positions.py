"""The position of every key path in the file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from humaspost.model.problem import Position

#: Front matter begins after the first fence.
FRONT_MATTER_LINE = 2


class PositionIndex(Mapping[str, Position]):
    """Positions by key path, created on request because most are never needed."""

    __slots__ = ("_positions",)

    def __init__(self, spans: Mapping[str, Sequence[int]] | None = None) -> None:
        self._positions: dict[str, Sequence[int]] = dict(spans or {})

    @property
    def spans(self) -> Mapping[str, Sequence[int]]:
        """Return line, column and length by key path, from which the index can be made again."""
        return self._positions

    def add_span(self, path: str, start: Any, end: Any) -> None:
        """Record the span between two marks at ``path``; one character long if it spans lines."""
        line, column = start.line, start.column
        length = end.column - column if end.line == line else 1
        self._positions[path] = line + FRONT_MATTER_LINE, column + 1, length or 1

    def add(self, path: str, position: Position) -> None:
        """Record ``position`` at ``path``."""
        self._positions[path] = position.line, position.column, position.length

    def copy_prefix(self, path: str, target: str) -> None:
        """Copy every position at ``path`` or below to ``target``."""
        for at, position in list(self._positions.items()):
            if at == path or at.startswith(f"{path}."):
                self._positions.setdefault(target + at[len(path) :], position)

    def __getitem__(self, path: str) -> Position:
        return Position(*self._positions[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)

    def __contains__(self, path: object) -> bool:
        return path in self._positions

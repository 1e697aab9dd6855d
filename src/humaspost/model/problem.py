"""A problem in a file: a value with a position, never an exception."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """The severity of a problem: ``error`` blocks the post, ``warning`` never does."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Position:
    """A position in a file; line and column count from 1, ``length`` is in characters."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem, its position, and how to fix it.

    ``code`` is kebab-case and stable; ``humaspost explain`` explains it. ``file`` is relative to the
    project with forward slashes. ``field`` is the key path (``x.text``, ``media.0.alt``, ``body``).
    ``text`` is the line of the file that the caret points into. ``hint`` is the next step.
    """

    code: str
    message: str
    hint: str = ""
    file: str = ""
    position: Position | None = None
    field: str | None = None
    channel: str | None = None
    severity: Severity = Severity.ERROR
    text: str = ""

    @property
    def is_error(self) -> bool:
        """Return True if the problem stops the post from being published."""
        return self.severity is Severity.ERROR

    def with_position(self, file: str, position: Position | None, text: str = "") -> "Problem":
        """Return the same problem with its position."""
        return replace(self, file=file, position=position, text=text or self.text)


def channel_problem(
    channel: str, code: str, message: str, *, hint: str, field: str, severity: Severity = Severity.ERROR
) -> Problem:
    """Return a problem of one channel's rendition, with its field."""
    return Problem(code, message, hint, field=field, channel=channel, severity=severity)

"""A finding in a file: a value with a place, never an exception."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """``error`` keeps a post from being published; ``warning`` never does."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in a file; line and column count from 1, ``length`` in characters."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to write instead.

    ``code`` is kebab-case, stable, explained by ``humaspost explain``. ``file`` is relative to the
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
        """Whether the post cannot be published."""
        return self.severity is Severity.ERROR

    def with_position(self, file: str, position: Position | None, text: str = "") -> "Problem":
        """The same problem, placed."""
        return replace(self, file=file, position=position, text=text or self.text)


def channel_problem(
    channel: str, code: str, message: str, *, hint: str, field: str, severity: Severity = Severity.ERROR
) -> Problem:
    """Return a finding about one channel's rendition, with the key it stands in."""
    return Problem(code, message, hint, field=field, channel=channel, severity=severity)

"""One post file under examination: its lines, and what was found in them."""

from humaspost.model.problem import Place, Problem, Severity

#: Where a finding about the whole file points.
START = Place(1, 1)
#: More findings of one severity in one file would help nobody.
_MOST = 40


class Page:
    """Problems gather here, each with the line that its caret points into."""

    __slots__ = ("_counts", "file", "lines", "problems")

    def __init__(self, file: str, lines: tuple[str, ...] = ()) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self._counts = dict.fromkeys(Severity, 0)

    def error(
        self, code: str, message: str, *, hint: str, at: Place = START, field: str | None = None
    ) -> None:
        """One more finding that keeps the post from being published."""
        self._add(code, message, hint, at=at, field=field, severity=Severity.ERROR)

    def warning(
        self, code: str, message: str, *, hint: str, at: Place = START, field: str | None = None
    ) -> None:
        """One more finding that does not."""
        self._add(code, message, hint, at=at, field=field, severity=Severity.WARNING)

    def _add(
        self, code: str, message: str, hint: str, *, at: Place, field: str | None, severity: Severity
    ) -> None:
        self._counts[severity] += 1
        if self._counts[severity] > _MOST:
            return
        problem = Problem(
            code, message, hint, self.file, at, field, severity=severity, text=self.line(at.line)
        )
        self.problems.append(problem)

    def line(self, number: int) -> str:
        """The text of line ``number``, counted from 1; nothing beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @property
    def broken(self) -> bool:
        """Whether anything found so far keeps the post from being published."""
        return self._counts[Severity.ERROR] > 0

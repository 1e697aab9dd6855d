"""The check of one post file: its lines, and its problems."""

from humaspost.model.problem import Position, Problem, Severity

#: The position of a problem with the whole file.
FILE_START = Position(1, 1)
#: More problems of one severity in one file would not help a user.
_MAX_PROBLEMS = 40


class FileReport:
    """The problems of a file, each with the line that its caret points into."""

    __slots__ = ("_code_counts", "file", "lines", "problems")

    def __init__(self, file: str, lines: tuple[str, ...] = ()) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []
        self._code_counts = dict.fromkeys(Severity, 0)

    def add_error(
        self, code: str, message: str, *, hint: str, position: Position = FILE_START, field: str | None = None
    ) -> None:
        """Add a problem that prevents the post from being published."""
        self._add_problem(code, message, hint, position=position, field=field, severity=Severity.ERROR)

    def add_warning(
        self, code: str, message: str, *, hint: str, position: Position = FILE_START, field: str | None = None
    ) -> None:
        """Add a problem that does not prevent the post from being published."""
        self._add_problem(code, message, hint, position=position, field=field, severity=Severity.WARNING)

    def _add_problem(
        self, code: str, message: str, hint: str, *, position: Position, field: str | None, severity: Severity
    ) -> None:
        self._code_counts[severity] += 1
        if self._code_counts[severity] > _MAX_PROBLEMS:
            return
        problem = Problem(
            code,
            message,
            hint,
            self.file,
            position,
            field,
            severity=severity,
            text=self.line_text(position.line),
        )
        self.problems.append(problem)

    def line_text(self, number: int) -> str:
        """Return the text of line ``number``, counted from 1; "" beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @property
    def has_errors(self) -> bool:
        """Return True if any problem so far prevents the post from being published."""
        return self._code_counts[Severity.ERROR] > 0

"""The faults of this folder, read from their patch files and put into a tree."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class NotApplicable(Exception):
    """A patch that cannot be put into the tree as it is now."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change: the lines ``old`` of ``file`` become ``new``."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: what a user would suffer, the tests that must fail, and the change itself.

    ``finding`` is the number and the words of the finding whose mending it takes back, if any.
    """

    name: str
    why: str
    red: tuple[str, ...]
    hunks: tuple[Hunk, ...]
    finding: str = ""

    @property
    def number(self) -> str:
        """Return the digits that the file's name begins with."""
        return self.name.partition("-")[0]

    def texts(self, root: Path) -> dict[str, str]:
        """Return the changed text of each file. Raise NotApplicable where the tree has moved on."""
        changed: dict[str, str] = {}
        for hunk in self.hunks:
            text = changed.get(hunk.file)
            if text is None:
                path = root / hunk.file
                if not path.is_file():
                    raise NotApplicable(f"there is no {hunk.file}")
                text = path.read_text("utf-8")
            # More than one place would be a guess, as line numbers change with every edit.
            if (count := text.count(hunk.old)) != 1:
                raise NotApplicable(f"{hunk.file} holds the old lines {count} times")
            changed[hunk.file] = text.replace(hunk.old, hunk.new)
        return changed


def load() -> list[Mutant]:
    """Return every mutant, in the order of the numbers."""
    return [read(path) for path in sorted(HERE.glob("*.patch"))]


def list_findings(mutants: Iterable[Mutant]) -> str:
    """Return a table of the findings whose mending is taken back: finding, patch, test that must fail."""
    rows = [(int(mutant.finding.split()[0]), mutant) for mutant in mutants if mutant.finding]
    lines = ["| finding | patch | test that fails |", "|---|---|---|"]
    for _number, mutant in sorted(rows, key=lambda row: (row[0], row[1].name)):
        lines.append(
            f"| {mutant.finding} | `{mutant.name}` | {', '.join(f'`{node}`' for node in mutant.red)} |"
        )
    return "\n".join(lines) + "\n"


def read(path: Path) -> Mutant:
    """Return the mutant of one patch file. Raise ValueError where the file has another form."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    fields = dict(line.rstrip("\n").split(": ", 1) for line in lines[:3] if ": " in line)
    if set(fields) - {"Finding"} != {"Why", "Red"}:
        raise ValueError(
            f"{path.name}: the first lines are not Why: and Red:, and Finding: where it is one's"
        )
    hunks = tuple(_hunks(path, lines[2:]))
    return Mutant(path.stem, fields["Why"], tuple(fields["Red"].split()), hunks, fields.get("Finding", ""))


def _hunks(path: Path, lines: list[str]) -> list[Hunk]:
    file, hunks, rest = "", [], list(lines)
    while rest:
        line = rest.pop(0)
        if line.startswith("+++ b/"):
            file = line.removeprefix("+++ b/").strip()
        elif match := _HUNK.match(line):
            old, new = _sides(rest, int(match[1] or 1), int(match[2] or 1))
            if old == new or not file:
                raise ValueError(f"{path.name}: a hunk changes nothing")
            hunks.append(Hunk(file, old, new))
    if not hunks:
        raise ValueError(f"{path.name}: there is no hunk")
    return hunks


def _sides(rest: list[str], old_count: int, new_count: int) -> tuple[str, str]:
    """Take one hunk's lines from ``rest`` and return the text before and after it."""
    old, new = [], []
    while rest and (len(old) < old_count or len(new) < new_count):
        line = rest.pop(0)
        mark, text = line[0], line[1:]
        if mark in " \n-":
            old.append(text or "\n")
        if mark in " \n+":
            new.append(text or "\n")
    if (len(old), len(new)) != (old_count, new_count):
        raise ValueError("the numbers of a hunk are not those of its lines")
    return "".join(old), "".join(new)

"""The command: runs the named benchmarks, or all, and writes docs/benchmarks.md for all."""

import platform
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from os import cpu_count, getloadavg
from pathlib import Path

from benchmarks import archive
from benchmarks.cost import check, check_one, check_one_with_ledger, help_, status
from benchmarks.fan_out import fan_out
from benchmarks.punctual import punctual
from benchmarks.result import Result

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
ALL: dict[str, Callable[[Path], Result]] = {
    "help": help_,
    "check-one": check_one,
    "check-one-with-ledger": check_one_with_ledger,
    "status": status,
    "check": check,
    "punctual": punctual,
    "fan-out": fan_out,
    "archive-idle": archive.idle,
    "archive-plan": archive.plan,
    "archive-late": archive.late,
}
_HEAD = """# Benchmarks

Written by `make bench`: each figure is a ratio, or a lateness, measured within one run on one computer,
so that it means the same on yours. A goal that is not met is said so; no test depends on these figures.

"""


def main(names: list[str]) -> int:
    """Return the exit code: 0, or 2 for an unknown name."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(ALL)}", file=sys.stderr)
        return 2
    results = [_measured(name) for name in names or ALL]
    if not names:
        PAGE.write_text(page(results, computer=_computer()), encoding="utf-8")
        print("written to docs/benchmarks.md")
    return 0


def _measured(name: str) -> Result:
    with tempfile.TemporaryDirectory(prefix="humaspost-bench-") as folder:
        result = ALL[name](Path(folder))
    print("  ".join(result.cells()), flush=True)
    return result


def _computer() -> str:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    machine = f"{platform.machine()}, {cpu_count()} processors, load average {getloadavg()[1]:.1f}"
    return f"{day}, Python {platform.python_version()}, {machine}"


def page(results: Iterable[Result], *, computer: str) -> str:
    """Return the text of docs/benchmarks.md."""
    rows = [("what", "measured", "goal", "", "how it came about"), *(result.cells() for result in results)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return _HEAD + "\n".join([lines[0], "|---" * 5 + "|", *lines[1:]]) + f"\n\nMeasured {computer}.\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Format, lint, imports, types and tests: two at a time, cheapest first, stopping at the first failure.

usage: tools/check.py [--lint | --all]    neither = all linters and the quick tests; --all = every test
"""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
#: The folders of tests that need no program, no sandbox and no server of their own.
QUICK = ("unit", "base", "golden", "property", "content", "media", "planning", "policy", "audience", "docs")
#: Every other folder, cheapest first; what is not named here comes last.
ORDER = (*QUICK, "settings", "ledger", "sandbox", "channels", "contract", "delivery", "cli", "browser", "e2e")
OURS = ("src", "tests", "tools", "benchmarks")


@dataclass(frozen=True, slots=True)
class Step:
    """One command; ``shows`` = its last line is worth reading even when all is well."""

    name: str
    command: tuple[str, ...]
    shows: bool = False


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """A program of the same .venv."""
    return (str(BIN / name), *arguments)


def present(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those folders of tests/ that exist."""
    return tuple(f"tests/{name}" for name in names if (ROOT / "tests" / name).is_dir())


def every() -> tuple[str, ...]:
    """All of tests/, in ORDER; files and folders that it does not name come last."""
    known = present(ORDER)
    rest = sorted(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if holds_tests(path))
    return (*known, *(path for path in rest if path not in known))


def holds_tests(path: Path) -> bool:
    """Whether pytest would find a test there."""
    return path.name.startswith("test_") or (path.is_dir() and any(path.rglob("test_*.py")))


def pytest(*arguments: str) -> Step:
    """The tests, stopping at the first failure."""
    return Step("tests", (sys.executable, "-m", "pytest", "-q", "-x", *arguments), shows=True)


def lint_lane() -> list[Step]:
    """The cheap ones."""
    here = [folder for folder in OURS if (ROOT / folder).is_dir()]
    return [
        Step("format", tool("ruff", "format", "--check", "--quiet", *here)),
        Step("lint", tool("ruff", "check", "--quiet", *here)),
        Step("imports", tool("lint-imports")),
        Step("unused", tool("vulture")),
    ]


def types_lane() -> list[Step]:
    """The slow one."""
    return [Step("types", tool("mypy"))]


def run(step: Step) -> bool:
    """Whether the step succeeded; its output is shown if it did not."""
    began = time.monotonic()
    done = subprocess.run(step.command, cwd=ROOT, capture_output=True, text=True, check=False)
    output = (done.stdout + done.stderr).strip()
    print(f"{step.name:<8} {'ok' if done.returncode == 0 else 'FAILED':<7} {time.monotonic() - began:5.1f} s")
    if done.returncode:
        print(output)
    elif step.shows:
        print(output.splitlines()[-1])
    sys.stdout.flush()
    return done.returncode == 0


def run_lane(lane: list[Step], failed: threading.Event) -> None:
    """Every step of the lane ran, up to the first failure of any lane."""
    for step in lane:
        if failed.is_set():
            return
        if not run(step):
            failed.set()


def together(*lanes: list[Step]) -> int:
    """0 if every lane succeeded; lanes run side by side."""
    failed = threading.Event()
    threads = [threading.Thread(target=run_lane, args=(lane, failed)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1 if failed.is_set() else 0


def main(arguments: list[str]) -> int:
    """The exit code: 0 if everything asked for succeeded."""
    if arguments == ["--lint"]:
        return together(lint_lane(), types_lane())
    if arguments == ["--all"]:
        return subprocess.run(pytest(*every()).command, cwd=ROOT, check=False).returncode
    quick = pytest("-m", "not slow", *present(QUICK))
    return together(lint_lane() + types_lane(), [quick])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Format, lint, imports, unused code, types and tests: two at a time, up to a failure.

usage: tools/check.py [--lint | --test | --full]
  nothing  all linters and the quick tests
  --lint   all linters
  --test   every test that needs Python alone, at its small size
  --full   every test at its full size, including those that need system packages
"""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
#: Folders of tests that start no program, no sandbox and no server.
QUICK = ("base", "model", "views", "golden", "property", "content", "planning", "policy", "audience", "docs")
#: Most tests wait for processes and servers.
WORKERS = 2 * (os.cpu_count() or 1) + 1
OURS = ("src", "tests", "tools", "benchmarks")


@dataclass(frozen=True, slots=True)
class Step:
    """A command; ``shows`` means that its last line is printed even on success."""

    name: str
    command: tuple[str, ...]
    shows: bool = False


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command of a program in the same .venv."""
    return (str(BIN / name), *arguments)


def present(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders of tests/ that exist."""
    return tuple(f"tests/{name}" for name in names if (ROOT / "tests" / name).is_dir())


def pytest(*arguments: str) -> Step:
    """Return the step that runs the tests up to the first failure."""
    return Step("tests", (sys.executable, "-m", "pytest", "-q", "-x", *arguments), shows=True)


def lint_steps() -> list[Step]:
    """Return the fast checks."""
    here = [folder for folder in OURS if (ROOT / folder).is_dir()]
    return [
        Step("format", tool("ruff", "format", "--check", "--quiet", *here)),
        Step("lint", tool("ruff", "check", "--quiet", *here)),
        Step("imports", tool("lint-imports")),
        Step("unused", tool("vulture")),
    ]


def type_steps() -> list[Step]:
    """Return the slow check."""
    return [Step("types", tool("mypy"))]


def run(step: Step) -> bool:
    """Run the step, print its output if it fails, and return True on success."""
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


def run_steps(steps: list[Step], failed: threading.Event) -> None:
    """Run the steps until one of any group fails."""
    for step in steps:
        if failed.is_set():
            return
        if not run(step):
            failed.set()


def together(*groups: list[Step]) -> int:
    """Run the groups at the same time and return 0 if all succeed."""
    failed = threading.Event()
    threads = [threading.Thread(target=run_steps, args=(group, failed)) for group in groups]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1 if failed.is_set() else 0


def test(*, full: bool) -> int:
    """Run the tests, print the time and the slowest tests, and return pytest's exit code."""
    began = time.monotonic()
    command = pytest("-n", str(WORKERS), "--dist", "loadgroup", "--durations=20", "tests").command
    size = {"HUMASPOST_FULL": "1"} if full else {}
    code = subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, **size}).returncode
    print(f"tests    {'ok' if code == 0 else 'FAILED':<7} {(time.monotonic() - began) / 60:5.1f} minutes")
    return code


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 if every requested check succeeds."""
    if arguments == ["--lint"]:
        return together(lint_steps(), type_steps())
    if arguments in (["--test"], ["--full"]):
        return test(full=arguments == ["--full"])
    quick = pytest("-m", "not slow", *present(QUICK))
    return together(lint_steps() + type_steps(), [quick])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

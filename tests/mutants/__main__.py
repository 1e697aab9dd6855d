"""Put each fault into a copy of the tree and run the tests that must see it.

usage: python -m tests.mutants [NN ...]    NN = numbers of faults; none = all
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.copied import Copy
from tests.mutants.patches import Mutant, NotApplicable, load


def print_line(line: str) -> None:
    """Print one line at once, also where the output goes to a file."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def judge(copy: Copy, mutant: Mutant) -> str:
    """Return what became of the mutant: ``killed``, or why it was not."""
    try:
        with copy.changed(mutant):
            done = copy.pytest(mutant.red)
    except NotApplicable as error:
        return f"BROKEN (patch does not apply: {error})"
    except subprocess.TimeoutExpired:
        return "BROKEN (the tests did not end)"
    if done.returncode == 0:
        return "SURVIVED"
    # A test that cannot be collected or set up proves nothing about the fault.
    if done.returncode != 1 or "\nFAILED " not in done.stdout:
        return f"BROKEN (no test failed)\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return "killed"


def main(numbers: list[str]) -> int:
    """Return the exit code: 0 if every mutant was killed."""
    mutants = [mutant for mutant in load() if not numbers or mutant.number in numbers]
    if not mutants:
        print_line(f"mutants: there is none of these: {' '.join(numbers)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder).resolve())
        clean = copy.pytest(sorted({node for mutant in mutants for node in mutant.red}))
        if clean.returncode:
            print_line(
                f"mutants: the tests fail without any fault\n{clean.stdout[-4000:]}{clean.stderr[-2000:]}"
            )
            return 1
        killed = 0
        for mutant in mutants:
            started = time.monotonic()
            verdict = judge(copy, mutant)
            killed += verdict == "killed"
            print_line(f"{mutant.name:<40} {time.monotonic() - started:5.1f} s  {verdict}")
    print_line(f"{killed} of {len(mutants)} killed")
    return 0 if killed == len(mutants) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

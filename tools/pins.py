"""The generator of ``requirements/*.txt``: all pins with hashes, without registry addresses.

The pins are for all systems.
usage: tools/pins.py [--upgrade]     without it, a pin that still satisfies stays unchanged
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = ("--quiet", "--no-header", "--generate-hashes", "--strip-extras", "--allow-unsafe")
#: Each file, its source, and the files whose pins it reuses: all three go into one .venv.
FILES = (
    ("run", "pyproject.toml", ()),
    ("build", "requirements/build.in", ("run",)),
    ("test", "requirements/test.in", ("run", "build")),
)


def pin(name: str, source: str, keeps_to: tuple[str, ...], more: list[str]) -> None:
    """Write ``requirements/NAME.txt``."""
    kept = [word for other in keeps_to for word in ("-c", f"requirements/{other}.txt")]
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *kept, *more]
    target = ROOT / "requirements" / f"{name}.txt"
    subprocess.run([*command, "-o", str(target.relative_to(ROOT)), source], cwd=ROOT, check=True)
    target.write_text(without_addresses(target.read_text("utf-8")), "utf-8")


def without_addresses(pins: str) -> str:
    """Return the pins without the options that show this computer's package index."""
    return "".join(line for line in pins.splitlines(keepends=True) if not line.startswith("--")).lstrip()


def main() -> None:
    """Write all three files, in the order in which they depend on each other."""
    for name, source, keeps_to in FILES:
        pin(name, source, keeps_to, sys.argv[1:])


if __name__ == "__main__":
    main()

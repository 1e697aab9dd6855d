"""A copy of the tree with a Python of its own, so that every process a test starts imports the copy."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.patches import ROOT, Mutant

_IGNORED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
#: Seconds; a fault that hangs the tests is reported, never waited for.
_LONGEST = 600


class Copy:
    """The tree in ``folder``; faults are put into it and taken back."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        shutil.copytree(ROOT, self.root, ignore=_IGNORED)
        self._python = _own_python(folder / "venv", self.root)
        self._stamp = 1_000_000_000
        where = self._run("-c", "import humaspost; print(humaspost.__file__)").stdout.strip()
        if not Path(where).is_relative_to(self.root):
            raise SystemExit(f"mutants: the tests would import {where}, not the copy in {self.root}")

    @contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Put the fault in and take it back. Raise NotApplicable where it cannot be put in."""
        texts = mutant.texts(self.root)
        try:
            for file, text in texts.items():
                path = self.root / file
                path.write_text(text, "utf-8")
                # Python takes bytecode of the same second and size for this source: give each a time of its own.
                self._stamp += 1
                os.utime(path, (self._stamp, self._stamp))
            yield
        finally:
            for file in texts:
                shutil.copy2(ROOT / file, self.root / file)

    def pytest(self, node_ids: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """Run these tests in the copy, up to the first that fails."""
        return self._run("-m", "pytest", "-q", "-x", "--no-header", "--tb=short", *node_ids)

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self._python), *arguments]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST,
            check=False,
        )


def _own_python(folder: Path, root: Path) -> Path:
    """Make an environment whose path is the copy's source first, and then the packages of this one.

    The packages come as a plain folder, so the .pth file in it that points to our own source is not read.
    """
    venv.create(folder, symlinks=os.name != "nt")
    scripts = "Scripts" if os.name == "nt" else "bin"
    base = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=base))
    parents = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (packages / "copy.pth").write_text("\n".join([str(root / "src"), *parents]) + "\n", "utf-8")
    return folder / scripts / Path(sys.executable).name

"""Kills at the k-th write or sync of the ledger, by strace, for every k until none fires."""

import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.crash.sandbox_office import Office
from tests.support.deadlines import SECOND
from tests.support.reference_data import absent

#: What SQLite writes its log with, and what makes it durable.
SYSTEM_CALLS = ("pwrite64", "fdatasync")


@dataclass
class SyscallKillRunner:
    """One office whose program dies at its writes; each life has a post of its own to send."""

    office: Office
    account: str
    kills: int = 0
    _number: int = field(default=0)

    def run(self, call: str, *, stride: int, begin: int = 1) -> int:
        """It was killed at its ``begin``-th call, and so on by ``stride`` until it lived; the last that fired."""
        last = 0
        for k in self._steps(begin, stride):
            if not self._dies(call, k):
                return last
            last = k
        return last

    @staticmethod
    def _steps(begin: int, stride: int) -> Iterator[int]:
        yield from range(begin, 10_000, stride)

    def _dies(self, call: str, k: int) -> bool:
        """A life with a new post ends at its ``k``-th such call (counted in each thread); then one in peace."""
        self._number += 1
        pictures = int(self.account == "instagram")
        name = f"{self.account[:2]}{call[:4]}-{self._number:04}"
        self.office.write(name, self.account, pictures=pictures)
        life = self.office.start("run", gated=True)
        with injected(life.pid, call, f"signal=KILL:when={k}") as strace:
            life.resume()
            code = life.wait(60 * SECOND)
            strace.wait(timeout=10 * SECOND)
        died = code == -signal.SIGKILL
        self.kills += died
        self.office.call("run")
        return died


def injected(pid: int, call: str, what: str) -> "subprocess.Popen[bytes]":
    """strace holds the process and does this to its calls, until it is ended: then the process lives on."""
    program = shutil.which("strace")
    if program is None:
        absent("strace is absent (apt-get install strace)")
    wanted = ("-e", f"trace={call}", "-e", f"inject={call}:{what}")
    strace = subprocess.Popen(
        (program or "strace", "-f", "-p", str(pid), *wanted),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert strace.stderr
    said = strace.stderr.readline()
    if b"attached" not in said:
        strace.kill()
        absent(f"strace cannot attach: {said.decode(errors='replace').strip()}")
    threading.Thread(target=strace.stderr.read, daemon=True).start()
    return strace

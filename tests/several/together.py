"""``python -m tests.several.together OFFICE COUNT ROUNDS``: schedulers started at one moment, again and again.

A warm process forks them, so that they really meet: an import of half a second would spread them out.
For each round one JSON line: each process's exit code, and its seconds; the owner is asked to stop last.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import humaspost.app.scan
import humaspost.channels.registry
import humaspost.cli.root
import humaspost.cli.schedule
import humaspost.delivery.daemon
import humaspost.views.schedule
from humaspost.cli import main

humaspost.channels.registry.channels()
#: For a machine that does other things as well; what is promised is asserted by who reads the times.
PATIENCE = 60.0


def round_(office: Path, count: int) -> list[tuple[int, float]]:
    """How each ended, the owner last."""
    reader, writer = os.pipe()
    children = [fork(office, reader, writer) for _ in range(count)]
    os.close(reader)
    began = time.monotonic()
    os.close(writer)  # that starts them
    ended = []
    while len(children) > 1 and time.monotonic() - began < PATIENCE:
        for child in list(children):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                children.remove(child)
                ended.append((os.waitstatus_to_exitcode(status), time.monotonic() - began))
        time.sleep(0.002)
    # The owner may not be listening yet: a signal before its handler would just end it.
    until_it_sends(office, children[0])
    for child in children:
        os.kill(child, signal.SIGTERM)
        _pid, status = os.waitpid(child, 0)
        ended.append((os.waitstatus_to_exitcode(status), time.monotonic() - began))
    return ended


def until_it_sends(office: Path, pid: int) -> None:
    """The process said its first word, which is after its handlers are in place."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not (office / f"said-{pid}").read_bytes():
        time.sleep(0.005)


def fork(office: Path, reader: int, writer: int) -> int:
    """A child that becomes ``humaspost schedule`` as soon as the pipe is closed."""
    child = os.fork()
    if child:
        # The parent may ask for the file before the child opened it.
        (office / f"said-{child}").touch()
        return child
    os.close(writer)
    os.chdir(office)
    said = os.open(office / f"said-{os.getpid()}", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, said), (2, said)):
        os.dup2(file, number)
    os.read(reader, 1)
    sys.argv = ["humaspost", "schedule"]
    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    os._exit(0)


if __name__ == "__main__":
    where, how_many, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for _ in range(rounds):
        print(json.dumps(round_(where, how_many)), flush=True)  # noqa: T201  # that is its one purpose

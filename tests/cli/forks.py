"""The warm process behind ``Forks``: reads orders, forks, runs ``main()``, answers with what it said."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import humaspost.app.scan
import humaspost.channels.registry
import humaspost.cli.check
import humaspost.cli.root
import humaspost.views.explain
from humaspost.cli import main

humaspost.channels.registry.channels()


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """How the program ended and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        child = os.fork()
        if child == 0:
            become(order, out, err)
        _pid, status = os.waitpid(child, 0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read_text(), "err": err.read_text()}


def become(order: dict[str, Any], out: Path, err: Path) -> None:
    """This process is the program, and ends as it ends."""
    os.chdir(order["cwd"])
    for number, path in ((0, Path(os.devnull)), (1, out), (2, err)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    os.environ.update(order["environ"])
    sys.argv = ["humaspost", *order["args"]]
    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    os._exit(0)


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()

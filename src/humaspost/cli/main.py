"""The entry point: run one command and end the process with an exit code."""

import gc
import os
import sys
from typing import NoReturn

#: New objects between two searches for cycles.
_OBJECTS_PER_SEARCH = 50_000


def main() -> NoReturn:
    """Run the command and end the process with an ``ExitCode``, never with a trace."""
    from humaspost.cli.language import from_environment

    # Imports make many objects and hardly a cycle; at Python's threshold the search takes a twentieth of a command.
    gc.set_threshold(_OBJECTS_PER_SEARCH)
    _replace_closed_streams()
    # Must come before other imports of humaspost: help texts are translated at import.
    from_environment()
    from humaspost.cli.errors import run_guarded
    from humaspost.cli.root import root
    from humaspost.cli.terminal import is_detached

    code = int(run_guarded(root))
    if is_detached():
        os._exit(code)  # a thread holds standard output, and the interpreter would wait for it
    _close_stdout()
    # The interpreter searches for cycles once more at its end: half a second for a plan of 20,000 posts.
    gc.freeze()
    sys.exit(code)


def _replace_closed_streams() -> None:
    # After `>&-` Python has no stream, and the next file that is opened would get its number.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8")
            setattr(sys, name, stream)


def _close_stdout() -> None:
    # A reader that closed its end (`| head`) must not make the interpreter report an error.
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

"""The end of the process."""

import subprocess
import sys

from tests.support.program import ENVIRONMENT

_COUNT_AT_THE_END = """
import atexit, gc
from humaspost.cli.main import main
atexit.register(lambda: print("frozen:", gc.get_freeze_count() > 10_000))
main()
"""


def test_the_last_search_for_cycles_skips_what_the_command_made() -> None:
    command = [sys.executable, "-c", _COUNT_AT_THE_END, "--version"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "frozen: True"

"""A shell that closed a standard stream (``>&-``): the command does its work, and nothing is shown as our mistake."""

import subprocess
from pathlib import Path

import pytest

from tests.support.program import COMMAND, ENVIRONMENT

pytestmark = pytest.mark.slow

#: What a shell writes after a command, and how these commands end there.
CASES = (
    (("explain", "late"), ">&-", 0),
    (("check", "--json"), ">&-", 78),
    (("explain", "late"), "2>&-", 0),
    (("bogus",), ">&- 2>&-", 2),
    (("restore",), "<&-", 78),
)


@pytest.mark.parametrize(("command", "closed", "code"), CASES, ids=lambda value: str(value))
def test_a_closed_stream_is_no_mistake(
    tmp_path: Path, command: tuple[str, ...], closed: str, code: int
) -> None:
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, *command]
    completed = subprocess.run(
        shell, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert completed.returncode == code, completed.stderr
    assert "Traceback" not in completed.stderr
    assert "mistake in humaspost" not in completed.stderr

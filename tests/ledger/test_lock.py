"""The lock of the ledger: many use it, one has it alone, and a dead process holds nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from humaspost.ledger import lock
from humaspost.ledger.lock import LedgerInUseError, acquire_exclusive, acquire_shared, list_users

_HOLDER = """
import sys
from pathlib import Path
from humaspost.ledger import lock
with getattr(lock, sys.argv[1])(Path(sys.argv[2]), sys.argv[3]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(state: Path, command: str, *, how: str = "acquire_shared") -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock until the end of the context."""
    arguments = [sys.executable, "-c", _HOLDER, how, str(state), command]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT", 0.1)


@pytest.mark.usefixtures("at_once")
def test_who_uses_it_is_named_to_who_wants_it_alone(tmp_path: Path) -> None:
    with holder(tmp_path, "serve") as serve:
        with acquire_shared(tmp_path, "schedule"):
            assert [(user.command, user.pid) for user in list_users(tmp_path)] == [("serve", serve.pid)]
        with (
            pytest.raises(LedgerInUseError, match=f"`humaspost serve`, pid {serve.pid}"),
            acquire_exclusive(tmp_path, "restore"),
        ):
            pytest.fail("it is in use")
        assert [user.command for user in list_users(tmp_path)] == ["serve"]


@pytest.mark.usefixtures("at_once")
def test_nobody_comes_in_while_one_has_it_alone(tmp_path: Path) -> None:
    with holder(tmp_path, "restore", how="acquire_exclusive"):
        for acquire in (acquire_shared, acquire_exclusive):
            with pytest.raises(LedgerInUseError, match="humaspost restore"), acquire(tmp_path, "serve"):
                pytest.fail("another has it alone")


def test_a_user_may_have_it_alone_too_and_again(tmp_path: Path) -> None:
    with (
        acquire_shared(tmp_path, "run"),
        acquire_exclusive(tmp_path, "migration"),
        acquire_exclusive(tmp_path, "migration"),
    ):
        pass
    with acquire_exclusive(tmp_path, "restore"):
        pass
    assert list((tmp_path / lock.FOLDER).iterdir()) == []


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path, "serve") as serve:
        os.kill(serve.pid, signal.SIGKILL)
        serve.wait()
        assert len(list((tmp_path / lock.FOLDER).iterdir())) == 1
        assert list_users(tmp_path) == []
        with acquire_exclusive(tmp_path, "restore"):
            assert len(list((tmp_path / lock.FOLDER).iterdir())) == 1, "what the dead one left is gone"


def test_what_is_no_users_file_is_left(tmp_path: Path) -> None:
    (tmp_path / lock.FOLDER).mkdir()
    (tmp_path / lock.FOLDER / "note.lock").touch()
    with acquire_exclusive(tmp_path, "restore"):
        pass
    assert [path.name for path in (tmp_path / lock.FOLDER).iterdir()] == ["note.lock"]

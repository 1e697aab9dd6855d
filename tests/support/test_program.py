"""A program in a fork cannot be told from one in a new interpreter: how it ends, what it prints, what it finds."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.deadlines import SECOND
from tests.support.forks import ForkServer
from tests.support.program import ENVIRONMENT, Process, run, run_in_new_interpreter, start

#: Last lines of a program that has printed "out" without flushing it.
ENDINGS = {
    "returns": "",
    "code": "sys.exit(3)",
    "large code": "sys.exit(259)",
    "none": "sys.exit(None)",
    "words": "sys.exit('words')",
    "atexit": "import atexit; atexit.register(print, 'last'); sys.exit(4)",
    "thread": "import threading, time; threading.Timer(0.1, print, ('late',)).start()",
    "os._exit": "sys.stdout.flush(); os._exit(9)",
    "SIGKILL": "sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "SIGPIPE": "r, w = os.pipe(); os.close(r); os.write(w, b'a')",
    "stdout is closed": "os.close(1)",
}
#: What a program may find of its surroundings.
FINDS = """
print(sorted(os.environ.items()))
print(os.getcwd(), sys.path[0], sys.argv, __name__, sys.modules['__main__'].__file__)
print(os.getsid(0) == os.getpgid(0) == os.getpid(), [name for name in os.listdir('/proc/self/fd') if int(name) > 3])
for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.encoding, stream.errors, stream.line_buffering, stream.isatty(), stream.fileno())
print([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)])
print('guarded', getattr(sys, '_humaspost_loopback', False))
print(sys.stdin.read())
"""


def write(folder: Path, text: str) -> None:
    head = "import os, signal, sys\n"
    (folder / "probe.py").write_text(head + text + "\n", "utf-8")


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_it_ends_as_a_new_interpreter_ends(tmp_path: Path, ending: str) -> None:
    write(tmp_path, f"print('out')\n{ending}")
    fresh = run_in_new_interpreter(cwd=tmp_path, module="probe")
    fork = run(cwd=tmp_path, module="probe")
    assert (fork.code, fork.out) == (fresh.code, fresh.out)
    assert fork.err.splitlines()[-1:] == fresh.err.splitlines()[-1:]


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "ValueError('wrong')"])
def test_an_exception_ends_it_as_it_ends_a_new_interpreter(tmp_path: Path, error: str) -> None:
    write(tmp_path, f"print('out')\nraise {error}")
    fresh = run_in_new_interpreter(cwd=tmp_path, module="probe")
    fork = run(cwd=tmp_path, module="probe")
    assert (fork.code, fork.out) == (fresh.code, fresh.out)
    assert fork.code == (-signal.SIGINT if error == "KeyboardInterrupt" else 1)
    # The trace differs above: the loader's own lines.
    assert fork.err.splitlines()[-2:] == fresh.err.splitlines()[-2:]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc to find the open files in")
def test_it_finds_what_a_new_interpreter_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMASPOST_INHERITED", "no")
    write(tmp_path, FINDS)
    given: dict[str, Any] = {"stdin": "satu\n", "module": "probe", "ASKED": "yes", "TMPDIR": str(tmp_path)}
    fresh = run_in_new_interpreter("a", "--b", cwd=tmp_path, **given)
    assert "satu" in fresh.out
    assert "('ASKED', 'yes')" in fresh.out
    assert "HUMASPOST_INHERITED" not in fresh.out
    assert "guarded True" in fresh.out
    assert run("a", "--b", cwd=tmp_path, **given) == fresh


def test_what_only_a_new_interpreter_obeys_is_refused(tmp_path: Path) -> None:
    for name in ("PYTHONPATH", "LANG", "LC_ALL", "LD_PRELOAD", "HUMASPOST_LANGUAGE"):
        environ: dict[str, Any] = {name: "other"}
        with pytest.raises(ValueError, match=name):
            run("--version", cwd=tmp_path, **environ)


def test_a_program_that_does_not_end_is_killed_and_reports_where_it_was(tmp_path: Path) -> None:
    write(tmp_path, "print('out', flush=True)\ndef waits():\n    signal.pause()\nwaits()")
    with pytest.raises(AssertionError, match="did not end") as failed:
        run(cwd=tmp_path, module="probe", within=1 * SECOND)
    assert "out" in str(failed.value)
    assert "in waits" in str(failed.value)


def test_one_in_the_background_is_read_line_by_line_and_obeys_signals(tmp_path: Path) -> None:
    write(tmp_path, "print('one', flush=True)\nprint('two', file=sys.stderr)\nwhile True: signal.pause()")
    process = Process(cwd=tmp_path, module="probe")
    assert process.line() == "one"
    assert process.error() == "two"
    assert process.poll() is None
    assert process.end(signal.SIGINT, within=30 * SECOND) == -signal.SIGINT
    assert process.end() == -signal.SIGINT
    with pytest.raises(AssertionError, match="it ended with -2"):
        process.line(lambda line: "three" in line)


def test_those_at_a_gate_start_when_it_opens(tmp_path: Path) -> None:
    write(tmp_path, "open(sys.argv[1], 'w').close()")
    reader, writer = os.pipe()
    names = ["a", "b"]
    processes = [start(name, cwd=tmp_path, module="probe", gate=reader) for name in names]
    os.close(reader)
    # A program without a gate is over before they are let through.
    assert run("c", cwd=tmp_path, module="probe").code == 0
    assert [process.poll() for process in processes] == [None, None]
    assert not any((tmp_path / name).exists() for name in names)
    os.close(writer)
    assert [process.wait(30 * SECOND) for process in processes] == [0, 0]
    assert all((tmp_path / name).exists() for name in names)


def test_the_end_of_the_server_ends_its_programs(tmp_path: Path) -> None:
    write(tmp_path, "print(os.getpid(), flush=True)\nwhile True: signal.pause()")
    server = ForkServer(ENVIRONMENT)
    process = Process(cwd=tmp_path, module="probe", server=server)
    process.line()
    os.kill(process.pid, 0)
    server.close()
    # Reading ends when nobody holds the other end of the pipe any more; nobody knows how the program ended.
    with pytest.raises(RuntimeError, match="fork server has ended"):
        process.line(lambda line: "more" in line)

"""The command line itself: help, mistakes on it, exit codes, quiet, pipes."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from humaspost.cli.exit_codes import ExitCode, most_urgent
from humaspost.cli.registry import ENTRIES
from tests.support.deadlines import SECOND
from tests.support.program import COMMAND, ENVIRONMENT, expect, run, run_in_new_interpreter, start

HELP = Path(__file__).with_name("help.golden")


def test_help_is_one_screen_of_grouped_verbs(tmp_path: Path) -> None:
    for args in ((), ("--help",)):
        # Which language it has is chosen, and what it imports is counted, when the program starts.
        assert expect(run_in_new_interpreter(*args, cwd=tmp_path)).out == HELP.read_text("utf-8")


def test_help_names_only_commands_that_run(tmp_path: Path) -> None:
    for name in ENTRIES:
        shown = expect(run(name, "--help", cwd=tmp_path)).out
        assert shown.startswith(f"Usage: humaspost {name} ")
        assert max(len(line) for line in shown.splitlines()) <= 80
        assert "--config FILE" in shown or "COMMAND" in shown


def test_help_costs_little_more_than_python(tmp_path: Path) -> None:
    """Eleven times a bare start is promised; a lazy import that is gone costs far more."""

    environ = ENVIRONMENT | {"PYTHONPATH": ""}  # the guard of the tests would make the bare start dearer

    def cpu(*args: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(5):
            subprocess.run(args, cwd=tmp_path, env=environ, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = cpu(sys.executable, "-c", "pass")
    assert cpu(*COMMAND, "--help") <= 11 * bare


def test_version(tmp_path: Path) -> None:
    from humaspost import __version__

    assert expect(run("--version", cwd=tmp_path)).out == f"humaspost {__version__}\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("chek",), "did you mean 'check'?"),
        (("check", "--jso"), "--json"),
        (("log", "--limit", "0"), "--limit"),
        (("schedule", "posts/a.md"), "humaspost publish posts/a.md"),
        (("explain", "to-long"), "too-long"),
        (("pause",), "--reason"),
        (("account", "chek"), "chek"),
    ],
)
def test_a_mistake_on_the_command_line_is_2_and_states_what_would_be_right(
    args: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    ran = expect(run(*args, cwd=tmp_path), 2)
    assert ran.out == ""
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_no_office_here_is_78_and_names_init(tmp_path: Path) -> None:
    for command in ("check", "plan", "status", "run", "doctor"):
        ran = expect(run(command, cwd=tmp_path), 78)
        assert "humaspost init" in ran.err
        assert ran.out == ""


def test_an_internal_error_is_70_in_one_line_and_the_trace_is_optional(tmp_path: Path) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import humaspost.views.states as explain\n"
        "def codes():\n    raise KeyError('Bearer canary-canary-canary')\n"
        "explain.all_codes = codes\n"
    )
    environ = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"}
    ran = expect(run_in_new_interpreter("explain", cwd=tmp_path, **environ), 70)
    assert "a mistake in humaspost, not yours: KeyError at " in ran.err
    assert "Traceback" not in ran.err
    traced = expect(run_in_new_interpreter("explain", "-vvv", cwd=tmp_path, **environ), 70)
    assert "Traceback" in traced.err
    assert "canary" not in traced.err


def test_a_reader_that_closes_the_pipe_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    errors = tmp_path / "errors"
    with errors.open("wb") as stderr:
        # How a new interpreter ends, that cannot flush what it printed, is the point.
        process = start("explain", cwd=tmp_path, stdout=write, stderr=stderr, server=None)
        os.close(write)
        assert process.wait(60 * SECOND) == 0
    assert errors.read_text() == ""


def test_a_console_that_is_not_utf_8_gets_plain_signs(tmp_path: Path) -> None:
    environ = {"PYTHONIOENCODING": "ascii", "LANG": "C", "PYTHONUTF8": "0"}
    (tmp_path / "config.toml").write_text('zona = "Asia – Jakarta"\n', "utf-8")
    ran = expect(run_in_new_interpreter("check", cwd=tmp_path, **environ), 78)
    assert 'zona = "Asia - Jakarta"' in ran.err


def test_escapes_in_a_file_never_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '# x\nzona = "a"  # \x1b[31m merah \u202e\n'.replace("\x1b", ""), "utf-8"
    )
    (tmp_path / "posts").mkdir()
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "posts" / "a.md").write_text("---\nid: a\n\x1b[31mtitle: \u202e\n---\n", "utf-8")
    ran = expect(run("check", cwd=tmp_path), 3)
    assert "\x1b" not in ran.out + ran.err
    assert "\u202e" not in ran.out + ran.err
    assert "\\x1b" in ran.out


def test_the_worst_of_several_is_reported() -> None:
    assert (
        most_urgent([ExitCode.RETRY_LATER, ExitCode.FAILED, ExitCode.NEEDS_PERSON]) is ExitCode.NEEDS_PERSON
    )
    assert most_urgent([ExitCode.PROBLEMS, ExitCode.RETRY_LATER]) is ExitCode.PROBLEMS
    assert most_urgent([ExitCode.IO, ExitCode.CONFIG]) is ExitCode.CONFIG
    assert most_urgent([]) is ExitCode.OK


def test_exit_codes_are_never_renumbered() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "PROBLEMS": 3,
        "LOGIN": 4,
        "NEEDS_PERSON": 5,
        "BUG": 70,
        "IO": 74,
        "RETRY_LATER": 75,
        "CONFIG": 78,
        "INTERRUPTED": 130,
    }

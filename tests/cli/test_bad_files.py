"""Every bad file, as the person who made the mistake sees it: the real program against golden text.

``tests/cli/bad/<code>[.<variant>]``: ``.md`` is a post, ``.toml`` a config.toml, ``.csv`` an audience, a folder
several of them. After a deliberate change: ``python -m tests.cli.test_bad_files``, and read the diff.
"""

import re
import tempfile
from pathlib import Path

import pytest

from humaspost.views.states import all_codes
from tests.cli.bad_files import BAD, clear, put, stage
from tests.support.program import Completed, run
from tests.support.reference_data import ROOT

CASES = [path for path in sorted(BAD.iterdir()) if path.suffix != ".golden" and path.name != "media"]

#: Codes that no file can show, and where they are tested instead.
TESTED_IN = {
    "config-missing": "tests/settings/test_find.py",
    "config-path": "tests/settings/test_load.py",
    "credentials-empty": "tests/settings/test_load.py",
    "config-unreadable": "tests/settings/test_load.py",
    "credentials-open": "tests/settings/test_vault.py",
    "credentials-syntax": "tests/settings/test_vault.py",
    "secret-unreadable": "tests/settings/test_vault.py",
    "media-changed": "tests/channels/x/test_session.py",
    "media-host-bytes": "tests/media/hosting/test_host.py",
    "media-host-folder": "tests/media/hosting/test_host.py",
    "media-host-missing": "tests/media/hosting/test_host.py",
    "media-host-redirect": "tests/media/hosting/test_host.py",
    "media-host-refused": "tests/media/hosting/test_host.py",
    "media-host-type": "tests/media/hosting/test_host.py",
    "media-host-unreachable": "tests/media/hosting/test_host.py",
    "media-bit-rate": "tests/planning/test_video_checks.py",
    "media-index": "tests/planning/test_video_checks.py",
    "media-hidden": "tests/planning/test_video_checks.py",
    "media-not-converted": "tests/media/video/test_plan.py",
    "media-not-converted-in-time": "tests/media/video/test_pool.py",
    "file-name": "tests/content/test_folder.py",
    "unreadable-file": "tests/content/test_folder.py",
    "post-outside-project": "tests/content/test_folder.py",
    "posts-folder-missing": "tests/content/test_folder.py",
    "audience-missing-file": "tests/audience/csv/test_reader.py",
    "audience-unreadable-file": "tests/audience/csv/test_reader.py",
    "list-empty": "tests/cli/test_lists.py",
    "list-missing": "tests/cli/test_lists.py",
    "list-rows": "tests/cli/test_lists.py",
    "list-shrunk": "tests/cli/test_lists.py",
    "list-unreadable": "tests/cli/test_lists.py",
    "audience-too-large": "tests/audience/csv/test_size_limit.py",
    "already-published": "tests/cli/test_post_identity.py",
    "login-expires": "tests/planning/test_login_expiry.py",
    "posts-vanished": "tests/cli/commands/test_schedule.py",
}


def code_of(case: Path) -> str:
    """The code that a case is named by."""
    return case.name.split(".")[0]


def golden_of(case: Path) -> Path:
    """Where it is written what the program says."""
    return case.with_name(f"{case.name.removesuffix('.md')}.golden")


def output_of(case: Path, office: Path) -> str:
    """What the program says of the case, on both streams, and how it ends."""
    clear(office)
    put(case, office)
    command = ("audience", "import", "masyarakat", "--yes") if case.suffix == ".csv" else ("check",)
    ran = run(*command, cwd=office)
    return f"$ humaspost {' '.join(command)}\n{_streams(ran)}$ echo $?\n{ran.code}\n"


def _streams(ran: Completed) -> str:
    return ran.out + ran.err


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stage(tmp_path_factory.mktemp("bad") / "office")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_file_is_printed_as_written_down(case: Path, office: Path) -> None:
    text = output_of(case, office)
    assert f"[{code_of(case)}]" in text
    assert text == golden_of(case).read_text("utf-8")


def test_every_code_has_a_case_or_a_test_elsewhere() -> None:
    shown = {code_of(case) for case in CASES}
    assert shown | set(TESTED_IN) == set(all_codes())
    assert not shown & set(TESTED_IN)
    for code, test in TESTED_IN.items():
        assert code in (ROOT / test).read_text("utf-8"), f"{test} does not speak of {code}"


def test_every_code_in_the_source_is_explained() -> None:
    used = set()
    for path in (ROOT / "src" / "humaspost").rglob("*.py"):
        text = path.read_text("utf-8")
        used |= set(re.findall(r"\bProblem\(\s*\"([a-z][a-z0-9-]+)\"", text))
    for golden in BAD.glob("*.golden"):
        used |= set(re.findall(r"(?:error|warning)\[([a-z0-9-]+)\]", golden.read_text("utf-8")))
    assert used > {"config-syntax", "too-long"}
    assert used - set(all_codes()) == set()


def test_every_code_is_listed_in_the_help() -> None:
    page = (ROOT / "docs" / "help.md").read_text("utf-8")
    assert [code for code in all_codes() if code not in page] == []


def test_no_golden_is_unused() -> None:
    assert {path.name for path in BAD.glob("*.golden")} == {golden_of(case).name for case in CASES}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        place = stage(Path(folder) / "office")
        for one in CASES:
            golden_of(one).write_text(output_of(one, place), "utf-8")

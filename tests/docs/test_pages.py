"""Pages lead somewhere, and say what the program says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from humaspost.channels.testing.contract import FAULTS
from humaspost.cli.exit_codes import ExitCode
from humaspost.model.channel import Channel, Session
from humaspost.views.states import all_codes
from tests.docs.pages import ROOT, anchors, links, pages, prose


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_something(page: Path) -> None:
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        file, _hash, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.relative_to(ROOT)} links to {link}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {
            (page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link
        }
        waiting += [target for target in targets if target.suffix == ".md" and target not in reached]
    assert set((ROOT / "docs").rglob("*.md")) <= reached


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d+) \| (?=\S)", prose(ROOT / "docs" / "help.md"), re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_every_code_is_listed_in_help() -> None:
    assert all_codes()
    assert all_codes().keys() <= anchors(ROOT / "docs" / "help.md")


def test_generated_parts_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools" / "docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_readme_is_one_screen() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 66
    assert max(len(line) for line in lines) <= 80


def test_decisions_are_numbered_and_listed() -> None:
    files = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    for name in files:
        text = (ROOT / "docs" / "adr" / name).read_text("utf-8")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], name
        assert text.startswith(f"# {name[:4]} ")


def test_the_page_for_plug_ins_names_all_that_a_channel_has() -> None:
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    wanted = {name for kind in (Channel, Session) for name in vars(kind) if not name.startswith("_")}
    wanted |= {"name", "Config", "secrets", "lookup_schedule"}
    assert {name for name in wanted if f"`{name}`" not in page} == set()
    assert {fault for fault in FAULTS if f"`{fault}`" not in page} == set()

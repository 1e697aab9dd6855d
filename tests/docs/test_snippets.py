"""What pages show as a post, a config or a unit is one: the program itself reads it."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from humaspost.content.frontmatter.keys import MEDIUM_KEYS, POST_KEYS
from humaspost.settings.config_file import ConfigFile, MediaTable, PolicyTable, TypeTable
from humaspost.settings.load import load_settings
from tests.docs.pages import ROOT, Snippet, pages, prose, snippets
from tests.support.program import expect, run
from tests.support.reference_data import absent

FRONT_MATTER = ROOT / "docs" / "front-matter.md"
DEPLOY = ROOT / "docs" / "deploy.md"
BASE = {
    "id": "snippet-{number}",
    "title": '"Contoh {number}"',
    "date": "2027-02-03 08:30 WIB",
    "channels": "[x]",
    "audiences": "[masyarakat]",
}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """The example office without posts, with every picture that a page names."""
    shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    shutil.copytree(ROOT / "audiences", tmp_path / "audiences")
    media = tmp_path / "posts" / "media"
    media.mkdir(parents=True)
    for name in re.findall(r"media/([\w-]+\.jpg)", FRONT_MATTER.read_text("utf-8")):
        Image.new("RGB", (1080, 1080), "navy").save(media / name)
    return tmp_path


def post_of(snippet: Snippet, number: int) -> str:
    """The snippet as a whole post: fragments get what every post needs."""
    if snippet.language == "markdown":
        return snippet.text.replace("id: sp-2027-014", f"id: snippet-{number}")
    channels = re.findall(r"^(x|instagram|whatsapp):", snippet.text, re.MULTILINE) or ["x"]
    needs_picture = "instagram" in channels and "media:" not in snippet.text
    picture = 'media:\n  - file: media/014-loket-malam.jpg\n    alt: "Loket."\n' if needs_picture else ""
    base = {**BASE, "channels": f"[{', '.join(channels)}]"}
    own = re.findall(r"^(\w+):", snippet.text, re.MULTILINE)
    lines = "".join(f"{key}: {value}\n" for key, value in base.items() if key not in own)
    return f"---\n{lines.format(number=number)}{picture}{snippet.text}---\nTeks contoh nomor {number}.\n"


def test_every_post_on_the_page_of_front_matter_has_no_error(office: Path) -> None:
    shown = snippets(FRONT_MATTER, "markdown", "yaml")
    assert len(shown) >= 7
    for number, snippet in enumerate(shown):
        (office / "posts" / f"line-{snippet.line}.md").write_text(post_of(snippet, number), "utf-8")
    expect(run("check", cwd=office))


def test_the_post_in_the_readme_has_no_error(office: Path) -> None:
    for name in ("README.md", "README.id.md"):
        block = re.search(r"^    ---\n(?:    .*\n)+", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        assert block, name
        (office / "posts" / "readme.md").write_text(
            re.sub(r"^ {4}", "", block[0], flags=re.MULTILINE), "utf-8"
        )
        expect(run("check", cwd=office))


@pytest.mark.parametrize("key", [*POST_KEYS, "x", "instagram", "whatsapp", *MEDIUM_KEYS])
def test_every_key_of_a_post_is_documented(key: str) -> None:
    assert f"`{key}`" in prose(FRONT_MATTER)


def test_the_example_config_is_right_and_whole(tmp_path: Path) -> None:
    shutil.copy(ROOT / "config.example.toml", tmp_path / "config.toml")
    settings = load_settings(tmp_path / "config.toml")
    assert [account.name for account in settings.accounts] == ["x", "instagram", "whatsapp"]
    assert {path.name for path in (ROOT / "audiences").iterdir()} == {
        path.name for path in settings.audiences.values()
    }


@pytest.mark.parametrize(
    "key",
    [*ConfigFile.model_fields, *PolicyTable.model_fields, *MediaTable.model_fields, *TypeTable.model_fields],
)
def test_every_key_of_the_config_is_documented(key: str) -> None:
    assert re.search(rf"`(?:\[(?:\w+\.)?)?{key}(?:\.\w+)*(?:\])?`", prose(ROOT / "docs" / "config.md"))


@pytest.mark.parametrize("snippet", [one for page in pages() for one in snippets(page, "toml")], ids=str)
def test_every_config_snippet_is_toml(snippet: Snippet) -> None:
    assert tomllib.loads(snippet.text)


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        absent("systemd-analyze is not installed")
    (unit,) = snippets(DEPLOY, "ini")
    file = tmp_path / "humaspost.service"
    file.write_text(unit.text)
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""The sandbox's page in a real browser, after real posts."""

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.support.deadlines import SECOND
from tests.support.office import Office, SandboxProcess
from tests.support.reference_data import absent

pytestmark = [pytest.mark.xdist_group("page"), pytest.mark.browser, pytest.mark.slow]

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
#: Posts of the example whose picture, film or poll the page must show.
_SENT = ("01-siaran-pers", "04-infografis", "08-jajak-pendapat")


@pytest.fixture(scope="module")
def chromium() -> str:
    """Debian's browser."""
    found = shutil.which("chromium")
    if not found:
        absent("chromium is absent (apt install chromium)")
    return str(found)


@pytest.fixture(scope="module")
def published_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox on which three of the example's posts were published."""
    folder = tmp_path_factory.mktemp("page")
    published_sandbox = SandboxProcess("--office", "kantor", cwd=folder)
    office = Office(folder / "kantor", published_sandbox)
    try:
        for path in (office.folder / "posts").glob("*.md"):
            if not path.name.startswith(_SENT):
                path.unlink()
        for name in ("sp-2021-014", "infografis-2021-021", "jajak-2021-002"):
            office.run("publish", name, "--yes")
        yield published_sandbox
    finally:
        published_sandbox.end()


def browse(chromium: str, url: str, folder: Path, *more: str) -> str:
    """What the browser printed of the page, once its script had two seconds."""
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [chromium, *_FLAGS, profile, "--virtual-time-budget=2000", *more, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120 * SECOND, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_public_sees_timeline_grid_and_phones(
    chromium: str, published_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    dom = html.unescape(browse(chromium, published_sandbox.url, tmp_path, "--dump-dom"))
    for words in ("Mulai Senin, 8 Februari 2021", "Pulang kerja baru sempat urus dokumen?", "6281200000013"):
        assert words in re.sub(r"[\s+-]", "", dom) or words in dom, words
    text = re.sub(r"<[^>]+>", " ", dom)
    alts = {m["alt"] for o in published_sandbox.objects() for m in o["media"] if m["alt"]}
    assert len(alts) == 3
    for alt in alts:
        assert alt in text, "alternative text stands on the page where everybody can read it"


def test_the_page_has_a_style(chromium: str, published_sandbox: SandboxProcess, tmp_path: Path) -> None:
    shot = tmp_path / "page.png"
    browse(chromium, published_sandbox.url, tmp_path, "--window-size=1280,1600", f"--screenshot={shot}")
    image = Image.open(BytesIO(shot.read_bytes())).convert("RGB")
    assert image.size == (1280, 1600)
    colours = image.resize((160, 200)).getcolors(maxcolors=160 * 200) or []
    assert len(colours) > 500, "photographs have many colours, a blank or broken page has few"

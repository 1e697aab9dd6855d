"""Each feature of each channel, published by the program to the sandbox and seen on its page."""

import html
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.test_page import browse
from tests.support.office import Office, SandboxProcess
from tests.support.reference_data import absent
from tests.support.whatsapp_templates import VIDEO_TEMPLATE, register

pytestmark = [pytest.mark.xdist_group("features"), pytest.mark.browser, pytest.mark.slow]

_PHOTO = "media: [{file: media/001-duka.png, alt: Pita hitam}]"
_VIDEO = "media: [{file: media/006-pilah-sampah.mp4, alt: Memilah, cover: media/006-sampul.jpg}]"
#: id → (front matter beside id, title and date; body; what the page then says).
POSTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "x-tanda": (
        f"channels: [x]\n{_PHOTO}\nx: {{reply_settings: following, made_with_ai: true, paid_partnership: true}}",
        "Hanya kata kami.",
        ("who can reply: following · made with AI · paid partnership", "ALT Pita hitam"),
    ),
    "x-film": (
        "channels: [x]\nmedia: [{file: media/006-pilah-sampah.mp4, alt: Memilah, captions: media/006-pilah-sampah.srt}]",
        "Sebuah video.",
        ("Sebuah video.", "subtitles: ID"),
    ),
    "x-gif": ("channels: [x]\nmedia: [{file: media/gerak.gif, alt: Bola}]", "Bergerak.", ("ALT Bola",)),
    "x-utas": (
        "channels: [x]\nx: {thread: auto}",
        "Satu kalimat panjang. " * 25,
        ("Thread of 3 posts", "1/3"),
    ),
    "x-jajak": (
        "channels: [x]\nx: {poll: {options: [Lari, Baca], duration: 3d}}",
        "Pilih satu.",
        ("Poll · 0 votes · open for 3 days", "Lari", "Baca"),
    ),
    "x-ralat": ("channels: [x]\ncorrects: x-jajak", "Ralat jajak.", ("replying to @",)),
    "ig-reel": (
        f"channels: [instagram]\n{_VIDEO}\ninstagram: {{format: reel, share_to_feed: false}}",
        "Reel kami.",
        ("Reel", "cover of its own · not in the feed"),
    ),
    "ig-saat": (
        (
            "channels: [instagram]\nmedia: [{file: media/006-pilah-sampah.mp4, alt: Memilah}]\n"
            "instagram: {thumb_offset: 1500}"
        ),
        "Reel kedua.",
        ("cover from 1500 ms",),
    ),
    "ig-story": (f"channels: [instagram]\n{_PHOTO}\ninstagram: {{format: story}}", "", ("Story",)),
    "ig-story-film": (
        (
            "channels: [instagram]\nmedia: [{file: media/006-pilah-sampah.mp4, alt: Memilah}]\n"
            "instagram: {format: story}"
        ),
        "",
        (),
    ),
    "ig-deret": (
        (
            "channels: [instagram]\nmedia:\n  - {file: media/001-duka.png, alt: Pita hitam}\n"
            "  - {file: media/006-pilah-sampah.mp4, alt: Memilah}\n  - {file: media/014-loket-malam.jpg, alt: Loket}\n"
            "instagram: {collaborators: [dinasdukcapil], location_id: 106377336067638, made_with_ai: true,"
            " user_tags: [{username: walikota, x: 0.5, y: 0.4, media: 1}]}"
        ),
        "Deret campuran.",
        ("1 of 3", "with dinasdukcapil · tagged: walikota · at place 106377336067638 · AI info"),
    ),
    "wa-film": (
        (
            "channels: [whatsapp]\naudiences: [wartawan]\nmedia: [{file: media/006-pilah-sampah.mp4, alt: Memilah}]\n"
            'whatsapp: {template: kabar_video, params: ["{text}"]}'
        ),
        "Kabar.",
        ("template kabar_video",),
    ),
    "wa-tombol": (
        (
            "channels: [whatsapp]\naudiences: [wartawan]\nwhatsapp: {template: undangan_warga, header: {kecamatan: Melati},"
            " params: {acara: Musrenbang}, buttons: [{url: musrenbang}, {payload: HADIR}]}"
        ),
        "Undangan.",
        ("Kecamatan Melati", "Hadiri Musrenbang.", "Buka https://kotacontoh.example/musrenbang", "Hadir"),
    ),
    "wa-kata": (
        "channels: [whatsapp]\naudiences: [wartawan]\nlink: https://kotacontoh.example/14",
        "Loket buka malam.",
        ("Loket buka malam.", "https://kotacontoh.example/14", "template pengumuman"),
    ),
    "wa-dokumen": (
        (
            "channels: [whatsapp]\naudiences: [wartawan]\nlink: https://kotacontoh.example/15\n"
            "media: [{file: media/011-undangan.pdf, alt: Surat}]"
        ),
        "Surat undangan.",
        ("011-undangan.pdf", "template pengumuman_dokumen"),
    ),
}
TEMPLATES: tuple[Mapping[str, Any], ...] = (
    VIDEO_TEMPLATE,
    {
        "name": "undangan_warga",
        "parameter_format": "NAMED",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Kecamatan {{kecamatan}}"},
            {"type": "BODY", "text": "Hadiri {{acara}}."},
            {
                "type": "BUTTONS",
                "buttons": [
                    {"type": "URL", "text": "Buka", "url": "https://kotacontoh.example/{{1}}"},
                    {"type": "QUICK_REPLY", "text": "Hadir"},
                ],
            },
        ],
    },
)


@pytest.fixture(scope="module")
def published_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's text in a browser, after every post was published."""
    chromium = shutil.which("chromium") or absent("chromium is absent (apt install chromium)")
    folder = tmp_path_factory.mktemp("features")
    sandbox = SandboxProcess("--office", "kantor", cwd=folder)
    office = Office(folder / "kantor", sandbox)
    try:
        sandbox.control("settings", {"whatsapp.auto_approve": True})
        for template in TEMPLATES:
            register(sandbox.accounts["whatsapp"], template)
        posts = office.folder / "posts"
        for path in posts.glob("*.md"):
            path.unlink()
        _moving(posts / "media" / "gerak.gif")
        for name, (front, body, _words) in POSTS.items():
            text = f"---\nid: {name}\ntitle: {name}\ndate: 2021-02-03 08:30 WIB\n{front}\n---\n{body}\n"
            (posts / f"{name}.md").write_text(text, "utf-8")
        office.run("account", "check", "whatsapp")
        for name in POSTS:
            office.run("publish", name, "--yes")
        dom = html.unescape(browse(str(chromium), sandbox.url, folder, "--dump-dom"))
        yield " ".join(re.sub(r"<[^>]+>", " ", dom).split())
    finally:
        sandbox.end()


def _moving(path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("navy", "teal", "gold")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0)


@pytest.mark.parametrize("name", POSTS)
def test_a_post_with_the_feature_is_displayed(published_page: str, name: str) -> None:
    for words in POSTS[name][2]:
        assert words in published_page, words

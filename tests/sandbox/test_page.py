"""The page at ``/``: what the public sees, safely, and only what changed when it asks again."""

import re
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from humaspost.sandbox import markup
from humaspost.sandbox.server import Sandbox
from humaspost.sandbox.state import PublicMedia, PublicObject
from tests.support.deadlines import SECOND
from tests.support.media_samples import picture
from tests.support.reference_data import absent
from tests.support.x_client import XClient

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def message(sandbox: Sandbox, to: str, text: str, **more: Any) -> None:
    now = sandbox.state.now()
    number = f"wamid.{len(sandbox.state.objects)}"
    sandbox.state.add_object(PublicObject("whatsapp", "1", number, text, now, now, to=to, **more))


def gram(sandbox: Sandbox, text: str, *media: PublicMedia, kind: str = "IMAGE") -> None:
    now = sandbox.state.now()
    number = str(len(sandbox.state.objects))
    sandbox.state.add_object(
        PublicObject("instagram", "1", number, text, now, now, media=media, extra={"kind": kind})
    )


def photo(alt: str | None, name: str = "a") -> PublicMedia:
    return PublicMedia(name * 64, "image/png", alt, picture("PNG"))


def visible_text(html: str) -> str:
    inside = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def page(http: requests.Session, sandbox: Sandbox) -> str:
    return http.get(f"{sandbox.url}/").text


def test_an_empty_page_explains_what_will_appear(http: requests.Session, sandbox: Sandbox) -> None:
    said = visible_text(page(http, sandbox))
    assert "Nothing on X yet." in said
    assert "Nothing on Instagram yet." in said
    assert "No phone has received anything yet." in said


def test_a_thread_a_poll_and_a_reply_on_x(http: requests.Session, sandbox: Sandbox, x: XClient) -> None:
    root = x.posted(text="Utas satu")
    x.posted(text="Jajak", poll={"options": ["Ya", "Tidak"], "duration_minutes": 4320})
    x.posted(text="Utas dua", reply={"in_reply_to_tweet_id": root})
    said = visible_text(page(http, sandbox))
    assert (
        said.index("Thread of 2 posts")
        < said.index("Utas satu")
        < said.index("Utas dua")
        < said.index("Jajak")
    )
    assert "replying to @kotacontoh Utas dua" in said
    assert "Ya 0 % Tidak 0 % Poll · 0 votes · open for 3 days" in said


def test_deleted_posts_are_not_public(http: requests.Session, sandbox: Sandbox, x: XClient) -> None:
    made = x.posted(text="Salah tulis")
    x.call("DELETE", f"/2/tweets/{made}")
    assert "Salah tulis" not in page(http, sandbox)


def test_instagram_shows_carousel_caption_and_alt(http: requests.Session, sandbox: Sandbox) -> None:
    gram(sandbox, "Keterangan #Ikd", photo("Langkah satu"), photo(None, "b"), kind="CAROUSEL")
    html = page(http, sandbox)
    said = visible_text(html)
    assert "1 of 2" in said
    assert "Keterangan #Ikd" in said
    assert "ALT Langkah satu" in said
    assert "ALT no description" in said
    assert 'alt="Langkah satu"' in html


def test_people_with_the_same_messages_share_a_phone(http: requests.Session, sandbox: Sandbox) -> None:
    for n in range(17):
        message(sandbox, f"+6281200000{n:03d}", "*Judul*\nHalo", template="pengumuman")
    message(sandbox, "+628139999999", "Hanya wartawan")
    html = page(http, sandbox)
    said = visible_text(html)
    assert html.count('class="phone"') == 2
    assert said.index("17 people") < said.index("1 person")
    assert said.count("Halo") == 1
    assert "+6281200000016" in said
    assert "template pengumuman" in said
    assert "<strong>Judul</strong>" in html
    assert "18 messages to 18 people" in re.sub(r"<[^>]+>", "", html)


def test_nothing_that_was_published_can_run(http: requests.Session, sandbox: Sandbox, x: XClient) -> None:
    x.posted(text=EVIL, poll={"options": ["<b>a", "<i>b"], "duration_minutes": 5})
    gram(sandbox, EVIL, photo(EVIL))
    message(sandbox, "<u>+62", f'*{EVIL}* _<i>x</i>_ https://a.id/"onload=1', template="<u>")
    answer = http.get(f"{sandbox.url}/")
    inside = answer.text.partition("<main")[2].partition("</main>")[0]
    for live in ("<script", "<img src=x", "<b>a", "<i>", "<u>"):
        assert live not in inside
    policy = answer.headers["content-security-policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'<script nonce="{nonce[1]}">' in answer.text
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"'nonce-{nonce[1]}'" not in http.get(f"{sandbox.url}/").headers["content-security-policy"]


def test_the_page_needs_nothing_from_elsewhere(http: requests.Session, sandbox: Sandbox) -> None:
    gram(sandbox, "a", photo("b"))
    sources = re.findall(r'(?:src|href)="([^"]+)"', page(http, sandbox))
    assert sources
    assert [s for s in sources if not s.startswith(("/_sandbox/media/", "#", "data:"))] == []


def test_fragments_come_only_when_something_changed(http: requests.Session, sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/_sandbox/page"
    first = http.get(url).json()
    assert first["sections"]["x"][0]["key"] == "empty"
    assert http.get(url, params={"version": first["version"]}).status_code == 204
    message(sandbox, "+628123456789", "Halo")
    second = http.get(url, params={"version": first["version"]}).json()
    assert "Halo" in second["sections"]["whatsapp"][0]["html"]


def test_very_many_are_cut_short(http: requests.Session, sandbox: Sandbox) -> None:
    for n in range(75):
        gram(sandbox, f"nomor {n:03d}.", photo("x"))
    said = visible_text(page(http, sandbox))
    assert "and 15 older ones" in said
    assert "nomor 074." in said
    assert "nomor 014." not in said


def test_media_are_served_as_what_is_safe(http: requests.Session, sandbox: Sandbox) -> None:
    gram(sandbox, "a", photo("x"), PublicMedia("c" * 64, "text/html", None, b"<script>"))
    good = http.get(f"{sandbox.url}/_sandbox/media/{'a' * 64}")
    assert (good.content, good.headers["content-type"]) == (picture("PNG"), "image/png")
    odd = http.get(f"{sandbox.url}/_sandbox/media/{'c' * 64}")
    assert odd.headers["content-type"] == "application/octet-stream"
    assert odd.headers["x-content-type-options"] == "nosniff"
    assert http.get(f"{sandbox.url}/_sandbox/media/none").status_code == 404


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*tebal* dan _miring_", "<strong>tebal</strong> dan <em>miring</em>"),
        ("~coret~ ```kode```", "<s>coret</s> <code>kode</code>"),
        ("2*3*4 a_b_c", "2*3*4 a_b_c"),
        ("* bukan * ini", "* bukan * ini"),
        ("https://a.id/_x_", "<span class=live>https://a.id/_x_</span>"),
        ("*<b>*", "<strong>&lt;b&gt;</strong>"),
    ],
)
def test_whatsapps_marks(text: str, html: str) -> None:
    assert markup.format_whatsapp(text) == html


def chromium(url: str, profile: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("chromium")
    if program is None:
        absent("chromium is absent")
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    more = "--disable-component-update --disable-sync --enable-logging=stderr --window-size=1280,2000"
    command = [str(program), *quiet.split(), *more.split(), f"--user-data-dir={profile}", *flags, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60 * SECOND)


@pytest.mark.browser
def test_an_open_browser_displays_what_arrives(sandbox: Sandbox, x: XClient, tmp_path: Path) -> None:
    x.posted(text=f"Sebelum {EVIL}")
    gram(sandbox, "Gambar", photo("Uraian"))
    asked = sandbox._server.server_state

    def later() -> None:
        before, ends = asked.total_requests, time.monotonic() + 40 * SECOND
        while asked.total_requests < before + 3 and time.monotonic() < ends:
            time.sleep(0.02)
        message(sandbox, "+628123456789", "Sesudah")

    arriving = threading.Thread(target=later)
    arriving.start()
    seen = chromium(sandbox.url, tmp_path, "--virtual-time-budget=30000", "--dump-dom")
    arriving.join()
    inside = visible_text(seen.stdout)
    assert "Sebelum" in inside
    assert "Sesudah" in inside
    assert "UTC" not in inside, "times are in the reader's own clock"
    assert "onerror" not in re.sub(r">[^<]*<", "><", seen.stdout.partition("<main")[2])
    for trouble in ("Refused to", "Uncaught", "Content Security Policy"):
        assert trouble not in seen.stderr

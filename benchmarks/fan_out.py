"""One post to 10,000 recipients, against threads with ``requests`` that record nothing."""

import json
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from benchmarks.processes import HUMASPOST, run, serving
from benchmarks.result import Result

_PEOPLE, _THREADS = 10_000, 32
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "100"
business_account_id = "200"
base_url = "{url}"
rate = 1000
daily_recipients = 100000
templates = {{language = "id", text = {{name = "pengumuman", params = ["{{title}}", "{{text}}", "{{link}}"]}}}}
[audiences.warga]
file = "warga.csv"
"""
_POST = """---
id: warga-2030
title: "Untuk Semua Warga"
date: 2030-01-01 08:00 WIB
channels: [whatsapp]
audiences: [warga]
link: https://kotacontoh.example/
---
Satu kabar untuk sepuluh ribu orang.
"""


def fan_out(folder: Path) -> Result:
    """Measure the time from the first message to the last recorded one, as a ratio.

    The other side is a bare pool of threads.
    """
    stub = (sys.executable, "-m", "benchmarks.stub")
    with serving(stub, cwd=Path(__file__).resolve().parents[1]) as announced:
        office = _office(folder, announced["url"])
        run((*HUMASPOST, "account", "check", "whatsapp"), cwd=office)
        run((*HUMASPOST, "audience", "import", "--yes", "warga"), cwd=office)
        bare = _run_with_requests(announced["url"])
        ours = _run_humaspost(office, announced["url"])
    rates = f"{_PEOPLE / ours:,.0f}/s against {_PEOPLE / bare:,.0f}/s"
    detail = f"{rates} of {_THREADS} threads with `requests`; rate set to 1,000/s, WhatsApp's highest"
    return Result(f"fan-out to {_PEOPLE:,} people, time", ours / bare, "x", None, detail)


def _office(folder: Path, url: str) -> Path:
    (folder / "posts").mkdir()
    (folder / "config.toml").write_text(_CONFIG.format(url=url))
    keys = folder / "credentials.toml"
    keys.write_text('[whatsapp]\naccess_token = "nobody"\napp_secret = "nothing"\n')
    keys.chmod(0o600)
    (folder / "posts" / "warga.md").write_text(_POST)
    rows = (
        f"+62812{number:08},P,consent,info,form,2021-01-01"
        for number in range(10_000_000, 10_000_000 + _PEOPLE)
    )
    head = "phone,name,basis,purpose,source,consented_at"
    (folder / "warga.csv").write_text("\n".join([head, *rows]) + "\n")
    return folder


def _count_taken(url: str) -> int:
    with _OPENER.open(f"{url}/count", timeout=10) as answer:
        return int(json.load(answer)["taken"])


def _run_with_requests(url: str) -> float:
    """Return the seconds of the thread pool.

    Each thread keeps its connection; the body is as long as that of humaspost.
    """
    own = threading.local()
    body = {"to": "+62812", "type": "template", "template": {"text": "x" * 400}}

    def send(_number: int) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False
        own.session.post(f"{url}/v26.0/100/messages", json=body, timeout=10).raise_for_status()

    began = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(send, range(_PEOPLE)))
    return time.monotonic() - began


def _run_humaspost(office: Path, url: str) -> float:
    before = _count_taken(url)
    first: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not first and not over.wait(0.02):
            if _count_taken(url) > before:
                first.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    output = run((*HUMASPOST, "publish", "warga-2030", "--yes", "--json"), cwd=office)
    ended = time.monotonic()
    over.set()
    watcher.join()
    published = json.loads(output)["counts"].get("published", 0)
    if published != _PEOPLE or _count_taken(url) - before != _PEOPLE:
        raise RuntimeError(f"{published} published, {_count_taken(url) - before} taken")
    return ended - first[0]

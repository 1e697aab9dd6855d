"""A corpus of posts, each with its own text."""

from pathlib import Path

_CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
"""
_POST = """---
id: sp-2030-{number:05}
title: "Layanan Adminduk Kota Contoh Nomor {number}"
date: 2030-02-{day:02} {hour:02}:{minute:02} WIB
channels: [x]
type: siaran-pers
tags: [LayananMalam, KotaContohMelayani]
link: https://diskominfo.kotacontoh.example/siaran-pers/{number}-2030
---
Mulai Senin, loket adminduk nomor {number} buka sampai pukul 20.00 WIB.

Warga **tidak perlu** mengambil cuti untuk mengurus KTP, KK dan akta.
"""


def write_office(folder: Path, *, posts: int) -> Path:
    """Write an office with ``posts`` valid posts for X and return its folder."""
    (folder / "posts").mkdir(parents=True)
    (folder / "config.toml").write_text(_CONFIG)
    write_posts(folder / "posts", posts=posts)
    return folder


def write_posts(folder: Path, *, posts: int) -> None:
    """Write ``posts`` valid posts for X into the folder."""
    for number in range(posts):
        text = _POST.format(number=number, day=1 + number % 28, hour=number % 24, minute=number % 60)
        (folder / f"p{number:05}.md").write_text(text)

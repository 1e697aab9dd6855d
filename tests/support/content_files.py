"""An office with three channels, and its posts folder read once."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from humaspost.content.frontmatter.keys import NameIndex
from humaspost.content.post_file import ParsedFile, parse_post_file
from humaspost.content.reader import FolderReading, PostReader
from humaspost.model.problem import Problem

NAMES = NameIndex(
    zone="Asia/Jakarta",
    owners={
        "x": {"text": "the text", "thread": "auto or never", "poll": "a question"},
        "instagram": {"text": "the caption", "format": "feed, reel or story"},
        "whatsapp": {"template": "its name", "params": "what is put in"},
        "x_dua": {"text": "the text"},
    },
    channels=("x", "instagram", "whatsapp", "x_dua"),
    audiences=("masyarakat", "wartawan"),
    aliases={"twitter": "x"},
    suggestions={"ig": "instagram", "insta": "instagram", "wa": "whatsapp"},
)

GOOD = """\
---
id: sp-2027-014
title: "Layanan Adminduk Buka Sampai Pukul 20.00"
date: 2027-02-03 08:30 WIB
channels: [x]
---
Loket adminduk buka sampai pukul 20.00 WIB.
"""


def post(front: str = "", *, body: str = "Loket buka.\n", base: str = "id: p\ntitle: T\n") -> str:
    """A file with these keys after an id and a title."""
    return f"---\n{base}{front}---\n{body}"


def scheduled(front: str = "", *, body: str = "Loket buka.\n") -> str:
    """The same with a date and a channel."""
    return post(f"date: 2027-02-03 08:30 WIB\nchannels: [x]\n{front}", body=body)


def parsed(text: str | bytes, *, file: str = "posts/p.md", names: NameIndex = NAMES) -> ParsedFile:
    """What one file is."""
    raw = text.encode() if isinstance(text, str) else text
    return parse_post_file(raw, file=file, folder=Path("/office/posts"), names=names)


def problems(text: str | bytes) -> list[tuple[str, int, int]]:
    """The code, line and column of each problem of one file."""
    return [summarize(problem) for problem in parsed(text).problems]


def summarize(problem: Problem) -> tuple[str, int, int]:
    """What a test compares of a problem."""
    assert problem.position
    return problem.code, problem.position.line, problem.position.column


def reader(root: Path, *, settle: float = 1.0, names: NameIndex = NAMES) -> PostReader:
    """A reader of the posts below ``root``."""
    return PostReader(root / "posts", root=root, names=names, settle=settle)


def reading_of(root: Path, sources: Iterable[Path]) -> FolderReading:
    """The posts folder with only these files, or the files of these folders, in it."""
    folder = root / "posts"
    folder.mkdir(parents=True)
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True)
        else:
            shutil.copy(source, folder)
    return reader(root).read(now=None)

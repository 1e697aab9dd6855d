"""Every parsed file comes back from JSON as it was: post, problems and what could be read of a broken one."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given

from humaspost.content.parsed_json import pack_file, unpack_file
from humaspost.content.post_file import ParsedFile
from humaspost.model.post import Post
from tests.content.test_bad_files import BAD
from tests.docs.pages import ROOT
from tests.property.test_content_parsing import body, front
from tests.support.content_files import NAMES, parsed, scheduled

_FILES = sorted([*(ROOT / "posts").glob("*.md"), *BAD.rglob("*.md"), *(ROOT / "tests/golden").glob("*.md")])
_FULL = """\
---
id: lengkap
title: "Lengkap"
date: 2027-02-03 08:30 WITA
expires: 2027-02-04 08:30 WIB
channels: [x, whatsapp]
audiences: [wartawan]
type: siaran-pers
tags: [Satu, Dua]
link: https://kota.example/a
visibility: restricted
media:
  - {file: a.mp4, alt: "Film", only: [x], part: 2, cover: a.jpg, captions: a.srt}
corrects: lama
repeats: lama-lagi
draft: true
late: publish
allow: [placeholder]
x:
  text: "Teks"
  poll: [ya, tidak]
---
# Judul

Teks **tebal**, _miring_, ~~coret~~, `kode` dan [tautan](https://kota.example/b)\\
baris baru.

<!-- part -->

1. satu
7. dua
   - tiga

> kutipan

```
kode
```
"""


def _again(file: ParsedFile) -> ParsedFile:
    return unpack_file(json.loads(json.dumps(pack_file(file))), file.file)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_a_file_comes_back_as_it_was(path: Path) -> None:
    file = parsed(path.read_bytes())
    assert _again(file) == file


def test_every_field_of_a_post_comes_back() -> None:
    file = parsed(_FULL, names=dataclasses.replace(NAMES, joins_lines=True))
    assert file.post, [problem.message for problem in file.problems]
    empty = {
        field.name
        for field in dataclasses.fields(Post)
        if field.default == getattr(file.post, field.name) or not getattr(file.post, field.name)
    }
    assert empty == set()
    again = _again(file)
    assert again == file
    assert repr(again.post and again.post.body) == repr(file.post.body)
    assert again.post
    assert again.post.positions["x.text"] == file.post.positions["x.text"]


@given(front, body)
def test_any_file_comes_back_as_it_was(front: str, body: str) -> None:
    for file in (parsed(f"---\n{front}\n---\n{body}"), parsed(scheduled(body=body))):
        assert _again(file) == file

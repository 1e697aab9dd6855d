"""What a film tells beside its pictures is gone from what is sent, and every picture is where it was."""

import struct
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import av
import pytest

from humaspost.media.boxes import silence
from humaspost.media.films import measured
from humaspost.media.fit import CannotFit, fit
from humaspost.model.post import Kind
from humaspost.model.rules import Limit, MediaRules, Source
from tests.media.films import film
from tests.media.test_convert import Put, attached
from tests.shared import ROOT

_SOURCE = Source("https://example.org/rules", date(2026, 11, 23))
_ANY = MediaRules(("video/mp4",), Limit(10**8, "bytes", _SOURCE), _SOURCE)
PLACE = b"-06.2000+106.8166/"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def grown(data: bytes, outer: bytes, extra: bytes) -> bytes:
    """The film with one more box at the end of its ``moov``, which is the last box of all."""
    at = data.index(outer) - 4
    (length,) = struct.unpack(">I", data[at : at + 4])
    assert at + length == len(data)
    return data[:at] + struct.pack(">I", length + len(extra)) + data[at + 4 :] + extra


def silenced(data: bytes) -> bytes:
    file = BytesIO(data)
    silence(file, len(data))
    return file.getvalue()


def pictures(data: bytes) -> list[bytes]:
    with av.open(BytesIO(data)) as source:
        return [frame.to_image().tobytes() for frame in source.decode(video=0)]


@pytest.mark.parametrize(
    "told",
    [
        box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7) + PLACE)),
        box(b"meta", bytes(4) + PLACE),
        box(b"uuid", bytes(16) + PLACE),
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"meta" + PLACE))),
    ],
    ids=["user data", "meta", "xmp", "track"],
)
def test_the_place_is_gone_and_the_pictures_are_not(told: bytes) -> None:
    data = grown(film(), b"moov", told)
    assert PLACE in data
    result = silenced(data)
    assert PLACE not in result
    assert len(result) == len(data)
    assert pictures(result) == pictures(film())


def test_what_stands_beside_the_film_is_gone_too() -> None:
    data = film() + box(b"uuid", bytes(16) + PLACE) + box(b"meta", bytes(4) + PLACE)
    assert PLACE not in silenced(data)


def test_the_dates_of_making_are_unknown() -> None:
    data = film()
    at = data.index(b"mvhd") + 8
    dated = data[:at] + b"\xe1\x00\x00\x01\xe1\x00\x00\x02" + data[at + 8 :]
    assert silenced(dated)[at : at + 8] == bytes(8)


def test_a_film_that_tells_nothing_stays_as_it_is_to_look_at() -> None:
    data = (ROOT / "posts/media/006-pilah-sampah.mp4").read_bytes()
    assert measured(BytesIO(silenced(data)), "video/mp4") == measured(BytesIO(data), "video/mp4")


@pytest.mark.parametrize(
    "data",
    [film()[:-20], struct.pack(">I4s", 4, b"moov"), box(b"free", b"") * 10_001],
    ids=["short", "tiny", "many"],
)
def test_broken_boxes_are_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|too many"):
        silenced(data)


def test_boxes_in_boxes_without_end_end() -> None:
    data = b""
    for _ in range(5000):
        data = box(b"moov", data)
    assert len(silenced(data)) == len(data)


def test_what_is_sent_tells_no_place(root: Path, put: Put) -> None:
    file = put("a.mp4", grown(film(), b"moov", box(b"udta", box(b"\xa9xyz", PLACE))))
    attachment = attached(root, file)
    assert attachment.kind is Kind.VIDEO
    given = fit(root / attachment.path, attachment, _ANY, folder=root / "fit")
    assert PLACE not in given.path.read_bytes()
    assert PLACE in (root / attachment.path).read_bytes()


def test_a_broken_film_is_never_sent(root: Path, put: Put) -> None:
    attachment = attached(root, put("a.mp4", film()))

    data = film()[:-20]
    (root / attachment.path).write_bytes(data)
    broken = replace(attachment, sha256=sha256(data).hexdigest(), size=len(data))
    with pytest.raises(CannotFit, match="media-unreadable"):
        fit(root / attachment.path, broken, _ANY, folder=root / "fit")

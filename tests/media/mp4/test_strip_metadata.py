"""What a film tells beside its pictures is gone from what is sent, and every picture is where it was."""

import struct
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from humaspost.media.fit import MediaRejected, fit_media
from humaspost.media.mp4.strip_metadata import strip_metadata
from humaspost.media.video.measure import measure
from humaspost.model.post import MediaKind
from humaspost.model.rules import Limit, MediaRules, Source
from tests.media.video.test_plan import Put, attached
from tests.support.reference_data import ROOT
from tests.support.video_files import video_file

_SOURCE = Source("https://example.org/rules", date(2026, 11, 23))
_ANY = MediaRules(("video/mp4",), Limit(10**8, "bytes", _SOURCE), _SOURCE)
LOCATION = b"-06.2000+106.8166/"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def grown(data: bytes, outer: bytes, extra: bytes) -> bytes:
    """The film with one more box at the end of its ``moov``, which is the last box of all."""
    at = data.index(outer) - 4
    (length,) = struct.unpack(">I", data[at : at + 4])
    assert at + length == len(data)
    return data[:at] + struct.pack(">I", length + len(extra)) + data[at + 4 :] + extra


def stripped(data: bytes) -> bytes:
    file = BytesIO(data)
    strip_metadata(file, len(data))
    return file.getvalue()


def pictures(data: bytes) -> list[bytes]:
    with av.open(BytesIO(data)) as source:
        return [frame.to_image().tobytes() for frame in source.decode(video=0)]


@pytest.mark.parametrize(
    "metadata",
    [
        box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(LOCATION), 0x15C7) + LOCATION)),
        box(b"meta", bytes(4) + LOCATION),
        box(b"uuid", bytes(16) + LOCATION),
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"meta" + LOCATION))),
    ],
    ids=["user data", "meta", "xmp", "track"],
)
def test_the_location_is_removed_and_the_pictures_are_not(metadata: bytes) -> None:
    data = grown(video_file(), b"moov", metadata)
    assert LOCATION in data
    result = stripped(data)
    assert LOCATION not in result
    assert len(result) == len(data)
    assert pictures(result) == pictures(video_file())


def metadata_samples(
    handler: bytes, *, starts: list[int], per_chunk: int, sizes: list[int], same: int = 0
) -> bytes:
    """A track whose samples lie where its index says."""
    index = b"".join(
        [
            box(b"stsz", struct.pack(">III", 0, same, len(sizes)) + (b"" if same else _packed(sizes))),
            box(b"stsc", struct.pack(">IIIII", 0, 1, 1, per_chunk, 1)),
            box(b"stco", struct.pack(">II", 0, len(starts)) + _packed(starts)),
        ]
    )
    kind = box(b"hdlr", bytes(8) + handler + bytes(12))
    return box(b"trak", box(b"mdia", kind + box(b"minf", box(b"stbl", index))))


def _packed(numbers: list[int]) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


@pytest.mark.parametrize("handler", [b"meta", b"text", b"sbtl", b"subt", b"data"])
@pytest.mark.parametrize("same", [0, len(LOCATION)])
def test_the_data_of_a_drone_among_the_pictures_is_removed_and_nothing_else(
    handler: bytes, same: int
) -> None:
    """The track was gone, and every second's place lay in the film still, for whoever looked."""
    one = len(LOCATION)
    room = len(metadata_samples(handler, starts=[0, 0], per_chunk=2, sizes=[one] * 4, same=same))
    at = len(video_file()) + room + 8
    starts = [at, at + 2 * one + 5]
    track = metadata_samples(handler, starts=starts, per_chunk=2, sizes=[one] * 4, same=same)
    data = grown(video_file(), b"moov", track) + box(b"mdat", LOCATION * 2 + b"other" + LOCATION * 2)
    assert data.count(LOCATION) == 4
    result = stripped(data)
    assert LOCATION not in result
    assert result.endswith(bytes(2 * one) + b"other" + bytes(2 * one))
    assert pictures(result) == pictures(video_file())


@pytest.mark.parametrize(
    "track",
    [
        metadata_samples(b"text", starts=[0], per_chunk=1, sizes=[40]),
        metadata_samples(b"text", starts=[2**32 - 1], per_chunk=1, sizes=[40]),
        metadata_samples(b"text", starts=[48], per_chunk=9, sizes=[1]),
        metadata_samples(b"text", starts=[48], per_chunk=2**31, sizes=[1], same=1),
        metadata_samples(b"text", starts=[48], per_chunk=1, sizes=[2**32 - 1]),
    ],
    ids=["before", "behind", "fewer", "many", "long"],
)
def test_an_index_that_points_elsewhere_changes_nothing_there(track: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|too many"):
        stripped(grown(video_file(), b"moov", track))


def test_an_index_that_names_one_offset_over_and_over_is_not_followed() -> None:
    data = video_file()
    at = data.index(b"mdat") + 4
    (length,) = struct.unpack(">I", data[at - 8 : at - 4])
    track = metadata_samples(b"text", starts=[at] * 9, per_chunk=1, sizes=[(length - 8) // 2] * 9)
    with pytest.raises(ValueError, match="cut off"):
        stripped(grown(data, b"moov", track))


def in_fragments(flags: str) -> bytes:
    """A film of two tracks in fragments, of which the second is a track that tells: its handler says so."""
    data = BytesIO()
    options = {"movflags": f"frag_keyframe+empty_moov{flags}", "use_editlist": "0"}
    with av.open(data, "w", format="mp4", options=options) as out:
        tracks = [out.add_stream("libx264", rate=10, options={"g": "4"}) for _ in range(2)]
        for number, track in enumerate(tracks):
            track.width = track.height = 64 + 32 * number
            track.pix_fmt = "yuv420p"
        for number in range(12):
            for track in tracks:
                image = Image.effect_noise((track.width, track.height), 40 + number).convert("RGB")
                out.mux(track.encode(av.VideoFrame.from_image(image)))
        for track in tracks:
            out.mux(track.encode())
    whole = data.getvalue()
    at = whole.index(b"vide", whole.index(b"vide") + 4)
    return whole[:at] + b"meta" + whole[at + 4 :]


@pytest.mark.parametrize("flags", ["", "+default_base_moof", "+separate_moof", "+omit_tfhd_offset"])
def test_metadata_in_fragments_is_removed_and_the_pictures_are_not(flags: str) -> None:
    data = in_fragments(flags)
    shown, told = pictures(data), packets(data.replace(b"meta", b"vide"), 1)
    assert len(told) == 12
    assert all(one in data for one in told)
    result = stripped(data)
    assert [one for one in told if one in result or one[20:] in result] == []
    assert len(result) == len(data)
    assert (pictures(result), packets(result, 0)) == (shown, packets(data, 0))
    with av.open(BytesIO(result)) as source:
        assert len(source.streams) == 1


def packets(data: bytes, stream: int) -> list[bytes]:
    with av.open(BytesIO(data)) as source:
        return [bytes(packet) for packet in source.demux(source.streams[stream]) if packet.size]


@pytest.mark.parametrize("cut", range(4))
def test_a_broken_fragment_changes_nothing_elsewhere(cut: int) -> None:
    """A run that points elsewhere, is longer than its media or than its box, or whose track has no header."""
    data = in_fragments("+default_base_moof")
    at = data.rindex(b"trun") + 8
    head = data.rindex(b"tfhd")
    broken = (
        data[: at + 4] + struct.pack(">i", 2**31 - 1) + data[at + 8 :],
        data[: at + 4] + struct.pack(">i", -(2**31)) + data[at + 8 :],
        data[:at] + struct.pack(">I", 10_000) + data[at + 4 :],
        data[:head] + b"free" + data[head + 4 :],
    )
    with pytest.raises(ValueError, match=r"cut off|too many"):
        stripped(broken[cut])


def test_metadata_beside_the_video_is_removed_too() -> None:
    data = video_file() + box(b"uuid", bytes(16) + LOCATION) + box(b"meta", bytes(4) + LOCATION)
    assert LOCATION not in stripped(data)


def test_the_dates_of_creation_are_unknown() -> None:
    data = video_file()
    at = data.index(b"mvhd") + 8
    dated = data[:at] + b"\xe1\x00\x00\x01\xe1\x00\x00\x02" + data[at + 8 :]
    assert stripped(dated)[at : at + 8] == bytes(8)


def test_a_video_without_metadata_stays_as_it_is_to_the_viewer() -> None:
    data = (ROOT / "posts/media/006-pilah-sampah.mp4").read_bytes()
    assert measure(BytesIO(stripped(data)), "video/mp4") == measure(BytesIO(data), "video/mp4")


@pytest.mark.parametrize(
    "data",
    [video_file()[:-20], struct.pack(">I4s", 4, b"moov"), box(b"free", b"") * 10_001],
    ids=["short", "tiny", "many"],
)
def test_broken_boxes_are_reported(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|too many"):
        stripped(data)


def test_boxes_in_boxes_without_end_end() -> None:
    data = b""
    for _ in range(5000):
        data = box(b"moov", data)
    assert len(stripped(data)) == len(data)


def test_a_sent_file_contains_no_location(root: Path, put: Put) -> None:
    file = put("a.mp4", grown(video_file(), b"moov", box(b"udta", box(b"\xa9xyz", LOCATION))))
    attachment = attached(root, file)
    assert attachment.kind is MediaKind.VIDEO
    given = fit_media(root / attachment.path, attachment, _ANY, folder=root / "fit")
    assert LOCATION not in given.path.read_bytes()
    assert LOCATION in (root / attachment.path).read_bytes()


def test_a_broken_video_is_never_sent(root: Path, put: Put) -> None:
    attachment = attached(root, put("a.mp4", video_file()))

    data = video_file()[:-20]
    (root / attachment.path).write_bytes(data)
    broken = replace(attachment, sha256=sha256(data).hexdigest(), size=len(data))
    with pytest.raises(MediaRejected, match="media-unreadable"):
        fit_media(root / attachment.path, broken, _ANY, folder=root / "fit")

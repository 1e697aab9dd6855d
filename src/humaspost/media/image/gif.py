"""A GIF without anything that is not shown: block by block, pixels untouched.

Blocks as in https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
"""

from collections.abc import Iterator
from mmap import mmap

_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: What nobody shows as fast as it says, and what is shown instead, in hundredths of a second.
_LEAST_DELAY, _USUAL_DELAY = 2, 10


def stripped(data: bytes) -> bytes:
    """The same moving picture without comments, XMP, profiles or what hides behind its end.

    Raises ValueError where the data is no whole GIF.
    """
    try:
        return _stripped(data)
    except IndexError as error:
        raise ValueError("cut off") from error


def seconds(data: bytes | mmap) -> float:
    """How long it moves, once through, as FFmpeg and browsers have it; raises ValueError where it is no whole GIF."""
    try:
        return round(sum(_delays(data)) / 100, 3)
    except IndexError as error:
        raise ValueError("cut off") from error


def _delays(data: bytes | mmap) -> Iterator[int]:
    """How long each picture is seen, in hundredths of a second."""
    at, delay = 13 + _colours(data[10]), 0
    while data[at] != _END:
        if data[at] == _EXTENSION and data[at + 1] == _CONTROL:
            delay = data[at + 4] | data[at + 5] << 8
        elif data[at] == _IMAGE:
            yield delay if delay >= _LEAST_DELAY else _USUAL_DELAY
            delay = 0
        at = _block_end(data, at)


def _stripped(data: bytes) -> bytes:
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while data[at] != _END:
        end = _block_end(data, at)
        if data[at] == _IMAGE or _shows(data, at):
            kept.append(data[at:end])
        at = end
    kept.append(bytes([_END]))
    return b"".join(kept)


def _block_end(data: bytes | mmap, at: int) -> int:
    if data[at] == _EXTENSION:
        return _after_pieces(data, at + 2)
    if data[at] == _IMAGE:
        return _after_pieces(data, at + 11 + _colours(data[at + 9]))
    raise ValueError(f"unknown block {data[at]:#x}")


def _after_pieces(data: bytes | mmap, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _shows(data: bytes, at: int) -> bool:
    """Whether an extension changes what is seen: its timing, or how often it loops."""
    if data[at + 1] == _APPLICATION:
        return data[at + 3 : at + 14] in _LOOPS
    return data[at + 1] == _CONTROL


def _colours(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

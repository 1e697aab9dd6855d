"""The removal of invisible data from a GIF: block by block, without a change to any pixel.

Blocks as in https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
"""

from collections.abc import Iterator
from mmap import mmap

_EXTENSION_BYTE, _IMAGE_BYTE, _TRAILER_BYTE = 0x21, 0x2C, 0x3B
_CONTROL_LABEL, _APPLICATION_LABEL = 0xF9, 0xFF
_LOOP_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
#: No viewer honours a shorter delay than the first; it shows the second instead (hundredths of a second).
_MIN_DELAY, _DEFAULT_DELAY = 2, 10


def strip_gif(data: bytes) -> bytes:
    """Return the GIF without comments, XMP, profiles and data after its end.

    Raises ValueError if the data is not a complete GIF.
    """
    try:
        return _strip_blocks(data)
    except IndexError as error:
        raise ValueError("cut off") from error


def duration(data: bytes | mmap) -> float:
    """Return the seconds of one loop, as FFmpeg and browsers count them.

    Raises ValueError if the data is not a complete GIF.
    """
    try:
        return round(sum(_frame_delays(data)) / 100, 3)
    except IndexError as error:
        raise ValueError("cut off") from error


def _frame_delays(data: bytes | mmap) -> Iterator[int]:
    """Yield the delay of each frame, in hundredths of a second."""
    at, delay = 13 + _colour_table_size(data[10]), 0
    while data[at] != _TRAILER_BYTE:
        if data[at] == _EXTENSION_BYTE and data[at + 1] == _CONTROL_LABEL:
            delay = data[at + 4] | data[at + 5] << 8
        elif data[at] == _IMAGE_BYTE:
            yield delay if delay >= _MIN_DELAY else _DEFAULT_DELAY
            delay = 0
        at = _block_end(data, at)


def _strip_blocks(data: bytes) -> bytes:
    at = 13 + _colour_table_size(data[10])
    output = [data[:at]]
    while data[at] != _TRAILER_BYTE:
        end = _block_end(data, at)
        if data[at] == _IMAGE_BYTE or _is_visible_extension(data, at):
            output.append(data[at:end])
        at = end
    output.append(bytes([_TRAILER_BYTE]))
    return b"".join(output)


def _block_end(data: bytes | mmap, at: int) -> int:
    if data[at] == _EXTENSION_BYTE:
        return _sub_blocks_end(data, at + 2)
    if data[at] == _IMAGE_BYTE:
        return _sub_blocks_end(data, at + 11 + _colour_table_size(data[at + 9]))
    raise ValueError(f"unknown block {data[at]:#x}")


def _sub_blocks_end(data: bytes | mmap, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _is_visible_extension(data: bytes, at: int) -> bool:
    """Return True if the extension changes the display: its timing or its number of loops."""
    if data[at + 1] == _APPLICATION_LABEL:
        return data[at + 3 : at + 14] in _LOOP_EXTENSIONS
    return data[at + 1] == _CONTROL_LABEL


def _colour_table_size(flags: int) -> int:
    """Return the bytes of the colour table that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

"""The encoding of a list: UTF-8, UTF-16 or Windows-1252, as spreadsheets save it."""

import codecs

from humaspost.audience.csv.records import split_lines
from humaspost.audience.csv.unreadable import UnreadableList, unreadable
from humaspost.base.i18n import _

#: The first bytes of files that a spreadsheet saves and that are no text.
_SPREADSHEET_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
#: UTF-16 without a mark is sure where this many first characters are all ASCII.
_SAMPLE_CHARACTERS = 32


def decode_list(data: bytes) -> str:
    """Return the text of the bytes; raise UnreadableList if they are no text.

    Windows-1252 ("CSV" in Excel on Windows) is read where the bytes are no UTF-8 and say nothing else.
    """
    if data.startswith(_SPREADSHEET_SIGNATURES):
        message = _("this is a spreadsheet under another name, not text")
        raise unreadable("audience-encoding", message, _save_hint(), position=(1, 1))
    encoding = _detect_encoding(data)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _undecodable(data, encoding, error) from error
    if "\0" in text:
        position = len(split_lines(text[: text.index("\0")] + "\0")), 1
        message = _("this is not text: it has a NUL byte")
        # Spreadsheets cannot show it. Without it the rows are as they were, and their opt-outs count.
        salvage = text.replace("\0", "")
        raise unreadable("audience-encoding", message, _save_hint(), position=position, salvage=salvage)
    return text


def _save_hint() -> str:
    return _("in the spreadsheet: save as, CSV UTF-8")


def _detect_encoding(data: bytes) -> str:
    for mark, encoding in _UTF16_MARKS.items():
        if data.startswith(mark):
            return encoding
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if encoding := _detect_unmarked_utf16(data):
        return encoding
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _detect_unmarked_utf16(data: bytes) -> str:
    sample = data[: 2 * _SAMPLE_CHARACTERS]
    first, second = sample[0::2], sample[1::2]
    if len(sample) < 2 * _SAMPLE_CHARACTERS:
        return ""
    if not any(second) and all(0 < byte < 128 for byte in first):
        return "utf-16-le"
    return "utf-16-be" if not any(first) and all(0 < byte < 128 for byte in second) else ""


def _undecodable(data: bytes, encoding: str, error: UnicodeDecodeError) -> UnreadableList:
    lines = split_lines(data[: error.start].decode(encoding, errors="replace") + "\ufffd")
    position = len(lines), len(lines[-1])
    message = _("this is neither UTF-8 nor Windows text")
    salvage = data.decode(encoding, errors="replace").replace("\0", "")
    return unreadable("audience-encoding", message, _save_hint(), position=position, salvage=salvage)

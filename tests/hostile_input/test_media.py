"""Files that change between the look and the send: what is fitted is what was looked at, or nothing."""

import hashlib
import os
from pathlib import Path

import pytest

from humaspost.channels.registry import load_channel
from humaspost.media.fit import MediaChanged, fit_media
from humaspost.media.probe import media_details
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment
from tests.support.channel_context import jpeg

SECRET = b"-----BEGIN PRIVATE KEY-----\nkenari\n"


@pytest.mark.parametrize("swap", ["link to a file", "link to a folder", "other bytes", "pipe", "gone"])
def test_a_file_that_replaced_it_is_never_fitted(tmp_path: Path, swap: str) -> None:
    outside = tmp_path / "rahasia.jpg"
    outside.write_bytes(SECRET)
    source = tmp_path / "kantor" / "a.jpg"
    source.parent.mkdir()
    source.write_bytes(jpeg())
    with source.open("rb") as file:
        facts = media_details(file, "a.jpg", real_name="a.jpg")
    the = load_channel("x")
    picture = Attachment("a.jpg", facts.sha256, MediaKind.IMAGE, facts.mime, facts.size, "", 0)
    limits = the.rules(the.Config(handle="@a")).media_rules_for(picture)
    assert limits is not None
    _swap(source, swap, outside)
    folder = tmp_path / "fitted"
    with pytest.raises((MediaChanged, OSError)):
        fit_media(source, picture, limits, folder=folder)
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    # The same place with the same bytes again is fine: the refusal was for what stood there.
    source.unlink(missing_ok=True)
    source.write_bytes(jpeg())
    made = fit_media(source, picture, limits, folder=folder)
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == made.sha256


def _swap(source: Path, swap: str, outside: Path) -> None:
    source.unlink()
    match swap:
        case "link to a file":
            source.symlink_to(outside)
        case "link to a folder":
            source.symlink_to(outside.parent)
        case "other bytes":
            source.write_bytes(jpeg(colour="teal"))
        case "pipe":
            os.mkfifo(source)
        case _:
            pass

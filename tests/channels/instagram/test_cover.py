"""A video's cover: probed with it, named relative to the project, kept through JSON."""

import json
from pathlib import Path

from humaspost.media.probe import MediaProbe
from humaspost.model.post import MediaKind, Medium
from humaspost.model.rendition import Part, Rendition, attachments_for
from tests.support.channel_context import jpeg
from tests.support.sample_posts import post


def covered(folder: Path, cover: bytes) -> Rendition:
    for path, data in (("posts/media/a.jpg", jpeg(colour="red")), ("posts/sampul/c.jpg", cover)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    posts = folder / "posts"
    medium = Medium("media/a.jpg", posts / "media/a.jpg", 0, alt="a", cover=posts / "sampul/c.jpg")
    probed, _problems = MediaProbe(folder).probe_post(post("x", media=[medium]))
    media = attachments_for(probed, channel="instagram", account="instagram")
    return Rendition("instagram", (Part(1, "x", media),))


def test_a_cover_is_an_attachment_with_the_path_within_the_project(tmp_path: Path) -> None:
    (item,) = covered(tmp_path, jpeg(360, 640)).parts[0].media
    assert item.cover is not None
    assert (item.cover.path, item.cover.kind, item.cover.use) == (
        "posts/sampul/c.jpg",
        MediaKind.IMAGE,
        "cover",
    )
    assert (item.cover.width, item.cover.height) == (360, 640)


def test_a_cover_survives_json_and_its_bytes_are_part_of_the_hash(tmp_path: Path) -> None:
    rendition = covered(tmp_path / "a", jpeg(360, 640))
    assert Rendition.from_json(json.loads(json.dumps(rendition.to_json()))) == rendition
    assert rendition.hash == covered(tmp_path / "b", jpeg(360, 640)).hash
    assert rendition.hash != covered(tmp_path / "c", jpeg(360, 640, colour="teal")).hash


def test_an_unreadable_cover_is_none_and_has_its_problem(tmp_path: Path) -> None:
    (item,) = covered(tmp_path, b"not a picture").parts[0].media
    assert item.cover is None

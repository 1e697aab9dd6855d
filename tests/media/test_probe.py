"""A medium is what its content says, and a bad one is a Problem at its line."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from humaspost.media import probe, safe_open
from humaspost.media.codes import CODES
from humaspost.media.probe import MediaProbe
from humaspost.model.post import MediaFacts, MediaKind
from humaspost.model.problem import Problem, Severity
from tests.support import image_files, video_files
from tests.support.image_files import post_with
from tests.support.reference_data import ROOT

Put = Callable[[str, bytes], str]
OFFICE = "application/vnd.openxmlformats-officedocument."


def details(root: Path, file: str) -> MediaFacts:
    post, problems = MediaProbe(root).probe_post(post_with(root, file))
    assert problems == []
    assert post.media[0].facts is not None
    return post.media[0].facts


def only_problem(root: Path, file: str) -> Problem:
    post, problems = MediaProbe(root).probe_post(post_with(root, file))
    assert len(problems) == 1
    assert post.media[0].facts is None
    problem = problems[0]
    assert (problem.file, problem.position.line, problem.position.column, problem.text) == (
        "posts/p-1.md",
        5,
        11,
        "line 5",
    )
    assert problem.hint
    assert problem.code in CODES
    return problem


@pytest.mark.parametrize(
    ("name", "data", "kind", "mime"),
    [
        ("a.jpg", image_files.jpeg(), MediaKind.IMAGE, "image/jpeg"),
        ("a.png", image_files.png(), MediaKind.IMAGE, "image/png"),
        ("a.webp", image_files.saved(image_files.corner((9, 9)), "WEBP"), MediaKind.IMAGE, "image/webp"),
        ("still.gif", image_files.gif(1), MediaKind.IMAGE, "image/gif"),
        ("a.gif", image_files.gif(3), MediaKind.GIF, "image/gif"),
        ("a.mp4", video_files.video_file(), MediaKind.VIDEO, "video/mp4"),
        ("a.mov", video_files.video_file(container="mov"), MediaKind.VIDEO, "video/quicktime"),
        ("a.pdf", image_files.pdf(), MediaKind.DOCUMENT, "application/pdf"),
        ("a.docx", image_files.office(), MediaKind.DOCUMENT, f"{OFFICE}wordprocessingml.document"),
        ("a.xlsx", image_files.office("xl/"), MediaKind.DOCUMENT, f"{OFFICE}spreadsheetml.sheet"),
        ("a.pptx", image_files.office("ppt/"), MediaKind.DOCUMENT, f"{OFFICE}presentationml.presentation"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), MediaKind.DOCUMENT, "application/msword"),
        ("a.txt", "Jadwal: 08.00–20.00".encode(), MediaKind.DOCUMENT, "text/plain"),
        ("a.ogg", video_files.audio_file("libopus", container="ogg"), MediaKind.AUDIO, "audio/ogg"),
        ("a.mp3", video_files.audio_file("libmp3lame", container="mp3"), MediaKind.AUDIO, "audio/mpeg"),
        ("a.aac", video_files.audio_file(), MediaKind.AUDIO, "audio/aac"),
        ("a.mp4", video_files.audio_file(container="ipod"), MediaKind.AUDIO, "audio/mp4"),
        ("a.3gp", video_files.video_file(container="3gp"), MediaKind.VIDEO, "video/3gpp"),
    ],
)
def test_the_content_determines_the_kind(
    root: Path, put: Put, name: str, data: bytes, kind: MediaKind, mime: str
) -> None:
    found = details(root, put(name, data))
    assert (found.kind, found.mime, found.size) == (kind, mime, len(data))
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_a_picture_is_a_picture_under_the_name_of_another(root: Path, put: Put) -> None:
    assert details(root, put("a.png", image_files.jpeg())).mime == "image/jpeg"


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (60, 40)), (3, (60, 40)), (6, (40, 60)), (8, (40, 60))]
)
def test_sides_are_reported_as_a_person_sees_them(
    root: Path, put: Put, orientation: int, size: tuple[int, int]
) -> None:
    found = details(root, put("a.jpg", image_files.jpeg((60, 40), orientation=orientation)))
    assert (found.width, found.height) == size


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        ("a.jpg", b"<!DOCTYPE html><title>Masuk</title>", "media-wrong-type", "a web page"),
        ("a.jpg", image_files.pdf(), "media-wrong-type", "a PDF document"),
        ("a.jpg", image_files.video_bytes(), "media-wrong-type", "video/mp4"),
        ("a.jpg", b"ini teks", "media-wrong-type", "plain text"),
        ("a.pdf", image_files.jpeg(), "media-wrong-type", "image/jpeg"),
        ("a.docx", image_files.office("xl/"), "media-wrong-type", "XLSX"),
        ("a.svg", b"<?xml version='1.0'?><svg onload='x()'/>", "media-wrong-type", "SVG"),
        ("a.heic", bytes(4) + b"ftypheic" + bytes(30), "media-wrong-type", "HEIC"),
        ("a.jpg", bytes(64), "media-wrong-type", "no kind"),
        ("a.txt", b"\x00\x01\x02", "media-wrong-type", "no kind"),
        ("a.zip", image_files.office("other/"), "media-wrong-type", "no kind"),
        ("a.jpg", b"", "media-unreadable", "empty"),
        ("a.jpg", image_files.jpeg()[:-200], "media-unreadable", "cut off"),
        ("a.png", image_files.png()[:-30], "media-unreadable", "a.png"),
        ("a.pdf", image_files.pdf()[:-8], "media-unreadable", "cut off"),
        ("a.mp4", image_files.video_bytes(whole=False), "media-unreadable", "cut off"),
        ("a.docx", image_files.office()[:-30], "media-unreadable", "cut off"),
        ("a.png", image_files.bomb(), "media-bomb", "50 million"),
        (
            "a.png",
            image_files.saved(
                image_files.corner((9, 9)),
                "PNG",
                save_all=True,
                append_images=[image_files.corner((9, 9)).rotate(90)],
            ),
            "media-animated",
            "animated",
        ),
    ],
)
def test_what_no_channel_takes_is_a_problem(
    root: Path, put: Put, name: str, data: bytes, code: str, message: str
) -> None:
    problem = only_problem(root, put(name, data))
    assert problem.code == code
    assert message in problem.message


def test_too_many_bytes_are_not_even_read(root: Path, put: Put) -> None:
    file = put("a.mp4", b"")
    os.truncate(root / "posts" / file, probe.MAX_FILE_BYTES + 1)  # sparse: no disk is used
    assert only_problem(root, file).code == "media-too-large"


def test_a_missing_file_names_the_one_that_is_suggested(root: Path, put: Put) -> None:
    put("014-loket-malam.jpg", image_files.jpeg())
    problem = only_problem(root, "media/014-loket-malm.JPG")
    assert (problem.code, problem.hint) == ("media-missing-file", "write: file: media/014-loket-malam.jpg")
    assert only_problem(root, "media\\014-loket-malam.jpg").hint == "write: file: media/014-loket-malam.jpg"
    long = put("foto-kegiatan-pelayanan-administrasi-kependudukan-" * 3 + "2027.jpg", image_files.jpeg())
    assert only_problem(root, long.replace("2027", "2072")).hint == f"write: file: {long}"
    assert "not an address" in only_problem(root, "https://example.org/a.jpg").message
    assert only_problem(root, "media/" + "x" * 4096).code == "media-missing-file"
    assert only_problem(root, "media/a\0.jpg").code == "media-missing-file"


def test_nothing_outside_the_project_is_opened(root: Path, put: Put, tmp_path: Path) -> None:
    secret = tmp_path / "rahasia.jpg"
    secret.write_bytes(image_files.jpeg())
    inside = root / "posts" / put("a.jpg", image_files.jpeg())
    (root / "posts" / "media" / "link.jpg").symlink_to(secret)
    (root / "posts" / "away").symlink_to(tmp_path)
    (root / ".humaspost").mkdir()
    shutil.copy(secret, root / ".humaspost" / "token.jpg")
    for file in (
        "../../rahasia.jpg",
        "../../../../../../etc/passwd",
        "media/link.jpg",
        "away/rahasia.jpg",
        "../.humaspost/token.jpg",
        str(inside),
        "C:\\Users\\humas\\a.jpg",
        "/proc/self/environ",
    ):
        assert only_problem(root, file).code == "media-outside", file


def test_a_link_within_the_project_is_fine_but_lends_no_name(root: Path, put: Put) -> None:
    put("a.jpg", image_files.jpeg())
    (root / "posts" / "media" / "b.jpg").symlink_to("a.jpg")
    assert details(root, "media/b.jpg").kind is MediaKind.IMAGE
    (root / "credentials.toml").write_text('[x]\napi_key = "rahasia"\n')
    (root / "posts" / "media" / "notes.txt").symlink_to("../../credentials.toml")
    assert only_problem(root, "media/notes.txt").code == "media-wrong-type"


def test_pipes_devices_and_folders_are_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "posts" / "media" / "pipe.jpg")
    (root / "posts" / "media" / "folder.jpg").mkdir()
    for name in ("pipe.jpg", "folder.jpg"):
        problem = only_problem(root, f"media/{name}")
        assert (problem.code, problem.message) == ("media-unreadable", f"media/{name} is not a file")


def test_a_folder_that_became_a_link_after_the_check_is_not_followed(
    root: Path, put: Put, tmp_path: Path
) -> None:
    put("a.jpg", image_files.jpeg())
    looked = safe_open.resolve_inside(root, "media/a.jpg", root / "posts" / "media" / "a.jpg")
    with safe_open.open_inside(root, looked) as file:
        assert file.read(2) == b"\xff\xd8"
    (root / "posts" / "media").rename(tmp_path / "elsewhere")
    (root / "posts" / "media").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        safe_open.open_inside(root, looked)
    (root / "posts" / "media").unlink()
    (tmp_path / "elsewhere").rename(root / "posts" / "media")
    (root / "posts" / looked.relative_to("posts")).unlink()
    (root / looked).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        safe_open.open_inside(root, looked)


def test_a_file_without_read_permission(root: Path, put: Put) -> None:
    file = put("a.jpg", image_files.jpeg())
    (root / "posts" / file).chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)  # root may read everything
    try:
        problem = only_problem(root, file)
    finally:
        os.seteuid(me)
    assert (problem.code, "may not read" in problem.message) == ("media-unreadable", True)


def test_one_bad_file_never_hides_the_others(root: Path, put: Put) -> None:
    post, problems = MediaProbe(root).probe_post(
        post_with(root, "media/none.jpg", put("a.jpg", image_files.jpeg()), "../../x")
    )
    assert [problem.code for problem in problems] == ["media-missing-file", "media-outside"]
    assert [problem.position.line for problem in problems] == [5, 7]
    assert [medium.facts is not None for medium in post.media] == [False, True, False]


def test_a_duplicate_picture_is_a_warning(root: Path, put: Put) -> None:
    data = image_files.jpeg()
    post = post_with(root, put("a.jpg", data), put("b.jpg", data))
    _, problems = MediaProbe(root).probe_post(post)
    assert [(problem.code, problem.severity, problem.position.line) for problem in problems] == [
        ("media-twice", Severity.WARNING, 6)
    ]


def test_cover_and_captions_are_checked_too(root: Path, put: Put) -> None:
    film = put("a.mp4", video_files.video_file())
    folder = root / "posts"
    (folder / "media" / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHalo\n")
    put("cover.jpg", image_files.jpeg())
    good = post_with(root, film, cover=folder / "media/cover.jpg", captions=folder / "media/a.srt")
    assert MediaProbe(root).probe_post(good)[1] == []
    bad = post_with(root, film, cover=folder / "media/a.mp4", captions=folder / "media/cover.jpg")
    found = [(problem.code, problem.field) for problem in MediaProbe(root).probe_post(bad)[1]]
    assert found == [("media-wrong-type", "media.0.cover"), ("media-wrong-type", "media.0.captions")]
    away = post_with(root, film, cover=folder / "../../cover.jpg", captions=folder / "none.srt")
    assert [problem.code for problem in MediaProbe(root).probe_post(away)[1]] == [
        "media-outside",
        "media-missing-file",
    ]


def test_a_file_is_checked_again_only_when_it_changed(root: Path, put: Put) -> None:
    looks = MediaProbe(root)
    file = put("a.jpg", image_files.jpeg((60, 40)))
    path = root / "posts" / file
    first, _ = looks.probe_post(post_with(root, file))
    second, _ = looks.probe_post(post_with(root, file))
    assert second.media[0].facts is first.media[0].facts
    before = path.stat()
    put("a.jpg", image_files.jpeg((80, 40)).ljust(before.st_size, b"\0")[: before.st_size])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # a copy that keeps the old time
    third, problems = looks.probe_post(post_with(root, file))
    assert problems or third.media[0].facts != first.media[0].facts
    path.unlink()
    assert looks.probe_post(post_with(root, file))[1][0].code == "media-missing-file"


def test_the_sample_media_are_all_understood() -> None:
    folder = ROOT / "posts" / "media"
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".srt":
            result = MediaProbe(ROOT).probe_medium(post_with(ROOT, f"media/{path.name}").media[0])
            assert isinstance(result, MediaFacts), result
            found[path.suffix] = result.kind
    assert found == {
        ".jpg": MediaKind.IMAGE,
        ".png": MediaKind.IMAGE,
        ".mp4": MediaKind.VIDEO,
        ".pdf": MediaKind.DOCUMENT,
    }

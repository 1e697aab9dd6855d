"""Videos and captions on X: uploaded in pieces, waited for, tied together, refused where X fails."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from humaspost.base.canonical_json import Json
from humaspost.channels.x import X
from humaspost.channels.x.media_upload import CHUNK_BYTES
from humaspost.media.probe import MediaProbe
from humaspost.model.channel import NotReady, Ready
from humaspost.model.errors import Rejected, Transient
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part
from tests.channels.x.conftest import SessionHarness
from tests.support.channel_context import prepared
from tests.support.image_files import post_with
from tests.support.reference_data import ROOT
from tests.support.sample_posts import medium, post
from tests.support.video_files import video_file

SRT = b"1\n00:00:00,000 --> 00:00:01,000\nHalo\n"


def _video(harness: SessionHarness, data: bytes = b"", **values: Any) -> Attachment:
    item = harness.context.add(data or video_file(seconds=1.0), name="film.mp4")
    return replace(item, kind=MediaKind.VIDEO, mime="video/mp4", alt="Tangan memilah sampah.", **values)


def _captions(harness: SessionHarness, name: str = "film.srt") -> Attachment:
    item = harness.context.add(SRT, name=name)
    return replace(item, kind=MediaKind.DOCUMENT, mime="text/srt", alt="", use="captions")


def _bodies(harness: SessionHarness, path: str) -> list[Any]:
    return [r["body"] for r in harness.sandbox.state.requests if r["path"].endswith(path)]


def _steps(harness: SessionHarness, part: Part) -> tuple[Ready, list[float]]:
    waits: list[float] = []
    token: Json = None
    while not isinstance(step := harness.session.prepare(part, token), Ready):
        waits += [step.retry_after] if step.retry_after else []
        token = step.token
    return step, waits


def test_a_video_is_sent_whole_and_waited_for(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0.05, check_after_secs=2)
    ready, waits = _steps(harness, part := Part(1, "Film.", (_video(harness),)))
    assert waits[0] == 2.0
    harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    (shown,) = harness.objects()
    assert (shown.media[0].type, shown.media[0].sha256) == ("video/mp4", part.media[0].sha256)


def test_a_video_that_x_never_finishes_is_started_again_and_has_an_end(harness: SessionHarness) -> None:
    harness.inject_fault("media-never-ready", "/finalize$")
    part, token = Part(1, "Film.", (_video(harness),)), None
    for _step in range(5):
        step = harness.session.prepare(part, token)
        assert isinstance(step, NotReady)
        token = step.token
    harness.context.later = timedelta(minutes=31)
    # X's own clock has not moved; ours has, so its signature would be too late.
    harness.set(clock_skew=10_000)
    with pytest.raises(Transient, match="media-never-ready") as ended:
        harness.session.prepare(part, token)
    assert (ended.value.restart_preparation, ended.value.max_attempts) == (True, 3)


def test_a_large_video_goes_up_in_pieces_of_a_mebibyte(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0)
    data = video_file((320, 320), seconds=1.0)
    padding = 2 * CHUNK_BYTES + 10
    data += padding.to_bytes(4, "big") + b"free" + bytes(padding - 8)
    harness.publish(Part(1, "Film.", (_video(harness, data),)))
    assert len([path for path in harness.count_requests("POST") if path.endswith("/append")]) == 3
    assert len(harness.objects()) == 1


@pytest.mark.parametrize("use", ["", "amplify"])
def test_captions_are_tied_to_their_video(harness: SessionHarness, use: str) -> None:
    harness.set(processing_seconds=0)
    harness.publish(Part(1, "Film.", (_video(harness, captions=_captions(harness), use=use),)))
    (shown,) = harness.objects()
    assert [list(tracks) for tracks in shown.extra["captions"]] == [["ID"]]


def test_captions_name_their_language(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0)
    harness.publish(Part(1, "Film.", (_video(harness, captions=_captions(harness, "film.en.srt")),)))
    assert list(harness.objects()[0].extra["captions"][0]) == ["EN"]


def test_each_step_is_one_write_and_survives_a_restart(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0)
    part = Part(1, "Film.", (_video(harness, captions=_captions(harness)),))
    token: Json = None
    count = 0
    while True:
        with X().open(harness.config, harness.context) as session:
            step = session.prepare(part, token)
        if isinstance(step, Ready):
            break
        count += 1
        assert len(harness.count_requests("POST")) == count
        token = step.token
    assert count == 7


def test_a_video_that_x_is_unable_to_process_is_refused(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0)
    part = Part(1, "Film.", (_video(harness, video_file(seconds=0.3)),))
    with pytest.raises(Rejected, match="media-failed: X gives no reason"):
        prepared(harness.session, part)
    assert harness.objects() == []


def test_processing_that_takes_long_only_waits(harness: SessionHarness) -> None:
    harness.set(processing_seconds=60, check_after_secs=5)
    part = Part(1, "Film.", (_video(harness),))
    token: Json = None
    for _ in range(8):
        step = harness.session.prepare(part, token)
        assert isinstance(step, NotReady)
        token = step.token
    assert step.retry_after == 5.0


@pytest.mark.parametrize(
    ("check_after", "waited"),
    [
        (float("nan"), 1.0),
        (float("inf"), 60.0),
        (10**400, 60.0),
        (-5, 1.0),
        (0, 1.0),
        ("5", 1.0),
        (None, 1.0),
    ],
    ids=lambda value: str(value)[:8],
)
def test_no_answer_makes_it_poll_more_often_or_less_often_than_is_sane(
    harness: SessionHarness, check_after: Any, waited: float
) -> None:
    harness.set(processing_seconds=60)
    part = Part(1, "Film.", (_video(harness, video_file(seconds=0.3)),))
    body = {"data": {"id": "1", "processing_info": {"state": "pending", "check_after_secs": check_after}}}
    harness.inject_fault("status", "/finalize$", status=200, body=body, acted=True)
    token: Json = None
    for _ in range(9):
        step = harness.session.prepare(part, token)
        assert isinstance(step, NotReady)
        token = step.token
        if step.retry_after:
            break
    assert step.retry_after == waited


@pytest.mark.parametrize(
    "body", [{}, {"data": None}, {"data": {"id": "1", "processing_info": "soon"}}], ids=str
)
def test_an_empty_status_is_no_success(harness: SessionHarness, body: Json) -> None:
    """The post was written with a video that X had not looked at yet."""
    harness.set(processing_seconds=60)
    part = Part(1, "Film.", (_video(harness, video_file(seconds=0.3)),))
    harness.inject_fault("status", "/media/upload$", status=200, body=body, method="GET")
    with pytest.raises(Transient, match="unreadable-answer"):
        prepared(harness.session, part)


@pytest.mark.parametrize("seconds", [1, 0, 599, 10**30, "soon"], ids=str)
def test_an_upload_that_is_forgotten_at_once_is_not_started_for_ever(
    harness: SessionHarness, seconds: Any
) -> None:
    body = {"data": {"id": "17", "expires_after_secs": seconds}}
    harness.inject_fault("status", "/initialize$", status=200, body=body, acted=False)
    token: Json = None
    for _ in range(2):
        step = harness.session.prepare(harness.images(), token)
        assert isinstance(step, NotReady)
        token = step.token
        harness.inject_fault("empty-2xx", "/append$")
    assert len([path for path in harness.count_requests("POST") if path.endswith("/initialize")]) == 1


def test_an_amplify_publisher_is_named_in_the_post() -> None:
    item = medium("media/a.mp4", kind=MediaKind.VIDEO)
    config = X.Config(handle="@kotacontoh")
    for value, use in ((True, "amplify"), (False, "")):
        told = post("Film.", media=[item], own={"x": {"amplify": value}})
        shown = X().render(told, config, X().rules(config), account="x")
        assert [m.use for m in shown.parts[0].media] == [use]


def test_the_captions_of_a_post_are_in_its_rendition(tmp_path: Any) -> None:
    folder = tmp_path / "posts" / "media"
    folder.mkdir(parents=True)
    (folder / "a.mp4").write_bytes(video_file())
    (folder / "a.srt").write_bytes(SRT)
    given = post_with(tmp_path, "media/a.mp4", captions=folder / "a.srt")
    whole, problems = MediaProbe(tmp_path).probe_post(given)
    assert problems == []
    config = X.Config(handle="@kotacontoh")
    rendition = X().render(whole, config, X().rules(config), account="x")
    captions = rendition.parts[0].media[0].captions
    assert captions is not None
    assert (captions.path, captions.mime, captions.use) == ("posts/media/a.srt", "text/srt", "captions")
    assert type(rendition).from_json(rendition.to_json()) == rendition


def test_the_example_video_is_displayed_with_its_captions(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0)
    data = (ROOT / "posts/media/006-pilah-sampah.mp4").read_bytes()
    harness.publish(Part(1, "Film.", (_video(harness, data, captions=_captions(harness)),)))
    assert harness.objects()[0].media[0].type == "video/mp4"

"""A conversion is a child process: nobody waits for it, it is killed in time, and it leaves nothing behind."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from humaspost.app.channel_context import OfficeChannelContext
from humaspost.media.fit import MediaRejected, fit_media
from humaspost.media.geometry import Geometry
from humaspost.media.video import job as video_job
from humaspost.media.video import pool
from humaspost.media.video.pool import ConversionPool
from humaspost.media.video.transcode import EncodingSettings
from humaspost.model.channel import FitFile, MediaNotReady
from humaspost.model.errors import Rejected, Scope, Transient
from humaspost.model.rendition import Attachment
from tests.media.video.test_plan import STRICT, attached
from tests.support.video_files import video_file

Put = Callable[[str, bytes], str]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="children are stopped by signals")


@pytest.fixture
def waiting(root: Path, put: Put) -> Attachment:
    """A video that must be converted."""
    return attached(root, put("a.mp4", video_file(rate=25, codec="libx265")))


@pytest.fixture
def children() -> Iterator[ConversionPool]:
    made = ConversionPool()
    yield made
    made.close()


def poll(root: Path, item: Attachment, children: ConversionPool) -> FitFile:
    return fit_media(root / item.path, item, STRICT, folder=root / "fit", conversions=children)


def last(root: Path, item: Attachment, children: ConversionPool) -> FitFile:
    """What comes of it, however often it must be asked for."""
    while True:
        try:
            return poll(root, item, children)
        except MediaNotReady:
            continue


def start_conversion(root: Path, item: Attachment, children: ConversionPool) -> int:
    """The process id of the child that converts it, which is stopped where it is."""
    with pytest.raises(MediaNotReady):
        poll(root, item, children)
    (*_others, child) = children._children.values()
    os.kill(child.process.pid, signal.SIGSTOP)
    return child.process.pid


def test_no_caller_waits_for_it_and_it_is_there_in_the_end(
    root: Path, waiting: Attachment, children: ConversionPool
) -> None:
    pid = start_conversion(root, waiting, children)
    with pytest.raises(MediaNotReady):
        poll(root, waiting, children)
    os.kill(pid, signal.SIGCONT)
    made = last(root, waiting, children)
    assert made.mime == "video/mp4"
    assert [path.name for path in (root / "fit").iterdir()] == [made.path.name]


def test_a_conversion_that_hangs_is_killed_in_time_and_can_be_tried_again(
    root: Path, waiting: Attachment
) -> None:
    short = ConversionPool(max_seconds=0.3)
    pid = start_conversion(root, waiting, short)
    with pytest.raises(MediaRejected) as refused:
        last(root, waiting, short)
    assert refused.value.code == "media-not-converted-in-time"
    assert "not done in 0 s" in refused.value.detail
    assert list((root / "fit").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert last(root, waiting, ConversionPool()).size


def test_the_context_reports_it_as_a_post_that_failed(root: Path, waiting: Attachment) -> None:
    door = OfficeChannelContext(
        "x",
        _ChannelRules(),
        root,
        root / "fit",
        None,
        None,
        None,
        ConversionPool(wait_seconds=None, max_seconds=0.0),
    )
    with pytest.raises(Rejected) as refused:
        door.fit_media(waiting)
    assert (refused.value.code, refused.value.scope) == ("media-not-converted-in-time", Scope.POST)


class _ChannelRules:
    """Rules of a channel that takes what STRICT takes."""

    def media_rules_for(self, item: Attachment) -> object:
        return STRICT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_conversion_that_the_computer_ended_is_started_again(
    root: Path, waiting: Attachment, children: ConversionPool, number: int
) -> None:
    door = OfficeChannelContext("x", _ChannelRules(), root, root / "fit", None, None, None, children)
    with pytest.raises(MediaNotReady):
        door.fit_media(waiting)
    (child,) = children._children.values()
    os.kill(child.process.pid, number)
    child.process.wait()
    with pytest.raises(Transient):
        door.fit_media(waiting)
    assert last(root, waiting, children).size


def test_a_conversion_that_crashes_is_the_videos_fault(
    root: Path, waiting: Attachment, children: ConversionPool
) -> None:
    with pytest.raises(MediaNotReady):
        poll(root, waiting, children)
    (child,) = children._children.values()
    os.kill(child.process.pid, signal.SIGSEGV)
    child.process.wait()
    with pytest.raises(MediaRejected) as refused:
        poll(root, waiting, children)
    assert refused.value.code == "media-not-converted"


def test_no_more_run_at_once_than_the_computer_bears(root: Path, put: Put, children: ConversionPool) -> None:
    films = [
        video_file(rate=25, codec="libx265", ground=colour)
        for colour in ("red", "tan", "pink", "gold", "gray")
    ]
    *first, one_more = [attached(root, put(f"{n}.mp4", data)) for n, data in enumerate(films)]
    pids = [start_conversion(root, item, children) for item in first]
    assert len(pids) == pool.MAX_CHILDREN
    with pytest.raises(MediaNotReady) as wait:
        poll(root, one_more, children)
    assert wait.value.retry_after == pool.FULL_RETRY_SECONDS
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    assert last(root, one_more, children).size


def test_a_video_that_fits_as_it_is_waits_for_no_other_conversion(
    root: Path, put: Put, children: ConversionPool
) -> None:
    films = [video_file(rate=25, codec="libx265", ground=colour) for colour in ("red", "tan", "pink", "gold")]
    for number, data in enumerate(films):
        start_conversion(root, attached(root, put(f"{number}.mp4", data)), children)
    urgent = attached(root, put("darurat.mp4", video_file(rate=25, first=True)))
    assert poll(root, urgent, children).mime == "video/mp4"


def test_closing_ends_all_and_no_process_remains(
    root: Path, waiting: Attachment, children: ConversionPool
) -> None:
    pid = start_conversion(root, waiting, children)
    children.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list((root / "fit").iterdir()) == []


def test_the_child_receives_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMASPOST_X_ACCESS_TOKEN", "RAHASIA")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/RAHASIA")
    assert "RAHASIA" not in str(pool._environment_without_secrets())
    assert pool._environment_without_secrets()["PATH"] == os.environ["PATH"]


def test_a_job_comes_through_as_text() -> None:
    wanted = EncodingSettings(Geometry(2, 4, 6, 8), Fraction(30000, 1001), 800_000, 48_000, "mono")
    for want in (wanted, replace(wanted, geometry=None), None):
        job = video_job.ConversionJob(
            "/a/b.made.mp4", "/a/.b.tmp", "video/mp4", True, want, False, 2, 16_000_000, 90.0
        )
        for bounds in (None, (3.0, 60.0)):
            whole = replace(job, duration_range=bounds, frame_rate_range=bounds)
            assert video_job.from_json(video_job.to_json(whole)) == whole


@pytest.mark.parametrize(
    ("duration", "expected"), [(None, 60), (0.5, 65), (30.0, 360), (140.0, 1460), (900.0, 1800), (1e9, 1800)]
)
def test_a_longer_video_is_given_more_time_up_to_half_an_hour(
    duration: float | None, expected: float
) -> None:
    assert video_job.time_limit(duration) == expected

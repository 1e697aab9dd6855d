"""A conversion is a child process: nobody waits for it, it is killed in time, and it leaves nothing behind."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from humaspost.app.channel_context import OfficeDoor
from humaspost.media.fit import CannotFit, fit
from humaspost.media.geometry import Shape
from humaspost.media.video import job as video_job
from humaspost.media.video import pool
from humaspost.media.video.pool import Conversions
from humaspost.media.video.transcode import Want
from humaspost.model.channel import FitFile, NotFitYet
from humaspost.model.errors import Rejected, Scope, Transient
from humaspost.model.rendition import Attachment
from tests.media.video.test_plan import STRICT, attached
from tests.support.video_files import film

Put = Callable[[str, bytes], str]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="children are stopped by signals")


@pytest.fixture
def waiting(root: Path, put: Put) -> Attachment:
    """A video that must be converted."""
    return attached(root, put("a.mp4", film(rate=25, codec="libx265")))


@pytest.fixture
def children() -> Iterator[Conversions]:
    made = Conversions()
    yield made
    made.close()


def ask(root: Path, item: Attachment, children: Conversions) -> FitFile:
    return fit(root / item.path, item, STRICT, folder=root / "fit", conversions=children)


def last(root: Path, item: Attachment, children: Conversions) -> FitFile:
    """What comes of it, however often it must be asked for."""
    while True:
        try:
            return ask(root, item, children)
        except NotFitYet:
            continue


def begun(root: Path, item: Attachment, children: Conversions) -> int:
    """The process id of the child that converts it, which is stopped where it is."""
    with pytest.raises(NotFitYet):
        ask(root, item, children)
    (*_others, child) = children._children.values()
    os.kill(child.process.pid, signal.SIGSTOP)
    return child.process.pid


def test_nobody_waits_for_it_and_it_is_there_in_the_end(
    root: Path, waiting: Attachment, children: Conversions
) -> None:
    pid = begun(root, waiting, children)
    with pytest.raises(NotFitYet):
        ask(root, waiting, children)
    os.kill(pid, signal.SIGCONT)
    made = last(root, waiting, children)
    assert made.mime == "video/mp4"
    assert [path.name for path in (root / "fit").iterdir()] == [made.path.name]


def test_one_that_hangs_is_killed_in_time_and_may_be_tried_again(root: Path, waiting: Attachment) -> None:
    short = Conversions(most=0.3)
    pid = begun(root, waiting, short)
    with pytest.raises(CannotFit) as refused:
        last(root, waiting, short)
    assert refused.value.code == "media-not-converted-in-time"
    assert "not done in 0 s" in refused.value.detail
    assert list((root / "fit").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert last(root, waiting, Conversions()).size


def test_the_door_tells_it_as_a_post_that_failed(root: Path, waiting: Attachment) -> None:
    door = OfficeDoor(
        "x", _Taking(), root, root / "fit", None, None, None, Conversions(patience=None, most=0.0)
    )
    with pytest.raises(Rejected) as refused:
        door.fitted(waiting)
    assert (refused.value.code, refused.value.scope) == ("media-not-converted-in-time", Scope.POST)


class _Taking:
    """Rules of a channel that takes what STRICT takes."""

    def limits(self, item: Attachment) -> object:
        return STRICT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_one_that_the_computer_ended_is_begun_again(
    root: Path, waiting: Attachment, children: Conversions, number: int
) -> None:
    door = OfficeDoor("x", _Taking(), root, root / "fit", None, None, None, children)
    with pytest.raises(NotFitYet):
        door.fitted(waiting)
    (child,) = children._children.values()
    os.kill(child.process.pid, number)
    child.process.wait()
    with pytest.raises(Transient):
        door.fitted(waiting)
    assert last(root, waiting, children).size


def test_one_that_crashes_is_the_films_fault(root: Path, waiting: Attachment, children: Conversions) -> None:
    with pytest.raises(NotFitYet):
        ask(root, waiting, children)
    (child,) = children._children.values()
    os.kill(child.process.pid, signal.SIGSEGV)
    child.process.wait()
    with pytest.raises(CannotFit) as refused:
        ask(root, waiting, children)
    assert refused.value.code == "media-not-converted"


def test_no_more_run_at_once_than_the_computer_bears(root: Path, put: Put, children: Conversions) -> None:
    films = [
        film(rate=25, codec="libx265", ground=colour) for colour in ("red", "tan", "pink", "gold", "gray")
    ]
    *first, one_more = [attached(root, put(f"{n}.mp4", data)) for n, data in enumerate(films)]
    pids = [begun(root, item, children) for item in first]
    assert len(pids) == pool.AT_ONCE
    with pytest.raises(NotFitYet) as wait:
        ask(root, one_more, children)
    assert wait.value.after == pool.LATER
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    assert last(root, one_more, children).size


def test_a_film_that_fits_as_it_is_waits_for_nobodys_conversion(
    root: Path, put: Put, children: Conversions
) -> None:
    films = [film(rate=25, codec="libx265", ground=colour) for colour in ("red", "tan", "pink", "gold")]
    for number, data in enumerate(films):
        begun(root, attached(root, put(f"{number}.mp4", data)), children)
    urgent = attached(root, put("darurat.mp4", film(rate=25, first=True)))
    assert ask(root, urgent, children).mime == "video/mp4"


def test_closing_ends_all_and_leaves_nothing(root: Path, waiting: Attachment, children: Conversions) -> None:
    pid = begun(root, waiting, children)
    children.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list((root / "fit").iterdir()) == []


def test_the_child_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUMASPOST_X_ACCESS_TOKEN", "RAHASIA")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/RAHASIA")
    assert "RAHASIA" not in str(pool._environment())
    assert pool._environment()["PATH"] == os.environ["PATH"]


def test_a_job_comes_through_as_text() -> None:
    wanted = Want(Shape(2, 4, 6, 8), Fraction(30000, 1001), 800_000, 48_000, "mono")
    for want in (wanted, replace(wanted, shape=None), None):
        job = video_job.Job("/a/b.made.mp4", "/a/.b.tmp", "video/mp4", True, want, False, 2, 16_000_000, 90.0)
        for bounds in (None, (3.0, 60.0)):
            whole = replace(job, lasts=bounds, rate=bounds)
            assert video_job.read(video_job.written(whole)) == whole


@pytest.mark.parametrize(
    ("duration", "expected"), [(None, 60), (0.5, 65), (30.0, 360), (140.0, 1460), (900.0, 1800), (1e9, 1800)]
)
def test_a_longer_film_is_given_more_time_up_to_half_an_hour(duration: float | None, expected: float) -> None:
    assert video_job.within(duration) == expected

"""``python -m humaspost.media.video.ffmpeg_child JOB``: a child process that FFmpeg may hang, crash or fill as it likes.

Standard input is the source, standard output says why it could not be done (exit 1).
"""

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from humaspost.base.files import replace
from humaspost.media.video import measure
from humaspost.media.video.job import Job, misfit, read
from humaspost.media.video.remux import moved
from humaspost.media.video.transcode import Want, transcoded

#: No date, no program's name: the same film always comes out with the same bytes. With no edit list nothing may
#: begin before 0, else all of it is put off and lasts longer: pictures that are shown in another order than they
#: are stored in count back from their place instead.
_MUXER = {
    "movflags": "+faststart+negative_cts_offsets",
    "use_editlist": "0",
    "fflags": "+bitexact",
}
#: FFmpeg's names; the second differs by its brand, which says that there are no pictures.
_CONTAINERS = {".mp4": "mp4", ".m4a": "ipod"}
_MIMES = {".mp4": "video/mp4", ".m4a": "audio/mp4"}
#: Whoever started it ends it in time; where that one is dead, it ends by itself this many seconds later.
_ORPHAN = 30
_SAID = 300


def convert(file: BinaryIO, job: Job) -> str:
    """``job.target`` holds the video or the sound as the channel takes it; else the text says what is against it."""
    why = "too large"
    for want in [*([None] if job.moves else []), *([job.want] if job.want else [])]:
        file.seek(0)
        why = _drafted(file, job, want) or _unfit(job)
        if not why:
            replace(Path(job.draft), Path(job.target))
            break
    return why


def _drafted(file: BinaryIO, job: Job, want: Want | None) -> str:
    """The draft holds what ``want`` says, None = the source's own pictures and sound; else what FFmpeg had against it."""
    import av

    longest = job.lasts[1] if job.lasts else None
    try:
        with (
            av.open(file, mode="r", format=measure.FORMATS[job.mime]) as source,
            av.open(job.draft, "w", format=_CONTAINERS[Path(job.target).suffix], options=_MUXER) as out,
        ):
            if want is None:
                moved(source, out, longest=longest)
            else:
                transcoded(source, out, want, interlaced=job.interlaced, loops=job.loops, longest=longest)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        return str(error) or type(error).__name__
    return ""


def _unfit(job: Job) -> str:
    """Why the channel would not take the draft; empty = it does."""
    draft = Path(job.draft)
    if draft.stat().st_size > job.most:
        return "too large"
    try:
        with draft.open("rb") as file:
            return misfit(measure.measured(file, _MIMES[Path(job.target).suffix]), job)
    except (measure.BadFilm, measure.TooManyPixels) as error:
        return str(error) or type(error).__name__


def main() -> None:
    """The job of the command line is done, behind everything else that the computer has to do."""
    job = read(sys.argv[1])
    if sys.platform != "win32":
        signal.alarm(int(job.seconds) + _ORPHAN)
        os.nice(5)
    why = convert(sys.stdin.buffer, job)
    if why:
        sys.stdout.write(why[:_SAID])
        sys.exit(1)


if __name__ == "__main__":
    main()

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
from humaspost.media.video.job import ConversionJob, find_mismatch, from_json
from humaspost.media.video.remux import remux
from humaspost.media.video.transcode import EncodingSettings, transcode

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
_TIMEOUT_MARGIN = 30
_MAX_MESSAGE_LENGTH = 300


def run_job(file: BinaryIO, job: ConversionJob) -> str:
    """``job.target`` holds the video or the sound as the channel takes it; else the text says what is against it."""
    error = "too large"
    for encoding in [*([None] if job.can_remux else []), *([job.encoding] if job.encoding else [])]:
        file.seek(0)
        error = _write_draft(file, job, encoding) or _check_draft(job)
        if not error:
            replace(Path(job.draft), Path(job.target))
            break
    return error


def _write_draft(file: BinaryIO, job: ConversionJob, encoding: EncodingSettings | None) -> str:
    """The draft holds what ``encoding`` says (None = the source's own pictures and sound); else FFmpeg's objection."""
    import av

    max_duration = job.duration_range[1] if job.duration_range else None
    try:
        with (
            av.open(file, mode="r", format=measure.DEMUXERS[job.mime]) as source,
            av.open(job.draft, "w", format=_CONTAINERS[Path(job.target).suffix], options=_MUXER) as out,
        ):
            if encoding is None:
                remux(source, out, max_duration=max_duration)
            else:
                transcode(
                    source,
                    out,
                    encoding,
                    interlaced=job.interlaced,
                    loops=job.loops,
                    max_duration=max_duration,
                )
    except (av.FFmpegError, ValueError, OverflowError) as error:
        return str(error) or type(error).__name__
    return ""


def _check_draft(job: ConversionJob) -> str:
    """Why the channel would not take the draft; empty = it does."""
    draft = Path(job.draft)
    if draft.stat().st_size > job.max_bytes:
        return "too large"
    try:
        with draft.open("rb") as file:
            return find_mismatch(measure.measure(file, _MIMES[Path(job.target).suffix]), job)
    except (measure.UnreadableVideo, measure.TooManyPixels) as error:
        return str(error) or type(error).__name__


def main() -> None:
    """The job of the command line is done, behind everything else that the computer has to do."""
    job = from_json(sys.argv[1])
    if sys.platform != "win32":
        signal.alarm(int(job.timeout) + _TIMEOUT_MARGIN)
        os.nice(5)
    error = run_job(sys.stdin.buffer, job)
    if error:
        sys.stdout.write(error[:_MAX_MESSAGE_LENGTH])
        sys.exit(1)


if __name__ == "__main__":
    main()

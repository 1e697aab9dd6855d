"""A child process for FFmpeg: ``python -m humaspost.media.video.ffmpeg_child JOB``.

FFmpeg may hang, crash or use all memory here without harm to the parent.
Standard input is the source. On failure, standard output has the reason and the exit code is 1.
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

#: No date and no program name, so the same video always gives the same bytes. There is no edit list, so
#: nothing may begin before 0; otherwise the whole video is delayed and lasts longer. Frames that are stored
#: in another order than displayed use negative composition offsets instead.
_MUXER = {
    "movflags": "+faststart+negative_cts_offsets",
    "use_editlist": "0",
    "fflags": "+bitexact",
}
#: FFmpeg's names. The second differs only by its brand, which means audio without video.
_CONTAINERS = {".mp4": "mp4", ".m4a": "ipod"}
_MIMES = {".mp4": "video/mp4", ".m4a": "audio/mp4"}
#: The parent ends the child in time. If the parent is dead, the child ends itself this many seconds later.
_TIMEOUT_MARGIN = 30
_MAX_MESSAGE_LENGTH = 300


def run_job(file: BinaryIO, job: ConversionJob) -> str:
    """Write ``job.target`` as the channel accepts it; return "", or the reason for a failure."""
    error = "too large"
    for encoding in [*([None] if job.can_remux else []), *([job.encoding] if job.encoding else [])]:
        file.seek(0)
        error = _write_draft(file, job, encoding) or _check_draft(job)
        if not error:
            replace(Path(job.draft), Path(job.target))
            break
    return error


def _write_draft(file: BinaryIO, job: ConversionJob, encoding: EncodingSettings | None) -> str:
    """Write the draft and return "", or return FFmpeg's error.

    ``encoding`` None copies the source's own video and audio streams.
    """
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
    """Return the reason why the channel would not accept the draft, or ""."""
    draft = Path(job.draft)
    if draft.stat().st_size > job.max_bytes:
        return "too large"
    try:
        with draft.open("rb") as file:
            return find_mismatch(measure.measure(file, _MIMES[Path(job.target).suffix]), job)
    except (measure.UnreadableVideo, measure.TooManyPixels) as error:
        return str(error) or type(error).__name__


def main() -> None:
    """Run the job of the command line, at a lower priority than other programs."""
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

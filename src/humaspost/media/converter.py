"""``python -m humaspost.media.converter JOB``: a child process that FFmpeg may hang, crash or fill as it likes.

Standard input is the source, standard output says why it could not be done (exit 1).
"""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from humaspost.media import films
from humaspost.media.jobs import Job, read
from humaspost.media.transcode import transcoded

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

#: No date, no program's name: the same film always comes out with the same bytes.
_MUXER = {"movflags": "+faststart", "use_editlist": "0", "fflags": "+bitexact"}
#: FFmpeg's names; the second differs by its brand, which says that there are no pictures.
_CONTAINERS = {".mp4": "mp4", ".m4a": "ipod"}
#: Whoever started it ends it in time; where that one is dead, it ends by itself this many seconds later.
_ORPHAN = 30
_SAID = 300


def convert(file: BinaryIO, job: Job) -> str:
    """``job.target`` holds the video or the sound as the channel takes it; else the text says what FFmpeg had against it."""
    import av

    draft = Path(job.draft)
    try:
        with (
            av.open(file, mode="r", format=films.FORMATS[job.mime]) as source,
            av.open(draft, "w", format=_CONTAINERS[Path(job.target).suffix], options=_MUXER) as out,
        ):
            if job.want is None:
                _moved(source, out)
            else:
                transcoded(source, out, job.want, interlaced=job.interlaced, loops=job.loops)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        return str(error) or type(error).__name__
    if draft.stat().st_size > job.most:
        return "too large"
    _kept(draft, Path(job.target))
    return ""


def _moved(source: "InputContainer", out: "OutputContainer") -> None:
    chosen = [stream for stream in (films.pictures_of(source), *source.streams.audio[:1]) if stream]
    to = {stream.index: out.add_stream_from_template(stream) for stream in chosen}
    for packet in source.demux(chosen):
        if packet.dts is not None:
            packet.stream = to[packet.stream.index]
            out.mux(packet)


def _kept(draft: Path, target: Path) -> None:
    with draft.open("rb+") as file:
        draft.chmod(0o600)
        os.fsync(file.fileno())
    draft.replace(target)


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

"""The copy of video and audio streams into another container, without re-encoding."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media.video import measure

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer


#: Seconds that video and audio may differ without notice (ITU-R BT.1359).
_MAX_UNNOTICED_SECONDS = 0.04
_APPLES_HEVC = "hvc1"


def remux(source: "InputContainer", out: "OutputContainer", *, max_duration: float | None = None) -> None:
    """Copy the video and the first audio stream of ``source`` to ``out``, starting at 0.

    Raises ValueError if the source hides frames that would become visible: a video that was trimmed on a phone
    still has the removed frames. Raises ValueError too if the audio would be out of step, as one stream begins later.
    """
    import av

    start_time = measure.start_time(source, unit=av.time_base)
    video_in = measure.video_stream(source)
    selected = [stream for stream in (video_in, *source.streams.audio[:1]) if stream]
    stream_out = {stream.index: out.add_stream_from_template(stream) for stream in selected}
    if video_in and video_in.codec_context.codec_tag == _APPLES_HEVC:
        # FFmpeg would write hev1, which Apple's players do not play.
        stream_out[video_in.index].codec_context.codec_tag = _APPLES_HEVC
    offsets = {
        stream.index: StreamStart(max_duration=None if stream is video_in else max_duration)
        for stream in selected
    }
    for packet in source.demux(selected):
        if packet.dts is None:
            continue
        if packet.stream is video_in and packet.is_discard:
            raise ValueError("it hides pictures")
        start = offsets[packet.stream.index]
        if start.keep_packet(packet):
            if abs(start.shift - start_time) > _MAX_UNNOTICED_SECONDS:
                raise ValueError("its sound would slip")
            packet.stream = stream_out[packet.stream.index]
            out.mux(packet)


class StreamStart:
    """The packets of one stream, shifted to start at 0.

    An encoder begins an audio stream with silence that no player plays. The packet that would reach beyond
    ``max_duration`` seconds is left out too. Packets after it are kept: such a stream is too long, and the check of
    the result must see this.
    """

    def __init__(self, *, max_duration: float | None) -> None:
        self._max_duration = max_duration
        self._first_time: int | None = None
        #: Seconds by which the whole stream is earlier now.
        self.shift = 0.0

    def keep_packet(self, packet: Any) -> bool:
        """Return True if the packet belongs to the stream; count its time from the new start."""
        length = packet.duration or 0
        if self._first_time is None:
            if packet.is_discard or packet.pts + length // 2 < 0:
                return False
            self._first_time = packet.pts
            self.shift = float(packet.pts * packet.time_base)
        packet.pts -= self._first_time
        packet.dts -= self._first_time
        return not crosses_limit(packet.pts, length, packet.time_base, self._max_duration)


def crosses_limit(start: int, length: int, unit: Fraction, max_duration: float | None) -> bool:
    """Return True if a packet begins before ``max_duration`` seconds and ends after it.

    ``start`` and ``length`` count units of ``unit`` seconds.
    """
    if max_duration is None:
        return False
    end = Fraction(max_duration).limit_denominator(1000) / unit
    return start < end < start + length

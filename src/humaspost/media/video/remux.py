"""Pictures and sound from one container into another as they are, or where they begin: not a bit is changed."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media.video import measure

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer


#: Seconds by which pictures and sound may slip and nobody notices (ITU-R BT.1359).
_UNNOTICED = 0.04
_APPLES_HEVC = "hvc1"


def moved(source: "InputContainer", out: "OutputContainer", *, longest: float | None = None) -> None:
    """``out`` has the pictures and the first sound of ``source``, from 0 on.

    Raises ValueError where the source hides pictures that would be seen then: whoever trims a film on a telephone
    leaves in it what was cut off. And where its sound would slip, as one of the two begins later.
    """
    import av

    begin = measure.begin_of(source, unit=av.time_base)
    shown = measure.pictures_of(source)
    chosen = [stream for stream in (shown, *source.streams.audio[:1]) if stream]
    to = {stream.index: out.add_stream_from_template(stream) for stream in chosen}
    if shown and shown.codec_context.codec_tag == _APPLES_HEVC:
        # FFmpeg would write hev1, which Apple's players do not play.
        to[shown.index].codec_context.codec_tag = _APPLES_HEVC
    starts = {stream.index: Start(longest=None if stream is shown else longest) for stream in chosen}
    for packet in source.demux(chosen):
        if packet.dts is None:
            continue
        if packet.stream is shown and packet.is_discard:
            raise ValueError("it hides pictures")
        start = starts[packet.stream.index]
        if start.keeps(packet):
            if abs(start.slip - begin) > _UNNOTICED:
                raise ValueError("its sound would slip")
            packet.stream = to[packet.stream.index]
            out.mux(packet)


class Start:
    """The packets of a stream, the first of them at 0: an encoder begins a sound with a silence that no player plays.

    The one that would reach beyond ``longest`` seconds is left out too, and none behind it: what is longer by
    more than that is too long, and is to be seen so.
    """

    def __init__(self, *, longest: float | None) -> None:
        self._longest = longest
        self._begin: int | None = None
        #: Seconds by which all of it is earlier now.
        self.slip = 0.0

    def keeps(self, packet: Any) -> bool:
        """Whether it belongs to the stream; its time is counted from the new start."""
        length = packet.duration or 0
        if self._begin is None:
            if packet.is_discard or packet.pts + length // 2 < 0:
                return False
            self._begin = packet.pts
            self.slip = float(packet.pts * packet.time_base)
        packet.pts -= self._begin
        packet.dts -= self._begin
        return not straddles(packet.pts, length, packet.time_base, self._longest)


def straddles(begin: int, length: int, unit: Fraction, longest: float | None) -> bool:
    """Whether what begins there and lasts so many units (of ``unit`` seconds) ends behind ``longest``, and began before."""
    if longest is None:
        return False
    end = Fraction(longest).limit_denominator(1000) / unit
    return begin < end < begin + length

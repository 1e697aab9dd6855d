"""Pictures and sound from one container into another as they are, or where they begin: not a bit is changed."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media import films

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer


def moved(source: "InputContainer", out: "OutputContainer", *, longest: float | None = None) -> None:
    """``out`` has the pictures and the first sound of ``source``, from 0 on.

    Raises ValueError where the source hides pictures that would be seen then: whoever trims a film on a telephone
    leaves in it what was cut off.
    """
    shown = films.pictures_of(source)
    chosen = [stream for stream in (shown, *source.streams.audio[:1]) if stream]
    to = {stream.index: out.add_stream_from_template(stream) for stream in chosen}
    starts = {stream.index: Start(longest=longest) for stream in chosen if stream is not shown}
    for packet in source.demux(chosen):
        if packet.dts is None:
            continue
        start = starts.get(packet.stream.index)
        if start is None and packet.is_discard:
            raise ValueError("it hides pictures")
        if start is None or start.keeps(packet):
            packet.stream = to[packet.stream.index]
            out.mux(packet)


class Start:
    """The packets of a sound, the first of them at 0: an encoder begins with a silence that a player is to leave out.

    The one that would reach beyond ``longest`` seconds is left out too, and none behind it: what is longer by
    more than that is too long, and is to be seen so.
    """

    def __init__(self, *, longest: float | None) -> None:
        self._longest = longest
        self._later: int | None = None

    def keeps(self, packet: Any) -> bool:
        """Whether it belongs to the sound; its time is counted from the new start."""
        length = packet.duration or 0
        if self._later is None:
            if packet.is_discard or packet.pts + length // 2 < 0:
                return False
            self._later = max(0, -packet.pts)
        packet.pts += self._later
        packet.dts = packet.pts
        return not straddles(packet.pts, length, packet.time_base, self._longest)


def straddles(begin: int, length: int, unit: Fraction, longest: float | None) -> bool:
    """Whether what begins there and lasts so many units (of ``unit`` seconds) ends behind ``longest``, and began before."""
    if longest is None:
        return False
    end = Fraction(longest).limit_denominator(1000) / unit
    return begin < end < begin + length

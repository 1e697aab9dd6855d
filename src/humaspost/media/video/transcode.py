"""Pictures and sound, each frame by frame through FFmpeg's filters into H.264 and AAC."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media.geometry import Shape
from humaspost.media.video import measure
from humaspost.media.video.remux import Start, straddles

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

#: Bits per second of the sound.
SOUND = 128_000
#: No program's name; no B-frames, which old Android phones do not play in WhatsApp.
_X264 = {"preset": "fast", "profile": "main", "crf": "21", "bf": "0", "flags": "+bitexact"}
#: ITU-T H.273: colours that are not told, and those of every screen (BT.709: primaries, curve, matrix; narrow range).
_UNTOLD, _OF_SCREENS, _NARROW = 2, 1, 1
_TO_SCREENS = "out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709:out_range=tv"
#: FFmpeg's ``rotation`` counts against the clock: what a player must turn to show it upright.
_TURNS: dict[int, tuple[tuple[str, str | None], ...]] = {
    90: (("transpose", "cclock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "clock"),),
}


@dataclass(frozen=True, slots=True)
class Want:
    """What comes out: sides, frames a second, bits a second of the pictures; the sound's rate, channels, bits.

    ``shape`` None = no pictures.
    """

    shape: Shape | None
    rate: Fraction
    bits: int
    sample_rate: int
    layout: str
    sound: int = SOUND


def transcoded(
    source: "InputContainer",
    out: "OutputContainer",
    wanted: Want,
    *,
    interlaced: bool,
    loops: int = 1,
    longest: float | None = None,
) -> None:
    """``out`` has every picture and sound of ``source``, made anew; raises ValueError where there is none.

    But for one picture and one packet of sound that would last beyond ``longest`` seconds by rounding.
    """
    pictures = (
        _Pictures(source, out, wanted, interlaced=interlaced, longest=longest) if wanted.shape else None
    )
    heard = source.streams.audio[:1]
    sound = _Sound(out, wanted, begin=_begin_of(source), longest=longest) if heard else None
    ways = {"video": pictures, "audio": sound}
    seen = [pictures.source] if pictures else []
    for turn in range(loops):
        if turn:
            source.seek(0)
        for packet in source.demux([*seen, *heard]):
            for frame in packet.decode():
                if (way := ways[packet.stream.type]) is not None:
                    way.push(frame)
        if pictures:
            pictures.begin_again()
    for way in ways.values():
        if way is not None:
            way.push(None)


class _Pictures:
    """The way of each picture: upright, scaled, padded, in step, encoded."""

    def __init__(
        self,
        source: "InputContainer",
        out: "OutputContainer",
        wanted: Want,
        *,
        interlaced: bool,
        longest: float | None,
    ) -> None:
        found = measure.pictures_of(source)
        if found is None or wanted.shape is None:
            raise ValueError("no pictures")
        self._shape = wanted.shape
        self.source: VideoStream = found
        self._out, self._wanted, self._interlaced = out, wanted, interlaced
        self._longest = longest
        rate = {"maxrate": str(wanted.bits), "bufsize": str(wanted.bits * 2)}
        every = {"g": str(round(wanted.rate * 2))}
        stream = out.add_stream("libx264", rate=wanted.rate, options={**_X264, **rate, **every})
        stream.width, stream.height = self._shape.canvas_width, self._shape.canvas_height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / wanted.rate
        self._begin = _begin_of(source)
        self._told = _tells_colours(found)
        if self._told:
            made = stream.codec_context
            made.color_primaries = made.color_trc = made.colorspace = _OF_SCREENS
            made.color_range = _NARROW
        self._stream: Any = stream
        self._graph: Any = None
        self._offset = self._end = 0

    def begin_again(self) -> None:
        """The next picture is the first one once more, behind all that there were."""
        self._offset = self._end

    def push(self, frame: Any) -> None:
        """The picture is on its way; None = it was the last one."""
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as AllDone

        if self._graph is None:
            if frame is None:
                raise ValueError("no pictures")
            self._graph = self._made(frame)
        if frame is not None and frame.pts is not None:
            frame.pts += self._offset
            self._end = frame.pts + frame.duration
        self._graph.vpush(frame)
        while True:
            try:
                ready = self._graph.vpull()
            except (NothingYet, AllDone):
                break
            if straddles(ready.pts, 1, ready.time_base, self._longest):
                continue
            ready.pict_type = 0
            self._out.mux(self._stream.encode(ready))
        if frame is None:
            self._out.mux(self._stream.encode(None))

    def _made(self, frame: Any) -> Any:
        from av.filter import Graph

        graph = Graph()
        steps = self._steps(self._shape, round(frame.rotation) % 360)
        nodes = [graph.add_buffer(template=self.source), *(graph.add(name, how) for name, how in steps)]
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph

    def _steps(self, shape: Shape, rotation: int) -> list[tuple[str, str | None]]:
        across = (shape.canvas_width - shape.width) // 2
        down = (shape.canvas_height - shape.height) // 2
        return [
            *([("yadif", None)] if self._interlaced else []),
            *_TURNS.get(rotation, ()),
            ("scale", f"{shape.width}:{shape.height}:flags=lanczos"),
            # The smaller picture's: each pixel is looked up.
            *([("scale", _TO_SCREENS)] if self._told else []),
            ("setsar", "1"),
            ("pad", f"{shape.canvas_width}:{shape.canvas_height}:{across}:{down}:black"),
            # From the beginning of either: where the sound begins first, the first picture is waiting.
            ("fps", f"{self._wanted.rate}:start_time={self._begin}"),
            ("setpts", "PTS-STARTPTS"),
            ("format", "yuv420p"),
        ]


def _tells_colours(source: "VideoStream") -> bool:
    """Whether a film says which colours are meant: new telephones mean those of HDR, which look grey on a screen."""
    told = source.codec_context
    return _UNTOLD not in (told.color_primaries, told.color_trc, told.colorspace)


class _Sound:
    """The way of the sound: one rate, one or two channels, AAC, from 0 on."""

    def __init__(self, out: "OutputContainer", wanted: Want, *, begin: float, longest: float | None) -> None:
        import av

        self._out = out
        stream = out.add_stream("aac", rate=wanted.sample_rate, layout=wanted.layout)
        stream.bit_rate = wanted.sound
        self._stream: Any = stream
        self._resampler = av.AudioResampler("fltp", wanted.layout, wanted.sample_rate, frame_size=1024)
        self._start = Start(longest=longest)
        self._begin, self._begun = begin, False

    def push(self, frame: Any) -> None:
        """The sound is on its way; None = it was the last."""
        if frame is not None and not self._begun:
            self._begun = True
            for silence in _before(frame, self._begin):
                self.push(silence)
        for ready in self._resampler.resample(frame):
            self._encoded(ready)
        if frame is None:
            self._encoded(None)

    def _encoded(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            if self._start.keeps(packet):
                self._out.mux(packet)


def _begin_of(source: "InputContainer") -> float:
    import av

    return measure.begin_of(source, unit=av.time_base)


def _before(first: Any, begin: float) -> Iterator[Any]:
    """The silence until the first sound, where the pictures begin before it, at ``begin`` seconds."""
    import av

    start = round(begin * first.sample_rate)
    left = max(0, round((first.pts or 0) * first.time_base * first.sample_rate) - start)
    at = 0
    while at < left:
        count = min(left - at, 1024)
        frame = av.AudioFrame(format=first.format.name, layout=first.layout.name, samples=count)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.time_base, frame.pts = (
            first.sample_rate,
            Fraction(1, first.sample_rate),
            start + at,
        )
        yield frame
        at += count

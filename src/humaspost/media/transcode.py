"""Pictures and sound of a video, each frame by frame through FFmpeg's filters into H.264 and AAC."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media import films
from humaspost.media.shape import Shape

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

#: Bits per second of the sound.
SOUND = 128_000
#: No program's name; no B-frames, which old Android phones do not play in WhatsApp.
_X264 = {"preset": "fast", "profile": "main", "crf": "21", "bf": "0", "flags": "+bitexact"}
#: FFmpeg's ``rotation`` counts against the clock: what a player must turn to show it upright.
_TURNS: dict[int, tuple[tuple[str, str | None], ...]] = {
    90: (("transpose", "cclock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "clock"),),
}


@dataclass(frozen=True, slots=True)
class Want:
    """What comes out: sides, frames a second, bits a second of the pictures, the sound's rate and channels."""

    shape: Shape
    rate: Fraction
    bits: int
    sample_rate: int
    layout: str


def transcoded(source: "InputContainer", out: "OutputContainer", wanted: Want, *, interlaced: bool) -> None:
    """``out`` has every picture and sound of ``source``, made anew; raises ValueError where there are no pictures."""
    pictures = _Pictures(source, out, wanted, interlaced=interlaced)
    heard = source.streams.audio[:1]
    sound = _Sound(out, wanted) if heard else None
    for packet in source.demux([pictures.source, *heard]):
        for frame in packet.decode():
            if packet.stream.type == "video":
                pictures.push(frame)
            elif sound is not None:
                sound.push(frame)
    pictures.push(None)
    if sound is not None:
        sound.push(None)


class _Pictures:
    """The way of each picture: upright, scaled, padded, in step, encoded."""

    def __init__(
        self, source: "InputContainer", out: "OutputContainer", wanted: Want, *, interlaced: bool
    ) -> None:
        found = films.pictures_of(source)
        if found is None:
            raise ValueError("no pictures")
        self.source: VideoStream = found
        self._out, self._wanted, self._interlaced = out, wanted, interlaced
        rate = {"maxrate": str(wanted.bits), "bufsize": str(wanted.bits * 2)}
        every = {"g": str(round(wanted.rate * 2))}
        stream = out.add_stream("libx264", rate=wanted.rate, options={**_X264, **rate, **every})
        stream.width, stream.height = wanted.shape.canvas_width, wanted.shape.canvas_height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / wanted.rate
        self._stream: Any = stream
        self._graph: Any = None

    def push(self, frame: Any) -> None:
        """The picture is on its way; None = it was the last one."""
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as AllDone

        if self._graph is None:
            if frame is None:
                raise ValueError("no pictures")
            self._graph = self._made(frame)
        self._graph.vpush(frame)
        while True:
            try:
                ready = self._graph.vpull()
            except (NothingYet, AllDone):
                break
            ready.pict_type = 0
            self._out.mux(self._stream.encode(ready))
        if frame is None:
            self._out.mux(self._stream.encode(None))

    def _made(self, frame: Any) -> Any:
        from av.filter import Graph

        graph = Graph()
        steps = self._steps(self._wanted.shape, round(frame.rotation) % 360)
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
            ("setsar", "1"),
            ("pad", f"{shape.canvas_width}:{shape.canvas_height}:{across}:{down}:black"),
            ("fps", str(self._wanted.rate)),
            ("format", "yuv420p"),
        ]


class _Sound:
    """The way of the sound: one rate, one or two channels, AAC."""

    def __init__(self, out: "OutputContainer", wanted: Want) -> None:
        import av

        self._out = out
        stream = out.add_stream("aac", rate=wanted.sample_rate, layout=wanted.layout)
        stream.bit_rate = SOUND
        self._stream: Any = stream
        self._resampler = av.AudioResampler("fltp", wanted.layout, wanted.sample_rate, frame_size=1024)

    def push(self, frame: Any) -> None:
        """The sound is on its way; None = it was the last."""
        for ready in self._resampler.resample(frame):
            self._out.mux(self._stream.encode(ready))
        if frame is None:
            self._out.mux(self._stream.encode(None))

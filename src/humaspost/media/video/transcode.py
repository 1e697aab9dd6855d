"""The conversion of video and audio to H.264 and AAC, frame by frame with FFmpeg's filters."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from humaspost.media.geometry import Geometry
from humaspost.media.video import measure
from humaspost.media.video.remux import StreamStart, crosses_limit

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

#: Bits per second of the audio.
AUDIO_BIT_RATE = 128_000
#: No program name. No B-frames, which old Android phones do not play in WhatsApp.
_X264_OPTIONS = {"preset": "fast", "profile": "main", "crf": "21", "bf": "0", "flags": "+bitexact"}
#: ITU-T H.273: unspecified colours, and those of every screen (BT.709: primaries, curve, matrix; narrow
#: range).
_UNSPECIFIED_COLOUR, _BT709, _LIMITED_RANGE = 2, 1, 1
_BT709_OPTIONS = "out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709:out_range=tv"
#: FFmpeg's ``rotation`` is counter-clockwise: the turn that a player needs to show the video upright.
_ROTATION_FILTERS: dict[int, tuple[tuple[str, str | None], ...]] = {
    90: (("transpose", "cclock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "clock"),),
}


@dataclass(frozen=True, slots=True)
class EncodingSettings:
    """The target format: sides, frames and bits a second of the video; rate and layout of audio.

    ``bit_rate`` and ``audio_bit_rate`` are bits a second. ``geometry`` None means no video.
    """

    geometry: Geometry | None
    frame_rate: Fraction
    bit_rate: int
    sample_rate: int
    channel_layout: str
    audio_bit_rate: int = AUDIO_BIT_RATE


def transcode(
    source: "InputContainer",
    out: "OutputContainer",
    settings: EncodingSettings,
    *,
    interlaced: bool,
    loops: int = 1,
    max_duration: float | None = None,
) -> None:
    """Write all frames of ``source`` to ``out``, re-encoded; raise ValueError if it has none.

    One video frame and one audio packet that would exceed ``max_duration`` seconds by rounding are left out.
    """
    video_in = (
        _VideoEncoder(source, out, settings, interlaced=interlaced, max_duration=max_duration)
        if settings.geometry
        else None
    )
    audio_in = source.streams.audio[:1]
    audio = (
        _AudioEncoder(out, settings, start_time=_start_time(source), max_duration=max_duration)
        if audio_in
        else None
    )
    encoders = {"video": video_in, "audio": audio}
    video_streams = [video_in.source] if video_in else []
    for loop in range(loops):
        if loop:
            source.seek(0)
        for packet in source.demux([*video_streams, *audio_in]):
            for frame in packet.decode():
                if (encoder := encoders[packet.stream.type]) is not None:
                    encoder.push(frame)
        if video_in:
            video_in.restart()
    for encoder in encoders.values():
        if encoder is not None:
            encoder.push(None)


class _VideoEncoder:
    """The pipeline of a video frame: rotate, scale, pad, set the rate, encode."""

    def __init__(
        self,
        source: "InputContainer",
        out: "OutputContainer",
        settings: EncodingSettings,
        *,
        interlaced: bool,
        max_duration: float | None,
    ) -> None:
        source_stream = measure.video_stream(source)
        if source_stream is None or settings.geometry is None:
            raise ValueError("no pictures")
        self._geometry = settings.geometry
        self.source: VideoStream = source_stream
        self._out, self._settings, self._interlaced = out, settings, interlaced
        self._max_duration = max_duration
        rate = {"maxrate": str(settings.bit_rate), "bufsize": str(settings.bit_rate * 2)}
        interval = {"g": str(round(settings.frame_rate * 2))}
        stream = out.add_stream(
            "libx264", rate=settings.frame_rate, options={**_X264_OPTIONS, **rate, **interval}
        )
        stream.width, stream.height = self._geometry.canvas_width, self._geometry.canvas_height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / settings.frame_rate
        self._start_time = _start_time(source)
        self._has_colours = _has_colour_metadata(source_stream)
        if self._has_colours:
            created = stream.codec_context
            created.color_primaries = created.color_trc = created.colorspace = _BT709
            created.color_range = _LIMITED_RANGE
        self._stream: Any = stream
        self._graph: Any = None
        self._offset = self._end = 0

    def restart(self) -> None:
        """Append the next frame after all frames so far, as the first frame of a new loop."""
        self._offset = self._end

    def push(self, frame: Any) -> None:
        """Encode the frame; None ends the stream."""
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as AllDone

        if self._graph is None:
            if frame is None:
                raise ValueError("no pictures")
            self._graph = self._build_graph(frame)
        if frame is not None and frame.pts is not None:
            frame.pts += self._offset
            self._end = frame.pts + frame.duration
        self._graph.vpush(frame)
        while True:
            try:
                encoded = self._graph.vpull()
            except (NothingYet, AllDone):
                break
            if crosses_limit(encoded.pts, 1, encoded.time_base, self._max_duration):
                continue
            encoded.pict_type = 0
            self._out.mux(self._stream.encode(encoded))
        if frame is None:
            self._out.mux(self._stream.encode(None))

    def _build_graph(self, frame: Any) -> Any:
        from av.filter import Graph

        graph = Graph()
        steps = self._filter_steps(self._geometry, round(frame.rotation) % 360)
        nodes = [graph.add_buffer(template=self.source), *(graph.add(name, how) for name, how in steps)]
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph

    def _filter_steps(self, geometry: Geometry, rotation: int) -> list[tuple[str, str | None]]:
        pad_width = (geometry.canvas_width - geometry.width) // 2
        pad_height = (geometry.canvas_height - geometry.height) // 2
        return [
            *([("yadif", None)] if self._interlaced else []),
            *_ROTATION_FILTERS.get(rotation, ()),
            ("scale", f"{geometry.width}:{geometry.height}:flags=lanczos"),
            # After scaling: each pixel costs a table lookup, and the smaller image has fewer.
            *([("scale", _BT709_OPTIONS)] if self._has_colours else []),
            ("setsar", "1"),
            ("pad", f"{geometry.canvas_width}:{geometry.canvas_height}:{pad_width}:{pad_height}:black"),
            # Count from the start of the earlier stream: if audio begins first, the first frame waits.
            ("fps", f"{self._settings.frame_rate}:start_time={self._start_time}"),
            ("setpts", "PTS-STARTPTS"),
            ("format", "yuv420p"),
        ]


def _has_colour_metadata(source: "VideoStream") -> bool:
    """Return True if a video declares its colours.

    New phones declare HDR colours, which look grey on a normal screen.
    """
    codec = source.codec_context
    return _UNSPECIFIED_COLOUR not in (codec.color_primaries, codec.color_trc, codec.colorspace)


class _AudioEncoder:
    """The pipeline of audio: one rate, one or two channels, AAC, from 0 on."""

    def __init__(
        self,
        out: "OutputContainer",
        settings: EncodingSettings,
        *,
        start_time: float,
        max_duration: float | None,
    ) -> None:
        import av

        self._out = out
        stream = out.add_stream("aac", rate=settings.sample_rate, layout=settings.channel_layout)
        stream.bit_rate = settings.audio_bit_rate
        self._stream: Any = stream
        self._resampler = av.AudioResampler(
            "fltp", settings.channel_layout, settings.sample_rate, frame_size=1024
        )
        self._start = StreamStart(max_duration=max_duration)
        self._start_time, self._has_started = start_time, False

    def push(self, frame: Any) -> None:
        """Encode the audio frame; None ends the stream."""
        if frame is not None and not self._has_started:
            self._has_started = True
            for silence in _leading_silence(frame, self._start_time):
                self.push(silence)
        for resampled in self._resampler.resample(frame):
            self._encode(resampled)
        if frame is None:
            self._encode(None)

    def _encode(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            if self._start.keep_packet(packet):
                self._out.mux(packet)


def _start_time(source: "InputContainer") -> float:
    import av

    return measure.start_time(source, unit=av.time_base)


def _leading_silence(first_frame: Any, start_time: float) -> Iterator[Any]:
    """Yield silence until the first audio frame if the video begins earlier, at ``start_time``."""
    import av

    start = round(start_time * first_frame.sample_rate)
    remaining = max(
        0, round((first_frame.pts or 0) * first_frame.time_base * first_frame.sample_rate) - start
    )
    timestamp = 0
    while timestamp < remaining:
        count = min(remaining - timestamp, 1024)
        frame = av.AudioFrame(format=first_frame.format.name, layout=first_frame.layout.name, samples=count)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.time_base, frame.pts = (
            first_frame.sample_rate,
            Fraction(1, first_frame.sample_rate),
            start + timestamp,
        )
        yield frame
        timestamp += count

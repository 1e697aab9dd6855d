"""A post: the content of one Markdown file, checked, with the position of every field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from humaspost.base.canonical_json import Json
from humaspost.model.document import Document
from humaspost.model.problem import Position, Problem


class Late(StrEnum):
    """The policy for a post whose time passed by more than the grace."""

    ASK = "ask"
    PUBLISH = "publish"
    SKIP = "skip"


class Visibility(StrEnum):
    """The audience of a post; ``restricted`` never reaches a public channel."""

    PUBLIC = "public"
    RESTRICTED = "restricted"


class MediaKind(StrEnum):
    """The kind of a media file, by its content."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class PublishTime:
    """A time as its author wrote it, and the instant that it means.

    ``local_time`` is local time without zone (``2027-02-03T08:30``), ``zone`` an IANA name or ``+07:00``,
    ``utc`` the resolved instant. ``dst_shift`` is ``gap`` or ``fold`` if daylight saving time moved it.
    """

    local_time: str
    zone: str
    utc: datetime
    dst_shift: str | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """The streams of a video, an audio file or a GIF; ``""`` or None if absent or unknown.

    Codecs, ``pixel_format`` (``yuv420p``) and ``profile`` are named as FFmpeg names them. ``frame_rate`` is
    per second, ``bit_rate`` of the whole file in bits per second, ``sample_rate`` in Hz. ``index_first`` is
    True if the index (moov) comes before the frames, so that a player can start before the download ends.
    ``has_hidden_frames`` is True if the file contains frames that players skip, such as those that a phone
    cuts off.
    """

    codec: str = ""
    profile: str = ""
    pixel_format: str = ""
    frame_rate: float | None = None
    frames: int | None = None
    interlaced: bool = False
    bit_rate: int | None = None
    audio_codec: str = ""
    audio_streams: int = 0
    sample_rate: int | None = None
    audio_channels: int | None = None
    index_first: bool = True
    has_hidden_frames: bool = False


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The facts of a media file, by its content.

    ``size`` is in bytes, sides are in pixels after orientation, the duration is in seconds. Videos, audio files and GIFs have ``video``.
    """

    kind: MediaKind
    mime: str
    sha256: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    video: Video | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """One entry of ``media:``; ``facts`` is set after the probe.

    ``cover_facts`` and ``captions_facts`` describe the files beside it. ``file`` is as written, ``path``
    absolute. ``index`` is its position in the list (for key paths).
    """

    file: str
    path: Path
    index: int
    alt: str = ""
    only_for: tuple[str, ...] = ()
    part: int | None = None
    cover: Path | None = None
    captions: Path | None = None
    facts: MediaFacts | None = None
    cover_facts: MediaFacts | None = None
    captions_facts: MediaFacts | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One valid file in ``posts/``; each channel makes its own Rendition of it.

    ``file`` is relative to the project. ``channels`` and ``audiences`` are as written. ``channel_keys`` has
    the fields of channels and accounts (``x:``, ``instagram:``). ``positions`` maps key paths (``date``,
    ``x.text``, ``media.0.alt``, ``body``) to positions in the file. ``lines`` has the front matter and the
    text after it, for carets. ``date`` is None only in a draft. ``allow`` are the codes of problems that the
    author means. With ``joins_lines`` a line break in the body is a space. ``digest`` is the sha256 of the bytes.
    """

    id: str
    file: str
    title: str
    body: Document
    date: PublishTime | None = None
    expires: PublishTime | None = None
    channels: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    type: str = ""
    tags: tuple[str, ...] = ()
    link: str = ""
    visibility: Visibility = Visibility.PUBLIC
    media: tuple[Medium, ...] = ()
    corrects: str | None = None
    repeats: str | None = None
    draft: bool = False
    late: Late | None = None
    allow: tuple[str, ...] = ()
    joins_lines: bool = False
    channel_keys: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    digest: str = ""

    def keys_for(self, channel: str, account: str) -> dict[str, Json]:
        """Return the post's own fields for one account; the account's field wins over the channel's."""
        return {**self.channel_keys.get(channel, {}), **self.channel_keys.get(account, {})}

    def media_for(self, channel: str, account: str) -> tuple[Medium, ...]:
        """Return the media of this account: entries without ``only``, or whose ``only`` names it."""
        return tuple(
            m for m in self.media if not m.only_for or channel in m.only_for or account in m.only_for
        )

    def locate(self, problem: Problem) -> Problem:
        """Return the problem at the line of its field, else of the nearest parent, else line 1."""
        path = self._resolve_path(problem.field or "")
        if path != problem.field:
            problem = replace(problem, field=path or None)
        while path and path not in self.positions:
            path = path.rpartition(".")[0]
        position = self.positions.get(path) or Position(1, 1)
        text = self.lines[position.line - 1] if 0 < position.line <= len(self.lines) else ""
        return problem.with_position(self.file, position, text)

    def _resolve_path(self, path: str) -> str:
        """Return the key path of a channel's field: as is, under an account's name, or the body."""
        owner, _dot, key = path.partition(".")
        if not key or path in self.positions or owner in ("media", "channels", "audiences", "tags"):
            return path
        candidates = (f"{name}.{key}" for name in self.channel_keys if f"{name}.{key}" in self.positions)
        return next(candidates, "body" if key == "text" and "body" in self.positions else path)

"""A post: what one Markdown file says, checked and with the place of every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from humaspost.base.canonical_json import Json
from humaspost.model.document import Document
from humaspost.model.problem import Position, Problem


class Late(StrEnum):
    """What happens to a post whose time passed by more than the grace."""

    ASK = "ask"
    PUBLISH = "publish"
    SKIP = "skip"


class Visibility(StrEnum):
    """``restricted`` never reaches a public channel."""

    PUBLIC = "public"
    RESTRICTED = "restricted"


class MediaKind(StrEnum):
    """What a medium is, by its content."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class PublishTime:
    """A moment as its author wrote it and what it means.

    ``local_time`` is local time without zone (``2027-02-03T08:30``), ``zone`` an IANA name or ``+07:00``,
    ``utc`` the resolved moment, ``dst_shift`` is ``gap`` or ``fold`` where daylight saving moved it.
    """

    local_time: str
    zone: str
    utc: datetime
    dst_shift: str | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """What a video, a sound or a GIF is made of; ``""`` and None = there is none, or it is not told.

    Codecs, ``pixel_format`` (``yuv420p``) and ``profile`` are named as FFmpeg names them. ``frame_rate`` per
    second, ``bit_rate`` of the whole file in bits per second, ``sample_rate`` in Hz. ``index_first`` =
    the index (moov) stands before the pictures, so that a player need not have the whole file. ``has_hidden_frames`` = it
    holds pictures that a player leaves out, as a telephone does with what was cut off.
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
    """What a media file is by its content; ``size`` in bytes, sides in pixels after orientation, seconds.

    ``video`` is there for videos, sounds and GIFs.
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
    """One entry of ``media:``; ``facts`` are there once the file was probed.

    ``cover_facts`` and ``captions_facts`` are those of the files beside it. ``file`` is as written,
    ``path`` absolute. ``index`` is its position in the list (for key paths).
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
    """One file in ``posts/``, valid in itself; what the channels make of it is a Rendition.

    ``file`` is relative to the project, ``channels`` and ``audiences`` are as written, ``channel_keys`` holds
    the keys of channels and accounts (``x:``, ``instagram:``), ``positions`` maps key paths (``date``,
    ``x.text``, ``media.0.alt``, ``body``) to where they stand; ``lines`` is the front matter and what
    follows, for carets. ``date`` is None only in a draft. ``digest`` is the sha256 of the bytes.
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
    channel_keys: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    digest: str = ""

    def keys_for(self, channel: str, account: str) -> dict[str, Json]:
        """The post's own keys for one account, key by key: the account's win over the channel's."""
        return {**self.channel_keys.get(channel, {}), **self.channel_keys.get(account, {})}

    def media_for(self, channel: str, account: str) -> tuple[Medium, ...]:
        """The media that this account shows: those without ``only``, or whose ``only`` names it."""
        return tuple(
            m for m in self.media if not m.only_for or channel in m.only_for or account in m.only_for
        )

    def locate(self, problem: Problem) -> Problem:
        """The problem at the line of its field, or of the nearest key above it, or of the first line."""
        path = self._resolve_path(problem.field or "")
        if path != problem.field:
            problem = replace(problem, field=path or None)
        while path and path not in self.positions:
            path = path.rpartition(".")[0]
        position = self.positions.get(path) or Position(1, 1)
        text = self.lines[position.line - 1] if 0 < position.line <= len(self.lines) else ""
        return problem.with_position(self.file, position, text)

    def _resolve_path(self, path: str) -> str:
        """Where a channel's key stands: there, under an account's name, or (its text) in the body."""
        owner, _dot, key = path.partition(".")
        if not key or path in self.positions or owner in ("media", "channels", "audiences", "tags"):
            return path
        candidates = (f"{name}.{key}" for name in self.channel_keys if f"{name}.{key}" in self.positions)
        return next(candidates, "body" if key == "text" and "body" in self.positions else path)

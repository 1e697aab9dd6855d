"""A post: what one Markdown file says, checked and with the place of every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from humaspost.base.canonical_json import Json
from humaspost.model.document import Document
from humaspost.model.problem import Place, Problem


class Late(StrEnum):
    """What happens to a post whose time passed by more than the grace."""

    ASK = "ask"
    PUBLISH = "publish"
    SKIP = "skip"


class Visibility(StrEnum):
    """``restricted`` never reaches a public channel."""

    PUBLIC = "public"
    RESTRICTED = "restricted"


class Kind(StrEnum):
    """What a medium is, by its content."""

    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class When:
    """A moment as its author wrote it and what it means.

    ``wall`` is local time without zone (``2027-02-03T08:30``), ``zone`` an IANA name or ``+07:00``,
    ``utc`` the resolved moment, ``shift`` is ``gap`` or ``fold`` where daylight saving moved it.
    """

    wall: str
    zone: str
    utc: datetime
    shift: str | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """What a video, a sound or a GIF is made of; ``""`` and None = there is none, or it is not told.

    Codecs, ``pixels`` (``yuv420p``) and ``profile`` are named as FFmpeg names them. ``frame_rate`` per
    second, ``bit_rate`` of the whole file in bits per second, ``sample_rate`` in Hz. ``index_first`` =
    the index (moov) stands before the pictures, so that a player need not have the whole file. ``hidden`` = it
    holds pictures that a player leaves out, as a telephone does with what was cut off.
    """

    codec: str = ""
    profile: str = ""
    pixels: str = ""
    frame_rate: float | None = None
    frames: int | None = None
    interlaced: bool = False
    bit_rate: int | None = None
    audio: str = ""
    audio_streams: int = 0
    sample_rate: int | None = None
    channels: int | None = None
    index_first: bool = True
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a media file is by its content; ``size`` in bytes, sides in pixels after orientation, seconds.

    ``film`` is there for videos, sounds and GIFs.
    """

    kind: Kind
    mime: str
    sha256: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    film: Film | None = None


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
    only: tuple[str, ...] = ()
    part: int | None = None
    cover: Path | None = None
    captions: Path | None = None
    facts: MediaFacts | None = None
    cover_facts: MediaFacts | None = None
    captions_facts: MediaFacts | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One file in ``posts/``, valid in itself; what the channels make of it is a Rendition.

    ``file`` is relative to the project, ``channels`` and ``audiences`` are as written, ``own`` holds
    the keys of channels and accounts (``x:``, ``instagram:``), ``places`` maps key paths (``date``,
    ``x.text``, ``media.0.alt``, ``body``) to where they stand; ``lines`` is the front matter and what
    follows, for carets. ``date`` is None only in a draft. ``digest`` is the sha256 of the bytes.
    """

    id: str
    file: str
    title: str
    body: Document
    date: When | None = None
    expires: When | None = None
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
    own: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    digest: str = ""

    def keys(self, channel: str, account: str) -> dict[str, Json]:
        """The post's own keys for one account, key by key: the account's win over the channel's."""
        return {**self.own.get(channel, {}), **self.own.get(account, {})}

    def media_for(self, channel: str, account: str) -> tuple[Medium, ...]:
        """The media that this account shows: those without ``only``, or whose ``only`` names it."""
        return tuple(m for m in self.media if not m.only or channel in m.only or account in m.only)

    def place(self, problem: Problem) -> Problem:
        """The problem at the line of its field, or of the nearest key above it, or of the first line."""
        path = self._standing(problem.field or "")
        if path != problem.field:
            problem = replace(problem, field=path or None)
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        place = self.places.get(path) or Place(1, 1)
        text = self.lines[place.line - 1] if 0 < place.line <= len(self.lines) else ""
        return problem.at(self.file, place, text)

    def _standing(self, path: str) -> str:
        """Where a channel's key stands: there, under an account's name, or (its text) in the body."""
        owner, _dot, key = path.partition(".")
        if not key or path in self.places or owner in ("media", "channels", "audiences", "tags"):
            return path
        others = (f"{name}.{key}" for name in self.own if f"{name}.{key}" in self.places)
        return next(others, "body" if key == "text" and "body" in self.places else path)

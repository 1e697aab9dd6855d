"""A rendition: the parts of a post on one channel, each one public write."""

import os.path
import posixpath
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from humaspost.base.canonical_json import Json, sha256_digest
from humaspost.model.post import MediaFacts, MediaKind, Medium, Post


@dataclass(frozen=True, slots=True)
class Attachment:
    """A media file in a rendition: its exact bytes, by hash.

    ``path`` is relative to the project. ``index`` is its position in the post's ``media:``; sizes are as in
    MediaFacts. ``use`` names where it is shown, if the channel's Rules have their own limits for that
    (``Rules.placement_rules``). ``cover`` is the image shown before a video plays; ``captions`` has the
    subtitles.
    """

    path: str
    sha256: str
    kind: MediaKind
    mime: str
    size: int
    alt: str
    index: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    cover: "Attachment | None" = None
    captions: "Attachment | None" = None
    use: str = ""

    @property
    def name(self) -> str:
        """Return the file's own name, as a reader sees it under a document."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Fallback:
    """An approved template for recipients who may not get free text.

    ``header`` is True if the header carries the media. ``names`` are the parameters' names, if they have
    names. ``top`` fills a text header; ``top_name`` is its parameter's name. ``buttons`` are in order:
    (``url``, end of the address), (``payload``, text) or ("", ""). ``category`` is the category that the
    office expects to pay for; "" accepts any.
    """

    name: str
    language: str
    params: tuple[str, ...] = ()
    header: bool = False
    names: tuple[str, ...] = ()
    top: str = ""
    top_name: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One public write; ``extra`` has what only this channel offers (poll, format), as JSON."""

    number: int
    text: str
    media: tuple[Attachment, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)
    fallback: Fallback | None = None

    @property
    def hash(self) -> str:
        """Return the hash that preparation is shared by: equal parts are uploaded once."""
        return sha256_digest(asdict(self))


@dataclass(frozen=True, slots=True)
class Rendition:
    """All parts of a post on one account; ``replies_to`` is the id of the post it corrects."""

    channel: str
    parts: tuple[Part, ...]
    replies_to: str | None = None
    # Computed once: each scan of an archive asks for the hash of every post.
    _hashes: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def hash(self) -> str:
        """Return the hash that the first public write freezes; ``changed`` compares it."""
        if not self._hashes:
            self._hashes.append(sha256_digest(self.to_json()))
        return self._hashes[0]

    def to_json(self) -> dict[str, Json]:
        """Return plain JSON; ``from_json`` is the inverse."""
        return {
            "channel": self.channel,
            "parts": [asdict(part) for part in self.parts],
            "replies_to": self.replies_to,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any], digest: str = "") -> "Rendition":
        """Return the rendition that ``to_json`` wrote; ``digest`` is its hash, "" to compute it."""
        parts = tuple(_part_from_json(part) for part in data["parts"])
        rendition = Rendition(data["channel"], parts, data["replies_to"])
        if digest:
            rendition._hashes.append(digest)
        return rendition


def _fallback_from_json(data: Mapping[str, Any]) -> Fallback:
    buttons = tuple((kind, value) for kind, value in data.get("buttons", ()))
    texts = {name: tuple(data.get(name, ())) for name in ("params", "names")}
    return Fallback(**{**data, **texts, "buttons": buttons})


def _part_from_json(data: Mapping[str, Any]) -> Part:
    media = tuple(_attachment_from_json(item) for item in data["media"])
    fallback = data["fallback"]
    if fallback is not None:
        fallback = _fallback_from_json(fallback)
    return Part(data["number"], data["text"], media, data["extra"], fallback)


def _attachment_from_json(data: Mapping[str, Any]) -> Attachment:
    companions = {
        key: _attachment_from_json(data[key]) if data[key] else None for key in ("cover", "captions")
    }
    return Attachment(**{**data, "kind": MediaKind(data["kind"]), **companions})


def attachment_from_medium(medium: Medium, project_path: str) -> Attachment:
    """Return the attachment of a probed media file; ``project_path`` is its path in the project.

    Raises ValueError if the file was not probed.
    """
    media_facts = medium.facts
    if media_facts is None:
        raise ValueError(medium.file)
    return Attachment(
        path=project_path,
        sha256=media_facts.sha256,
        kind=media_facts.kind,
        mime=media_facts.mime,
        size=media_facts.size,
        alt=medium.alt,
        index=medium.index,
        width=media_facts.width,
        height=media_facts.height,
        duration=media_facts.duration,
        cover=_companion_attachment(
            medium, project_path, file=medium.cover, media_facts=medium.cover_facts, use="cover"
        ),
        captions=_companion_attachment(
            medium, project_path, file=medium.captions, media_facts=medium.captions_facts, use="captions"
        ),
    )


def _companion_attachment(
    medium: Medium, project_path: str, *, file: Path | None, media_facts: MediaFacts | None, use: str
) -> Attachment | None:
    """Return the attachment of a probed file beside the medium, or None.

    ``medium.path`` and ``project_path`` name the same file.
    """
    if file is None or media_facts is None:
        return None
    relative_path = os.path.relpath(file, medium.path.parent).replace(os.sep, "/")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(project_path), relative_path))
    return Attachment(
        path=path,
        sha256=media_facts.sha256,
        kind=media_facts.kind,
        mime=media_facts.mime,
        size=media_facts.size,
        alt="",
        index=medium.index,
        width=media_facts.width,
        height=media_facts.height,
        use=use,
    )


def attachments_for(post: Post, *, channel: str, account: str) -> tuple[Attachment, ...]:
    """Return the media of one account, in order; a file that was not probed has a Problem."""
    folder = posixpath.dirname(post.file)
    return tuple(
        attachment_from_medium(medium, posixpath.normpath(posixpath.join(folder, medium.file)))
        for medium in post.media_for(channel, account)
        if medium.facts is not None
    )

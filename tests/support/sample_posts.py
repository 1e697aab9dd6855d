"""Posts and media as content and media hand them over, for tests of channels."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from humaspost.model.document import Block, Paragraph, Text
from humaspost.model.post import MediaFacts, MediaKind, Medium, Post

_MIMES = {
    MediaKind.IMAGE: "image/jpeg",
    MediaKind.VIDEO: "video/mp4",
    MediaKind.DOCUMENT: "application/pdf",
    MediaKind.GIF: "image/gif",
    MediaKind.AUDIO: "audio/mpeg",
}


def paragraphs(*texts: str) -> tuple[Block, ...]:
    """A body of plain paragraphs."""
    return tuple(Paragraph((Text(text),)) for text in texts)


def medium(
    file: str = "media/a.jpg", *, kind: MediaKind = MediaKind.IMAGE, alt: str = "Sebuah loket."
) -> Medium:
    """One probed medium, whose bytes no pure test needs."""
    facts = MediaFacts(kind, _MIMES[kind], "0f" * 32, 1234, 1080, 1080)
    return Medium(file, Path("/office/posts") / file, 0, alt=alt, facts=facts)


def post(
    *texts: str, media: Iterable[Medium] = (), own: dict[str, dict[str, Any]] | None = None, **values: Any
) -> Post:
    """A post with a title, a body of paragraphs and what the test wants to be different."""
    numbered = tuple(replace(item, index=index) for index, item in enumerate(media))
    given: dict[str, Any] = {"id": "sp-1", "file": "posts/a.md", "title": "Loket buka malam", **values}
    return Post(body=paragraphs(*texts), media=numbered, channel_keys=own or {}, **given)

"""A post as Instagram shows it: one caption under an image, a reel or a carousel; or a story."""

import re
from dataclasses import replace

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram import options
from humaspost.model.document import plain
from humaspost.model.post import Post
from humaspost.model.rendition import Part, Rendition, attachments

#: In a text of the front matter a part break is what it is in the body: a paragraph break.
_PART_BREAK = re.compile(r"\s*<!--\s*part\s*-->\s*")


def render(post: Post, *, account: str) -> Rendition:
    """One part: the caption, an empty line, the hashtags; the media that this account shows. A story has no caption."""
    keys = post.keys("instagram", account)
    extra = options.read(keys)
    media = attachments(post, channel="instagram", account=account)
    if extra["format"] == "story":
        media = tuple(replace(item, use="story") for item in media)
        return Rendition("instagram", (Part(1, "", media, extra),))
    return Rendition("instagram", (Part(1, _caption(post, keys.get("text")), media, extra),))


def _caption(post: Post, own: Json) -> str:
    text = _PART_BREAK.sub("\n\n", own) if isinstance(own, str) else plain(post.body)
    tags = " ".join("#" + tag.lstrip("#") for tag in post.tags)
    return "\n\n".join(piece for piece in (text.strip(), tags) if piece)

"""Rendition of a post for Instagram: one caption with its media, or a story."""

import re
from dataclasses import replace

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram import options
from humaspost.model.document import to_plain_text
from humaspost.model.hashtags import format_missing_hashtags
from humaspost.model.post import Post
from humaspost.model.rendition import Part, Rendition, attachments_for

#: A part break in a front-matter text means the same as in the body: a paragraph break.
_PART_BREAK = re.compile(r"\s*<!--\s*part\s*-->\s*")


def render_post(post: Post, *, account: str) -> Rendition:
    """Return one part: the caption, an empty line, the hashtags, and the media of this account.

    A story has no caption.
    """
    channel_keys = post.keys_for("instagram", account)
    extra = options.read_options(channel_keys)
    media = attachments_for(post, channel="instagram", account=account)
    if extra["format"] == "story":
        media = tuple(replace(item, use="story") for item in media)
        return Rendition("instagram", (Part(1, "", media, extra),))
    return Rendition("instagram", (Part(1, _build_caption(post, channel_keys.get("text")), media, extra),))


def _build_caption(post: Post, channel_keys: Json) -> str:
    text = (
        _PART_BREAK.sub("\n\n", channel_keys) if isinstance(channel_keys, str) else to_plain_text(post.body)
    )
    tags = format_missing_hashtags(post.tags, text)
    return "\n\n".join(body_part for body_part in (text.strip(), tags) if body_part)

"""A post as WhatsApp shows it: one message, and the template that stands in for it outside the window."""

from collections.abc import Mapping

from humaspost.base.canonical_json import Json
from humaspost.channels.whatsapp.markup import enclosed, marked
from humaspost.channels.whatsapp.template_params import SHAPES, Choice, chosen, flat
from humaspost.model.post import Kind, Post
from humaspost.model.rendition import Part, Rendition, attachments


def render(post: Post, *, account: str, templates: Mapping[Kind | None, Choice], language: str) -> Rendition:
    """One part; ``templates`` are the account's by the kind of the first medium, None = no medium."""
    keys = post.keys("whatsapp", account)
    media = attachments(post, channel="whatsapp", account=account)
    kind = media[0].kind if media else None
    fallback = chosen(post, keys, templates, kind=kind, language=language)
    wrong: list[Json] = [key for key, fits in SHAPES.items() if key in keys and not fits(keys[key])]
    extra: dict[str, Json] = {"wrong": wrong} if wrong else {}
    return Rendition("whatsapp", (Part(1, _text(post), media, extra, fallback),))


def _text(post: Post) -> str:
    pieces = (enclosed(flat(post.title), "*"), marked(post.body), post.link.strip())
    return "\n\n".join(piece for piece in pieces if piece)

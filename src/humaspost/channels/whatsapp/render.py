"""Rendition of a post for WhatsApp: one message, and its template outside the window."""

from collections.abc import Mapping

from humaspost.base.canonical_json import Json
from humaspost.channels.whatsapp.markup import enclose_lines, format_document
from humaspost.channels.whatsapp.template_params import (
    VALUE_CHECKS,
    TemplateSettings,
    choose_template,
    to_single_line,
)
from humaspost.model.post import MediaKind, Post
from humaspost.model.rendition import Part, Rendition, attachments_for


def render_post(
    post: Post, *, account: str, templates: Mapping[MediaKind | None, TemplateSettings], language: str
) -> Rendition:
    """Return one part.

    ``templates`` are the account's by the kind of the first medium; None = no medium.
    """
    channel_keys = post.keys_for("whatsapp", account)
    media = attachments_for(post, channel="whatsapp", account=account)
    kind = media[0].kind if media else None
    fallback = choose_template(post, channel_keys, templates, kind=kind, language=language)
    invalid_keys: list[Json] = [
        key
        for key, check_value in VALUE_CHECKS.items()
        if key in channel_keys and not check_value(channel_keys[key])
    ]
    extra: dict[str, Json] = {"wrong": invalid_keys} if invalid_keys else {}
    return Rendition("whatsapp", (Part(1, _build_text(post), media, extra, fallback),))


def _build_text(post: Post) -> str:
    pieces = (enclose_lines(to_single_line(post.title), "*"), format_document(post.body), post.link.strip())
    return "\n\n".join(body_part for body_part in pieces if body_part)

"""Renditions as a one-line summary and in full."""

from collections.abc import Sequence

from humaspost.base.i18n import _, ngettext
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Fallback, Part, Rendition
from humaspost.model.rules import Rules
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.views.text import escape_unsafe, wrap_text


def format_summary(preview: RenditionPreview) -> str:
    """Return a summary, such as ``1 post, 232/280, 1 image``.

    Others are ``caption 274/2200, 2 images`` and ``17 people, template siaran_pers``.
    """
    if preview.rules.is_per_recipient:
        template = _format_template_name(preview.rendition.parts[0].fallback)
        return ", ".join(
            [
                _format_recipients(preview.audience_size),
                *template,
                *_format_without_consent(preview.without_marketing_consent),
            ]
        )
    media = [medium for part in preview.rendition.parts for medium in part.media]
    return ", ".join([*_format_text_length(preview), *format_media(media), *_format_extra(preview.rendition)])


def _format_recipients(count: int | None) -> str:
    if count is None:
        return _("its audiences")
    formatted = f"{count:,}"
    return ngettext("{count} person", "{count} people", count).format(count=formatted)


def _format_without_consent(count: int) -> list[str]:
    template = ngettext("{count} wants no marketing", "{count} want no marketing", count)
    return [template.format(count=f"{count:,}")] if count else []


def _format_template_name(fallback: Fallback | None) -> list[str]:
    return [_("template {name}").format(name=fallback.name)] if fallback else []


def _format_text_length(preview: RenditionPreview) -> list[str]:
    parts = preview.rendition.parts
    if len(parts) > 1:
        return [ngettext("{count} post", "{count} posts", len(parts)).format(count=len(parts))]
    count = format_length(parts[0], preview.rules)
    if preview.rules.media_required:
        return [_("caption {count}").format(count=count)]
    return [ngettext("{count} post", "{count} posts", 1).format(count=1), count]


def format_length(part: Part, rules: Rules) -> str:
    """Return ``232/280`` in the channel's own units."""
    return f"{rules.text.measure(part.text)}/{round(rules.text.limit.value)}"


def _format_extra(rendition: Rendition) -> list[str]:
    first = rendition.parts[0].extra
    return [_("1 poll")] if first.get("poll") else [_("1 story")] if first.get("format") == "story" else []


def format_media(media: Sequence[Attachment]) -> list[str]:
    """Return ``2 images``, one entry per kind."""
    counts = {kind: sum(medium.kind is kind for medium in media) for kind in MediaKind}
    return [_format_kind_count(kind, count) for kind, count in counts.items() if count]


def _format_kind_count(kind: MediaKind, count: int) -> str:
    match kind:
        case MediaKind.IMAGE:
            text = ngettext("{count} image", "{count} images", count)
        case MediaKind.GIF:
            text = ngettext("{count} GIF", "{count} GIFs", count)
        case MediaKind.VIDEO:
            text = ngettext("{count} video", "{count} videos", count)
        case MediaKind.AUDIO:
            text = ngettext("{count} audio file", "{count} audio files", count)
        case MediaKind.DOCUMENT:
            text = ngettext("{count} document", "{count} documents", count)
    return text.format(count=count)


def format_full(preview: RenditionPreview, *, columns: int = 80) -> list[str]:
    """Return each part as the reader sees it, with its length and media."""
    account = preview.account
    head = f"{account.channel}  {account.name}" if account.name != account.channel else account.name
    lines = [f"{head}  {account.display_name}  {format_summary(preview)}"]
    if preview.rendition.replies_to:
        lines.append(_("  in reply to {post}, where that is live").format(post=preview.rendition.replies_to))
    for part in preview.rendition.parts:
        lines += ["", *_format_part(part, preview, columns)]
    return lines


def _format_part(part: Part, preview: RenditionPreview, columns: int) -> list[str]:
    lines = [f"  {_format_part_title(part, preview)}", *_quote_lines(part.text)]
    for medium in part.media:
        lines += _format_medium(medium, preview.rules, columns)
    lines += [*_format_poll(part), *format_extras(part, preview.rules, columns)]
    if part.fallback:
        lines += _format_fallback(part.fallback, columns)
    return lines


def _format_part_title(part: Part, preview: RenditionPreview) -> str:
    count, total = format_length(part, preview.rules), len(preview.rendition.parts)
    if total > 1:
        return _("part {number} of {total}, {count}").format(number=part.number, total=total, count=count)
    if preview.rules.is_per_recipient:
        return _("to people in their 24-hour window, {count}").format(count=count)
    return _("text, {count}").format(count=count)


def format_extras(part: Part, rules: Rules, columns: int) -> list[str]:
    """Return wrapped lines for the extras of a part, beside its text and media."""
    sentences = rules.describe_extras(part)
    return [line for sentence in sentences for line in wrap_text(sentence, columns, indent="  ")]


def _quote_lines(text: str) -> list[str]:
    if not text:
        return ["  | " + _("(no text)")]
    return [f"  | {line}".rstrip() for line in escape_unsafe(text).split("\n")]


def _format_medium(medium: Attachment, rules: Rules, columns: int) -> list[str]:
    size = f", {medium.width} x {medium.height}" if medium.width and medium.height else ""
    length = f", {medium.duration:.0f} s" if medium.duration else ""
    line = f"  {_kind_word(medium.kind)}  {escape_unsafe(medium.path)} ({medium.mime}{size}{length}, {_format_bytes(medium.size)})"
    lines = [line]
    if medium.cover:
        lines.append("    " + _("cover: {file}").format(file=escape_unsafe(medium.cover.path)))
    if medium.captions:
        lines.append("    " + _("captions: {file}").format(file=escape_unsafe(medium.captions.path)))
    limits = rules.media_rules_for(medium)
    is_silent = (
        any(cannot.operation == "alt" for cannot in rules.unsupported) or medium.kind is MediaKind.DOCUMENT
    )
    if is_silent or (limits is not None and not limits.alt_required):
        return lines
    alt = medium.alt or _("(none)")
    return [*lines, *wrap_text(_("alt: {alt}").format(alt=alt), columns, indent="    ")]


def _kind_word(kind: MediaKind) -> str:
    return {
        MediaKind.IMAGE: _("image"),
        MediaKind.GIF: _("GIF"),
        MediaKind.VIDEO: _("video"),
        MediaKind.AUDIO: _("audio file"),
        MediaKind.DOCUMENT: _("document"),
    }[kind]


def _format_bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _format_poll(part: Part) -> list[str]:
    poll = part.extra.get("poll")
    if not isinstance(poll, dict):
        return []
    options = poll.get("options")
    poll_lines = (
        [f"    ( ) {escape_unsafe(str(option))}" for option in options] if isinstance(options, list) else []
    )
    minutes = poll.get("duration_minutes")
    return ["  " + _("poll, open for {minutes} minutes").format(minutes=minutes), *poll_lines]


def _format_fallback(fallback: Fallback, columns: int) -> list[str]:
    head = _("to everybody else: template {name}, language {language}")
    lines = ["", "  " + head.format(name=fallback.name, language=fallback.language)]
    names = fallback.names or tuple(map(str, range(1, len(fallback.params) + 1)))
    if fallback.top:
        placeholder = fallback.top_name or "1"
        lines += wrap_text(
            _("header {{{{{gap}}}}} {value}").format(gap=placeholder, value=fallback.top),
            columns,
            indent="  | ",
        )
    for name, value in zip(names, fallback.params, strict=False):
        lines += wrap_text(f"{{{{{name}}}}} {value}", columns, indent="  | ")
    for number, (_kind_of, value) in enumerate(fallback.buttons, 1):
        if value:
            lines += wrap_text(
                _("button {number}: {value}").format(number=number, value=value), columns, indent="  | "
            )
    return lines

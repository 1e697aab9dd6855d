"""What a channel will show, in a word and in full."""

from collections.abc import Sequence
from dataclasses import dataclass

from humaspost.base.i18n import _, ngettext
from humaspost.model.account import Account
from humaspost.model.post import Kind
from humaspost.model.rendition import Attachment, Fallback, Part, Rendition
from humaspost.model.rules import Rules
from humaspost.views.channel_extras import particulars
from humaspost.views.text import safe, wrap


@dataclass(frozen=True, slots=True)
class Shown:
    """A rendition on the account that it is for; ``people`` None = the channel has no recipients.

    ``unwilling`` of them want no marketing, and it is that.
    """

    account: Account
    rendition: Rendition
    rules: Rules
    people: int | None = None
    unwilling: int = 0


def summary(shown: Shown) -> str:
    """``1 post, 232/280, 1 image``, ``caption 274/2200, 2 images``, ``17 people, template siaran_pers``."""
    if shown.rules.audience:
        template = _template(shown.rendition.parts[0].fallback)
        return ", ".join([_people(shown.people), *template, *_unwilling(shown.unwilling)])
    media = [medium for part in shown.rendition.parts for medium in part.media]
    return ", ".join([*_text(shown), *media_words(media), *_extra(shown.rendition)])


def _people(count: int | None) -> str:
    if count is None:
        return _("its audiences")
    shown = f"{count:,}"
    return ngettext("{count} person", "{count} people", count).format(count=shown)


def _unwilling(count: int) -> list[str]:
    words = ngettext("{count} wants no marketing", "{count} want no marketing", count)
    return [words.format(count=f"{count:,}")] if count else []


def _template(fallback: Fallback | None) -> list[str]:
    return [_("template {name}").format(name=fallback.name)] if fallback else []


def _text(shown: Shown) -> list[str]:
    parts = shown.rendition.parts
    if len(parts) > 1:
        return [ngettext("{count} post", "{count} posts", len(parts)).format(count=len(parts))]
    count = counted(parts[0], shown.rules)
    if shown.rules.needs_media:
        return [_("caption {count}").format(count=count)]
    return [ngettext("{count} post", "{count} posts", 1).format(count=1), count]


def counted(part: Part, rules: Rules) -> str:
    """``232/280``, in the channel's own units."""
    return f"{rules.text.measure(part.text)}/{round(rules.text.limit.value)}"


def _extra(rendition: Rendition) -> list[str]:
    first = rendition.parts[0].extra
    return [_("1 poll")] if first.get("poll") else [_("1 story")] if first.get("format") == "story" else []


def media_words(media: Sequence[Attachment]) -> list[str]:
    """``2 images``, one entry per kind."""
    counts = {kind: sum(medium.kind is kind for medium in media) for kind in Kind}
    return [_kind_count(kind, count) for kind, count in counts.items() if count]


def _kind_count(kind: Kind, count: int) -> str:
    match kind:
        case Kind.IMAGE:
            text = ngettext("{count} image", "{count} images", count)
        case Kind.GIF:
            text = ngettext("{count} GIF", "{count} GIFs", count)
        case Kind.VIDEO:
            text = ngettext("{count} video", "{count} videos", count)
        case Kind.AUDIO:
            text = ngettext("{count} audio file", "{count} audio files", count)
        case Kind.DOCUMENT:
            text = ngettext("{count} document", "{count} documents", count)
    return text.format(count=count)


def full(shown: Shown, *, columns: int = 80) -> list[str]:
    """Every part as it will be read, with its counts and media."""
    account = shown.account
    head = f"{account.channel}  {account.name}" if account.name != account.channel else account.name
    lines = [f"{head}  {account.shown}  {summary(shown)}"]
    if shown.rendition.replies_to:
        lines.append(_("  in reply to {post}, where that is live").format(post=shown.rendition.replies_to))
    for part in shown.rendition.parts:
        lines += ["", *_part(part, shown, columns)]
    return lines


def _part(part: Part, shown: Shown, columns: int) -> list[str]:
    lines = [f"  {_title(part, shown)}", *_quoted(part.text)]
    for medium in part.media:
        lines += _medium(medium, shown.rules, columns)
    lines += [*_poll(part), *particulars(part, columns)]
    if part.fallback:
        lines += _fallback(part.fallback, columns)
    return lines


def _title(part: Part, shown: Shown) -> str:
    count, total = counted(part, shown.rules), len(shown.rendition.parts)
    if total > 1:
        return _("part {number} of {total}, {count}").format(number=part.number, total=total, count=count)
    if shown.rules.audience:
        return _("to people in their 24-hour window, {count}").format(count=count)
    return _("text, {count}").format(count=count)


def _quoted(text: str) -> list[str]:
    if not text:
        return ["  | " + _("(no text)")]
    return [f"  | {line}".rstrip() for line in safe(text).split("\n")]


def _medium(medium: Attachment, rules: Rules, columns: int) -> list[str]:
    size = f", {medium.width} x {medium.height}" if medium.width and medium.height else ""
    length = f", {medium.duration:.0f} s" if medium.duration else ""
    line = f"  {_kind(medium.kind)}  {safe(medium.path)} ({medium.mime}{size}{length}, {_bytes(medium.size)})"
    lines = [line]
    if medium.cover:
        lines.append("    " + _("cover: {file}").format(file=safe(medium.cover.path)))
    if medium.captions:
        lines.append("    " + _("captions: {file}").format(file=safe(medium.captions.path)))
    limits = rules.limits(medium)
    silent = any(cannot.what == "alt" for cannot in rules.cannot) or medium.kind is Kind.DOCUMENT
    if silent or (limits is not None and not limits.described):
        return lines
    alt = medium.alt or _("(none)")
    return [*lines, *wrap(_("alt: {alt}").format(alt=alt), columns, indent="    ")]


def _kind(kind: Kind) -> str:
    return {
        Kind.IMAGE: _("image"),
        Kind.GIF: _("GIF"),
        Kind.VIDEO: _("video"),
        Kind.AUDIO: _("audio file"),
        Kind.DOCUMENT: _("document"),
    }[kind]


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _poll(part: Part) -> list[str]:
    poll = part.extra.get("poll")
    if not isinstance(poll, dict):
        return []
    options = poll.get("options")
    shown = [f"    ( ) {safe(str(option))}" for option in options] if isinstance(options, list) else []
    minutes = poll.get("duration_minutes")
    return ["  " + _("poll, open for {minutes} minutes").format(minutes=minutes), *shown]


def _fallback(fallback: Fallback, columns: int) -> list[str]:
    head = _("to everybody else: template {name}, language {language}")
    lines = ["", "  " + head.format(name=fallback.name, language=fallback.language)]
    names = fallback.names or tuple(map(str, range(1, len(fallback.params) + 1)))
    if fallback.top:
        gap = fallback.top_name or "1"
        lines += wrap(
            _("header {{{{{gap}}}}} {value}").format(gap=gap, value=fallback.top), columns, indent="  | "
        )
    for name, value in zip(names, fallback.params, strict=False):
        lines += wrap(f"{{{{{name}}}}} {value}", columns, indent="  | ")
    for number, (_kind_of, value) in enumerate(fallback.buttons, 1):
        if value:
            lines += wrap(
                _("button {number}: {value}").format(number=number, value=value), columns, indent="  | "
            )
    return lines

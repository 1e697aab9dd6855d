"""Text marks that each platform shows in its own way, as safe HTML."""

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

_HIGHLIGHTED = re.compile(r"https?://[^\s<>\"']+|(?<![\w&/])#(?=\w*[^\W\d_])\w+|(?<![\w@/])@\w{1,30}")
_WHATSAPP_STYLES = [
    (re.compile(r"```(.+?)```", re.DOTALL), "code"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w/])_(?=\S)([^_\n]*?\S)_(?!\w)"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])"), "s"),
]


def highlight(text: str) -> Markup:
    """Return the text with links, hashtags and mentions highlighted, but without real links."""
    html, position = Markup(), 0
    for match in _HIGHLIGHTED.finditer(text):
        html += escape(text[position : match.start()]) + _wrap_in_tag("span", match.group())
        position = match.end()
    return html + escape(text[position:])


def format_whatsapp(text: str) -> Markup:
    """Return the text with WhatsApp's marks (*bold*, _italic_, ~struck~, ```code```) and links."""
    parts = re.split(r"(https?://[^\s<>\"']+)", text)
    return Markup().join(
        _wrap_in_tag("span", part) if index % 2 else _apply_styles(part) for index, part in enumerate(parts)
    )


def _apply_styles(text: str) -> Markup:
    html = str(escape(text))
    for pattern, tag in _WHATSAPP_STYLES:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    return Markup(html)  # noqa: S704  (escaped above; only these four tags were added)


def _wrap_in_tag(tag: str, text: str) -> Markup:
    return Markup("<{0} class=live>{1}</{0}>").format(Markup(tag), text)  # noqa: S704  (a constant; format escapes)


def time_tag(instant: datetime) -> Markup:
    """Return a time element that the page's script converts to the reader's time zone."""
    utc = instant.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(), f"{utc:%d %b %Y, %H:%M} UTC")


def format_duration(minutes: int) -> str:
    """Return how long a poll is open, in the largest unit that gives a whole number."""
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            amount = minutes // size
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    raise ValueError(minutes)


def format_people(count: int) -> str:
    """Return a number of people in words: 1 person, 17 people."""
    return "1 person" if count == 1 else f"{count:,} people"

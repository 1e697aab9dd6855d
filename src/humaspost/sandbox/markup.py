"""The small marks in a text that each platform shows in its own way, as safe HTML."""

import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

_LIVE = re.compile(r"https?://[^\s<>\"']+|(?<![\w&/])#(?=\w*[^\W\d_])\w+|(?<![\w@/])@\w{1,30}")
_WHATSAPP = [
    (re.compile(r"```(.+?)```", re.DOTALL), "code"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w/])_(?=\S)([^_\n]*?\S)_(?!\w)"), "em"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])"), "s"),
]


def live(text: str) -> Markup:
    """Links, hashtags and mentions stand out; nothing is a link, for nothing here leads anywhere."""
    shown, done = Markup(), 0
    for match in _LIVE.finditer(text):
        shown += escape(text[done : match.start()]) + _marked("span", match.group())
        done = match.end()
    return shown + escape(text[done:])


def whatsapp(text: str) -> Markup:
    """WhatsApp's own marks (*bold*, _italic_, ~struck~, ```code```) and links."""
    parts = re.split(r"(https?://[^\s<>\"']+)", text)
    return Markup().join(_marked("span", part) if n % 2 else _styled(part) for n, part in enumerate(parts))


def _styled(text: str) -> Markup:
    html = str(escape(text))
    for pattern, tag in _WHATSAPP:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    return Markup(html)  # noqa: S704  (escaped above; only these four tags were added)


def _marked(tag: str, text: str) -> Markup:
    return Markup("<{0} class=live>{1}</{0}>").format(Markup(tag), text)  # noqa: S704  (a constant; format escapes)


def moment(when: datetime) -> Markup:
    """A time that the page's script turns into the reader's own clock."""
    utc = when.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(), f"{utc:%d %b %Y, %H:%M} UTC")


def lasting(minutes: int) -> str:
    """How long a poll is open, in the largest unit that is whole."""
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            many = minutes // size
            return f"{many} {unit}{'' if many == 1 else 's'}"
    raise ValueError(minutes)


def people(many: int) -> str:
    """1 person, 17 people."""
    return "1 person" if many == 1 else f"{many:,} people"

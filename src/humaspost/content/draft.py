"""The text of a new draft."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from humaspost.base.i18n import _
from humaspost.base.timezones import short
from humaspost.content.frontmatter.hints import quoted, scalar

__all__ = ["draft_text", "slug"]


def draft_text(
    title: str,
    *,
    now: datetime,
    zone: str,
    id: str,  # noqa: A002 - it is the key's own name
    channels: Sequence[str] = ("x",),
    audiences: Sequence[str] = (),
) -> str:
    """A draft for tomorrow morning in ``zone``, with the rarer keys as comments; it has no errors."""
    day = f"{now + timedelta(days=1):%Y-%m-%d} 08:30"
    named = ", ".join(map(scalar, audiences))
    lines = [
        "---",
        f"id: {id}",
        f"title: {quoted(' '.join(title.split()))}",
        _noted(f"date: {day} {short(zone)}", _("when to publish")),
        _noted(f"# expires: {day[:10]} 21:00", _("never published after")),
        f"channels: [{', '.join(channels)}]",
        _noted(f"audiences: [{named}]" if named else "# audiences: [masyarakat]", _("needed for whatsapp")),
        _noted("tags: []", _("with or without '#'")),
        "# link: https://",
        "# media:",
        "#   - file: media/a.jpg",
        _noted('#     alt: "..."', _("what the picture shows, for those who cannot see it")),
        _noted("draft: true", _("take this line out when the post is ready")),
        "---",
        "",
    ]
    return "\n".join(lines)


def _noted(line: str, words: str) -> str:
    return f"{line:<34}  # {words}"


_LONGEST = 60


def slug(title: str) -> str:
    """Small letters, digits and hyphens only, at most 60; ``post`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > _LONGEST:
        whole = words[: _LONGEST + 1].rpartition("-")[0]
        words = whole or words[:_LONGEST]
    return words or "post"

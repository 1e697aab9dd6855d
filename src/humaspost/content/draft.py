"""The text of a new draft."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from humaspost.base.i18n import _
from humaspost.base.timezones import short
from humaspost.content.frontmatter.hints import format_scalar, quote

__all__ = ["draft_text", "make_slug"]


def draft_text(
    title: str,
    *,
    now: datetime,
    zone: str,
    id: str,  # noqa: A002 - the field's own name
    channels: Sequence[str] = ("x",),
    audiences: Sequence[str] = (),
) -> str:
    """Return a draft without errors for tomorrow morning in ``zone``, rarer fields as comments."""
    day = f"{now + timedelta(days=1):%Y-%m-%d} 08:30"
    named = ", ".join(map(format_scalar, audiences))
    lines = [
        "---",
        f"id: {id}",
        f"title: {quote(' '.join(title.split()))}",
        _commented_line(f"date: {day} {short(zone)}", _("when to publish")),
        _commented_line(f"# expires: {day[:10]} 21:00", _("never published after")),
        f"channels: [{', '.join(channels)}]",
        _commented_line(
            f"audiences: [{named}]" if named else "# audiences: [masyarakat]", _("needed for whatsapp")
        ),
        _commented_line("tags: []", _("with or without '#'")),
        "# link: https://",
        "# media:",
        "#   - file: media/a.jpg",
        _commented_line('#     alt: "..."', _("what the picture shows, for those who cannot see it")),
        _commented_line("draft: true", _("take this line out when the post is ready")),
        "---",
        "",
    ]
    return "\n".join(lines)


def _commented_line(line: str, comment: str) -> str:
    return f"{line:<34}  # {comment}"


_MAX_LENGTH = 60


def make_slug(title: str) -> str:
    """Return at most 60 lower-case letters, digits and hyphens; ``post`` if none remain."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > _MAX_LENGTH:
        joined = words[: _MAX_LENGTH + 1].rpartition("-")[0]
        words = joined or words[:_MAX_LENGTH]
    return words or "post"

"""Ids and file names made of titles."""

import re
import unicodedata

_LONGEST = 60


def slug(title: str) -> str:
    """Small letters, digits and hyphens only, at most 60; ``post`` where nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > _LONGEST:
        whole = words[: _LONGEST + 1].rpartition("-")[0]
        words = whole or words[:_LONGEST]
    return words or "post"

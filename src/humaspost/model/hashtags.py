"""The hashtags that a channel adds to a text."""

import re
from collections.abc import Iterable


def format_missing_hashtags(tags: Iterable[str], text: str) -> str:
    """Return the tags as ``#A #B``, without those that stand in the text already."""
    names = [tag.lstrip("#") for tag in tags]
    return " ".join(f"#{name}" for name in names if not _has_hashtag(text, name))


def _has_hashtag(text: str, name: str) -> bool:
    return bool(re.search(rf"(?<![\w&/])#{re.escape(name)}(?!\w)", text, re.IGNORECASE))

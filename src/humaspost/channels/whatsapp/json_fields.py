"""Typed access to a webhook's JSON: a value of another type counts as absent."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from humaspost.base.redaction import redact

#: Ids and callback data are far shorter, so a longer text is no id.
_MAX_ID_LENGTH = 600
#: A business-scoped user id: the country, a dot, and the person's id for one portfolio.
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")


def get_objects(document: object, key: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, without members of other types."""
    items = document.get(key) if isinstance(document, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield item


def get_object(document: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object, or an empty one if it is absent."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def get_text(document: dict[str, Any], key: str) -> str:
    """Return a text, or "" if it is absent; a number counts as text.

    Ids and times are strings in Meta's webhooks.
    """
    value = document.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    # A lone surrogate is valid JSON, but no database accepts it.
    return str(value).encode(errors="replace").decode()


def get_id(document: dict[str, Any], key: str) -> str:
    """Return an id, or "" if it is absent.

    An id is stored, so a text that contains one of our secrets is refused.
    """
    text = get_text(document, key)
    return text if len(text) <= _MAX_ID_LENGTH and redact(text) == text else ""


def get_phone(document: dict[str, Any], key: str) -> str | None:
    """Return the phone number in ``wa_id``, ``from`` or ``recipient_id``, or None for a user id."""
    digits = get_text(document, key)
    return "+" + digits if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def get_user_id(document: dict[str, Any], key: str) -> str | None:
    """Return the business-scoped user id, or None if the value is not such an id."""
    text = get_id(document, key)
    return text if _USER_ID.fullmatch(text) else None


def get_timestamp(document: dict[str, Any], key: str = "timestamp") -> datetime | None:
    """Return the UTC time of unix seconds in text or number, or None if absent or impossible."""
    try:
        text = datetime.fromtimestamp(int(get_text(document, key)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return text if text.year >= 1970 else None

"""What stands in a webhook's JSON, taken by its kind: whatever is of another kind is not there."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from humaspost.base.redaction import redact

#: Ids and callback data are far shorter; longer ones are nobody's.
_MAX_ID_LENGTH = 600
#: A business-scoped user id: the country, a dot, and what the person is to one portfolio.
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")


def get_objects(document: object, key: str) -> Iterator[dict[str, Any]]:
    """The objects in a list that ought to be there."""
    items = document.get(key) if isinstance(document, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield item


def get_object(document: dict[str, Any], key: str) -> dict[str, Any]:
    """The object that ought to be there, an empty one where it is not."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def get_text(document: dict[str, Any], key: str) -> str:
    """Ids and times are strings in Meta's webhooks; a number is read too."""
    value = document.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    # A lone surrogate is valid JSON, and no database takes it.
    return str(value).encode(errors="replace").decode()


def get_id(document: dict[str, Any], key: str) -> str:
    """It will be kept, so one with a secret of ours in it is nobody's id."""
    text = get_text(document, key)
    return text if len(text) <= _MAX_ID_LENGTH and redact(text) == text else ""


def get_phone(document: dict[str, Any], key: str) -> str | None:
    """The number behind ``wa_id``, ``from`` or ``recipient_id``; None where it is a user id or nothing."""
    digits = get_text(document, key)
    return "+" + digits if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def get_user_id(document: dict[str, Any], key: str) -> str | None:
    """The business-scoped user id that stands there; None where it is a number or nothing."""
    text = get_id(document, key)
    return text if _USER_ID.fullmatch(text) else None


def get_timestamp(document: dict[str, Any], key: str = "timestamp") -> datetime | None:
    """Unix seconds that stand there, as text or number, as a UTC moment; None where there is none, or no such."""
    try:
        text = datetime.fromtimestamp(int(get_text(document, key)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return text if text.year >= 1970 else None

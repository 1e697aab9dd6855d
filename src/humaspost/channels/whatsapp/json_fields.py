"""What stands in a webhook's JSON, taken by its kind: whatever is of another kind is not there."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from humaspost.base.redaction import struck

#: Ids and callback data are far shorter; longer ones are nobody's.
_LONGEST = 600
#: A business-scoped user id: the country, a dot, and what the person is to one portfolio.
_USER = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,140}")


def dicts(holder: object, key: str) -> Iterator[dict[str, Any]]:
    """The objects in a list that ought to be there."""
    items = holder.get(key) if isinstance(holder, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield item


def member(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """The object that ought to be there, an empty one where it is not."""
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def text_in(holder: dict[str, Any], key: str) -> str:
    """Ids and times are strings in Meta's webhooks; a number is read too."""
    found = holder.get(key)
    if not isinstance(found, str | int) or isinstance(found, bool):
        return ""
    # A lone surrogate is valid JSON, and no database takes it.
    return str(found).encode(errors="replace").decode()


def id_in(holder: dict[str, Any], key: str) -> str:
    """It will be kept, so one with a secret of ours in it is nobody's id."""
    found = text_in(holder, key)
    return found if len(found) <= _LONGEST and struck(found) == found else ""


def phone_in(holder: dict[str, Any], key: str) -> str | None:
    """The number behind ``wa_id``, ``from`` or ``recipient_id``; None where it is a user id or nothing."""
    digits = text_in(holder, key)
    return "+" + digits if digits.isascii() and digits.isdecimal() and len(digits) <= 15 else None


def user_in(holder: dict[str, Any], key: str) -> str | None:
    """The business-scoped user id that stands there; None where it is a number or nothing."""
    found = id_in(holder, key)
    return found if _USER.fullmatch(found) else None


def moment_in(holder: dict[str, Any], key: str = "timestamp") -> datetime | None:
    """Unix seconds that stand there, as text or number, as a UTC moment; None where there is none, or no such."""
    try:
        found = datetime.fromtimestamp(int(text_in(holder, key)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= 1970 else None

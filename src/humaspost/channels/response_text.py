"""Cleaning of a platform's texts for storage and display, and parsing of times in headers."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from humaspost.base.personal_data import mask_numbers
from humaspost.base.redaction import redact

_MAX_LENGTH = 200
_MAX_WAIT = timedelta(days=2)
_TOKEN_PATTERN = re.compile(
    r"(?i)\b(bearer\s+|(?:access_token|oauth_\w+|refresh_token|client_secret)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"
)


def clean_text(text: str, secrets: Iterable[str] = (), *, every_number: bool = False) -> str:
    """Return one line of at most 200 characters.

    Secrets and telephone numbers are hidden; control and direction characters are removed. ``every_number`` hides
    every run of 9 to 15 digits.
    """
    # Redact before the cut: half a token is a secret too, half a number is somebody's.
    text = _TOKEN_PATTERN.sub(r"\1***", redact(text, secrets)[:20_000])
    visible = "".join(_printable(character) for character in text)
    line = mask_numbers(" ".join(visible.split()), every_run=every_number)
    return line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…"


def _printable(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") else character


def parse_retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the time that ``retry-after`` names, in seconds or as a date, or None.

    An absurd time is limited to two days from now.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return now + min(timedelta(seconds=int(value[:9])), _MAX_WAIT)
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _clamp(instant if instant.tzinfo else instant.replace(tzinfo=UTC), now)


def parse_unix_time(headers: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """Return the time that a header gives in unix seconds, or None.

    An absurd time is limited to two days from now.
    """
    value = headers.get(name, "").strip()
    if not value.isdecimal() or len(value) > 11:
        return None
    return _clamp(datetime.fromtimestamp(int(value), UTC), now)


def _clamp(instant: datetime, now: datetime) -> datetime:
    return min(max(instant, now), now + _MAX_WAIT)

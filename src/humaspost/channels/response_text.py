"""A platform's words, made fit to be kept and shown; and the times that it names."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from humaspost.base.redaction import struck

_LONGEST = 200
_MOST = timedelta(days=2)
_TOKENS = re.compile(
    r"(?i)\b(bearer\s+|(?:access_token|oauth_\w+|refresh_token|client_secret)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"
)


def cleaned(text: str, secrets: Iterable[str] = ()) -> str:
    """One line of at most 200 characters, without secrets, control or direction characters."""
    # First the secrets, then the length: half a token is one too.
    text = _TOKENS.sub(r"\1***", struck(text, secrets)[:20_000])
    shown = "".join(_shown(character) for character in text)
    line = " ".join(shown.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _shown(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") else character


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The moment that ``retry-after`` names, in seconds or as a date; absurd ones are two days at most."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return now + min(timedelta(seconds=int(value[:9])), _MOST)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _within(moment if moment.tzinfo else moment.replace(tzinfo=UTC), now)


def unix_time(headers: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """The moment that a header gives in unix seconds; absurd ones are two days at most."""
    value = headers.get(name, "").strip()
    if not value.isdecimal() or len(value) > 11:
        return None
    return _within(datetime.fromtimestamp(int(value), UTC), now)


def _within(moment: datetime, now: datetime) -> datetime:
    return min(max(moment, now), now + _MOST)

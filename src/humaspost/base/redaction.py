"""Secrets never reach a screen, a log or a file: what is known is replaced wherever text comes in or leaves."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_LEAST = 4
#: Shorter ones would be found by chance in the base64 or hex of anything.
_LEAST_ENCODED = 8
_HEX = re.compile("%[0-9A-F]{2}")

_known: dict[str, None] = {}


def know(value: str) -> None:
    """From now on ``struck`` hides this value, in every form in which it may be said back."""
    for part in (value, *value.split()):
        _known.update(dict.fromkeys(forms(part)))


def struck(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without any known secret, nor any of ``secrets``."""
    given = {form for secret in secrets for form in forms(secret)}
    found = [form for form in (*_known, *given) if form in text]
    for form in sorted(found, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


@lru_cache(maxsize=256)
def forms(value: str) -> tuple[str, ...]:
    """The value as it is, and as it stands in addresses, pages, JSON and headers; none for a very short one."""
    if len(value) < _LEAST:
        return ()
    found = {value, html.escape(value), value.replace("/", "\\/"), json.dumps(value)[1:-1]}
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        found |= {quoted, _HEX.sub(lambda code: code[0].lower(), quoted)}
    if len(value) >= _LEAST_ENCODED:
        found |= {value.encode().hex(), *_in_base64(value.encode())}
    return tuple(found)


def _in_base64(value: bytes) -> Iterator[str]:
    """What base64 always makes of the value, whatever stands before and after it (as in ``Basic id:secret``)."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + value + b"\0\0")
        sure = text[(before * 8 + 5) // 6 : (before + len(value)) * 8 // 6].decode()
        yield from (sure, sure.translate(str.maketrans("+/", "-_")))


__all__ = ["know", "redact"]

_NAMED = re.compile(
    r"""(?ix) (\b(?:access_token|api_key|api_key_secret|access_token_secret|app_secret|verify_token|client_secret
    |refresh_token|fb_exchange_token|input_token
    |oauth2?_[a-z_]*(?:token|signature|consumer_key)) ["']? \s* [=:] \s* ["']?) [^\s"'&,;]{4,}"""
)
_BEARER = re.compile(r"(?i)\b(Bearer|OAuth)\s+[A-Za-z0-9._~+/=-]{8,}")


def redact(text: str) -> str:
    """The text without any known secret, nor anything that is named like one."""
    return _BEARER.sub(rf"\1 {HIDDEN}", _NAMED.sub(rf"\1{HIDDEN}", struck(text)))

"""Redaction of secrets: each registered secret is replaced in incoming and outgoing text."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

REDACTED = "***"
_MIN_LENGTH = 4
#: A shorter value would match by chance in the base64 or hex of any data.
_MIN_ENCODED_LENGTH = 8
_HEX = re.compile("%[0-9A-F]{2}")

_registered: dict[str, None] = {}


def register(value: str) -> None:
    """Register a value that ``redact`` must hide from now on, in every variant."""
    for part in (value, *value.split()):
        _registered.update(dict.fromkeys(variants(part)))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without any registered secret, nor any of ``secrets``."""
    extra = {form for secret in secrets for form in variants(secret)}
    present = [form for form in (*_registered, *extra) if form in text]
    for variant in sorted(present, key=len, reverse=True):
        text = text.replace(variant, REDACTED)
    return text


@lru_cache(maxsize=256)
def variants(value: str) -> tuple[str, ...]:
    """Return the value as it appears in text, addresses, pages, JSON and headers.

    Returns nothing for a value of fewer than four characters.
    """
    if len(value) < _MIN_LENGTH:
        return ()
    encodings = {value, html.escape(value), value.replace("/", "\\/"), json.dumps(value)[1:-1]}
    for quoted in (quote(value), quote(value, safe=""), quote_plus(value)):
        encodings |= {quoted, _HEX.sub(lambda code: code[0].lower(), quoted)}
    if len(value) >= _MIN_ENCODED_LENGTH:
        encodings |= {value.encode().hex(), *_base64_variants(value.encode())}
    return tuple(encodings)


def _base64_variants(value: bytes) -> Iterator[str]:
    """Yield the base64 text of the value that is independent of the bytes around it.

    An example is ``Basic id:secret``.
    """
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + value + b"\0\0")
        stable = text[(offset * 8 + 5) // 6 : (offset + len(value)) * 8 // 6].decode()
        yield from (stable, stable.translate(str.maketrans("+/", "-_")))


__all__ = ["redact_output", "register"]

#: By the end of the name, so that it also fits the secrets of a channel that nobody told us of.
_NAMED_SECRET = re.compile(
    r"""(?ix) (\b(?:[a-z0-9_]*_(?:token|secret) | api_key | oauth2?_[a-z_]*(?:signature|consumer_key))
    ["']? \s* [=:] \s* ["']?) [^\s"'&,;]{4,}"""
)
_BEARER = re.compile(r"(?i)\b(Bearer|OAuth)\s+[A-Za-z0-9._~+/=-]{8,}")
#: Each match of the two patterns contains one of these, in any case.
_TRIGGERS = ("_token", "_secret", "_key", "oauth", "bearer")


def redact_output(text: str) -> str:
    """Return the text without registered secrets, and without values of secret names."""
    text = redact(text)
    # Case folding also finds the letters beyond ASCII that the patterns take for s and k.
    folded = text.casefold()
    # A long plan has a hundred thousand texts, and the patterns look at every word.
    if not any(trigger in folded for trigger in _TRIGGERS):
        return text
    return _BEARER.sub(rf"\1 {REDACTED}", _NAMED_SECRET.sub(rf"\1{REDACTED}", text))

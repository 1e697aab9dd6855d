"""What leaves for a screen or a file is without known secrets, and without what is named like one."""

import re

from humaspost.base.redaction import HIDDEN, know, struck

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

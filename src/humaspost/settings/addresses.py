"""The addresses that an office may connect to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from humaspost.base.i18n import _
from humaspost.base.loopback import is_loopback
from humaspost.model.problem import Problem


def check_address(address: str, *, is_demo: bool, field: str) -> Iterator[Problem]:
    """Yield the problem of an address: not a URL, has a password, not https, or outside a demo."""
    try:
        parts = urlsplit(address)
        host, is_local = parts.hostname or "", is_loopback(parts.hostname or "")
        _port = parts.port
    except ValueError:
        host, is_local, parts = "", False, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        yield Problem("config-address", _("this is not a web address"), _("write: https://..."), field=field)
    elif not address.isascii() or any(character.isspace() for character in address):
        message = _("a web address has neither blanks nor other than plain letters")
        hint = _("write a blank as %20; a host with other letters is written xn--...")
        yield Problem("config-address", message, hint, field=field)
    elif parts.username is not None or parts.password is not None:
        message = _("an address in config.toml must not carry a user or a password")
        yield Problem("config-address", message, _("write it without what stands before '@'"), field=field)
    elif is_demo and not is_local:
        message = _("with `demo = true` nothing may leave this computer, but {host} is elsewhere")
        yield Problem(
            "config-demo",
            message.format(host=host),
            _("write an address of this computer: http://127.0.0.1:PORT/..."),
            field=field,
        )
    elif parts.scheme == "http" and not is_local:
        message = _("without https anybody on the way could read and change what is sent to {host}")
        yield Problem("config-address", message.format(host=host), _("write: https://..."), field=field)

"""The hosts that can only be this computer; plain http and demo addresses need one of them."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_IPV6 = IPv6Address("::1")


def is_loopback(host: str) -> bool:
    """Return True if the host can only be this computer; no name is resolved.

    ``host`` is as ``urlsplit`` gives it. The hosts are ``localhost``, ``::1`` and 127.0.0.0/8 with all four numbers.
    """
    if host == "localhost":
        return True
    # Other names are not accepted: a resolver may ask the network for x.localhost. Other spellings are not
    # accepted either (127.1, 0x7f.1, ::ffff:127.0.0.1, ::1%eth0): programs and Python versions read them
    # differently.
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback if isinstance(address, IPv4Address) else address == _IPV6


def is_loopback_url(url: str) -> bool:
    """Return True if every program connects to this computer; no name is resolved."""
    # A user or a backslash before the host has two readings: in http://evil.example\@127.0.0.1 urlsplit and
    # urllib3 find different hosts.
    if "\\" in url or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    return parts.username is None and parts.password is None and is_loopback(parts.hostname or "")

"""No test, and no program that a test starts, speaks to another computer.

Only the standard library is imported, so that ``child/sitecustomize.py`` can load this file in any Python
program of ours. What is no Python (a browser, a library in Rust) is not seen.
"""

import os
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

#: First on the path of a child process, its ``sitecustomize`` calls ``install``.
CHILD = Path(__file__).with_name("child")
#: The variable that names the file in which what was refused is written down.
REPORT = "HUMASPOST_TEST_REFUSED"
#: Where the address stands among the arguments of each audit event.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.bind": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
#: Names that never leave this computer: RFC 6761 reserves them.
_LOCAL = ("localhost", ".localhost", ".invalid")


class Refused(OSError):
    """A test reached for another computer."""


def is_local(host: Any) -> bool:
    """Return whether ``host`` is this computer, or no host at all (a path, nothing)."""
    name = host.decode() if isinstance(host, bytes) else host
    if not isinstance(name, str) or not name or name.endswith(_LOCAL):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _host(event: str, arguments: tuple[Any, ...]) -> Any:
    """Return the host of an event; a socket of files or of the kernel has none."""
    if _EVENTS[event] >= len(arguments):
        return None
    address = arguments[_EVENTS[event]]
    if not event.startswith("socket.get"):
        return address[0] if isinstance(address, tuple) else None
    return address


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS or is_local(host := _host(event, arguments)):
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "a program that a test started").partition(" (")[0]
    said = f"{test}: {event} to {host!r}; tests speak to this computer only"
    if path := os.environ.get(REPORT):
        with Path(path).open("a", encoding="utf-8") as report:
            report.write(said + "\n")
    raise Refused(said)


def install() -> None:
    """Refuse every address but loopback, in this process, for good."""
    if not getattr(sys, "_humaspost_loopback", False):
        sys._humaspost_loopback = True  # type: ignore[attr-defined]
        sys.addaudithook(_watch)

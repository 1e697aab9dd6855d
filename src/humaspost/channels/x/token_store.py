"""The tokens of a login: on disk, and in memory for as long as the disk takes none.

X takes a refresh token once. What it gave for it is not lost because a disk is full: every session of
this process goes on with it, and writes it down as soon as that can be done. It is remembered by the
refresh token on disk that it came for, so a new login, which replaces that one, makes it void.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from humaspost.base.i18n import _
from humaspost.model.channel import Door, optional
from humaspost.model.errors import Transient

#: Named apart from OAuth 1.0a's ``access_token``, so that an account can go back to its four keys.
ACCESS, REFRESH, EXPIRY = "oauth2_access_token", "oauth2_refresh_token", "oauth2_expires_at"
#: When a renewal brought which access token: the seconds, and what only that token hashes to.
RENEWED = "oauth2_renewed"
#: The order matters: with a new refresh token and an old access token the next call renews again.
_ORDER = (REFRESH, EXPIRY, RENEWED, ACCESS)
_waiting: dict[str, Mapping[str, str]] = {}
_lock = threading.Lock()


def read(door: Door, field: str) -> str:
    """The newest value of the field, "" where there is none."""
    newer = _waiting.get(optional(door, REFRESH), {}) if _waiting else {}
    return newer.get(field) or optional(door, field)


def check(door: Door) -> None:
    """The disk takes tokens at this moment; raises Transient where it does not."""
    try:
        door.replace_secret(EXPIRY, optional(door, EXPIRY) or "0")
    except OSError as error:
        raise _not_kept(error) from error


def keep(door: Door, values: Mapping[str, str]) -> None:
    """All are on disk; else what is not stays in memory, and Transient is raised."""
    left = {field: values[field] for field in _ORDER if field in values}
    with _lock:
        before = optional(door, REFRESH)
        _waiting.pop(before, None)
        try:
            for field in tuple(left):
                door.replace_secret(field, left[field])
                del left[field]
        except OSError as error:
            raise _not_kept(error) from error
        finally:
            # A write that failed at its end may be on disk after all: known by both, found by either.
            if left:
                _waiting.update({known: left for known in (before, optional(door, REFRESH)) if known})


def keep_what_waits(door: Door) -> None:
    """What could not be written down is tried again; a disk that is still full is met in silence."""
    values = _waiting.get(optional(door, REFRESH)) if _waiting else None
    if values is None:
        return
    with suppress(Transient), renewing(door):
        keep(door, values)


@contextmanager
def renewing(door: Door) -> Iterator[None]:
    """Inside, nobody else renews the account's tokens; Transient where that cannot be had."""
    try:
        with door.renewing():
            yield
    except OSError as error:
        raise _not_kept(error) from error


def _not_kept(error: OSError) -> Transient:
    reason = error.strerror or type(error).__name__
    return Transient("tokens-not-kept", _("X's tokens cannot be kept: {reason}").format(reason=reason))

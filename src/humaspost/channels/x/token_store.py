"""The tokens of a login: on disk, and in memory for as long as the disk takes none.

X takes a refresh token once. What it gave for it is not lost because a disk is full: every session of
this process goes on with it, and writes it down as soon as that can be done. It is remembered by the
refresh token on disk that it came for, so a new login, which replaces that one, makes it void.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from humaspost.base.i18n import _
from humaspost.model.channel import ChannelContext, optional_secret
from humaspost.model.errors import Transient

#: Named apart from OAuth 1.0a's ``access_token``, so that an account can go back to its four keys.
ACCESS_TOKEN, REFRESH_TOKEN, EXPIRES_AT = "oauth2_access_token", "oauth2_refresh_token", "oauth2_expires_at"
#: When a renewal brought which access token: the seconds, and what only that token hashes to.
RENEWED_AT = "oauth2_renewed"
#: The order matters: with a new refresh token and an old access token the next call renews again.
_WRITE_ORDER = (REFRESH_TOKEN, EXPIRES_AT, RENEWED_AT, ACCESS_TOKEN)
_unsaved: dict[str, Mapping[str, str]] = {}
_lock = threading.Lock()


def read_token(context: ChannelContext, field: str) -> str:
    """The newest value of the field, "" where there is none."""
    unsaved = _unsaved.get(optional_secret(context, REFRESH_TOKEN), {}) if _unsaved else {}
    return unsaved.get(field) or optional_secret(context, field)


def check_writable(context: ChannelContext) -> None:
    """The disk takes tokens at this moment; raises Transient where it does not."""
    try:
        context.replace_secret(EXPIRES_AT, optional_secret(context, EXPIRES_AT) or "0")
    except OSError as error:
        raise _not_saved_error(error) from error


def save_tokens(context: ChannelContext, values: Mapping[str, str]) -> None:
    """All are on disk; else what is not stays in memory, and Transient is raised."""
    unsaved = {field: values[field] for field in _WRITE_ORDER if field in values}
    with _lock:
        previous = optional_secret(context, REFRESH_TOKEN)
        _unsaved.pop(previous, None)
        try:
            for field in tuple(unsaved):
                context.replace_secret(field, unsaved[field])
                del unsaved[field]
        except OSError as error:
            raise _not_saved_error(error) from error
        finally:
            # A write that failed at its end may be on disk after all: known by both, found by either.
            if unsaved:
                _unsaved.update(
                    {
                        old_tokens: unsaved
                        for old_tokens in (previous, optional_secret(context, REFRESH_TOKEN))
                        if old_tokens
                    }
                )


def save_unsaved(context: ChannelContext) -> None:
    """What could not be written down is tried again; a disk that is still full is met in silence."""
    values = _unsaved.get(optional_secret(context, REFRESH_TOKEN)) if _unsaved else None
    if values is None:
        return
    with suppress(Transient), renewal_lock(context):
        save_tokens(context, values)


@contextmanager
def renewal_lock(context: ChannelContext) -> Iterator[None]:
    """Inside, nobody else renews the account's tokens; Transient where that cannot be had."""
    try:
        with context.renewal_lock():
            yield
    except OSError as error:
        raise _not_saved_error(error) from error


def _not_saved_error(error: OSError) -> Transient:
    reason = error.strerror or type(error).__name__
    return Transient("tokens-not-kept", _("X's tokens cannot be kept: {reason}").format(reason=reason))

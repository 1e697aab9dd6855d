"""The tokens of a login: on disk, and in memory while the disk accepts none.

X accepts a refresh token once. A full disk must not lose the tokens that X gives for it: every session of
this process uses them, and stores them as soon as possible. They are kept in memory under the
refresh token on disk that they replace, so a new login, which replaces that token too, makes them void.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from humaspost.base.i18n import _
from humaspost.model.channel import ChannelContext, optional_secret
from humaspost.model.errors import Transient

#: These names differ from OAuth 1.0a's ``access_token``, so that an account can return to its four keys.
ACCESS_TOKEN, REFRESH_TOKEN, EXPIRES_AT = "oauth2_access_token", "oauth2_refresh_token", "oauth2_expires_at"
#: Time of a renewal in unix seconds, with the fingerprint of the access token that it brought.
RENEWED_AT = "oauth2_renewed"
#: The order matters: with a new refresh token and an old access token the next call renews again.
_WRITE_ORDER = (REFRESH_TOKEN, EXPIRES_AT, RENEWED_AT, ACCESS_TOKEN)
_unsaved: dict[str, Mapping[str, str]] = {}
_lock = threading.Lock()


def read_token(context: ChannelContext, field: str) -> str:
    """Return the newest value of the field, or ""."""
    unsaved = _unsaved.get(optional_secret(context, REFRESH_TOKEN), {}) if _unsaved else {}
    return unsaved.get(field) or optional_secret(context, field)


def check_writable(context: ChannelContext) -> None:
    """Check that the disk accepts tokens at this moment; raises Transient if it does not."""
    try:
        context.replace_secret(EXPIRES_AT, optional_secret(context, EXPIRES_AT) or "0")
    except OSError as error:
        raise _not_saved_error(error) from error


def save_tokens(context: ChannelContext, values: Mapping[str, str]) -> None:
    """Store all tokens on disk; raises Transient if that fails, and keeps the rest in memory."""
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
            # A write that failed at its end may be on disk after all, so the tokens are kept under both refresh tokens.
            if unsaved:
                _unsaved.update(
                    {
                        old_tokens: unsaved
                        for old_tokens in (previous, optional_secret(context, REFRESH_TOKEN))
                        if old_tokens
                    }
                )


def save_unsaved(context: ChannelContext) -> None:
    """Store the tokens that are only in memory; ignore a disk that is still full."""
    values = _unsaved.get(optional_secret(context, REFRESH_TOKEN)) if _unsaved else None
    if values is None:
        return
    with suppress(Transient), renewal_lock(context):
        save_tokens(context, values)


@contextmanager
def renewal_lock(context: ChannelContext) -> Iterator[None]:
    """Hold the lock of the account's renewals; raises Transient if the lock is impossible."""
    try:
        with context.renewal_lock():
            yield
    except OSError as error:
        raise _not_saved_error(error) from error


def _not_saved_error(error: OSError) -> Transient:
    reason = error.strerror or type(error).__name__
    return Transient("tokens-not-kept", _("X's tokens cannot be kept: {reason}").format(reason=reason))

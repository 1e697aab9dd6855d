"""Error table of X; rows match by the end of the type and by text, never by host."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.channels.error_table import ErrorRow, Refusal, classify
from humaspost.channels.http.client import HttpResponse
from humaspost.channels.response_text import clean_text, parse_retry_after, parse_unix_time
from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)

_TOO_MANY = 429
#: A used-up monthly quota; the end of a rate window does not restore it.
_USAGE_CAPPED = re.compile(r"usage-capped|usage cap exceeded|UsageCapExceeded", re.IGNORECASE)
_RESPONSE_CODES = "https://docs.x.com/x-api/fundamentals/response-codes-and-errors"
_UPLOAD = "https://docs.x.com/x-api/media/quickstart/media-upload-chunked"
_RATE_LIMITS = "https://docs.x.com/x-api/fundamentals/rate-limits"
_PRICING = "https://docs.x.com/x-api/getting-started/pricing"
_UPLOAD_OPERATIONS = ("append", "finalize", "status", "alt", "subtitles")
_PUBLIC_OPERATIONS = ("post", "delete")
NOT_FOUND, NOT_ALLOWED = "http-404", "http-403"
#: Uploads that are tried before giving up: after a refusal half-way, X mostly accepts the next upload.
_MAX_UPLOADS = 5
#: Attempts to reply to a post that X does not show yet: in practice X shows it after five seconds.
_MAX_RESPONSES = 8
#: Number of reasons that are quoted from a list.
_MAX_REASONS = 3

#: Tried from the top. Unlisted is unknown on a public write: 5xx, HTML, every other 403.
ERROR_ROWS: tuple[ErrorRow, ...] = (
    ErrorRow(AuthFailed, 401, name="unauthorized", source=_RESPONSE_CODES),
    ErrorRow(QuotaExceeded, 402, name="credits", source=_PRICING),
    ErrorRow(QuotaExceeded, 429, type="usage-capped", name="usage-capped", source=_RESPONSE_CODES),
    ErrorRow(QuotaExceeded, 429, match="usage cap exceeded", name="usage-capped", source=_RESPONSE_CODES),
    ErrorRow(QuotaExceeded, 429, match="UsageCapExceeded", name="usage-capped", source=_RESPONSE_CODES),
    # Each call has its own window: used-up windows of uploads or reads stop no post without them.
    ErrorRow(RateLimited, 429, operations=_PUBLIC_OPERATIONS, name="rate-limited", source=_RATE_LIMITS),
    ErrorRow(RateLimited, 429, name="rate-limited", scope=Scope.DELIVERY, source=_RATE_LIMITS),
    # No proof that this write succeeded, nor that it failed: the same lookups follow.
    ErrorRow(
        UnknownOutcome,
        403,
        match="duplicate content",
        operations=("post",),
        name="duplicate",
        source="https://github.com/akrherz/iembot/issues/163",
    ),
    ErrorRow(
        AuthFailed,
        403,
        type="/oauth1-permissions",
        name="oauth1-permissions",
        source="https://github.com/PLhery/node-twitter-api-v2/issues/493",
    ),
    ErrorRow(
        AuthFailed,
        403,
        type="/unsupported-authentication",
        name="unsupported-authentication",
        source=_RESPONSE_CODES,
    ),
    ErrorRow(AuthFailed, 403, type="/client-forbidden", name="client-forbidden", source=_RESPONSE_CODES),
    ErrorRow(AuthFailed, 403, match="suspended", name="account-suspended", source=_RESPONSE_CODES),
    ErrorRow(AuthFailed, 403, match="temporarily locked", name="account-locked", source=_RESPONSE_CODES),
    # A reply to a post from just now: X itself does not see the post yet.
    ErrorRow(
        Transient,
        403,
        match="deleted or not visible",
        operations=("post",),
        name="parent-not-visible",
        max_attempts=_MAX_RESPONSES,
        source="https://github.com/PLhery/node-twitter-api-v2/issues/366",
    ),
    ErrorRow(
        Rejected,
        403,
        match="reply to this conversation is not allowed",
        operations=("post",),
        name="reply-not-allowed",
        scope=Scope.POST,
        source="https://docs.x.com/x-api/posts/manage-tweets/introduction",
    ),
    ErrorRow(
        Rejected,
        403,
        match="cashtag",
        operations=("post",),
        name="cashtags",
        scope=Scope.POST,
        source="https://docs.x.com/x-api/posts/manage-tweets/introduction",
    ),
    ErrorRow(
        Rejected,
        403,
        match="not permitted to perform this action",
        operations=_PUBLIC_OPERATIONS,
        name="not-permitted",
        scope=Scope.POST,
        source=_RESPONSE_CODES,
    ),
    ErrorRow(
        Transient,
        400,
        match="media ids are invalid",
        operations=("post",),
        name="media-not-ready",
        restart_preparation=True,
        max_attempts=_MAX_UPLOADS,
        source="https://github.com/abraham/twitteroauth/issues/1222",
    ),
    ErrorRow(
        Rejected,
        400,
        type="/invalid-request",
        operations=_PUBLIC_OPERATIONS,
        name="invalid-request",
        scope=Scope.POST,
        source=_RESPONSE_CODES,
    ),
    # The public sees no uploads: a failure half-way starts the upload again.
    ErrorRow(
        Rejected, 400, operations=("initialize",), name="media-refused", scope=Scope.POST, source=_UPLOAD
    ),
    # A login that forbids uploads, or a passing failure: after a few attempts a person is informed.
    ErrorRow(
        Transient,
        403,
        operations=("initialize",),
        name="upload-forbidden",
        max_attempts=_MAX_UPLOADS,
        source="https://github.com/abraham/twitteroauth/issues/1257",
    ),
    ErrorRow(
        Rejected, 413, operations=("initialize",), name="media-refused", scope=Scope.POST, source=_UPLOAD
    ),
    *(
        ErrorRow(
            Transient,
            status,
            operations=_UPLOAD_OPERATIONS,
            name="upload-broken",
            restart_preparation=True,
            max_attempts=_MAX_UPLOADS,
            source=_UPLOAD,
        )
        for status in (400, 403, 404)
    ),
    # The lookup and the deletion test these names, whatever number X puts in the response.
    ErrorRow(UnknownOutcome, 404, operations=("delete",), name=NOT_FOUND, source=_RESPONSE_CODES),
    ErrorRow(Transient, 404, operations=("lookup",), name=NOT_FOUND, source=_RESPONSE_CODES),
    ErrorRow(Transient, 403, operations=("timeline",), name=NOT_ALLOWED, source=_RESPONSE_CODES),
)


def error_of(
    response: HttpResponse, *, call: str, write: bool, now: datetime, secrets: Iterable[str] = ()
) -> ChannelError:
    """Return the error of a response other than 2xx; ``secrets`` are redacted in its text."""
    refusal = _with_advice(_parse_refusal(response, secrets), call)
    return classify(
        ERROR_ROWS, refusal, call=call, write=write, now=now, retry_at=_retry_time(response, refusal, now)
    )


def _with_advice(refusal: Refusal, call: str) -> Refusal:
    """Return the refusal with advice for a person, where X's own text has none."""
    advice = ""
    if refusal.status == 402:
        advice = _("load credit in X's developer portal, then: humaspost account check NAME")
    elif refusal.status == 503 and call == "post":
        advice = _(
            "if X goes on answering so, see whether the app has credit left: unpaid ones were told just that"
        )
    return replace(refusal, detail=f"{refusal.detail} ({advice})".lstrip()) if advice else refusal


def _parse_refusal(response: HttpResponse, secrets: Iterable[str]) -> Refusal:
    body = response.json if isinstance(response.json, dict) else {}
    errors = body.get("errors")
    reasons = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    details = [item.get("message") or item.get("detail") for item in reasons[:_MAX_REASONS]]
    messages = [
        text for text in dict.fromkeys([*details, body.get("detail")]) if isinstance(text, str) and text
    ]
    title = body.get("title")
    detail = " | ".join(messages) or (title if isinstance(title, str) else "") or response.text
    if response.status == _TOO_MANY and isinstance(title, str) and title not in detail:
        detail = f"{title}: {detail}"
    code = reasons[0].get("code") if reasons else None
    return Refusal(
        response.status,
        code=str(code) if isinstance(code, int) and not isinstance(code, bool) else "",
        type=str(body.get("type") or ""),
        detail=clean_text(detail, secrets),
    )


def _retry_time(response: HttpResponse, refusal: Refusal, now: datetime) -> datetime | None:
    """Return when X accepts the call again, or None.

    Only a 429 means that the call is refused, though every response carries the end of a window.
    """
    if response.status != _TOO_MANY or _USAGE_CAPPED.search(f"{refusal.type} {refusal.detail}"):
        return None
    for window in ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit"):
        is_used_up = (
            response.headers.get(f"{window}-remaining", "0" if window == "x-rate-limit" else "") == "0"
        )
        if is_used_up and (instant := parse_unix_time(response.headers, f"{window}-reset", now)):
            return instant
    return parse_retry_after(response.headers, now)

"""What X's refusals mean, as a table; matched by type's end and words, never by host."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from humaspost.base.i18n import _
from humaspost.channels.error_table import ErrorRow, Refusal, classify
from humaspost.channels.http.client import Answer
from humaspost.channels.response_text import cleaned, retry_after, unix_time
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
#: A month's allowance, which no window's end brings back.
_CAPPED = re.compile(r"usage-capped|usage cap exceeded|UsageCapExceeded", re.IGNORECASE)
_ANSWERS = "https://docs.x.com/x-api/fundamentals/response-codes-and-errors"
_UPLOAD = "https://docs.x.com/x-api/media/quickstart/media-upload-chunked"
_RATES = "https://docs.x.com/x-api/fundamentals/rate-limits"
_PRICING = "https://docs.x.com/x-api/getting-started/pricing"
_STEPS = ("append", "finalize", "status", "alt", "subtitles")
_PUBLIC = ("post", "delete")
NOT_FOUND, NOT_ALLOWED = "http-404", "http-403"
#: Times that an upload is begun before it is given up: what X refuses half-way it mostly takes the next time.
_UPLOADS = 5
#: Times that a post is to answer one that X does not show: in practice it does after five seconds.
_ANSWERED = 8
#: Of a list of reasons, so many are told.
_MOST_REASONS = 3

#: Read from the top. What is not here is unknown on a public write: 5xx, HTML, every other 403.
ERRORS: tuple[ErrorRow, ...] = (
    ErrorRow(AuthFailed, 401, name="unauthorized", source=_ANSWERS),
    ErrorRow(QuotaExceeded, 402, name="credits", source=_PRICING),
    ErrorRow(QuotaExceeded, 429, type="usage-capped", name="usage-capped", source=_ANSWERS),
    ErrorRow(QuotaExceeded, 429, match="usage cap exceeded", name="usage-capped", source=_ANSWERS),
    ErrorRow(QuotaExceeded, 429, match="UsageCapExceeded", name="usage-capped", source=_ANSWERS),
    # A window of each call: what uploads or reads have spent stops no post without them.
    ErrorRow(RateLimited, 429, calls=_PUBLIC, name="rate-limited", source=_RATES),
    ErrorRow(RateLimited, 429, name="rate-limited", scope=Scope.DELIVERY, source=_RATES),
    # Not proof that this very write landed, nor that it did not: the same looks are opened.
    ErrorRow(
        UnknownOutcome,
        403,
        match="duplicate content",
        calls=("post",),
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
        source=_ANSWERS,
    ),
    ErrorRow(AuthFailed, 403, type="/client-forbidden", name="client-forbidden", source=_ANSWERS),
    ErrorRow(AuthFailed, 403, match="suspended", name="account-suspended", source=_ANSWERS),
    ErrorRow(AuthFailed, 403, match="temporarily locked", name="account-locked", source=_ANSWERS),
    # A reply to a post made a moment ago: X itself does not see it yet.
    ErrorRow(
        Transient,
        403,
        match="deleted or not visible",
        calls=("post",),
        name="parent-not-visible",
        most=_ANSWERED,
        source="https://github.com/PLhery/node-twitter-api-v2/issues/366",
    ),
    ErrorRow(
        Rejected,
        403,
        match="reply to this conversation is not allowed",
        calls=("post",),
        name="reply-not-allowed",
        scope=Scope.POST,
        source="https://docs.x.com/x-api/posts/manage-tweets/introduction",
    ),
    ErrorRow(
        Rejected,
        403,
        match="cashtag",
        calls=("post",),
        name="cashtags",
        scope=Scope.POST,
        source="https://docs.x.com/x-api/posts/manage-tweets/introduction",
    ),
    ErrorRow(
        Rejected,
        403,
        match="not permitted to perform this action",
        calls=_PUBLIC,
        name="not-permitted",
        scope=Scope.POST,
        source=_ANSWERS,
    ),
    ErrorRow(
        Transient,
        400,
        match="media ids are invalid",
        calls=("post",),
        name="media-not-ready",
        redo=True,
        most=_UPLOADS,
        source="https://github.com/abraham/twitteroauth/issues/1222",
    ),
    ErrorRow(
        Rejected,
        400,
        type="/invalid-request",
        calls=_PUBLIC,
        name="invalid-request",
        scope=Scope.POST,
        source=_ANSWERS,
    ),
    # Uploads show nothing to anybody: what went wrong half-way is begun again.
    ErrorRow(Rejected, 400, calls=("initialize",), name="media-refused", scope=Scope.POST, source=_UPLOAD),
    # A login that does not allow uploads, or a moment's mood: a person is told after a few.
    ErrorRow(
        Transient,
        403,
        calls=("initialize",),
        name="upload-forbidden",
        most=_UPLOADS,
        source="https://github.com/abraham/twitteroauth/issues/1257",
    ),
    ErrorRow(Rejected, 413, calls=("initialize",), name="media-refused", scope=Scope.POST, source=_UPLOAD),
    *(
        ErrorRow(
            Transient, status, calls=_STEPS, name="upload-broken", redo=True, most=_UPLOADS, source=_UPLOAD
        )
        for status in (400, 403, 404)
    ),
    # Whatever number X writes into it: these are what deleting and looking ask for by name.
    ErrorRow(UnknownOutcome, 404, calls=("delete",), name=NOT_FOUND, source=_ANSWERS),
    ErrorRow(Transient, 404, calls=("lookup",), name=NOT_FOUND, source=_ANSWERS),
    ErrorRow(Transient, 403, calls=("timeline",), name=NOT_ALLOWED, source=_ANSWERS),
)


def error(
    answer: Answer, *, call: str, write: bool, now: datetime, secrets: Iterable[str] = ()
) -> ChannelError:
    """The error that an answer other than 2xx means for that call; ``secrets`` are struck out of its words."""
    refusal = _advised(_refusal(answer, secrets), call)
    return classify(ERRORS, refusal, call=call, write=write, now=now, until=_until(answer, refusal, now))


def _advised(refusal: Refusal, call: str) -> Refusal:
    """With what a person can do about it, where X's own words do not say so."""
    advice = ""
    if refusal.status == 402:
        advice = _("load credit in X's developer portal, then: humaspost account check")
    elif refusal.status == 503 and call == "post":
        advice = _(
            "if X goes on answering so, see whether the app has credit left: unpaid ones were told just that"
        )
    return replace(refusal, detail=f"{refusal.detail} ({advice})".lstrip()) if advice else refusal


def _refusal(answer: Answer, secrets: Iterable[str]) -> Refusal:
    body = answer.json if isinstance(answer.json, dict) else {}
    errors = body.get("errors")
    reasons = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    told = [one.get("message") or one.get("detail") for one in reasons[:_MOST_REASONS]]
    said = [word for word in dict.fromkeys([*told, body.get("detail")]) if isinstance(word, str) and word]
    title = body.get("title")
    detail = " | ".join(said) or (title if isinstance(title, str) else "") or answer.text
    if answer.status == _TOO_MANY and isinstance(title, str) and title not in detail:
        detail = f"{title}: {detail}"
    code = reasons[0].get("code") if reasons else None
    return Refusal(
        answer.status,
        code=str(code) if isinstance(code, int) and not isinstance(code, bool) else "",
        type=str(body.get("type") or ""),
        detail=cleaned(detail, secrets),
    )


def _until(answer: Answer, refusal: Refusal, now: datetime) -> datetime | None:
    """When X takes the call again; only a 429 says so, though every answer carries a window's end."""
    if answer.status != _TOO_MANY or _CAPPED.search(f"{refusal.type} {refusal.detail}"):
        return None
    for window in ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit"):
        spent = answer.headers.get(f"{window}-remaining", "0" if window == "x-rate-limit" else "") == "0"
        if spent and (moment := unix_time(answer.headers, f"{window}-reset", now)):
            return moment
    return retry_after(answer.headers, now)

"""Error table of WhatsApp.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read
2026-11-23). Calls: ``upload`` stores a file that no recipient sees, ``publish`` is the message, ``read``
changes nothing. Rows are tried from the top.
"""

from dataclasses import dataclass
from datetime import timedelta

from humaspost.channels.error_table import ErrorRow, Refusal
from humaspost.model.errors import (
    AuthFailed,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)

_CODES = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
_MARKETING_LIMIT = (
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/"
    "per-user-limits"
)
_PUBLISH = ("publish",)

#: Errors of Meta's platform: no page says if the message was sent nevertheless.
_PLATFORM_ERRORS = ("1", "2", "131000", "131016")
#: Minutes until a retry; nothing was done: maintenance, or a number or a template that is being created.
_RETRY_MINUTES = {"131057": 2, "133004": 2, "133015": 5, "134101": 10}
#: The number, the account or the app fails: nothing more is sent before a person has fixed it.
_LOGIN_ERRORS = (
    "0",
    "3",
    "10",
    "33",
    "190",
    "131005",
    "131037",
    "131045",
    "133000",
    "133005",
    "133006",
    "133008",
    "133009",
    "133016",
)
#: The same, although the login works: a block, an unpaid bill, a number that is not registered.
_RESTRICTED = ("368", "131031", "131042", "131048", "131064", "133010", "134011")
#: This person will not get the message, the others will.
_RECIPIENT_ERRORS = ("130403", "130472", "130497", "131021", "131026", "131030")
#: The template is paused for hours, and then approved again or disabled, so every waiting message waits on.
TEMPLATE_PAUSED = "132015"
#: Meta's limit of marketing for this person; several attempts within a day block the person for the office.
MARKETING_LIMITED = "131049"
#: This person refuses marketing from the office, but may get anything else.
MARKETING_OPTED_OUT = "131050"
#: The message is wrong for everyone: its medium, its template, its kind.
_POST_ERRORS = (
    "131051",
    "131052",
    "131053",
    "131055",
    "131063",
    "132000",
    "132001",
    "132005",
    "132007",
    "132012",
    "132016",
    "132018",
    "132068",
    "132069",
    "134100",
    "134102",
)
#: This message is wrong; the next one may or may not be. 131047 = the window has closed.
_DELIVERY_ERRORS = ("100", "131008", "131009", "131047", "135000")

ERROR_ROWS: tuple[ErrorRow, ...] = (
    *(
        ErrorRow(UnknownOutcome, code=number, operations=_PUBLISH, source=_CODES)
        for number in _PLATFORM_ERRORS
    ),
    *(ErrorRow(Transient, code=number, source=_CODES) for number in _PLATFORM_ERRORS),
    ErrorRow(RateLimited, code="131056", scope=Scope.RECIPIENT, source=_CODES),
    ErrorRow(RateLimited, code=TEMPLATE_PAUSED, scope=Scope.POST, source=_CODES),
    ErrorRow(
        RateLimited, code=MARKETING_LIMITED, scope=Scope.RECIPIENT, max_attempts=2, source=_MARKETING_LIMIT
    ),
    *(ErrorRow(RateLimited, code=number, source=_CODES) for number in ("4", "80007", "130429")),
    *(ErrorRow(RateLimited, code=number, source=_CODES) for number in _RETRY_MINUTES),
    *(ErrorRow(AuthFailed, code=number, persistent=True, source=_CODES) for number in _RESTRICTED),
    *(ErrorRow(AuthFailed, code=number, source=_CODES) for number in _LOGIN_ERRORS),
    *(ErrorRow(AuthFailed, code=str(number), source=_CODES) for number in range(200, 300)),
    # The number does not exist, or is not ours to send from: the same for every recipient.
    ErrorRow(AuthFailed, code="100", subcode="33", source=_CODES),
    *(ErrorRow(Rejected, code=number, scope=Scope.RECIPIENT, source=_CODES) for number in _RECIPIENT_ERRORS),
    ErrorRow(
        Rejected, code=MARKETING_OPTED_OUT, scope=Scope.RECIPIENT, marketing_refused=True, source=_CODES
    ),
    *(ErrorRow(Rejected, code=number, scope=Scope.POST, source=_CODES) for number in _POST_ERRORS),
    *(ErrorRow(Rejected, code=number, source=_CODES) for number in _DELIVERY_ERRORS),
)

#: Time between attempts with a paused template: Meta pauses it for three hours, then for six.
PAUSED_TEMPLATE_WAIT = timedelta(minutes=15)
#: Largest exponent of the pair limit's 4^X seconds: about an hour.
_MAX_TRIES = 6


def wait_for(refusal: Refusal, *, tries: int = 1) -> timedelta | None:
    """Return the shortest wait after a refusal, or None.

    Throughput returns within seconds, a paused template within hours. The wait for one person is 4^X seconds, and
    at least 6 (https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform).
    """
    if refusal.code == "131056":
        return timedelta(seconds=max(6, 4 ** min(tries, _MAX_TRIES)))
    if refusal.code in _RETRY_MINUTES:
        return timedelta(minutes=_RETRY_MINUTES[refusal.code])
    if refusal.code in (TEMPLATE_PAUSED, MARKETING_LIMITED):
        return PAUSED_TEMPLATE_WAIT if refusal.code == TEMPLATE_PAUSED else timedelta(days=1)
    return timedelta(seconds=5) if refusal.code == "130429" else None


@dataclass(frozen=True, slots=True)
class WebhookFailure:
    """The meaning of a failure that a webhook reports: proof that a message was not delivered.

    ``retry_after`` = the message may be sent again after so many seconds, ``max_retries`` times;
    ``restricts_account`` = the account is restricted: nothing more is sent, not this message either, before a person
    has fixed it.
    """

    retry_after: float | None = None
    max_retries: int = 0
    restricts_account: bool = False


#: 131049: Meta's limit of marketing; 131047: the window had closed, so a template may be sent instead.
_RETRY_ONCE_SECONDS = {MARKETING_LIMITED: 86_400.0, "131047": 60.0}
#: Maintenance and an increase of the throughput last up to five minutes.
_RETRY_SECONDS = 300.0


def failure_of(code: str) -> WebhookFailure:
    """Return the meaning of a webhook's error code, by the same table.

    A code without a row is final.
    """
    if code in _RETRY_ONCE_SECONDS:
        return WebhookFailure(_RETRY_ONCE_SECONDS[code], max_retries=1)
    row = next((row for row in ERROR_ROWS if row.matches(Refusal(400, code), "webhook")), None)
    if row is None or row.error is Rejected:
        return WebhookFailure()
    return WebhookFailure(_RETRY_SECONDS, max_retries=3, restricts_account=row.error is AuthFailed)


def attempt_number(key: str) -> int:
    """Return the attempt in a key of ours (``hp1:<key>:<attempt>``), or 1 if the key names none."""
    number = key.rpartition(":")[2]
    return int(number) if number.isdecimal() and len(number) < 9 else 1

"""What WhatsApp's refusals mean, as a table.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (read
2026-11-23). Calls: ``upload`` stores a file that nobody sees, ``publish`` is the message, ``read``
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
_CAP = (
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates/"
    "per-user-limits"
)
_PUBLISH = ("publish",)

#: Meta's own trouble: whether the message went out nevertheless is not documented.
_TROUBLE = ("1", "2", "131000", "131016")
#: Nothing was done, and it will be taken in so many minutes: maintenance, a number or a template that is being made.
_LATER = {"131057": 2, "133004": 2, "133015": 5, "134101": 10}
#: The number, the account or the app: nothing more goes out before a person has seen to it.
_PERSON = (
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
#: The same, where one can log in all the same: a block, a bill, a number that is not registered.
_RESTRICTED = ("368", "131031", "131042", "131048", "131064", "133010", "134011")
#: This person will not get it, the others will.
_RECIPIENT = ("130403", "130472", "130497", "131021", "131026", "131030")
#: The template is paused for hours, and then approved again or disabled: whoever waits for it waits.
PAUSED = "132015"
#: This person gets as much marketing as Meta lets them have; several tries within a day get them blocked for the office.
CAPPED = "131049"
#: This person wants no marketing from the office any more, and may be sent anything else.
STOPPED = "131050"
#: The message is wrong for everyone: its medium, its template, its kind.
_POST = (
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
#: This message is wrong; whether the next one would be cannot be told. 131047 = the window has closed.
_DELIVERY = ("100", "131008", "131009", "131047", "135000")

ROWS: tuple[ErrorRow, ...] = (
    *(ErrorRow(UnknownOutcome, code=number, calls=_PUBLISH, source=_CODES) for number in _TROUBLE),
    *(ErrorRow(Transient, code=number, source=_CODES) for number in _TROUBLE),
    ErrorRow(RateLimited, code="131056", scope=Scope.RECIPIENT, source=_CODES),
    ErrorRow(RateLimited, code=PAUSED, scope=Scope.POST, source=_CODES),
    ErrorRow(RateLimited, code=CAPPED, scope=Scope.RECIPIENT, most=2, source=_CAP),
    *(ErrorRow(RateLimited, code=number, source=_CODES) for number in ("4", "80007", "130429")),
    *(ErrorRow(RateLimited, code=number, source=_CODES) for number in _LATER),
    *(ErrorRow(AuthFailed, code=number, lasting=True, source=_CODES) for number in _RESTRICTED),
    *(ErrorRow(AuthFailed, code=number, source=_CODES) for number in _PERSON),
    *(ErrorRow(AuthFailed, code=str(number), source=_CODES) for number in range(200, 300)),
    # The number is not there, or not ours to send from: it is the same for every recipient.
    ErrorRow(AuthFailed, code="100", subcode="33", source=_CODES),
    *(ErrorRow(Rejected, code=number, scope=Scope.RECIPIENT, source=_CODES) for number in _RECIPIENT),
    ErrorRow(Rejected, code=STOPPED, scope=Scope.RECIPIENT, unwanted=True, source=_CODES),
    *(ErrorRow(Rejected, code=number, scope=Scope.POST, source=_CODES) for number in _POST),
    *(ErrorRow(Rejected, code=number, source=_CODES) for number in _DELIVERY),
)

#: How often a paused template is tried: it is paused for three hours, then for six.
PAUSE = timedelta(minutes=15)
#: Longest exponent of the pair limit's 4^X seconds: about an hour.
_MOST_TRIES = 6


def wait(refusal: Refusal, *, tries: int = 1) -> timedelta | None:
    """How long to wait at least.

    Throughput comes back within seconds, a paused template within hours; to one person it is 4^X seconds, and
    never less than 6
    (https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform).
    """
    if refusal.code == "131056":
        return timedelta(seconds=max(6, 4 ** min(tries, _MOST_TRIES)))
    if refusal.code in _LATER:
        return timedelta(minutes=_LATER[refusal.code])
    if refusal.code in (PAUSED, CAPPED):
        return PAUSE if refusal.code == PAUSED else timedelta(days=1)
    return timedelta(seconds=5) if refusal.code == "130429" else None


@dataclass(frozen=True, slots=True)
class Told:
    """What a failure means that is told by webhook, of a message that was taken: it is proved not delivered.

    ``again`` = it may be sent once more after so many seconds, ``tries`` times; ``holds`` = the account is
    restricted, and nothing more goes out, this one neither, before a person has seen to it.
    """

    again: float | None = None
    tries: int = 0
    holds: bool = False


#: 131049: Meta's cap on marketing; 131047: the window had closed, and a template may go instead.
_ONCE = {CAPPED: 86_400.0, "131047": 60.0}
#: Maintenance and a raise of the throughput take up to five minutes.
_LATER_SECONDS = 300.0


def told(code: str) -> Told:
    """The same table for what comes by webhook; what it does not list is final."""
    if code in _ONCE:
        return Told(_ONCE[code], tries=1)
    row = next((row for row in ROWS if row.fits(Refusal(400, code), "told")), None)
    if row is None or row.error is Rejected:
        return Told()
    return Told(_LATER_SECONDS, tries=3, holds=row.error is AuthFailed)


def tries_of(key: str) -> int:
    """Which attempt a key of ours (``hp1:<key>:<attempt>``) belongs to; 1 where it does not say."""
    number = key.rpartition(":")[2]
    return int(number) if number.isdecimal() and len(number) < 9 else 1

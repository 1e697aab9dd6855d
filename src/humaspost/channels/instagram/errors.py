"""Error tables of Instagram: Meta's table, reports from the field, and Graph's own numbers.

Calls: ``create`` and ``poll`` touch invisible containers, ``publish`` is the public write, ``read``
changes nothing, ``retract`` deletes. Rows are tried from the top; subcodes come before codes.
"""

from datetime import timedelta

from humaspost.channels.error_table import ErrorRow, Refusal
from humaspost.model.errors import (
    AuthFailed,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)

_BASE = "https://developers.facebook.com/docs/"
#: Updated 2 June 2026, read 2026-11-23.
_CODES = _BASE + "instagram-platform/instagram-graph-api/reference/error-codes"
_GRAPH = _BASE + "graph-api/guides/error-handling"
_RATE_LIMITS = _BASE + "graph-api/overview/rate-limiting"
_SPAM = "https://github.com/gitroomhq/postiz-app/issues/1681"
_FIELD_REPORTS = "https://github.com/fbsamples/reels_publishing_apis/issues/48"

_PUBLISH = ("publish",)
_PREPARE = ("create", "poll", "read")

#: Instagram refuses the post itself: its media, its caption, its tags.
_PERMANENT = (
    "2207057",  # thumb_offset out of range
    "2207023",  # unknown media type
    "2207028",  # a carousel has 2 to 10 items
    "2207035",  # product tags
    "2207036",
    "2207037",
    "2207040",  # more than 20 @ names
    "2207026",  # video format
    "2207004",  # image above 8 MiB
    "2207005",  # image format
    "2207009",  # aspect ratio
    "2207010",  # caption
)
#: The same refusals, where the subcode is missing.
_PERMANENT_CODES = ("352", "36000", "36001", "36003", "36004")
#: Refusals that issues report and Meta's table does not list.
_PERMANENT_OBSERVED = ("2207018", "2207073", "2207081", "2207082", "2207085", "2207089")
#: The container is not finished yet: the same container is published later.
NOT_READY = "2207027"
#: The post is valid; a new container is needed.
_RESTART = ("2207003", "2207032", "2207053", "2207006", "2207008", "2207052")
#: Attempts in all, where Meta's advice is "once or twice more, then fail naming the file".
_MAX_TRIES = {"2207003": 3, "2207032": 3, "2207052": 4}
_RESTART_OBSERVED = ("2207076", "2207077")

ERROR_ROWS: tuple[ErrorRow, ...] = (
    # The post may be live although refused: users retried, and it was published twice.
    ErrorRow(UnknownOutcome, subcode="2207051", operations=_PUBLISH, scope=Scope.ACCOUNT, source=_SPAM),
    ErrorRow(AuthFailed, subcode="2207051", persistent=True, source=_CODES),
    ErrorRow(UnknownOutcome, subcode="2207001", operations=_PUBLISH, source=_CODES),
    ErrorRow(Transient, subcode="2207001", source=_CODES),
    ErrorRow(QuotaExceeded, subcode="2207042", source=_CODES),
    ErrorRow(AuthFailed, subcode="2207050", persistent=True, source=_CODES),
    ErrorRow(Transient, subcode=NOT_READY, source=_CODES),
    ErrorRow(Transient, subcode="2207020", restart_preparation=True, source=_CODES),
    # The container is gone or was published already: a lookup proves one or the other.
    *(ErrorRow(UnknownOutcome, subcode=number, operations=_PUBLISH, source=_CODES) for number in _RESTART),
    *(
        ErrorRow(
            Transient,
            subcode=number,
            restart_preparation=True,
            max_attempts=_MAX_TRIES.get(number, 0),
            source=_CODES,
        )
        for number in _RESTART
    ),
    *(
        ErrorRow(
            Transient, subcode=number, operations=_PREPARE, restart_preparation=True, source=_FIELD_REPORTS
        )
        for number in _RESTART_OBSERVED
    ),
    *(ErrorRow(Rejected, subcode=number, scope=Scope.POST, source=_CODES) for number in _PERMANENT),
    *(
        ErrorRow(Rejected, subcode=number, scope=Scope.POST, source=_FIELD_REPORTS)
        for number in _PERMANENT_OBSERVED
    ),
    # Graph's own codes.
    ErrorRow(AuthFailed, code="368", persistent=True, source=_GRAPH),
    *(ErrorRow(AuthFailed, code=number, source=_GRAPH) for number in ("10", "102", "190")),
    *(ErrorRow(AuthFailed, code=str(number), source=_GRAPH) for number in range(200, 300)),
    *(
        ErrorRow(RateLimited, code=number, source=_RATE_LIMITS)
        for number in ("4", "17", "32", "613", "80002")
    ),
    *(
        ErrorRow(UnknownOutcome, code=number, operations=_PUBLISH, source=_GRAPH)
        for number in ("1", "2", "506")
    ),
    *(ErrorRow(Transient, code=number, source=_GRAPH) for number in ("1", "2")),
    # "Object does not exist": unreliable just after publishing (postiz-app#1562).
    ErrorRow(UnknownOutcome, code="100", subcode="33", operations=_PUBLISH, source=_GRAPH),
    ErrorRow(Transient, code="100", subcode="33", source=_GRAPH),
    ErrorRow(Rejected, code="100", scope=Scope.POST, source=_GRAPH),
    *(ErrorRow(Rejected, code=number, scope=Scope.POST, source=_CODES) for number in _PERMANENT_CODES),
)


def wait_for_quota(refusal: Refusal) -> timedelta | None:
    """Return an hour after a used-up quota, because Instagram names no time; else None.

    The quota is a sliding day, so humaspost retries each hour.
    """
    return timedelta(hours=1) if refusal.subcode == "2207042" else None

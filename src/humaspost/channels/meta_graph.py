"""Calls to Meta's Graph API and its refusals, shared by Instagram and WhatsApp.

https://developers.facebook.com/docs/graph-api/guides/error-handling (read 2026-11-23). Error texts come
in the account's language, and ``is_transient`` was wrong in practice, so only numbers decide.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from humaspost.channels.error_table import ErrorRow, Refusal, classify
from humaspost.channels.http.client import HttpClient, HttpResponse
from humaspost.channels.response_text import clean_text, parse_retry_after
from humaspost.model.errors import AuthFailed, Scope, Transient, UnknownOutcome

#: Shortest wait, whatever the headers of the response name; None = as long as the headers or the table say.
WaitPolicy = Callable[[Refusal], timedelta | None]
#: Longest wait that is accepted from a header; some headers name an absurd time.
_MAX_WAIT = timedelta(days=1)


class GraphClient:
    """The Graph API for one account.

    Each call returns an object or raises one of the six channel errors. ``error_rows`` map the refusals to
    errors. ``wait_for`` returns the shortest wait after a refusal.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        token: str,
        error_rows: Sequence[ErrorRow],
        now: Callable[[], datetime],
        wait_for: WaitPolicy,
    ) -> None:
        self._http, self._token, self._error_rows, self._now, self._wait_for = (
            http,
            token,
            error_rows,
            now,
            wait_for,
        )

    def get(self, call: str, path: str, **params: str) -> Mapping[str, Any]:
        """Return the object that a read responds with."""
        return self.request(call, "GET", path, params=params)

    def request(
        self,
        call: str,
        method: str,
        path: str,
        *,
        write: bool = False,
        wait: WaitPolicy | None = None,
        **extra_arguments: Any,
    ) -> Mapping[str, Any]:
        """Return the object that a call responds with; ``call`` is its name in the error table.

        ``wait`` replaces the usual ``wait_for``. Other arguments are those of ``HttpClient.request``.
        """
        headers = {"Authorization": f"Bearer {self._token}"}
        response = self._http.request(method, path, write=write, headers=headers, **extra_arguments)
        if response.is_success:
            return self._response_object(response, write=write)
        refusal = parse_refusal(response, self._token)
        retry_at = self._retry_time(response, (wait or self._wait_for)(refusal))
        error = classify(
            self._error_rows, refusal, call=call, write=write, now=self._now(), retry_at=retry_at
        )
        # A listed refusal is proof only with a status of 4xx: behind a 5xx or a redirect a write may have succeeded.
        if write and not 400 <= response.status < 500:
            # An error that a person must fix holds the account all the same; a passing error does not.
            scope = Scope.ACCOUNT if isinstance(error, AuthFailed) else Scope.DELIVERY
            raise UnknownOutcome(error.code, error.detail, scope=scope)
        raise error

    def _response_object(self, response: HttpResponse, *, write: bool) -> Mapping[str, Any]:
        if isinstance(response.json, dict) and "error" not in response.json:
            return response.json
        detail = clean_text(response.text, [self._token], every_number=True)
        raise (UnknownOutcome if write else Transient)("unreadable-answer", detail)

    def _retry_time(self, response: HttpResponse, wait: timedelta | None) -> datetime | None:
        """Return the latest known time of a retry, or None.

        A header about the account must not shorten the wait for one recipient.
        """
        now = self._now()
        minutes = timedelta(minutes=minutes_until_access(response.headers))
        waits = [min(minutes, _MAX_WAIT), wait or timedelta()]
        times = [now + wait for wait in waits if wait]
        named_time = parse_retry_after(response.headers, now)
        return max([*times, named_time] if named_time else times, default=None)


def parse_refusal(response: HttpResponse, token: str) -> Refusal:
    """Return the refusal in a response without success, in the terms that error tables match."""
    error = response.get("error")
    if not isinstance(error, dict):
        return Refusal(response.status, detail=clean_text(response.text, [token], every_number=True))
    details = response.get("error", "error_data", "details")
    texts = [error.get("message"), details, error.get("error_user_msg")]
    return Refusal(
        response.status,
        code=_parse_number(error.get("code")),
        subcode=_parse_number(error.get("error_subcode")),
        type=str(error.get("type") or ""),
        detail=clean_text(
            " | ".join(text for text in texts if isinstance(text, str) and text), [token], every_number=True
        ),
    )


def minutes_until_access(headers: Mapping[str, str]) -> int:
    """Return the minutes until access returns, as ``X-Business-Use-Case-Usage`` says, or 0."""
    try:
        usage = json.loads(headers.get("x-business-use-case-usage", "{}"))
    except (ValueError, RecursionError):
        return 0
    return max(_wait_minutes(usage), default=0)


def _wait_minutes(usage: object) -> Iterator[int]:
    for cases in usage.values() if isinstance(usage, dict) else []:
        for case in cases if isinstance(cases, list) else []:
            wait = case.get("estimated_time_to_regain_access") if isinstance(case, dict) else None
            if isinstance(wait, int | float) and 0 < wait < 1e6:
                yield int(wait)


def _parse_number(value: object) -> str:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def get_text(node: Mapping[str, Any], name: str) -> str:
    """Return a member as text, usually an id, or "".

    Meta's ids exceed 2^53 and come as text or as a number.
    """
    return _parse_number(node.get(name))


def get_objects(node: Mapping[str, Any], name: str = "data") -> list[Mapping[str, Any]]:
    """Return the objects of a list, without members of other types; an absent list is empty."""
    items = node.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

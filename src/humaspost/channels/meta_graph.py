"""What Instagram and WhatsApp share: calls to Meta's Graph API, and how it says no.

https://developers.facebook.com/docs/graph-api/guides/error-handling (read 2026-11-23). Its texts come
in the account's language and ``is_transient`` was seen wrong, so only numbers decide.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from humaspost.channels.error_table import ErrorRow, Refusal, classify
from humaspost.channels.http.client import Answer, Wire
from humaspost.channels.response_text import cleaned, retry_after
from humaspost.model.errors import AuthFailed, Scope, Transient, UnknownOutcome

#: How long to wait at least, whatever the answer's headers name; None = as long as they, or the table, say.
Wait = Callable[[Refusal], timedelta | None]
#: An absurd waiting time in a header is not believed beyond this.
_LONGEST_WAIT = timedelta(days=1)


class Graph:
    """The Graph API for one account: what it answers, or one of the six errors.

    ``rows`` say what its refusals mean. ``wait`` tells how long to wait at least.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        token: str,
        rows: Sequence[ErrorRow],
        now: Callable[[], datetime],
        wait: Wait,
    ) -> None:
        self._wire, self._token, self._rows, self._now, self._wait = wire, token, rows, now, wait

    def get(self, call: str, path: str, **params: str) -> Mapping[str, Any]:
        """The object that a read answers with."""
        return self.ask(call, "GET", path, params=params)

    def ask(
        self,
        call: str,
        method: str,
        path: str,
        *,
        write: bool = False,
        wait: Wait | None = None,
        **request: Any,
    ) -> Mapping[str, Any]:
        """The object that a call answers with; ``call`` is its name in the error table.

        ``wait`` replaces the usual one. Other arguments are those of ``Wire.call``.
        """
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = self._wire.call(method, path, write=write, headers=headers, **request)
        if answer.ok:
            return self._taken(answer, write=write)
        refusal = refused(answer, self._token)
        until = self._until(answer, (wait or self._wait)(refusal))
        error = classify(self._rows, refusal, call=call, write=write, now=self._now(), until=until)
        # A listed refusal proves something only as a refusal: a 5xx or a redirect may hide a write.
        if write and not 400 <= answer.status < 500:
            # What a person has to see to holds the account all the same; what passes by itself does not.
            scope = Scope.ACCOUNT if isinstance(error, AuthFailed) else Scope.DELIVERY
            raise UnknownOutcome(error.code, error.detail, scope=scope)
        raise error

    def _taken(self, answer: Answer, *, write: bool) -> Mapping[str, Any]:
        if isinstance(answer.json, dict) and "error" not in answer.json:
            return answer.json
        detail = cleaned(answer.text, [self._token])
        raise (UnknownOutcome if write else Transient)("unreadable-answer", detail)

    def _until(self, answer: Answer, wait: timedelta | None) -> datetime | None:
        """The latest of all that is known: what a header says of the account shortens no wait of one person."""
        now = self._now()
        minutes = timedelta(minutes=regain_minutes(answer.headers))
        waits = [min(minutes, _LONGEST_WAIT), wait or timedelta()]
        moments = [now + wait for wait in waits if wait]
        named = retry_after(answer.headers, now)
        return max([*moments, named] if named else moments, default=None)


def refused(answer: Answer, token: str) -> Refusal:
    """The refusal in an answer that is no success, as tables are matched by it."""
    error = answer.member("error")
    if not isinstance(error, dict):
        return Refusal(answer.status, detail=cleaned(answer.text, [token]))
    details = answer.member("error", "error_data", "details")
    words = [error.get("message"), details, error.get("error_user_msg")]
    return Refusal(
        answer.status,
        code=_number(error.get("code")),
        subcode=_number(error.get("error_subcode")),
        type=str(error.get("type") or ""),
        detail=cleaned(" | ".join(word for word in words if isinstance(word, str) and word), [token]),
    )


def regain_minutes(headers: Mapping[str, str]) -> int:
    """Minutes until access comes back, as ``X-Business-Use-Case-Usage`` says; 0 where it does not."""
    try:
        usage = json.loads(headers.get("x-business-use-case-usage", "{}"))
    except (ValueError, RecursionError):
        return 0
    return max(_waits(usage), default=0)


def _waits(usage: object) -> Iterator[int]:
    for cases in usage.values() if isinstance(usage, dict) else []:
        for case in cases if isinstance(cases, list) else []:
            wait = case.get("estimated_time_to_regain_access") if isinstance(case, dict) else None
            if isinstance(wait, int | float) and 0 < wait < 1e6:
                yield int(wait)


def _number(value: object) -> str:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def text_of(found: Mapping[str, Any], name: str) -> str:
    """A member as text, an id above all: Meta's exceed 2^53 and come as text or number; "" = none."""
    return _number(found.get(name))


def rows_of(found: Mapping[str, Any], name: str = "data") -> list[Mapping[str, Any]]:
    """The objects of a list that ought to be there."""
    items = found.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

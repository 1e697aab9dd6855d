"""The faults that a test can order: which requests fail, how, and how often."""

import os
import random
import re
import threading
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from humaspost.sandbox.platforms import PLATFORMS

_FAULT_CHANNELS = (*PLATFORMS, "media", "*")
_RESPONSE_FIELDS = {"status", "body", "headers", "acted"}
#: Fields of each fault besides ``channel``, ``method``, ``path``, ``skip``, ``count`` and ``probability``.
FAULT_FIELDS: dict[str, set[str]] = {
    "drop-before": {"when", "reset"},
    "drop-after": {"reset"},
    "hang-before": {"seconds"},
    "hang-after": {"seconds"},
    "status": _RESPONSE_FIELDS,
    "redirect": {"status", "headers", "acted"},
    "garbage": _RESPONSE_FIELDS,
    "empty-2xx": {"status", "headers", "acted"},
    "slow": {"seconds"},
    "kill-client-before": {"pid"},
    "kill-client-after": {"pid"},
    "media-never-ready": set(),
    "lag": {"seconds"},
}
#: Descriptions for users. "It was done" means that the simulated platform has acted.
FAULT_DESCRIPTIONS: dict[str, str] = {
    "drop-before": "the line is closed, and nothing was done; `when` = after the headers, or after the whole body",
    "drop-after": "it was done, and the line is closed without an answer",
    "hang-before": "nothing is done for so many seconds, and no answer comes",
    "hang-after": "it was done, and no answer comes for so many seconds",
    "status": "the answer has this status, body and headers; `acted` = it was done all the same",
    "redirect": "the answer leads elsewhere",
    "garbage": "the answer is no JSON",
    "empty-2xx": "the answer is a success without a body",
    "slow": "the answer drips for so many seconds",
    "kill-client-before": "the process `pid` is killed (SIGKILL), and nothing was done",
    "kill-client-after": "it was done, and the process `pid` is killed before it hears of it",
    "media-never-ready": "what was uploaded is being processed for ever",
    "lag": "what is published shows in listings only after so many seconds",
}
_REQUIRED_FIELDS = {
    "status": "status",
    "kill-client-before": "pid",
    "kill-client-after": "pid",
    "lag": "seconds",
}
_SELECTOR_FIELDS = {"channel", "method", "path", "fault", "skip", "count", "probability"}


class Fault(BaseModel):
    """An order: the first ``count`` (default 1) matching requests fail, or a random share.

    ``probability`` is that share. The first ``skip`` matching requests succeed before it.
    ``reset`` resets the connection instead of closing it.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    channel: str = "*"
    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "*"] = "*"
    path: Annotated[str, StringConstraints(max_length=500)] = ""
    fault: str
    skip: int = Field(default=0, ge=0)
    count: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, gt=0, le=1)
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = {}
    acted: bool | None = None
    seconds: float | None = Field(default=None, ge=0)
    pid: int | None = Field(default=None, gt=1)
    when: Literal["headers", "body"] = "body"
    reset: bool = False

    @field_validator("channel")
    @classmethod
    def _check_channel(cls, channel: str) -> str:
        if channel not in _FAULT_CHANNELS:
            raise ValueError(f"there is no channel {channel!r}; there are: {', '.join(_FAULT_CHANNELS)}")
        return channel

    @field_validator("fault")
    @classmethod
    def _check_name(cls, fault: str) -> str:
        if fault not in FAULT_FIELDS:
            raise ValueError(f"there is no fault {fault!r}; there are: {', '.join(FAULT_FIELDS)}")
        return fault

    @field_validator("path")
    @classmethod
    def _check_regex(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return path

    @field_validator("pid")
    @classmethod
    def _check_pid(cls, pid: int | None) -> int | None:
        if pid == os.getpid():
            raise ValueError("that is the sandbox itself")
        return pid

    @model_validator(mode="after")
    def _check_fields(self) -> "Fault":
        unexpected = self.model_fields_set - _SELECTOR_FIELDS - FAULT_FIELDS[self.fault]
        if unexpected:
            raise ValueError(f"{self.fault} takes no {', '.join(sorted(unexpected))}")
        needed = _REQUIRED_FIELDS.get(self.fault)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"{self.fault} needs {needed}")
        return self

    def matches(self, channel: str, method: str, path: str) -> bool:
        """Return True if the order matches this request.

        ``*`` matches the three platforms, not the media host.
        """
        return (
            (self.channel == channel or (self.channel == "*" and channel != "media"))
            and self.method in ("*", method)
            and re.search(self.path, path) is not None
        )


@dataclass(slots=True, eq=False)
class _ActiveFault:
    """An active fault: how often it remains to happen, and how many requests it still skips.

    ``remaining`` is None for a fault that stays until it is cleared.
    """

    fault: Fault
    remaining: int | None
    skip: int


class FaultQueue:
    """The active orders, oldest first; a request meets at most one of them."""

    def __init__(self) -> None:
        self._active: list[_ActiveFault] = []
        self._lock = threading.Lock()
        self._random = random.Random(1)  # noqa: S311  (not a secret; a fixed seed gives every run the same faults)

    def add(self, fault: Fault) -> None:
        """Add the fault until its count is used up.

        A fault with a probability and no count stays until it is cleared.
        """
        remaining = fault.count if fault.count or fault.probability else 1
        with self._lock:
            self._active.append(_ActiveFault(fault, remaining, fault.skip))

    def take_match(self, channel: str, method: str, path: str) -> Fault | None:
        """Return the fault for this request and count it down, or None if the request succeeds."""
        if not self._active:
            return None
        with self._lock:
            for order in self._active:
                if order.fault.matches(channel, method, path) and self._is_selected(order):
                    self._count_down(order)
                    return order.fault
        return None

    def active_faults(self) -> list[dict[str, Any]]:
        """Return the orders that are not used up, as they were ordered, with ``left``."""
        with self._lock:
            return [{**o.fault.model_dump(exclude_unset=True), "left": o.remaining} for o in self._active]

    def clear(self) -> None:
        """Remove every order; requests that already hang continue to hang."""
        with self._lock:
            self._active.clear()

    def _is_selected(self, order: _ActiveFault) -> bool:
        if order.skip:
            order.skip -= 1
            return False
        return order.fault.probability is None or self._random.random() < order.fault.probability

    def _count_down(self, order: _ActiveFault) -> None:
        if order.remaining is not None:
            order.remaining -= 1
            if not order.remaining:
                self._active.remove(order)

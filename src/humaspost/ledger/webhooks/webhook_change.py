"""A change that a webhook made, as it is reported to users."""

from dataclasses import dataclass

from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """A change that a webhook made.

    ``kind`` is FOUND, DUPLICATE, FAILED, HELD, RETRY, OPTED_OUT, NO_MARKETING or NUMBER_CHANGED.
    """

    kind: EventKind
    post: str = ""
    detail: str = ""
    #: A person's old number and new number; mask them before you display them.
    phones: tuple[str, ...] = ()

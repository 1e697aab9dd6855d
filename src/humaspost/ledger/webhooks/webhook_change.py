"""A change that a webhook made, as people see it."""

from dataclasses import dataclass

from humaspost.model.event_kind import EventKind


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """A change that a webhook made: FOUND, DUPLICATE, FAILED, HELD, RETRY, OPTED_OUT, NO_MARKETING or NUMBER_CHANGED."""

    kind: EventKind
    post: str = ""
    detail: str = ""
    #: The number that a person had, and the one that they have now; to be masked before anybody sees them.
    phones: tuple[str, ...] = ()

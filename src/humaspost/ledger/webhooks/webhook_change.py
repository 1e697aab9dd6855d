"""A change that a webhook made, as people see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What a webhook changed, for people to be told: ``found``, ``duplicate``, ``failed``, ``retry``,
    ``opted-out``, ``no-marketing`` or ``number-changed``."""

    kind: str
    post: str = ""
    detail: str = ""
    #: The number that a person had, and the one that they have now; to be masked before anybody sees them.
    phones: tuple[str, ...] = ()

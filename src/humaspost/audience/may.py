"""Whether a person may be written to at all; pure, and the same rule for every channel and every list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refusal(StrEnum):
    """Why a person is not written to, as the delivery's reason says it."""

    CONSENT = "consent"
    OPT_OUT = "opt-out"


@dataclass(frozen=True, slots=True)
class Consent:
    """On what basis, for what, told where, and since when; ``consented_at`` as written in the list."""

    basis: str
    purpose: str
    source: str
    consented_at: str

    @property
    def is_complete(self) -> bool:
        """Whether every question that the law asks has an answer."""
        return all((self.basis, self.purpose, self.source, self.consented_at))


def may(consents: tuple[Consent, ...], *, opted_out_at: datetime | None) -> Refusal | None:
    """None = yes; a person who left is not written to whatever any list says."""
    if opted_out_at is not None:
        return Refusal.OPT_OUT
    return None if any(consent.is_complete for consent in consents) else Refusal.CONSENT

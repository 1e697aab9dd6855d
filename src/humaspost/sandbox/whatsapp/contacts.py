"""Recipients: phone numbers as WhatsApp reads them, and business-scoped user ids."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from humaspost.sandbox.whatsapp import accounts
from humaspost.sandbox.whatsapp.errors import request_error

SERVICE_WINDOW = timedelta(hours=24)
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def normalize_number(to: str) -> str:
    """Return ``to`` as +E.164.

    WhatsApp puts the country code of the business number before a number without a plus.
    A message can so reach a stranger:
    https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
    """
    digits = re.sub(r"[ ()\-]", "", to)
    full_number = digits if digits.startswith("+") else f"+{accounts.COUNTRY_CODE}{digits}"
    if not _E164.fullmatch(full_number):
        raise request_error(131009, f"Param to: {to!r} is not a phone number.")
    return full_number


def scoped_id(phone: str) -> str:
    """Return the business-scoped user id of the person at ``phone``."""
    return f"ID.{int(hashlib.sha256(phone.encode()).hexdigest()[:15], 16)}"


@dataclass(slots=True)
class ContactRegistry:
    """Every person who exchanged a message with the business number."""

    last_inbound_at: dict[str, datetime] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    by_scoped_id: dict[str, str] = field(default_factory=dict)

    def record_inbound(self, phone: str, now: datetime) -> None:
        """Open the 24-hour window of ``phone`` at ``now``."""
        self.last_inbound_at[phone] = now
        self.record_contact(phone)

    def record_contact(self, phone: str) -> None:
        """Record a message in either direction: ``phone`` is reachable by its user id from now on."""
        self.by_scoped_id[scoped_id(phone)] = phone

    def is_window_open(self, phone: str, now: datetime) -> bool:
        """Return True if messages other than templates may go to ``phone``."""
        last_inbound = self.last_inbound_at.get(phone)
        return last_inbound is not None and now - last_inbound < SERVICE_WINDOW

    def resolve(self, to: str | None, recipient: str | None) -> str:
        """Return the number of ``to``, or of the business-scoped user id ``recipient``.

        Raise 131008 if both are None, and 131009 for an unknown user id.
        """
        if to is not None:
            return normalize_number(to)
        if recipient is None:
            raise request_error(131008, "The parameter to is required.")
        if recipient not in self.by_scoped_id:
            raise request_error(131009, f"Param recipient: {recipient!r} is not a user id of this portfolio.")
        return self.by_scoped_id[recipient]

"""Lookup of an unknown outcome: the Cloud API has none, only webhooks settle it.

A status webhook with our callback key (``biz_opaque_callback_data``) proves that the message exists; without one a
person decides. https://developers.facebook.com/documentation/business-messaging/whatsapp (read 2026-11-23)
"""

from humaspost.model.delivery import Attempt, Proof


def find_message(_attempt: Attempt) -> Proof:
    """Return CANNOT_TELL, because sent messages can be neither listed nor read."""
    return Proof.CANNOT_TELL

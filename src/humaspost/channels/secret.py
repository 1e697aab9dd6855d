"""Secrets that an account may have."""

from humaspost.model.channel import Door
from humaspost.model.errors import AuthFailed


def optional(door: Door, field: str) -> str:
    """The secret, "" where a person has set none; raises AuthFailed where it is there and cannot be read."""
    try:
        return door.secret(field)
    except AuthFailed as error:
        if error.code != "secret-missing":
            raise
        return ""

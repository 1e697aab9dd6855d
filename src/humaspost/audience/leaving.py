"""The words by which a person leaves all lists at once."""

#: The whole message, in any case; anything longer is for a person to read.
WORDS = frozenset({"berhenti", "stop", "unsubscribe"})


def leaves(text: str) -> bool:
    """Whether the message says nothing but that its sender wants no more."""
    return text.strip().casefold() in WORDS

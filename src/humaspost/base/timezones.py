"""Indonesia's three time zones with their common names: WIB, WITA and WIT."""

from types import MappingProxyType

#: IANA names by short name.
INDONESIA = MappingProxyType({"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"})
_SHORT = {zone: short for short, zone in INDONESIA.items()}


def iana(name: str) -> str:
    """Return the IANA name of WIB, WITA or WIT; any other name unchanged."""
    return INDONESIA.get(name, name)


def short(zone: str) -> str:
    """Return WIB, WITA or WIT for an IANA name; any other name unchanged."""
    return _SHORT.get(zone, zone)

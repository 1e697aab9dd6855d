"""Indonesia's three zones under the names that people write: WIB, WITA and WIT."""

from types import MappingProxyType

#: IANA names by short name.
INDONESIA = MappingProxyType({"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"})
_SHORT = {zone: short for short, zone in INDONESIA.items()}


def iana(name: str) -> str:
    """Return the IANA name of ``WIB`` and its like; any other name as it is."""
    return INDONESIA.get(name, name)


def short(zone: str) -> str:
    """Return ``WIB`` and its like for an IANA name; any other name as it is."""
    return _SHORT.get(zone, zone)

"""JSON values, and the one spelling of them that is hashed."""

import hashlib
import json
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def dump_canonical(value: object) -> str:
    """The value as JSON with sorted keys and no spaces: the same value is always the same bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_digest(value: object) -> str:
    """The sha256 of the canonical spelling, in hex."""
    return hashlib.sha256(dump_canonical(value).encode()).hexdigest()

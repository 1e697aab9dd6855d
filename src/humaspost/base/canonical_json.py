"""JSON values, and their canonical form for hashes."""

import hashlib
import json
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def dump_canonical(value: object) -> str:
    """Return the value as JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_digest(value: object) -> str:
    """Return the sha256 of the canonical form, in hex."""
    return hashlib.sha256(dump_canonical(value).encode()).hexdigest()

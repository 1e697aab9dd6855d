"""A platform's whole answer, judged by what it is and not by what it calls itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from humaspost.base.canonical_json import Json


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer; ``headers`` in lower case; ``json`` is None when the body is not JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    text: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the platform says it did it."""
        return 200 <= self.status < 300

    def get(self, *path: str) -> Json:
        """What stands at ``path`` in the JSON, or None."""
        value: Json = self.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def parse_response(status: int, headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """The answer that these bytes are; nothing in them can make it fail."""
    text = body.decode("utf-8", errors="replace")
    return HttpResponse(
        status, {name.lower(): value for name, value in headers.items()}, _parse_json(text), text
    )


def _parse_json(text: str) -> Json:
    # By content, not by type: Meta calls its JSON text/javascript, a proxy's HTML may call itself JSON.
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value

"""A platform's whole response, parsed by its content and not by its declared type."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from humaspost.base.canonical_json import Json


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; ``headers`` in lower case; ``json`` is None if the body is not JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    text: str = ""

    @property
    def is_success(self) -> bool:
        """Return True if the platform reports success."""
        return 200 <= self.status < 300

    def get(self, *path: str) -> Json:
        """Return the value at ``path`` in the JSON, or None."""
        value: Json = self.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def parse_response(status: int, headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """Return the response in these bytes; never fails, whatever the bytes hold."""
    text = body.decode("utf-8", errors="replace")
    return HttpResponse(
        status, {name.lower(): value for name, value in headers.items()}, _parse_json(text), text
    )


def _parse_json(text: str) -> Json:
    # The content decides, not the type: Meta declares its JSON as text/javascript, a proxy may declare HTML as JSON.
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value

"""WhatsApp templates that the sandbox's business does not have by itself."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
#: A film over a text of one's own.
VIDEO_TEMPLATE: Mapping[str, Any] = {
    "name": "kabar_video",
    "components": [
        {"type": "HEADER", "format": "VIDEO"},
        {"type": "BODY", "text": "{{1}}", "example": {"body_text": [["Kabar"]]}},
    ],
}


def register(account: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    """The pretend business has one more approved template; its ``whatsapp.auto_approve`` must be set."""
    address = f"{account['base_url']}/v26.0/{account['business_account_id']}/message_templates"
    body = json.dumps({"language": "id", "category": "UTILITY", **template}).encode()
    headers = {"Authorization": f"Bearer {account['access_token']}", "Content-Type": "application/json"}
    with _OPENER.open(urllib.request.Request(address, body, headers), timeout=60) as answer:
        assert json.load(answer)["status"] == "APPROVED"

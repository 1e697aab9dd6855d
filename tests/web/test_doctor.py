"""``doctor`` on webhooks, as it is typed."""

import json
import urllib.request
from typing import Any

from tests.web.conftest import Desk


def webhooks(desk: Desk) -> dict[str, Any]:
    process = desk.start("doctor", "--json")
    process.ended(within=30)
    found = json.loads("\n".join(process.lines))["findings"]
    (one,) = [finding for finding in found if finding["topic"] == "webhooks"]
    return dict(one)


def test_doctor_says_whether_whatsapp_can_reach_us(desk: Desk) -> None:
    assert webhooks(desk)["level"] == "ok"
    account = desk.world.accounts["whatsapp"]
    url = f"{account['base_url']}/v26.0/{account['business_account_id']}/subscribed_apps"
    headers = {"Authorization": f"Bearer {account['access_token']}"}
    request = urllib.request.Request(url, headers=headers, method="DELETE")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
    desk.run("account", "check", "whatsapp")
    assert webhooks(desk)["level"] == "bad"
    path = desk.folder / "credentials.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "verify" not in line))
    assert webhooks(desk)["level"] == "note"

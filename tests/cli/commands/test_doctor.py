"""``doctor`` on webhooks, as it is typed."""

import json
import urllib.request
from typing import Any

from tests.support.deadlines import SECOND
from tests.support.served_office import ServedOffice


def webhooks(office: ServedOffice) -> dict[str, Any]:
    process = office.start("doctor", "--json")
    process.wait(within=30 * SECOND)
    found = json.loads("\n".join(process.lines))["findings"]
    (one,) = [finding for finding in found if finding["topic"] == "webhooks"]
    return dict(one)


def test_doctor_reports_whether_whatsapp_can_reach_the_office(served_office: ServedOffice) -> None:
    assert webhooks(served_office)["level"] == "ok"
    account = served_office.sandbox.accounts["whatsapp"]
    url = f"{account['base_url']}/v26.0/{account['business_account_id']}/subscribed_apps"
    headers = {"Authorization": f"Bearer {account['access_token']}"}
    request = urllib.request.Request(url, headers=headers, method="DELETE")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10 * SECOND).close()
    served_office.run("account", "check", "whatsapp")
    assert webhooks(served_office)["level"] == "bad"
    path = served_office.folder / "credentials.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "verify" not in line))
    assert webhooks(served_office)["level"] == "note"

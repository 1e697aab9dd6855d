"""The server, its journal, its control endpoints and the media host."""

import socket

import pytest
import requests

from humaspost.sandbox.request_log import redact_value
from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import eventually


def request_log(http: requests.Session, sandbox: Sandbox) -> list[dict[str, object]]:
    found: list[dict[str, object]] = http.get(f"{sandbox.url}/_sandbox/requests").json()["requests"]
    return found


def test_media_host_stores_and_shows(http: requests.Session, sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/media/office/a.jpg"
    assert http.get(url).status_code == 404
    put = http.put(url, data=b"\xff\xd8", headers={"content-type": "image/jpeg"})
    assert put.status_code == 201
    shown = http.get(url)
    assert (shown.content, shown.headers["content-type"]) == (b"\xff\xd8", "image/jpeg")
    head = http.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "2")
    assert http.put(url, data=b"x").status_code == 204
    assert http.delete(url).status_code == 204
    assert http.get(url).status_code == 404


def test_media_host_guesses_a_type_from_the_name(http: requests.Session, sandbox: Sandbox) -> None:
    http.put(f"{sandbox.url}/media/a.png", data=b"x")
    assert http.get(f"{sandbox.url}/media/a.png").headers["content-type"] == "image/png"


def test_a_stored_page_never_runs_on_the_sandboxs_origin(http: requests.Session, sandbox: Sandbox) -> None:
    page = b"<script>alert(1)</script>"
    http.put(f"{sandbox.url}/media/a.html", data=page, headers={"content-type": "text/html"})
    assert "sandbox" in http.get(f"{sandbox.url}/media/a.html").headers["content-security-policy"]


def test_every_request_is_journalled_in_order(http: requests.Session, sandbox: Sandbox) -> None:
    http.put(f"{sandbox.url}/media/a", json={"a": [1]})
    http.post(f"{sandbox.url}/media/b", files={"one": b"x", "two": b"y"}, data={"three": "z"})
    http.post(f"{sandbox.url}/media/c?q=1", data={"k": "v"})
    http.put(f"{sandbox.url}/media/d", data=b"\x00\x01")
    entries = request_log(http, sandbox)
    assert [e["n"] for e in entries] == [1, 2, 3, 4]
    assert [e["body"] for e in entries] == [
        {"a": [1]},
        {"multipart": ["three", "one", "two"]},
        {"k": "v"},
        {"bytes": 2},
    ]
    assert [e["status"] for e in entries] == [201, 405, 405, 201]
    assert entries[2]["path"] == "/media/c"
    assert entries[2]["query"] == {"q": "1"}
    assert {e["channel"] for e in entries} == {"media"}


def test_a_template_s_language_is_no_credential() -> None:
    body = {"template": {"language": {"code": "id"}}, "code": "rahasia", "token": "rahasia"}
    assert redact_value(body) == {"template": {"language": {"code": "id"}}}
    assert redact_value({"a": [{"token": "rahasia"}]}) == {"a": [{}]}


def test_the_request_log_holds_no_credentials(http: requests.Session, sandbox: Sandbox) -> None:
    canary = "CANARY-0001"
    http.post(
        f"{sandbox.url}/media/a?access_token={canary}",
        json={"access_token": canary, "deep": [{"client_secret": canary, "kept": 1}]},
        headers={"Authorization": f"Bearer {canary}"},
    )
    http.post(f"{sandbox.url}/media/a", data={"refresh_token": canary, "grant_type": "refresh_token"})
    text = http.get(f"{sandbox.url}/_sandbox/requests").text
    assert canary not in text
    assert '"kept":1' in text
    assert '"grant_type":"refresh_token"' in text


def test_reset_forgets_everything(http: requests.Session, sandbox: Sandbox) -> None:
    http.put(f"{sandbox.url}/media/a", data=b"x")
    http.post(f"{sandbox.url}/_sandbox/faults", json={"fault": "drop-before"})
    assert http.post(f"{sandbox.url}/_sandbox/reset").json() == {"ok": True}
    assert request_log(http, sandbox) == []
    assert http.get(f"{sandbox.url}/_sandbox/faults").json() == {"faults": []}
    assert http.get(f"{sandbox.url}/_sandbox/objects").json() == {"objects": []}
    assert http.get(f"{sandbox.url}/media/a").status_code == 404


def test_settings_are_identified_by_name(http: requests.Session, sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/_sandbox/settings"
    assert http.post(url, json={"x.duplicate_hours": 1}).json()["settings"] == {"x.duplicate_hours": 1}
    unknown = http.post(url, json={"x.duplicat": 1})
    assert unknown.status_code == 400
    assert "x.duplicat" in unknown.json()["error"]
    assert http.post(url, json=[]).status_code == 400
    known = http.get(url).json()["known"]
    assert all(name.split(".")[0] in {"x", "instagram", "whatsapp"} for name in known)


@pytest.mark.parametrize(
    ("name", "wrong", "right", "expected"),
    [
        ("instagram.second_publish", "dupilcate", "same-id", "duplicate or same-id or refused"),
        ("instagram.quota_total", "25", 25, "a number"),
        ("instagram.published_lag", True, 3, "a number"),
        ("instagram.restricted", 1, True, "true or false"),
        ("x.engaged", "99", ["99"], "a list"),
        ("x.limits", [], {"post": 3}, "an object"),
        ("x.credits", "none", None, "a number or null"),
        ("x.longest", None, 25_000, "a number"),
        ("whatsapp.read_seconds", False, None, "a number or null"),
        ("whatsapp.bsuid", None, "only", "both or no or only"),
    ],
)
def test_settings_take_what_they_can_understand(
    http: requests.Session, sandbox: Sandbox, name: str, wrong: object, right: object, expected: str
) -> None:
    url = f"{sandbox.url}/_sandbox/settings"
    refused = http.post(url, json={name: wrong})
    assert (refused.status_code, refused.json()) == (400, {"error": f"{name} takes {expected}"})
    assert http.get(url).json()["settings"] == {}, "a refused order changes nothing"
    assert http.post(url, json={name: right}).json()["settings"] == {name: right}
    assert expected in http.get(url).json()["known"][name]


def test_inbound_requires_a_number_and_a_text(http: requests.Session, sandbox: Sandbox) -> None:
    for wrong in ({}, {"from": "0812", "text": "a"}, {"from": "+628123456789"}, [], "x"):
        assert http.post(f"{sandbox.url}/_sandbox/inbound", json=wrong).status_code == 400


def test_a_person_can_write_to_us(http: requests.Session, sandbox: Sandbox) -> None:
    said = {"from": "+628123456789", "text": "BERHENTI"}
    answer = http.post(f"{sandbox.url}/_sandbox/inbound", json=said)
    assert answer.json()["id"].startswith("wamid.")


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_other_web_pages_control_nothing(
    http: requests.Session, sandbox: Sandbox, header: dict[str, str]
) -> None:
    order = {"fault": "drop-before"}
    answer = http.post(f"{sandbox.url}/_sandbox/faults", json=order, headers=header)
    assert answer.status_code == 403
    assert http.get(f"{sandbox.url}/_sandbox/faults").json() == {"faults": []}
    own = http.post(f"{sandbox.url}/_sandbox/faults", json=order, headers={"Origin": sandbox.url})
    assert own.status_code == 200


def test_it_ends_at_once_while_requests_hang(
    http: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox() as running:
        order = {"channel": "media", "fault": "hang-before"}
        http.post(f"{running.url}/_sandbox/faults", json=order)
        raw = socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])))
        raw.sendall(b"GET /media/a HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: bool(running.state.requests))
    assert not running._thread.is_alive(), "what hangs is cut, not waited for"
    raw.close()
    assert caplog.text == ""


def test_broken_json_is_refused_with_a_reason(http: requests.Session, sandbox: Sandbox) -> None:
    answer = http.post(f"{sandbox.url}/_sandbox/faults", data=b"{")
    assert answer.status_code == 400
    assert answer.json()["error"]

"""POST /messages: who may call, what is well-formed, and what the recipient then sees."""

from typing import Any

import pytest

from tests.support.meta_clients import RECIPIENT, WhatsAppClient, code, frozen, pretend_whatsapp


def test_a_text_within_the_window_is_displayed_to_its_recipient(phone: WhatsAppClient) -> None:
    phone.wrote("Jam berapa buka?")
    answer = phone.text("Pukul 08.00 *WIB*", biz_opaque_callback_data="hp1:k:1")
    said = answer.json()
    assert answer.status_code == 200
    (contact,) = said["contacts"]
    assert (contact["input"], contact["wa_id"]) == (RECIPIENT, RECIPIENT[1:])
    assert "message_status" not in said["messages"][0]
    (shown,) = phone.objects()
    assert (shown["channel"], shown["to"], shown["text"]) == ("whatsapp", RECIPIENT, "Pukul 08.00 *WIB*")
    assert (shown["id"], shown["account"]) == (said["messages"][0]["id"], phone.account["phone_number_id"])
    assert phone.sandbox.state.objects[0].extra["callback"] == "hp1:k:1"


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic abc"])
def test_without_the_token_nothing_is_sent(phone: WhatsAppClient, token: str) -> None:
    phone.wrote()
    phone.http.headers["Authorization"] = token
    assert code(phone.text()) == (401, 190, None)
    assert phone.objects() == []


def test_the_wrong_number_or_version_is_no_node(phone: WhatsAppClient) -> None:
    body = {"messaging_product": "whatsapp", "to": RECIPIENT, "text": {"body": "x"}}
    assert code(phone.http.post(f"{phone.waba}/messages", json=body)) == (400, 100, 33)
    unversioned = phone.number.replace("/v26.0/", "/latest/")
    assert code(phone.http.post(f"{unversioned}/messages", json=body)) == (400, 2500, None)
    assert code(phone.http.put(f"{phone.number}/messages", json=body))[1] == 100


BAD: list[tuple[str, dict[str, Any], int]] = [
    ("no text", {"type": "text"}, 131008),
    ("no body", {"type": "text", "text": {}}, 131008),
    ("empty", {"type": "text", "text": {"body": ""}}, 100),
    ("too long", {"type": "text", "text": {"body": "a" * 4097}}, 100),
    ("number as text", {"type": "text", "text": {"body": 5}}, 100),
    ("text as flag", {"type": "text", "text": {"body": "a", "preview_url": "true"}}, 100),
    ("unknown key", {"type": "text", "text": {"body": "a"}, "idempotency_key": "1"}, 100),
    ("unknown inner key", {"type": "text", "text": {"body": "a", "text": "b"}}, 100),
    ("unknown type", {"type": "poll", "text": {"body": "a"}}, 131051),
    ("two contents", {"type": "text", "text": {"body": "a"}, "image": {"id": "1"}}, 100),
    (
        "callback too long",
        {"type": "text", "text": {"body": "a"}, "biz_opaque_callback_data": "x" * 513},
        100,
    ),
    ("other product", {"messaging_product": "sms", "type": "text", "text": {"body": "a"}}, 131009),
    ("a group", {"recipient_type": "group", "type": "text", "text": {"body": "a"}}, 131215),
    ("no media id", {"type": "image", "image": {"caption": "a"}}, 131009),
    ("id and link", {"type": "image", "image": {"id": "1", "link": "http://127.0.0.1/a.jpg"}}, 131009),
    ("unknown media id", {"type": "image", "image": {"id": "1"}}, 131009),
    ("caption too long", {"type": "image", "image": {"id": "1", "caption": "a" * 1025}}, 100),
    ("caption on audio", {"type": "audio", "audio": {"id": "1", "caption": "a"}}, 100),
    (
        "too many buttons' kind",
        {"type": "interactive", "interactive": {"type": "poll", "action": {}}},
        131009,
    ),
]


@pytest.mark.parametrize(("message", "expected"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_malformed_message_is_refused(
    phone: WhatsAppClient, message: dict[str, Any], expected: int
) -> None:
    phone.wrote()
    assert code(phone.send(**message)) == (400, expected, None)
    assert phone.objects() == []


def test_the_body_must_be_one_json_object(phone: WhatsAppClient) -> None:
    for raw in (b"", b"[]", b"{", b"\xff"):
        assert code(phone.http.post(f"{phone.number}/messages", data=raw))[1] in (100, 131008)


@pytest.mark.parametrize("to", ["", "+0812345678", "+62abc", "+62", "+6281234567890123456", "🙂"])
def test_what_is_no_number_is_refused(phone: WhatsAppClient, to: str) -> None:
    assert code(phone.text(to=to))[1] in (100, 131009)


@pytest.mark.parametrize(
    ("to", "reached"),
    [
        ("+62 812-3456-7890", "+6281234567890"),
        ("(0812) 3456-7890", "+62081234567890"),
        ("6281234567890", "+626281234567890"),
    ],
)
def test_without_a_plus_the_business_country_code_is_put_in_front(
    phone: WhatsAppClient, to: str, reached: str
) -> None:
    assert phone.template(to=to).ok
    assert [o["to"] for o in phone.objects()] == [reached]


def test_the_number_is_refused_to_write_to_itself_or_to_a_blocked_person(phone: WhatsAppClient) -> None:
    assert code(phone.template(to="+62 811 1234 9900")) == (400, 131021, None)
    block = {"messaging_product": "whatsapp", "block_users": [{"user": RECIPIENT}]}
    refused = phone.http.post(f"{phone.number}/block_users", json=block).json()
    assert refused["block_users"]["failed_users"][0]["errors"][0]["code"] == 131047
    phone.wrote()
    assert phone.http.post(f"{phone.number}/block_users", json=block).json()["block_users"]["added_users"]
    assert code(phone.template()) == (403, 130403, None)
    assert phone.http.delete(f"{phone.number}/block_users", json=block).ok
    assert phone.template().ok


def test_a_person_can_be_blocked_by_user_id(phone: WhatsAppClient) -> None:
    phone.wrote()
    user_id = phone.template().json()["contacts"][0]["user_id"]
    block = {"messaging_product": "whatsapp", "block_users": [{"user_id": user_id}]}
    (added,) = phone.http.post(f"{phone.number}/block_users", json=block).json()["block_users"]["added_users"]
    assert added == {"input": user_id, "wa_id": RECIPIENT[1:]}
    assert code(phone.template()) == (403, 130403, None)
    for wrong in ({}, "x", {"user_id": "ID.0"}):
        assert not phone.http.post(f"{phone.number}/block_users", json={**block, "block_users": [wrong]}).ok


def test_free_text_needs_the_window_that_lasts_a_day(phone: WhatsAppClient) -> None:
    clock = frozen(phone.sandbox)
    assert code(phone.text()) == (400, 131047, None)
    phone.wrote()
    clock.move(hours=23, minutes=59)
    assert phone.text().ok
    clock.move(minutes=1)
    assert code(phone.text()) == (400, 131047, None)
    assert len(phone.objects()) == 1


def test_the_window_can_be_checked_later_or_not_at_all(phone: WhatsAppClient) -> None:
    phone.set_option(window="async")
    assert phone.text().ok
    assert phone.objects() == []
    phone.set_option(window="open")
    assert phone.text().ok
    assert len(phone.objects()) == 1


def test_a_received_message_can_be_marked_as_read(phone: WhatsAppClient) -> None:
    wamid = pretend_whatsapp(phone.sandbox).receive_message(RECIPIENT, "Halo")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    url = f"{phone.number}/messages"
    assert phone.http.post(url, json=read).json() == {"success": True}
    assert code(phone.http.post(url, json={**read, "message_id": "wamid.other"})) == (400, 131009, None)


def test_usage_headers_come_with_every_answer(phone: WhatsAppClient) -> None:
    phone.set_option(usage=97)
    said = phone.template().headers
    assert '"call_count": 97' in said["X-Business-Use-Case-Usage"]
    assert '"type": "whatsapp"' in said["X-Business-Use-Case-Usage"]
    phone.set_option(usage=100)
    answer = phone.template()
    assert code(answer) == (400, 80007, None)
    assert '"estimated_time_to_regain_access": 60' in answer.headers["X-Business-Use-Case-Usage"]


def test_reset_forgets_windows_files_and_blocks(phone: WhatsAppClient) -> None:
    phone.wrote()
    assert phone.text().ok
    phone.http.post(f"{phone.sandbox.url}/_sandbox/reset")
    assert phone.objects() == []
    assert code(phone.text())[1] == 131047


def test_the_number_reports_about_itself(phone: WhatsAppClient) -> None:
    asked = "verified_name,quality_rating,throughput,whatsapp_business_manager_messaging_limit"
    node = phone.http.get(phone.number, params={"fields": asked}).json()
    assert node["throughput"] == {"level": "STANDARD"}
    assert node["whatsapp_business_manager_messaging_limit"] == "TIER_100K"
    phone.set_option(daily_recipients=250)
    node = phone.http.get(phone.number, params={"fields": "messaging_limit_tier"}).json()
    assert node == {"messaging_limit_tier": "TIER_250", "id": phone.account["phone_number_id"]}
    assert code(phone.http.get(phone.number, params={"fields": "colour"})) == (400, 100, None)
    about = phone.http.get(
        f"{phone.base}/debug_token", params={"input_token": phone.account["access_token"]}
    ).json()
    assert "whatsapp_business_messaging" in about["data"]["scopes"]
    assert about["data"]["expires_at"] == 0


def test_message_history_is_there_only_where_it_is_switched_on(phone: WhatsAppClient) -> None:
    wamid = phone.template().json()["messages"][0]["id"]
    url = f"{phone.number}/message_history"
    assert code(phone.http.get(url, params={"message_id": wamid}))[1] == 100
    phone.set_option(message_history=True, read_seconds=None, delivered_seconds=0)
    (entry,) = phone.http.get(url, params={"message_id": wamid}).json()["data"]
    assert [event["delivery_status"] for event in entry["events"]["data"]] == ["SENT", "DELIVERED"]
    assert phone.http.get(url, params={"message_id": "wamid.none"}).json() == {"data": []}

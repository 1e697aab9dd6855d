"""Webhooks: signed over the very bytes, in every disorder, until a 200 comes back."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import (
    RECIPIENT,
    WebhookReceiver,
    WhatsAppClient,
    code,
    eventually,
    pretend_whatsapp,
)
from tests.support.sandbox import reset


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def phone(sandbox: Sandbox, http: requests.Session, receiver: WebhookReceiver) -> WhatsAppClient:
    phone = WhatsAppClient(sandbox, http)
    phone.set_option(callback_url=receiver.url, delivered_seconds=0.02, read_seconds=0.04, webhook_batch=1)
    return phone


def states(receiver: WebhookReceiver) -> list[str]:
    return [status["status"] for status in receiver.received_statuses()]


def test_a_message_is_sent_delivered_and_read(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    wamid = phone.template(biz_opaque_callback_data="hp1:kunci:1").json()["messages"][0]["id"]
    eventually(lambda: len(receiver.posts) >= 3)
    seen = receiver.received_statuses()
    assert states(receiver) == ["sent", "delivered", "read"]
    assert {(s["id"], s["recipient_id"], s["biz_opaque_callback_data"]) for s in seen} == {
        (wamid, RECIPIENT[1:], "hp1:kunci:1")
    }
    assert all(isinstance(status["timestamp"], str) and "conversation" not in status for status in seen)
    assert seen[0]["pricing"] == {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": "marketing",
    }


def test_the_signature_covers_the_escaped_bytes(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.wrote("Kapan? äöå 🙂 a/b")
    eventually(lambda: bool(receiver.posts))
    raw, signature = receiver.posts[0]
    secret = phone.account["app_secret"].encode()
    assert signature == "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()
    assert raw.isascii()
    assert b"\\u00e4\\u00f6\\u00e5" in raw
    assert b"a\\/b" in raw
    again = json.dumps(json.loads(raw), ensure_ascii=False).encode()
    assert signature != "sha256=" + hmac.new(secret, again, hashlib.sha256).hexdigest()


def test_a_person_writes(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.wrote("BERHENTI")
    eventually(lambda: bool(receiver.posts))
    (value,) = receiver.values()
    message = value["messages"][0]
    assert (message["from"], message["text"]["body"]) == (RECIPIENT[1:], "BERHENTI")
    assert value["contacts"][0]["wa_id"] == RECIPIENT[1:]
    assert value["metadata"]["phone_number_id"] == phone.account["phone_number_id"]


def test_a_person_presses_a_button(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    pressed = {"from": RECIPIENT, "button": {"text": "Tidak mau lagi", "payload": "BERHENTI"}}
    inbound = f"{phone.sandbox.url}/_sandbox/inbound"
    assert phone.http.post(inbound, json=pressed).ok
    eventually(lambda: bool(receiver.posts))
    message = receiver.values()[0]["messages"][0]
    assert (message["type"], message["button"]) == ("button", pressed["button"])
    for wrong in ({"from": RECIPIENT, "button": {"text": "x"}}, {**pressed, "text": "x"}):
        assert phone.http.post(inbound, json=wrong).status_code == 400


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ({"undeliverable": [RECIPIENT]}, 131026),
        ({"marketing_stopped": [RECIPIENT]}, 131050),
        ({"marketing_limited": [RECIPIENT]}, 131049),
        ({"failures": {RECIPIENT: 130472}}, 130472),
    ],
)
def test_some_messages_fail_after_they_were_accepted(
    phone: WhatsAppClient, receiver: WebhookReceiver, switch: dict[str, object], expected: int
) -> None:
    phone.set_option(**switch)
    assert phone.template(biz_opaque_callback_data="k").ok
    eventually(lambda: bool(receiver.posts))
    (failed,) = receiver.received_statuses()
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", expected)
    assert failed["biz_opaque_callback_data"] == "k"
    assert failed["errors"][0]["error_data"]["details"]
    assert phone.objects() == []


def test_marketing_does_not_reach_us_numbers(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    assert phone.template(to="+16505551234").ok
    eventually(lambda: bool(receiver.posts))
    assert receiver.received_statuses()[0]["errors"][0]["code"] == 131049


def test_a_person_stops_marketing(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    prefer = f"{phone.sandbox.url}/_sandbox/preference"
    assert phone.http.post(prefer, json={"from": RECIPIENT, "value": "stop"}).ok
    assert phone.http.post(prefer, json={"from": RECIPIENT, "value": "maybe"}).status_code == 400
    eventually(lambda: bool(receiver.posts))
    (value,) = receiver.values("user_preferences")
    assert value["user_preferences"][0]["value"] == "stop"
    assert isinstance(value["user_preferences"][0]["timestamp"], int)
    assert phone.template().ok
    eventually(lambda: bool(receiver.received_statuses()))
    assert receiver.received_statuses()[0]["errors"][0]["code"] == 131050


def test_meta_judges_a_template(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    judge = {"name": "pengumuman", "status": "PAUSED"}
    assert phone.http.post(f"{phone.sandbox.url}/_sandbox/template", json=judge).ok
    eventually(lambda: bool(receiver.posts))
    (value,) = receiver.values("message_template_status_update")
    assert (value["event"], value["message_template_name"]) == ("PAUSED", "pengumuman")
    (entry,) = json.loads(receiver.posts[0][0])["entry"]
    assert (entry["id"], type(entry["time"])) == (phone.account["business_account_id"], int)
    assert code(phone.template())[1] == 132015
    for wrong in (
        {"name": "pengumuman", "status": "SAD"},
        {**judge, "name": "tidak_ada"},
        {"name": "pengumuman"},
    ):
        assert phone.http.post(f"{phone.sandbox.url}/_sandbox/template", json=wrong).status_code == 400


def test_what_is_approved_or_deleted_is_reported_too_and_travels_apart_from_the_rest(
    phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    receiver.seconds = 0.1
    phone.set_option(auto_approve=True, webhook_batch=10, delivered_seconds=None, read_seconds=None)
    body = [{"type": "BODY", "text": "Halo."}]
    new = {"name": "baru", "language": "id", "category": "UTILITY", "components": body}
    phone.template()
    assert phone.http.post(f"{phone.waba}/message_templates", json=new).ok
    assert phone.http.delete(f"{phone.waba}/message_templates", params={"name": "baru"}).ok
    phone.template()
    eventually(
        lambda: len(receiver.values("message_template_status_update")) >= 2 and len(receiver.values()) >= 2
    )
    told = receiver.values("message_template_status_update")
    assert [(t["message_template_name"], t["event"]) for t in told] == [
        ("baru", "APPROVED"),
        ("baru", "PENDING_DELETION"),
    ]
    entries = [entry for raw, _ in receiver.posts for entry in json.loads(raw)["entry"]]
    assert all(len(entry["changes"]) == 1 for entry in entries if "time" in entry)
    assert {"messages"} == {change["field"] for e in entries if "time" not in e for change in e["changes"]}


def test_order_can_be_reversed(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(webhook_order="reversed")
    phone.template()
    eventually(lambda: len(receiver.posts) >= 3)
    assert states(receiver) == ["read", "delivered", "sent"]


def test_shuffled_is_all_of_them(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(webhook_order="shuffled")
    phone.template()
    eventually(lambda: len(receiver.posts) >= 3)
    assert sorted(states(receiver)) == ["delivered", "read", "sent"]


def test_webhooks_can_be_duplicate_or_missing(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(webhook_copies=2, delivered_seconds=None, read_seconds=None)
    phone.template()
    eventually(lambda: len(receiver.posts) >= 2)
    assert states(receiver) == ["sent", "sent"]
    phone.set_option(webhook_copies=1, webhook_drop=1.0)
    phone.template()
    phone.set_option(webhook_drop=0.0)
    phone.template(biz_opaque_callback_data="last")
    eventually(lambda: len(receiver.posts) >= 3)
    assert [s.get("biz_opaque_callback_data") for s in receiver.received_statuses()] == [None, None, "last"]


def test_a_webhook_is_tried_again_until_200(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    receiver.statuses = [500, 204, 302]
    phone.set_option(webhook_retry_seconds=0.01, delivered_seconds=None, read_seconds=None)
    phone.template()
    eventually(lambda: len(receiver.posts) >= 4)
    assert len({raw for raw, _ in receiver.posts}) == 1


def test_the_first_status_can_arrive_before_the_answer(
    phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    phone.set_option(webhook_before_response=True, delivered_seconds=None, read_seconds=None)
    assert phone.template().ok
    assert states(receiver) == ["sent"]


def test_a_failure_can_arrive_before_the_answer_too_and_as_a_duplicate(
    phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    phone.set_option(webhook_before_response=True, webhook_copies=2, undeliverable=[RECIPIENT])
    assert phone.template().ok
    assert states(receiver) == ["failed", "failed"]


def test_several_changes_can_travel_in_one_webhook(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    receiver.seconds = 0.1
    phone.set_option(webhook_batch=10, delivered_seconds=None, read_seconds=None)
    for number in range(5):
        phone.template(to=f"+62812000000{number}0")
    eventually(lambda: len(receiver.received_statuses()) >= 5)
    assert len(receiver.posts) < 5


def test_a_callback_must_know_the_verify_token_and_be_here(
    phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    log = pretend_whatsapp(phone.sandbox).business.webhook_sender.log
    phone.set_option(verify_token="other", webhook_retries=0)
    phone.template()
    eventually(lambda: len(log) >= 1)
    phone.set_option(callback_url="http://192.0.2.1/hook")
    phone.template()
    eventually(lambda: log[-1] == ("http://192.0.2.1/hook", "NotLoopback"))
    assert receiver.posts == []


def test_without_a_subscription_nothing_arrives(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    url = f"{phone.waba}/subscribed_apps"
    assert phone.http.get(url).json()["data"][0]["whatsapp_business_api_data"]["id"]
    assert phone.http.delete(url).json() == {"success": True}
    assert phone.http.get(url).json() == {"data": []}
    phone.template(biz_opaque_callback_data="lost")
    override = {"override_callback_uri": receiver.url, "verify_token": receiver.token}
    assert phone.http.post(url, json=override).ok
    phone.template(biz_opaque_callback_data="heard")
    eventually(lambda: bool(receiver.posts))
    assert {s["biz_opaque_callback_data"] for s in receiver.received_statuses()} == {"heard"}


def test_people_can_be_named_by_user_id_only(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(bsuid="only")
    phone.wrote("Halo")
    eventually(lambda: bool(receiver.posts))
    (value,) = receiver.values()
    user_id = value["contacts"][0]["user_id"]
    assert "wa_id" not in value["contacts"][0]
    assert "from" not in value["messages"][0]
    body = {"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "Hai"}}
    assert phone.http.post(f"{phone.number}/messages", json=body).ok
    assert [o["to"] for o in phone.objects()] == [RECIPIENT]


def test_a_person_with_user_id_only_can_stop_marketing_and_be_written_to(
    phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    phone.set_option(bsuid="only", delivered_seconds=None, read_seconds=None)
    assert phone.template().json()["contacts"][0]["wa_id"] == RECIPIENT[1:], "who wrote to a number knows it"
    eventually(lambda: bool(receiver.posts))
    user_id = receiver.received_statuses()[0]["recipient_user_id"]
    text = {"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "Hai"}}
    phone.set_option(window="open")
    (contact,) = phone.http.post(f"{phone.number}/messages", json=text).json()["contacts"]
    assert contact == {"input": user_id, "user_id": user_id}
    pretend_whatsapp(phone.sandbox).set_preference(RECIPIENT, "stop")
    eventually(lambda: bool(receiver.values("user_preferences")))
    (chosen,) = receiver.values("user_preferences")[0]["user_preferences"]
    assert chosen["user_id"] == user_id
    assert "wa_id" not in chosen


def test_a_held_template_appears_late_or_never(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(held="drop")
    said = phone.template().json()["messages"][0]
    assert said["message_status"] == "held_for_quality_assessment"
    assert phone.objects() == []
    phone.set_option(held="deliver")
    assert phone.template().json()["messages"][0]["message_status"] == "held_for_quality_assessment"
    assert len(phone.objects()) == 1


def test_reset_stops_what_is_under_way(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    phone.set_option(sent_seconds=0.1)
    phone.template(biz_opaque_callback_data="before")
    phone.http.post(f"{phone.sandbox.url}/_sandbox/reset")
    phone.set_option(callback_url=receiver.url, sent_seconds=0.15, delivered_seconds=None, read_seconds=None)
    phone.template(biz_opaque_callback_data="after")
    eventually(lambda: bool(receiver.posts))
    assert [s["biz_opaque_callback_data"] for s in receiver.received_statuses()] == ["after"]


def test_reset_ends_the_retries_of_what_flies(phone: WhatsAppClient, receiver: WebhookReceiver) -> None:
    receiver.seconds, receiver.statuses = 0.1, [500, 500]
    phone.template(biz_opaque_callback_data="before")
    eventually(lambda: receiver.arrived == 1)
    reset(phone.sandbox)
    phone.set_option(
        callback_url=receiver.url, webhook_retry_seconds=0, delivered_seconds=None, read_seconds=None
    )
    eventually(lambda: len(receiver.posts) >= 1)
    phone.template(biz_opaque_callback_data="after")
    eventually(lambda: len(receiver.posts) >= 3)
    assert [s["biz_opaque_callback_data"] for s in receiver.received_statuses()] == [
        "before",
        "after",
        "after",
    ]

"""Webhooks: Meta's own and pywa's fixtures, the sandbox's key, and hostile ones."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.channels.whatsapp.webhooks import signature_of
from humaspost.model.account import TemplateStatusChange
from humaspost.model.channel_event import (
    AccountRestricted,
    ChannelEvent,
    InboundMessage,
    MarketingPreference,
    MessageStatus,
    ServiceWindowClosed,
    TemplateStatus,
)
from humaspost.model.delivery import Stage
from tests.support.examples import examples
from tests.support.reference_data import shared

SECRET = "app-secret"
NUMBER = "106540352242922"
CONFIG = WhatsAppConfig(phone_number_id=NUMBER, business_account_id="1")


def read(body: bytes, *, signature: str | None = None, number: str = NUMBER) -> list[ChannelEvent] | None:
    config = CONFIG.model_copy(update={"phone_number_id": number})
    headers = {"x-hub-signature-256": signature_of(body, SECRET) if signature is None else signature}
    return WhatsApp().events(config, headers, body, secret=SECRET)


def webhook(**value: Any) -> dict[str, Any]:
    full = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}, **value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": full}]}]}


def status(word: str, **more: Any) -> dict[str, Any]:
    return {"id": "wamid.A", "status": word, "timestamp": "1750030073", "recipient_id": "6281", **more}


def encoded(value: Any) -> bytes:
    return json.dumps(value).replace("/", "\\/").encode()


def test_a_status_carries_our_key_and_its_stage() -> None:
    body = encoded(webhook(statuses=[status("sent", biz_opaque_callback_data="hp1:abc:1")]))
    assert read(body) == [
        MessageStatus(
            dedupe_key="wamid.A:sent",
            at=datetime.fromtimestamp(1750030073, UTC),
            key="hp1:abc:1",
            remote_id="wamid.A",
            stage=Stage.SENT,
            phone="+6281",
        )
    ]


@pytest.mark.parametrize("at", ["-62135596800", "-1", "99999999999999999999", "besok", ""])
def test_an_event_without_time_is_dropped(at: str) -> None:
    message = {"id": "wamid.B", "from": "6281", "type": "text", "text": {"body": "berhenti"}, "timestamp": at}
    assert not read(encoded(webhook(messages=[message], statuses=[status("sent") | {"timestamp": at}])))


@pytest.mark.parametrize(
    ("word", "stage"),
    [("sent", Stage.SENT), ("delivered", Stage.DELIVERED), ("read", Stage.READ), ("played", Stage.READ)],
)
def test_each_status_is_a_stage(word: str, stage: Stage) -> None:
    (event,) = read(encoded(webhook(statuses=[status(word)])))
    assert (event.stage, event.dedupe_key) == (stage, f"wamid.A:{word}")


def test_a_failure_names_its_code() -> None:
    (event,) = read(encoded(webhook(statuses=[status("failed", errors=[{"code": 131026, "title": "t"}])])))
    assert (event.failure_code, event.stage) == ("131026", None)
    (bare,) = read(encoded(webhook(statuses=[status("failed")])))
    assert bare.failure_code == "failed"


def test_an_inbound_message_names_its_sender() -> None:
    message = {"from": "6281234", "id": "wamid.B", "timestamp": "1750030073", "type": "text"}
    (event,) = read(encoded(webhook(messages=[{**message, "text": {"body": "BERHENTI"}}])))
    assert isinstance(event, InboundMessage)
    assert (event.phone, event.text) == ("+6281234", "BERHENTI")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"type": "button", "button": {"payload": "BERHENTI", "text": "Tidak mau"}},
            ("Tidak mau", "BERHENTI"),
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "STOP", "title": "Cukup"}},
            },
            ("Cukup", "STOP"),
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "STOP", "title": "Cukup"}},
            },
            ("Cukup", "STOP"),
        ),
        ({"type": "image", "image": {"id": "1", "caption": "BERHENTI"}}, ("BERHENTI", "")),
        ({"type": "image", "image": {"id": "1"}}, ("", "")),
        ({"type": ["image"], "image": {"caption": "BERHENTI"}}, ("", "")),
    ],
)
def test_what_a_person_pressed_or_wrote_under_a_picture_is_read(
    message: Any, expected: tuple[str, str]
) -> None:
    common = {"from": "6281234", "id": "wamid.B", "timestamp": "1750030073"}
    (event,) = read(encoded(webhook(messages=[{**common, **message}])))
    assert (event.text, event.payload) == expected


def people(**value: Any) -> list[tuple[type, str | None, str | None]]:
    return [(type(event), event.phone, event.user_id) for event in read(encoded(webhook(**value))) or []]


USER_ID = "ID.1349120865530274"
INBOUND_TEXT = {"id": "wamid.B", "timestamp": "1750030073", "type": "text", "text": {"body": "Halo"}}


@pytest.mark.parametrize(
    ("message", "contacts", "expected"),
    [
        ({"from_user_id": USER_ID}, [], (None, USER_ID)),
        ({}, [{"user_id": USER_ID}], (None, USER_ID)),
        ({"from": "6281"}, [{"wa_id": "6281", "user_id": USER_ID}], ("+6281", USER_ID)),
        ({"from_user_id": USER_ID}, [{"user_id": USER_ID, "wa_id": "6281"}], ("+6281", USER_ID)),
        ({"from": "6281"}, [{"wa_id": "6282", "user_id": USER_ID}], ("+6281", None)),
        ({"from": "6281"}, [{"user_id": USER_ID}], ("+6281", None)),
        ({}, [{"user_id": USER_ID}, {"user_id": "ID.2"}], None),
        ({"from_user_id": "6281"}, [], None),
        ({"from_user_id": "ID." + "9" * 200}, [], None),
    ],
)
def test_a_person_is_identified_by_number_by_user_id_or_by_both(
    message: Any, contacts: Any, expected: Any
) -> None:
    found = people(messages=[{**INBOUND_TEXT, **message}], contacts=contacts)
    assert found == ([(InboundMessage, *expected)] if expected else [])


def test_a_status_and_a_preference_can_name_the_user_id_only() -> None:
    by_id = status("failed", recipient_id=USER_ID, errors=[{"code": 131050}])
    assert people(statuses=[by_id]) == [
        (MessageStatus, None, USER_ID),
        (MarketingPreference, None, USER_ID),
    ]
    both = status("sent", recipient_user_id=USER_ID)
    assert people(statuses=[both]) == [(MessageStatus, "+6281", USER_ID)]
    group = status("sent", recipient_id="Y2FwaV9ncm91cA==", recipient_type="group")
    assert people(statuses=[group], contacts=[{"user_id": USER_ID}]) == [(MessageStatus, None, None)]
    stop = {"user_id": USER_ID, "value": "stop", "timestamp": 1750030073}
    assert people(user_preferences=[stop]) == [(MarketingPreference, None, USER_ID)]
    assert people(user_preferences=[{**stop, "category": "something_newer"}]) == []


def test_the_signature_is_over_the_raw_bytes() -> None:
    body = encoded(webhook(statuses=[status("sent")], note="äöå / <b>"))
    assert len(read(body)) == 1
    reserialised = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert read(reserialised, signature=signature_of(body, SECRET)) is None


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha1=abc", "sha256=é"])
def test_an_unsigned_webhook_gives_nothing(signature: str) -> None:
    assert read(encoded(webhook(statuses=[status("sent")])), signature=signature) is None


def test_without_an_app_secret_nothing_is_believed() -> None:
    body = encoded(webhook(statuses=[status("sent")]))
    headers = {"X-Hub-Signature-256": signature_of(body, "")}
    assert WhatsApp().events(CONFIG, headers, body, secret="") is None


def test_another_numbers_webhook_is_ignored() -> None:
    assert read(encoded(webhook(statuses=[status("sent")])), number="999") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"entry": 1}',
        b'{"entry": [1, {"changes": {"value": 1}}]}',
        b"[" * 100_000,
        encoded(webhook(statuses=[status("sent", timestamp="1e99")])),
        encoded(webhook(statuses=[status("sent", timestamp="9" * 30)])),
        encoded(webhook(statuses=[status("sent", id=None), {}, 3])),
        encoded(webhook(statuses=[status("deleted")])),
        encoded(webhook(messages=[{"id": "wamid.C", "from": "x", "timestamp": "1750030073"}])),
        encoded(webhook(statuses=[status("sent")])) + b" " * 3 * 1024 * 1024,
    ],
)
def test_a_hostile_body_gives_nothing_and_no_exception(body: bytes) -> None:
    assert not read(body)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@examples(25, 100)
@given(_json, _json, _json)
def test_no_payload_raises(statuses: Any, messages: Any, errors: Any) -> None:
    read(encoded(webhook(statuses=statuses, messages=messages)))
    read(encoded(webhook(statuses=[status("failed", errors=errors, biz_opaque_callback_data=errors)])))
    read(encoded({"entry": statuses, "object": messages}))


def _first_status(body: Any) -> Any:
    return body["entry"][0]["changes"][0]["value"]["statuses"][0]


def test_pywas_fixtures_are_read() -> None:
    fixtures = json.loads(shared("contracts/data/whatsapp/pywa-fixtures/message_status.json").read_text())
    found = {name: read(encoded(body), number="1122334455667") for name, body in fixtures.items()}
    assert {
        name: [event.stage for event in events] for name, events in found.items() if name != "failed"
    } == {
        "sent": [Stage.SENT],
        "delivered": [Stage.DELIVERED],
        "read": [Stage.READ],
        "played": [Stage.READ],
        "with_tracker": [Stage.SENT],
        "group": [],
    }
    (failed,), (tracked,) = found["failed"], found["with_tracker"]
    assert failed.failure_code == str(_first_status(fixtures["failed"])["errors"][0]["code"])
    assert tracked.key == _first_status(fixtures["with_tracker"])["biz_opaque_callback_data"]
    inbound = json.loads(shared("contracts/data/whatsapp/pywa-fixtures/message.json").read_text())
    texts = [event.text for event in read(encoded(inbound["text"]), number="1122334455667")]
    assert texts == ["Body Text"]


def template_event(
    name: str, fixture: str, *, business: str, **change: Any
) -> list[TemplateStatusChange | None]:
    path = f"contracts/data/whatsapp/pywa-fixtures/{fixture}.json"
    body = json.loads(shared(path).read_text())[name]
    body["entry"][0]["changes"][0]["value"].update(change)
    raw = encoded(body)
    config = CONFIG.model_copy(update={"business_account_id": business})
    found = WhatsApp().events(config, {"x-hub-signature-256": signature_of(raw, SECRET)}, raw, secret=SECRET)
    assert all(isinstance(event, TemplateStatus) for event in found or [])
    return [event.change for event in found or []]


def test_a_verdict_on_a_template_of_our_business_is_read() -> None:
    ours, status_ = "102290129340398", "template_status_update"
    order = TemplateStatusChange("order_confirmation", "en_US", "APPROVED")
    assert template_event("approved", status_, business=ours) == [order]
    assert template_event("approved", status_, business=ours, event="REINSTATED") == [order]
    warned = [TemplateStatusChange("order_confirmation", "en_US")]
    assert template_event("approved", status_, business=ours, event="FLAGGED") == warned
    assert template_event("approved", status_, business="1") == []
    category = template_event("marketing", "template_category_update", business="57438975935")
    assert category == [TemplateStatusChange("my_message_template", "he")]
    assert template_event("yellow", "template_quality_update", business=ours) == []


def test_a_restriction_of_the_account_holds_it_and_a_warning_does_not() -> None:
    path = "contracts/data/whatsapp/pywa-fixtures/account_update.json"
    held = {}
    for name, body in json.loads(shared(path).read_text()).items():
        business = body["entry"][0]["id"]
        config = CONFIG.model_copy(update={"business_account_id": business})
        raw = encoded(body)
        found = WhatsApp().events(
            config, {"x-hub-signature-256": signature_of(raw, SECRET)}, raw, secret=SECRET
        )
        for event in found or []:
            assert isinstance(event, AccountRestricted), name
            held[name] = event.code
    assert held == {
        "account_deleted": "ACCOUNT_DELETED",
        "account_restriction": "ACCOUNT_RESTRICTION",
        "account_offboarded": "ACCOUNT_OFFBOARDED",
    }


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, True),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}, False),
        (
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_ADD_PHONE"}],
            },
            False,
        ),
        ({"event": "ACCOUNT_RESTRICTION", "restriction_info": "x"}, False),
        ({"event": ["ACCOUNT_DELETED"]}, False),
    ],
)
def test_only_what_ends_all_sending_holds(value: dict[str, Any], holds: bool) -> None:
    change = {"field": "account_update", "value": value}
    raw = encoded({"entry": [{"id": "1", "time": 1743451903, "changes": [change]}]})
    assert bool(read(raw)) is holds
    elsewhere = encoded({"entry": [{"id": "2", "time": 1743451903, "changes": [change]}]})
    assert read(elsewhere) == []


def test_another_limit_is_fetched() -> None:
    value = {"max_daily_conversation_per_phone": 2000, "max_phone_numbers_per_business": 25}
    change = {"field": "business_capability_update", "value": value}
    (event,) = read(encoded({"entry": [{"id": "1", "time": 1743451903, "changes": [change]}]})) or []
    assert isinstance(event, TemplateStatus)
    assert event.change == TemplateStatusChange("", "")


def test_a_failure_states_when_to_retry_and_what_it_means_for_the_person() -> None:
    def failed(code: int) -> list[ChannelEvent]:
        found = read(encoded(webhook(statuses=[status("failed", errors=[{"code": code}])])))
        assert found is not None
        return found

    (delayed,) = failed(131049)
    assert (type(delayed), delayed.retry_after, delayed.phone) == (MessageStatus, 86_400.0, "+6281")
    assert [(type(event), event.retry_after) for event in failed(131026)] == [(MessageStatus, None)]
    status_, closed = failed(131047)
    assert (type(status_), type(closed), closed.phone) == (MessageStatus, ServiceWindowClosed, "+6281")
    assert [(type(event), event.phone) for event in failed(131050)] == [
        (MessageStatus, "+6281"),
        (MarketingPreference, "+6281"),
    ]
    assert not failed(131050)[1].accepts_marketing


def test_a_person_can_stop_marketing_only_and_take_that_back() -> None:
    path = "contracts/data/whatsapp/pywa-fixtures/user_marketing_preferences.json"
    for name, body in json.loads(shared(path).read_text()).items():
        (chosen,) = body["entry"][0]["changes"][0]["value"]["user_preferences"]
        number = body["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"]
        said = [(event.accepts_marketing, event.phone) for event in read(encoded(body), number=number) or []]
        assert said == ([(True, f"+{chosen['wa_id']}")] if chosen["value"] == "resume" else []), name
        chosen["value"] = "stop"
        (event,) = read(encoded(body), number=number) or []
        assert isinstance(event, MarketingPreference)
        assert (event.accepts_marketing, event.phone) == (False, f"+{chosen['wa_id']}")
        assert chosen["wa_id"] not in event.dedupe_key, "it is kept, and a person's number is not"


def test_what_no_database_takes_is_replaced() -> None:
    (event,) = read(b'{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"' + NUMBER.encode()
        + b'"},"statuses":[{"id":"w\\ud800","status":"sent","timestamp":"1750030073"}]}}]}]}') or []  # fmt: skip
    assert event.remote_id == "w?"
    assert read(encoded(webhook(statuses=[status("sent", id="x" * 601)]))) == []


@pytest.mark.parametrize(
    ("code", "held"), [(131031, True), (131042, True), ("368", True), (130429, False), (None, False)]
)
def test_what_is_wrong_with_the_account_itself_holds_it(code: object, held: bool) -> None:
    body = webhook(errors=[{"code": code, "title": "words"}, "hostile"])
    found = read(encoded(body))
    assert found is not None
    assert [(type(event), event.code) for event in found] == (
        [(AccountRestricted, str(code))] if held else []
    )
    assert read(encoded(body)) == found, "told again, it is the same"
    assert read(encoded(body), number="1") == [], "another number's"

"""What Meta itself published as examples: every answer and every webhook is read as what it says."""

import json
from typing import Any

import pytest

from humaspost.channels.whatsapp.webhooks import parse_events, signature_of
from humaspost.model.channel import Ready
from humaspost.model.channel_event import ChannelEvent, InboundMessage, NumberChanged
from humaspost.model.errors import UnknownOutcome
from tests.channels.whatsapp.conftest import PERSON, SessionHarness
from tests.support.meta_clients import with_assertion
from tests.support.reference_data import shared

SECRET = "app-secret"


def published(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared(f"contracts/data/whatsapp/{name}.json").read_text())
    return found


def test_every_published_answer_gives_its_message(harness: SessionHarness) -> None:
    judged = 0
    for name, body in published("meta-spec-message-responses").items():
        harness.inject_fault("status", status=200, body=body, acted=False)
        if "messages" not in body:
            with pytest.raises(UnknownOutcome):  # that one answers another call
                harness.session.publish(harness.part(), Ready({}), key="k", to=PERSON, reply_to=None)
            continue
        receipt = harness.session.publish(harness.part(), Ready({}), key="k", to=PERSON, reply_to=None)
        assert receipt.remote_id == body["messages"][0]["id"], name
        judged += 1
    with_assertion(f"Meta's published answers: {judged} read")
    assert judged >= 43


def _read(body: Any) -> list[ChannelEvent]:
    value = body["entry"][0]["changes"][0]["value"]
    raw = json.dumps(body).encode()
    number = value["metadata"]["phone_number_id"]
    found = parse_events(
        {"x-hub-signature-256": signature_of(raw, SECRET)},
        raw,
        secret=SECRET,
        phone_number_id=number,
        business="1",
    )
    assert found is not None
    return found


#: What a person said, or pressed, in each that is a person's.
EXPECTED_TEXTS = {
    "Text Message": ("Does it come in another color?", ""),
    "Image Message": ("Taj Mahal", ""),
    "Button Message": ("Unsubscribe", "Unsubscribe"),
    "Interactive List Reply Message": ("Priority Mail Express", "priority_express"),
    "Interactive Button Reply Message": ("Cancel", "cancel-button"),
}
#: Events that no person sent: WhatsApp did, or they are of groups, and the office has none.
SYSTEM_EVENTS: dict[str, list[Any]] = {
    "System Message": [(NumberChanged, "+16505551234", "+12195555358")],
    "Group Create Message": [],
    "Group Settings Update": [],
    "Group Remove Participants": [],
}


def test_every_published_webhook_gives_its_events() -> None:
    bodies = published("meta-spec-webhooks")
    for name, body in bodies.items():
        found = _read(body)
        if name in SYSTEM_EVENTS:
            assert [(type(event), event.phone, event.new_phone) for event in found] == SYSTEM_EVENTS[name], (
                name
            )
            continue
        (event,) = found
        assert isinstance(event, InboundMessage), name
        assert event.phone == "+16505551234", name
        if name in EXPECTED_TEXTS:
            assert (event.text, event.payload) == EXPECTED_TEXTS[name], name
    with_assertion(f"Meta's published webhooks: {len(bodies)} read")
    assert len(bodies) >= 16


def test_the_published_templates_are_identified_by_what_they_require(harness: SessionHarness) -> None:
    example = published("meta-spec-other-examples")["GET /{Version}/{WABA-ID}/message_templates"]
    (body,) = example["responses"]["200"].values()
    body["paging"] = {}
    harness.inject_fault("status", "/message_templates$", method="GET", status=200, body=body, acted=False)
    hello, sale = harness.session.fetch_status().templates
    assert (hello.name, hello.category, hello.param_count, hello.buttons) == (
        "hello_world",
        "MARKETING",
        0,
        (),
    )
    assert (sale.name, sale.param_count, sale.buttons, sale.has_header_param) == (
        "2023_april_promo",
        2,
        ("quick_reply",),
        False,
    )


def test_the_published_number_is_the_accounts_own(harness: SessionHarness) -> None:
    example = published("meta-spec-other-examples")["GET /{Version}/{Phone-Number-ID}"]["responses"]["200"]
    for body in example.values():
        harness.inject_fault("status", r"/\d+$", method="GET", status=200, body=body, acted=False)
        assert harness.session.whoami().platform_id == body["id"]

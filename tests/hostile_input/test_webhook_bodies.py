"""Webhook bodies with Meta's own signature and anybody's content: events or none, on disk, never an exception."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from humaspost.audience.opt_out import is_opt_out
from humaspost.channels.whatsapp.webhooks import parse_events, signature_of
from humaspost.ledger import accounts
from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.webhooks import message_events as kept
from humaspost.model.account import Account
from tests.hostile_input.test_platform_responses import json_values
from tests.support.examples import examples

NUMBER = "106540352242922"
BUSINESS = "102290129340398"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
_word = st.sampled_from(
    [
        "1764000000",
        "-1",
        "9" * 20,
        "sent",
        "failed",
        "read",
        "stop",
        "6281200000001",
        "ID.1349",
        "\ud800",
        "",
        "\x1b[2J",
    ]
)
_thing = _word | json_values
_item = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "id",
            "status",
            "timestamp",
            "from",
            "wa_id",
            "recipient_id",
            "user_id",
            "from_user_id",
            "recipient_user_id",
            "value",
            "text",
            "errors",
            "button",
            "biz_opaque_callback_data",
        ),
        _thing,
    ),
)
_full = st.builds(
    lambda item, errors, words: {
        "id": "wamid.1",
        "timestamp": "1764000000",
        "from": "6281200000001",
        **item,
        "errors": errors,
        "text": words,
    },
    _item,
    st.lists(st.fixed_dictionaries({"code": _thing}), max_size=2),
    st.fixed_dictionaries({"body": _thing}),
)
_value = st.fixed_dictionaries(
    {"metadata": st.just({"phone_number_id": NUMBER})},
    optional={
        name: st.lists(_item | _full, max_size=3) | json_values
        for name in ("statuses", "messages", "user_preferences", "contacts")
    },
)
_status_payload = st.fixed_dictionaries(
    {
        "message_template_name": st.just("siaran") | _thing,
        "message_template_language": st.just("id") | _thing,
    },
    optional={"event": st.just("PAUSED") | _thing, "new_category": _thing},
)
_template_payload = st.builds(
    lambda value, field, time: {
        "id": BUSINESS,
        "time": time,
        "changes": [{"field": field, "value": value}],
    },
    _status_payload | json_values,
    st.sampled_from(["message_template_status_update", "template_category_update"]),
    st.just(1764000000) | _thing,
)
bodies = st.one_of(
    st.binary(max_size=60),
    json_values.map(lambda shape: json.dumps(shape).encode()),
    _value.map(lambda value: json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()),
    _template_payload.map(lambda entry: json.dumps({"entry": [entry]}).encode()),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path_factory.mktemp("state"), now=NOW, create=True)
    yield opened
    opened.close()


@examples(30, 120, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies)
def test_whatever_is_signed_is_kept_or_ignored(ledger: Ledger, body: bytes) -> None:
    headers = {"X-Hub-Signature-256": signature_of(body, "secret")}
    found = parse_events(headers, body, secret="secret", phone_number_id=NUMBER, business=BUSINESS)
    assert found is not None

    def receive(conn: Any) -> None:
        account = accounts.ensure_account(conn, Account("whatsapp", "whatsapp", None), platform_id=NUMBER)
        kept.receive_events(conn, account, found, is_opt_out=is_opt_out, now=NOW)

    ledger.write(receive)


@given(body=st.binary(max_size=60), signature=st.text(max_size=80))
@examples(20, 60)
def test_whatever_is_not_signed_is_nobodys(body: bytes, signature: str) -> None:
    headers = {"X-Hub-Signature-256": signature}
    assert parse_events(headers, body, secret="secret", phone_number_id=NUMBER, business=BUSINESS) is None

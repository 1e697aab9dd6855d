"""The keys of what ``--json`` prints: programs of others read them, so none changes by accident."""

from typing import Any

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

pytestmark = pytest.mark.slow

_SENDER = {"running", "command", "host", "pid", "started_at", "heartbeat_at", "pauses", "stale_files"}
_DELIVERY = {
    "key", "post", "account", "channel", "part", "recipient", "state", "reason", "due_at", "published_at",
    "receipt", "attempts", "remote_id", "url", "edition", "code",
}  # fmt: skip
_UPCOMING = {
    "id", "file", "title", "account", "channel", "display_name", "due_at", "parts", "audience_size", "deliveries",
    "price_usd", "held", "last_delivery_at", "not_sending", "missed",
}  # fmt: skip


@pytest.fixture
def filled_office(office: FakeOffice) -> FakeOffice:
    office.write("a.md", post("a", "2099-02-03 08:30 WIB"))
    office.write("b.md", post("b", "2021-02-03 08:30 WIB", body="Lama."))
    return office


def _read(office: FakeOffice, *command: str, code: int = 0) -> Any:
    document = expect(office.run(*command, "--json"), code).json
    assert document.pop("schema") == 1
    return document


def test_plan(filled_office: FakeOffice) -> None:
    document = _read(filled_office, "plan")
    assert document.keys() == {
        "now",
        "upcoming",
        "not_sent",
        "lists",
        "deliveries",
        "vanished_posts",
        "sender",
    }
    assert [item.keys() for item in document["upcoming"]] == [_UPCOMING]
    assert [item.keys() for item in document["not_sent"]] == [
        {"kind", "id", "file", "due_at", "accounts", "reason"}
    ]
    assert document["sender"].keys() == _SENDER


def test_preview(filled_office: FakeOffice) -> None:
    (account,) = _read(filled_office, "preview", "a")["accounts"]
    assert account.keys() == {"account", "channel", "display_name", "audience_size", "replies_to", "parts"}


def test_status(filled_office: FakeOffice) -> None:
    expect(filled_office.run("run"), 5)
    document = _read(filled_office, "status", "--all")
    assert document.keys() == {
        "now", "sender", "counts", "posts", "lists", "accounts", "deliveries", "vanished_posts",
    }  # fmt: skip
    assert document["vanished_posts"] == []
    assert {frozenset(row) for row in document["deliveries"]} == {frozenset(_DELIVERY)}
    assert {frozenset(row) for row in document["accounts"]} == {
        frozenset({"account", "display_name", "status", "held_until", "login_expires_at"})
    }
    assert document["sender"].keys() == _SENDER


def test_accounts_and_audiences(filled_office: FakeOffice) -> None:
    accounts = _read(filled_office, "account", "list")["accounts"]
    assert {frozenset(row) for row in accounts} == {
        frozenset({"account", "display_name", "status", "held_until", "login_expires_at", "channel"})
    }
    check = _read(filled_office, "account", "check", "x")
    assert check.keys() == {"account", "ok", "display_name", "reason"}
    (template, *_) = _read(filled_office, "account", "templates", "whatsapp")["templates"]
    assert template.keys() == {
        "name", "language", "status", "category", "params", "param_names", "header", "buttons"
    }  # fmt: skip
    (audience,) = _read(filled_office, "audience", "list")["audiences"]
    assert audience.keys() == {"name", "file", "members", "opted_out", "imported_at"}

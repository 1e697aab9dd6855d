"""Every secret, from every source, before platforms that say it back in every way they can."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.secrets.canaries import SOURCES, echo, write_secrets, wrong
from tests.secrets.conftest import FakeOffice

#: How an answer of a platform looks that says something back.
ANSWERS = {
    "x": lambda words: {
        "title": "Unauthorized",
        "detail": words,
        "errors": [{"message": words}],
        "type": words,
    },
    "instagram": lambda words: {
        "error": {"code": 190, "type": words, "message": words, "error_user_msg": words}
    },
    "whatsapp": lambda words: {
        "error": {"code": 190, "type": words, "message": words, "error_data": {"details": words}}
    },
}


def _page(words: str) -> str:
    return f"<html><title>{words}</title><body>{words}</body></html>"


@pytest.mark.parametrize("source", SOURCES)
def test_wrong_keys_that_every_answer_echoes(office: FakeOffice, source: str) -> None:
    canaries = wrong()
    office.environ = write_secrets(office.folder, source, canaries)
    office.order(*(_refusal(account, fields.values()) for account, fields in canaries.items()))
    for account in canaries:
        office.post(account, account)
        assert office.run("account", "check", account).code == 4
    office.run("run", "--json")
    office.run("doctor", "--json")
    if source == "credentials":
        office.run_read_commands()
    assert "***" in "".join(office.outputs.values())
    assert office.leaks(canaries) == []


@pytest.mark.parametrize("source", ["file", "rotated"])
def test_right_keys_that_broken_answers_echo(office: FakeOffice, source: str) -> None:
    keys = office.keys()
    office.environ = write_secrets(office.folder, source, keys)
    words = {account: echo(fields.values()) for account, fields in keys.items()}
    for number in range(len(_broken("x", ""))):
        for account in keys:
            office.post(f"{account}-{number}", account)
        office.order(*({**_write(account), **_broken(account, words[account])[number]} for account in keys))
        office.run("run")
        office.run("account", "list")
    office.run_read_commands()
    states = {delivery["state"] for delivery in office.run("status", "--all", "--json").json["deliveries"]}
    assert {"held", "unknown"} & states
    assert office.sandbox.faults.active_faults() == []
    assert office.leaks(keys) == []


def _refusal(account: str, secrets: Iterable[str]) -> dict[str, Any]:
    body = ANSWERS[account](echo(secrets))
    return {"channel": account, "fault": "status", "status": 401, "body": body, "count": 99}


def _write(account: str) -> dict[str, Any]:
    paths = {"x": "/2/tweets$", "instagram": "/media_publish$", "whatsapp": "/messages$"}
    return {"channel": account, "method": "POST", "path": paths[account]}


def _broken(account: str, words: str) -> list[dict[str, Any]]:
    return [
        {"fault": "status", "status": 502, "body": f"<html><title>{words}</title>{words}</html>"},
        {"fault": "garbage", "body": words},
        {"fault": "status", "status": 400, "body": ANSWERS[account](words)},
    ]

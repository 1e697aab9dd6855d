"""Between two tests the one sandbox is made as it was when it started (``tests.support.sandbox``)."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import RECIPIENT, WhatsAppClient, eventually, frozen
from tests.support.sandbox import reset
from tests.support.x_client import XClient


def _remembered(sandbox: Sandbox) -> dict[str, Any]:
    """Return everything in memory that the control endpoints and the platforms show."""
    world = sandbox.state
    accounts = {name: platform.accounts for name, platform in sandbox.platforms.items()}
    return {
        "world": (world.objects, world.requests, world.files, world.settings),
        "faults": sandbox.faults.active_faults(),
        "accounts": accounts,
    }


def test_nothing_of_an_earlier_test_remains(
    sandbox: Sandbox, http: requests.Session, x: XClient, own_sandbox: Callable[[], Sandbox]
) -> None:
    phone = WhatsAppClient(sandbox, http)
    phone.wrote()
    phone.set_option(rate=1)
    x.posted(text="satu")
    frozen(sandbox)
    http.put(f"{sandbox.url}/media/a.txt", data=b"words")
    http.post(f"{sandbox.url}/_sandbox/faults", json={"fault": "drop-before"})
    reset(sandbox)
    assert _remembered(sandbox) == _remembered(own_sandbox())
    assert abs(datetime.now(UTC) - sandbox.state.now()) < timedelta(minutes=10), "the clock goes again"
    assert not phone.send(to=RECIPIENT, type="text", text={"body": "Halo"}).ok, "the window is shut again"
    assert x.posted(text="satu"), "it is no duplicate"


@pytest.mark.parametrize("fault", ["hang-before", "hang-after"])
def test_a_request_that_hangs_is_cut_and_never_acts(
    sandbox: Sandbox, http: requests.Session, fault: str
) -> None:
    http.post(f"{sandbox.url}/_sandbox/faults", json={"channel": "media", "fault": fault})
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"PUT /media/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwords")
        eventually(lambda: bool(sandbox.state.requests))
        reset(sandbox)
        assert raw.recv(1) == b"", "the line is closed"
    assert (sandbox.state.requests, sandbox.state.files) == ([], {})


def test_a_request_that_was_not_accepted_yet_does_not_come_later(sandbox: Sandbox) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
            raw.sendall(b"PUT /media/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwords")
        reset(sandbox)
        assert (sandbox.state.requests, sandbox.state.files) == ([], {})

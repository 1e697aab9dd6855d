"""Clients of the sandbox (``tests.support.sandbox``), over real loopback sockets."""

from collections.abc import Iterator

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import InstagramClient, WhatsAppClient
from tests.support.x_client import XClient


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A plain client that trusts no environment variable (proxies, netrc)."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def x(sandbox: Sandbox) -> Iterator[XClient]:
    """A signed client of this test's sandbox."""
    client = XClient(sandbox)
    yield client
    client.session.close()


@pytest.fixture
def gram(sandbox: Sandbox, http: requests.Session) -> InstagramClient:
    """Instagram, as nobody has used it yet."""
    return InstagramClient(sandbox, http)


@pytest.fixture
def phone(sandbox: Sandbox, http: requests.Session) -> WhatsAppClient:
    """WhatsApp, as nobody has used it yet."""
    return WhatsAppClient(sandbox, http)

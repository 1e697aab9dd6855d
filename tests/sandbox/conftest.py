"""Clients of the sandbox (``tests.support.sandbox``), over real loopback sockets."""

from collections.abc import Iterator

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.support.meta_clients import Gram, Phone
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
def gram(sandbox: Sandbox, http: requests.Session) -> Gram:
    """Instagram, as nobody has used it yet."""
    return Gram(sandbox, http)


@pytest.fixture
def phone(sandbox: Sandbox, http: requests.Session) -> Phone:
    """WhatsApp, as nobody has used it yet."""
    return Phone(sandbox, http)

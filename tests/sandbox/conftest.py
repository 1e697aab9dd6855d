"""A fresh sandbox per test, spoken to over real loopback sockets."""

from collections.abc import Iterator

import pytest
import requests

from humaspost.sandbox.server import Sandbox
from tests.sandbox.meta import Gram, Phone, fresh
from tests.sandbox.x_client import XClient


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox that remembers nothing."""
    with Sandbox() as running:
        yield running


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


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    """One for all tests of a file, each of which begins it anew."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def gram(running: Sandbox, http: requests.Session) -> Gram:
    """Instagram, as nobody has used it yet."""
    return Gram(fresh(running), http)


@pytest.fixture
def phone(running: Sandbox, http: requests.Session) -> Phone:
    """WhatsApp, as nobody has used it yet."""
    return Phone(fresh(running), http)

"""A fresh sandbox per test, spoken to over real loopback sockets."""

from collections.abc import Iterator

import pytest
import requests

from humaspost.sandbox.server import Sandbox
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

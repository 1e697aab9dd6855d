"""The tests of a group run in one worker: pytest-xdist parts them silently where it does not fit pytest."""

import os

import pytest


@pytest.mark.xdist_group("groups")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="runs in a worker only")
def test_a_worker_knows_the_group_of_a_test(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@groups")

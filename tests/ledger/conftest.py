"""What tests of the ledger share."""

from collections.abc import Iterator

import pytest

from tests.support.ledger_office import Office


@pytest.fixture
def office() -> Iterator[Office]:
    """Return an office in memory, with no post yet."""
    made = Office()
    yield made
    made.ledger.close()

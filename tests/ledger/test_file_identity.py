"""A ledger that was moved or replaced under a process: nothing new is committed, what happened is recorded."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from humaspost.ledger.database import FILE, Ledger, create_empty, open_ledger
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.schema import meta
from tests.support.deadlines import SECOND

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def save(key: str) -> Callable[[Connection], object]:
    return lambda conn: conn.execute(insert(meta).values(key=key, value="1"))


def saved(state: Path) -> set[str]:
    ledger = open_ledger(state, now=NOW, create=False)
    try:
        with ledger.read() as conn:
            return set(conn.scalars(select(meta.c.key).where(meta.c.value == "1")))
    finally:
        ledger.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path / "state", now=NOW, create=True)
    opened.write(save("before"))
    yield opened
    opened.close()


@pytest.mark.parametrize("is_replaced", [False, True], ids=["moved", "replaced"])
def test_nothing_new_is_committed_and_outcomes_are(ledger: Ledger, tmp_path: Path, is_replaced: bool) -> None:
    ledger.check_path()
    (tmp_path / "state").rename(tmp_path / "moved")
    if is_replaced:
        open_ledger(tmp_path / "state", now=NOW, create=True).close()
    word = "replaced" if is_replaced else "moved away"
    with pytest.raises(LedgerReplacedError, match=word) as raised:
        ledger.check_path()
    assert "do not exchange the two" in raised.value.hint.lower()
    assert "humaspost restore OLD-LEDGER" in raised.value.hint
    with pytest.raises(LedgerReplacedError, match=word):
        ledger.write(save("directly"))
    committer = ledger.committer
    refused = committer.submit(save("intent"))
    outcome = committer.submit(save("outcome"), is_outcome=True)
    with pytest.raises(LedgerReplacedError, match=str(tmp_path / "state" / FILE)):
        refused.result(5 * SECOND)
    outcome.result(5 * SECOND)
    ledger.close()
    assert saved(tmp_path / "moved") == {"before", "outcome"}
    assert saved(tmp_path / "state") == set()


def test_it_goes_on_when_the_folder_is_back(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "state").rename(tmp_path / "moved")
    with pytest.raises(LedgerReplacedError):
        ledger.write(save("away"))
    (tmp_path / "moved").rename(tmp_path / "state")
    ledger.write(save("back"))
    assert saved(tmp_path / "state") == {"before", "back"}


def test_no_connection_is_opened_to_the_ledger_that_is_there_instead(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "state").rename(tmp_path / "moved")
    open_ledger(tmp_path / "state", now=NOW, create=True).close()
    with ledger.read() as first:
        assert first.scalar(select(meta.c.value).where(meta.c.key == "before")) == "1"
        # The one connection that was open is in use: this is another.
        with pytest.raises(LedgerReplacedError), ledger.read():
            pytest.fail("that is another ledger")


def test_a_ledger_in_memory_is_always_in_place() -> None:
    create_empty().check_path()

"""Receipts that a disk refuses for a moment: none is lost, and nobody waits for ever."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from humaspost.delivery.steps import receipts as module
from humaspost.delivery.steps.receipts import ReceiptQueue, ShuttingDown
from humaspost.ledger.deliveries.receipts import PublishedReceipt
from humaspost.ledger.schema import delivery
from humaspost.model.delivery import Receipt
from tests.delivery.conftest import FakeOffice
from tests.support.deadlines import SECOND

NOW = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)


class Disk:
    """A ledger's committer that refuses the first commit, once so many receipts wait for it."""

    def __init__(self, receipts: ReceiptQueue, waiting: int) -> None:
        self.receipts, self.waiting = receipts, waiting
        self.refused = 0
        self.committer = self

    def submit(self, work: Callable[[Any], None], *, is_outcome: bool) -> "Future[None]":
        """Do the work; fail the first time."""
        future: Future[None] = Future()
        end = time.monotonic() + 15 * SECOND
        while not self.refused and len(self.receipts._pending) < self.waiting and time.monotonic() < end:
            time.sleep(0.001)
        work(None)
        if self.refused:
            future.set_result(None)
        else:
            self.refused += 1
            future.set_exception(OSError("disk full"))
        return future


def test_a_refused_commit_gives_back_every_receipt_that_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[str]] = []

    def publish(_conn: Any, taken: list[PublishedReceipt], **_how: Any) -> None:
        written.append([item.key for item in taken])
        if len(written) > 1 and len(taken) < 3:
            receipts.shutting_down.set()  # the others would wait for ever: let them go, the test fails below

    receipts = ReceiptQueue()
    monkeypatch.setattr(module, "RETRY_DELAY", 0.001)
    monkeypatch.setattr(module.receipts, "mark_published", publish)
    monkeypatch.setattr(module.message_events, "apply_pending", lambda *_args, **_how: None)
    disk = Disk(receipts, waiting=3)
    errors: list[Exception] = []
    ledger: Any = SimpleNamespace(committer=disk)

    def keep(key: str) -> None:
        receipt = PublishedReceipt(key, 1, Receipt(key, NOW))
        with suppress(ShuttingDown):
            receipts.commit(ledger, receipt, now=NOW, on_error=errors.append)

    threads = [threading.Thread(target=keep, args=(key,), daemon=True) for key in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15 * SECOND)
    alive = [thread for thread in threads if thread.is_alive()]
    receipts.shutting_down.set()
    assert not alive
    assert [sorted(keys) for keys in written] == [["a", "b", "c"], ["a", "b", "c"]]
    assert [str(error) for error in errors] == ["disk full"]


def test_receipts_beside_one_that_cannot_be_recorded_reach_a_ledger_that_was_moved(
    fake_office: FakeOffice,
) -> None:
    """Written one by one, they were refused by the ledger that has their intents, and became unknown."""
    for post in "ab":
        fake_office.post(post)
    fake_office.schedule()
    now = fake_office.now()
    fake_office.ledger.write(lambda conn: conn.execute(update(delivery).values(state="sending", owner="me")))
    with fake_office.ledger.read() as conn:
        keys = dict(conn.execute(select(delivery.c.post, delivery.c.key)).all())
    queue = ReceiptQueue()
    bad, good = (
        module._PendingReceipt(PublishedReceipt(keys["a"], 1, Receipt("1", now.replace(tzinfo=None)))),
        module._PendingReceipt(PublishedReceipt(keys["b"], 1, Receipt("2", now))),
    )
    queue._pending = [bad, good]
    queue.shutting_down.set()  # a refusal would be tried again for ever
    moved = fake_office.folder.with_name("moved")
    fake_office.folder.rename(moved)
    errors: list[Exception] = []
    with suppress(ShuttingDown):
        queue._commit_batch(fake_office.ledger, now, errors.append)
    moved.rename(fake_office.folder)
    assert errors == []
    assert fake_office.states() == {"a": "sending", "b": "published"}

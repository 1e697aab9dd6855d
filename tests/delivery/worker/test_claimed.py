"""What a worker has claimed: each delivery once, whatever the ledger did meanwhile."""

from dataclasses import replace
from datetime import timedelta

from humaspost.delivery.worker.failures import Failure
from humaspost.delivery.worker.worker import AccountWorker
from humaspost.model.decision import Allow
from humaspost.model.errors import Rejected
from humaspost.model.rendition import Part, Rendition
from tests.delivery.conftest import FakeOffice
from tests.delivery.test_fan_out import add_recipients, to_all


def test_a_delivery_that_an_edit_gave_back_and_that_is_claimed_again_is_there_once(
    fake_office: FakeOffice,
) -> None:
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    worker = AccountWorker(engine.account_sessions[0], engine.sender, thread_count=1)
    until = fake_office.now() + timedelta(seconds=1)

    def claim() -> None:
        worker._claimed.claim(until=until, now=fake_office.now(), limit=10)
        worker._claimed.attach_preparations(fake_office.now())

    claim()
    fake_office.change("a", rendition=Rendition("square", (Part(1, "edited"),)))
    fake_office.schedule()
    claim()
    assert [claimed.post for claimed in worker._claimed] == ["a"]
    assert [claimed.preparation.part.text for claimed in worker._claimed] == ["edited"]


def test_who_publishes_one_post_expands_no_other(fake_office: FakeOffice) -> None:
    add_recipients(fake_office, "warga", range(3))
    for name in ("old", "one"):
        to_all(fake_office, name, "warga", ago=7200.0)
    fake_office.schedule()
    engine = fake_office.engine()
    sender = replace(engine.sender, only_post="one", decide=lambda _facts: Allow())
    worker = AccountWorker(engine.account_sessions[0], sender, thread_count=1)
    worker._claimed.claim(until=fake_office.now(), now=fake_office.now(), limit=10)
    # Nobody asked whether the other one may go: its people have no rows.
    assert {key.partition("/")[0] for key in fake_office.states()} == {"one"}


def test_a_claim_without_a_preparation_is_released_too(fake_office: FakeOffice) -> None:
    """A worker that stopped between claim and preparation left the delivery claimed by nobody that runs."""
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    worker = AccountWorker(engine.account_sessions[0], engine.sender, thread_count=1)
    worker._claimed.claim(until=fake_office.now(), now=fake_office.now(), limit=10)
    assert fake_office.states() == {"a": "preparing"}
    worker._claimed.release_all()
    assert fake_office.states() == {"a": "scheduled"}
    assert len(worker._claimed) == 0


def test_a_failure_of_an_earlier_claim_does_not_fail_the_edited_delivery(fake_office: FakeOffice) -> None:
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    worker = AccountWorker(engine.account_sessions[0], engine.sender, thread_count=1)
    worker._claimed.claim(until=fake_office.now(), now=fake_office.now(), limit=10)
    (row,) = worker._claimed._claimed_rows
    worker._failures.add(Failure(row.key, "a", Rejected("bug"), whole_post=True))
    fake_office.change("a", rendition=Rendition("square", (Part(1, "edited"),)))
    fake_office.schedule()
    worker._claimed.claim(until=fake_office.now(), now=fake_office.now(), limit=10)
    worker._failures.record()
    assert fake_office.states() == {"a": "preparing"}

"""The gate, one transaction at a time: what passes, what waits, and what the ledger holds afterwards."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from humaspost.ledger.deliveries import claims, preparations, receipts
from humaspost.ledger.deliveries.gate import Blocked, Deferred, Intent
from humaspost.ledger.deliveries.receipts import PublishedReceipt
from humaspost.ledger.schema import attempt, plan_row, quota_use, service_window
from humaspost.model.delivery import Receipt, State
from humaspost.model.post import PublishTime
from humaspost.model.rules import Quota, Rate
from tests.support.ledger_office import SOURCE, Office


def test_an_intent_is_committed_with_its_attempt(office: Office) -> None:
    office.plan("a", "kabar")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    assert (intent.post, intent.number, intent.part.text, intent.to) == ("a", 1, "kabar", None)
    assert office.states() == {"a/1": "sending"}
    with office.ledger.read() as conn:
        (row,) = conn.execute(select(attempt)).all()
    assert (row.key, row.number, row.owner, row.outcome) == (intent.key, 1, "me", None)


def test_a_claim_of_another_sender_does_not_pass(office: Office) -> None:
    office.plan("a")
    (row,) = office.claim()
    ticket = office.ticket(row)
    office.put(row.key, State.PREPARING, owner="somebody")
    (stopped,) = office.gate([ticket])
    assert isinstance(stopped, Blocked)
    assert stopped.reason == "not-claimed"
    assert office.states() == {"a/1": "preparing"}


def test_two_requests_for_one_delivery_pass_once_and_stop_no_other(office: Office) -> None:
    office.plan("a")
    office.plan("b")
    first, second = office.claim()
    results = office.gate([office.ticket(first), office.ticket(first), office.ticket(second)])
    assert [type(result) for result in results] == [Intent, Blocked, Intent]
    assert office.states() == {"a/1": "sending", "b/1": "sending"}


def test_a_text_edited_after_its_preparation_is_prepared_again(office: Office) -> None:
    office.plan("a", "dulu")
    (row,) = office.claim()
    ticket = office.ticket(row)
    office.plan("a", "sekarang")
    office.put(row.key, State.PREPARING, owner="me")
    (stopped,) = office.gate([ticket])
    assert isinstance(stopped, Blocked)
    assert office.states() == {"a/1": "scheduled"}
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    assert intent.part.text == "sekarang"


def test_one_delivery_with_two_claims_passes_once(office: Office) -> None:
    office.plan("a")
    (row,) = office.claim()
    office.put(row.key, State.SCHEDULED, owner=None)  # as `publish` does to what a sender has claimed
    (same,) = office.claim()
    intent, stopped = office.gate([office.ticket(row), office.ticket(same)])
    assert isinstance(intent, Intent)
    assert isinstance(stopped, Blocked)
    assert stopped.reason == "not-claimed"
    assert office.states() == {"a/1": "sending"}


def test_of_an_edited_text_with_two_claims_nothing_passes_unclaimed(office: Office) -> None:
    office.plan("a", "dulu")
    (row,) = office.claim()
    old = office.ticket(row)
    office.plan("a", "sekarang")
    (same,) = office.claim()
    results = office.gate([old, office.ticket(same)])
    assert [isinstance(result, Blocked) for result in results] == [True, True]
    assert office.states() == {"a/1": "scheduled"}


def test_the_first_write_of_a_fan_out_freezes_its_text_for_everybody(office: Office) -> None:
    office.enlist(["p1", "p2"])
    office.plan("a", "dulu", people=True)
    (first,) = office.send(limit=1)
    assert isinstance(first, Intent)
    office.plan("a", "sekarang", people=True)
    (second,) = office.send()
    assert isinstance(second, Intent)
    assert second.part.text == "dulu"
    with office.ledger.read() as conn:
        row = conn.execute(select(plan_row)).one()
    assert row.first_write_at == office.now
    assert row.changed


def test_of_what_was_prepared_for_one_write_only_one_takes_it(office: Office) -> None:
    office.plan("a", "sama")
    (row,) = office.claim()
    ticket = office.ticket(row, ready="media-1")
    keep = {"token": "media-1", "ready": True, "next_at": office.now, "failures": 0, "now": office.now}
    office.ledger.write(
        lambda conn: preparations.save_preparation(conn, office.account, ticket.part_hash, **keep)
    )
    (intent,) = office.gate([ticket])
    assert isinstance(intent, Intent)
    with office.ledger.read() as conn:
        assert preparations.load_preparation(conn, office.account, ticket.part_hash) is None


def test_what_was_prepared_and_is_another_now_is_not_used(office: Office) -> None:
    office.plan("a", "sama")
    (row,) = office.claim()
    ticket = office.ticket(row, ready="media-1")
    keep = {"token": "media-2", "ready": True, "next_at": office.now, "failures": 0, "now": office.now}
    office.ledger.write(
        lambda conn: preparations.save_preparation(conn, office.account, ticket.part_hash, **keep)
    )
    (stopped,) = office.gate([ticket])
    assert isinstance(stopped, Blocked)
    assert office.states() == {"a/1": "scheduled"}


def test_a_stopped_account_is_tried_with_one_write_at_a_time(office: Office) -> None:
    for name in "abc":
        office.plan(name)
    office.hold_account(hold="throttle", hold_until=office.now - timedelta(seconds=1))
    passages = office.send()
    assert [type(passage) for passage in passages] == [Intent, Deferred, Deferred]
    office.plan("d")
    (wait,) = office.send()
    assert isinstance(wait, Deferred)


def _throttled(office: Office, *, until: datetime) -> None:
    for name in "ab":
        office.plan(name)
    office.hold_account(hold="throttle", hold_until=until)
    assert [type(result) for result in office.send()] == [Blocked, Blocked]
    assert [office.states()[name] for name in ("a/1", "b/1")] == ["held throttle"] * 2


def test_what_a_throttle_held_is_tried_when_its_time_is_over(office: Office) -> None:
    until = office.now + timedelta(seconds=30)
    _throttled(office, until=until)
    assert office.send() == []
    with office.ledger.read() as conn:
        assert claims.get_next_due(conn, office.account) == until
    office.now = until
    assert [type(result) for result in office.send()] == [Intent, Deferred]


def test_what_a_throttle_held_goes_on_when_the_platform_answers(office: Office) -> None:
    office.plan("first")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    _throttled(office, until=office.now + timedelta(hours=1))
    receipt = PublishedReceipt(intent.key, intent.number, Receipt("1", office.now))
    office.ledger.write(lambda conn: receipts.mark_published(conn, [receipt], now=office.now, by_lookup=True))
    assert [office.states()[name] for name in ("a/1", "b/1")] == ["scheduled"] * 2


def test_free_text_goes_only_to_whom_the_window_is_open(office: Office) -> None:
    office.enlist(["open", "over", "never"])
    office.plan("a", people=True)
    rows = [
        {"account": office.account, "recipient": "open", "open_until": office.now + timedelta(seconds=1)},
        {"account": office.account, "recipient": "over", "open_until": office.now},
    ]
    office.ledger.write(lambda conn: conn.execute(insert(service_window), rows))
    intents = [passage for passage in office.send() if isinstance(passage, Intent) and passage.to]
    assert {intent.to.id: intent.to.service_window_open for intent in intents if intent.to} == {
        "open": True,
        "over": False,
        "never": False,
    }


def test_a_rate_is_kept_from_one_batch_to_the_next(office: Office) -> None:
    office.rates = (Rate("post", 1, 60.0, burst=1, source=SOURCE),)
    office.plan("a"), office.plan("b")
    tickets = [office.ticket(row) for row in office.claim()]
    first, second = office.gate(tickets)
    assert isinstance(first, Intent)
    assert isinstance(second, Deferred)
    (wait,) = office.gate(tickets[1:])
    assert isinstance(wait, Deferred)
    assert wait.until > office.now + timedelta(seconds=30)


def test_a_quota_keeps_a_twentieth_below_what_the_platform_allows(office: Office) -> None:
    office.quotas = (Quota("daily", 20, 86400.0, source=SOURCE),)
    for number in range(25):
        office.plan(f"p{number:02}")
    passages = office.send()
    assert sum(isinstance(passage, Intent) for passage in passages) == 19
    wait = passages[-1]
    assert isinstance(wait, Deferred)
    assert (wait.quota, wait.until) == ("daily", office.now + timedelta(days=1))
    with office.ledger.read() as conn:
        assert len(conn.execute(select(quota_use)).all()) == 19


def test_each_part_of_a_thread_answers_the_one_before_it(office: Office) -> None:
    office.plan("a", "satu", "dua", "tiga")
    answers = []
    for number in (1, 2, 3):
        (intent,) = office.send()
        assert isinstance(intent, Intent)
        answers.append((intent.part.text, intent.reply_to and intent.reply_to.remote_id))
        receipt = PublishedReceipt(intent.key, intent.number, Receipt(f"id-{number}", office.now))
        office.ledger.write(
            lambda conn, one=receipt: receipts.mark_published(conn, [one], now=office.now, by_lookup=False)
        )
    assert answers == [("satu", None), ("dua", "id-1"), ("tiga", "id-2")]


def test_a_post_that_repeats_another_passes_whatever_else_said_the_same(office: Office) -> None:
    office.plan("w-1", "same")
    assert isinstance(office.send()[0], Intent)
    office.plan("w-2", "same", repeats=("w-1",))
    assert isinstance(office.send()[0], Intent)
    office.plan("w-3", "same", repeats=("w-2", "w-1"))
    assert isinstance(office.send()[0], Intent)
    office.plan("copy", "same", repeats=("w-1",))
    assert isinstance(office.send()[0], Blocked)
    assert office.states()["copy/1"] == "failed same-text"


def test_a_post_passes_after_another_that_repeats_it(office: Office) -> None:
    office.plan("w-1", "same", due=_in_an_hour(office))
    office.plan("w-2", "same", repeats=("w-1",))
    assert isinstance(office.send()[0], Intent)
    office.now += timedelta(hours=1)
    assert isinstance(office.send()[0], Intent)


def _in_an_hour(office: Office) -> PublishTime:
    return PublishTime("2027-02-03T09:30", "Asia/Jakarta", office.now + timedelta(hours=1))

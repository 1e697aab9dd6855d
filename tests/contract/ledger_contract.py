"""What every database keeps for the ledger, whichever it is."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from humaspost.ledger import accounts
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import claims, outcomes, preparations, receipts, unknown_outcomes
from humaspost.ledger.deliveries.gate import Blocked, GateResult
from humaspost.ledger.holds import file_errors, pauses
from humaspost.ledger.people import marketing_preferences, recipients, service_windows
from humaspost.ledger.schema import (
    account,
    attempt,
    audience_member,
    delivery,
    marketing_preference,
    message_event,
    meta,
    quota_use,
    rate,
    recipient,
    service_window,
)
from humaspost.ledger.webhooks import message_events
from humaspost.model.account import Account
from humaspost.model.channel_event import MessageStatus
from humaspost.model.decision import Decision, GateFacts
from humaspost.model.delivery import Intent, Receipt, Stage, State
from humaspost.model.rules import Quota, Rate
from humaspost.policy.decide import decide
from tests.support.deadlines import SECOND
from tests.support.ledger_office import NOW, SOURCE, Office


class LedgerDatabase(Protocol):
    """A database that holds one ledger, made a day before NOW."""

    def connect(self) -> Ledger:
        """Open the ledger with connections of its own; who made the database closes it."""

    def write_elsewhere(self) -> None:
        """Commit anything to the ledger in another process."""


@dataclass
class _Both:
    """Two owners with connections of their own to one ledger."""

    first: Office
    second: Office

    def __iter__(self) -> Any:
        return iter((self.first, self.second))


def _at_once(*operations: Callable[[], Any]) -> list[Any]:
    """Run the operations in threads that start together; return the answers, raise what one of them raised."""
    start = threading.Barrier(len(operations))
    answers: list[Any] = [None] * len(operations)
    errors: list[BaseException] = []

    def run(number: int, operation: Callable[[], Any]) -> None:
        try:
            start.wait(30 * SECOND)
            answers[number] = operation()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=item) for item in enumerate(operations)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60 * SECOND)
    if errors:
        raise errors[0]
    return answers


def _intents(results: Sequence[GateResult]) -> list[Intent]:
    return [result for result in results if isinstance(result, Intent)]


def _count(ledger: Ledger, table: Any) -> int:
    with ledger.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def _row(ledger: Ledger, query: Any) -> Any:
    with ledger.read() as conn:
        return conn.execute(query).one()


def _status(word: str, *, key: str | None = None) -> MessageStatus:
    return MessageStatus(f"w1:{word}", NOW, key=key, remote_id="w1", stage=Stage(word), failure_code=None)


class LedgerContract:
    """A subclass has the fixture ``ledger_database``: a LedgerDatabase for one test."""

    @pytest.fixture
    def both(self, ledger_database: LedgerDatabase) -> _Both:
        """Return two owners of one account."""
        return _Both(*(Office(ledger_database.connect(), owner=name) for name in ("first", "second")))

    @pytest.fixture
    def office(self, both: _Both) -> Office:
        """Return one of the owners, where the other does nothing."""
        return both.first

    @pytest.fixture
    def ledger(self, ledger_database: LedgerDatabase) -> Ledger:
        """Return a ledger without accounts."""
        return ledger_database.connect()

    # -- claims ----------------------------------------------------------------------------------------

    def test_each_delivery_is_claimed_by_one_owner(self, both: _Both) -> None:
        posts = [f"p{number:02}" for number in range(40)]
        for post in posts:
            both.first.plan(post)

        def drain(office: Office) -> list[str]:
            claimed: list[str] = []
            while rows := office.claim(3):
                claimed += [row.post for row in rows]
            return claimed

        claimed = _at_once(*[lambda office=office: drain(office) for office in both])
        assert sorted(claimed[0] + claimed[1]) == posts

    def test_no_more_than_the_limit_is_claimed(self, office: Office) -> None:
        office.enlist(["p1", "p2", "p3"])
        office.plan("a", people=True), office.plan("b", people=True)
        assert [len(office.claim(limit)) for limit in (3, 1, 4)] == [3, 1, 2]

    def test_claims_come_by_priority_and_then_by_their_time(self, office: Office) -> None:
        # The names sort otherwise: no index of them gives this order by chance.
        for post, priority, minutes in (("c", 5, 0), ("d", 1, 0), ("a", 9, 1), ("e", 5, 1), ("b", 5, -1)):
            office.now = NOW - timedelta(minutes=minutes)
            office.plan(post, priority=priority)
        office.now = NOW + timedelta(minutes=2)
        assert [row.post for _ in range(6) for row in office.claim(1)] == ["d", "e", "c", "b", "a"]

    def test_a_dead_owner_makes_claims_free_and_writes_unknown(self, both: _Both) -> None:
        for post in "abcd":
            both.first.plan(post)
        (lost,) = _intents(both.first.send(1))
        (running,) = _intents(both.first.send(1))
        both.first.claim(1)
        assert self._recover(both.second, in_flight=[running.key]) == 1
        states = {key[0]: state for key, state in both.first.states().items()}
        expected = dict.fromkeys("abcd", "scheduled") | {
            running.post: "sending",
            lost.post: "unknown lookup",
        }
        assert states == expected
        assert self._recover(both.second, in_flight=[running.key]) == 0

    def _recover(self, office: Office, *, in_flight: Collection[str]) -> int:
        def work(conn: Connection) -> int:
            return claims.recover_orphans(
                conn, in_flight=in_flight, now=office.now, first_check_delay=lambda _account: 30.0
            )

        return office.ledger.write(work)

    # -- the gate --------------------------------------------------------------------------------------

    def test_the_gate_commits_an_intent_of_the_owner_only(self, both: _Both) -> None:
        both.first.plan("a")
        (request,) = [both.first.ticket(row) for row in both.first.claim()]
        (refused,) = both.second.gate([request])
        assert isinstance(refused, Blocked)
        assert _count(both.second.ledger, attempt) == 0
        (intent,) = both.first.gate([request])
        assert isinstance(intent, Intent)
        row = _row(both.second.ledger, select(attempt))
        assert (row.key, row.number, row.owner, row.started_at) == (intent.key, 1, "first", NOW)

    def test_a_claim_that_two_bring_to_the_gate_is_written_once(self, both: _Both) -> None:
        both.second.owner = both.first.owner
        for number in range(10):
            both.first.plan(f"p{number}")
        requests = [both.first.ticket(row) for row in both.first.claim()]
        results = _at_once(*[lambda office=office: office.gate(requests) for office in both])
        keys = [intent.key for intent in _intents(results[0] + results[1])]
        assert sorted(keys) == sorted(request.key for request in requests)
        assert _count(both.first.ledger, attempt) == 10

    def test_an_intent_is_wholly_before_or_after_a_pause(self, both: _Both) -> None:
        both.first.plan("a")
        in_flight: list[int] = []
        pausing = threading.Thread(target=lambda: in_flight.append(self._pause(both.second)))

        def decide_during_pause(facts: GateFacts) -> Decision:
            decision = decide(facts)
            # A pause that can be committed between the rule and the intent has the time for it here.
            pausing.start()
            pausing.join(0.2)
            return decision

        both.first.decide = decide_during_pause
        committed = _intents(both.first.send())
        pausing.join(60 * SECOND)
        assert in_flight == [len(committed)]

    def test_no_intent_is_committed_after_a_pause(self, both: _Both) -> None:
        for post in "ab":
            both.first.plan(post)
        requests = [both.first.ticket(row) for row in both.first.claim()]
        assert len(_intents(both.first.gate(requests[:1]))) == 1
        assert self._pause(both.second) == 1
        assert _intents(both.first.gate(requests[1:])) == []
        assert both.second.states()["b/1"] == "held pause"
        assert both.second.ledger.write(lambda conn: pauses.end_pauses(conn, now=NOW)) == 1
        assert len(_intents(both.first.send())) == 1

    def _pause(self, office: Office) -> int:
        return office.ledger.write(
            lambda conn: pauses.start_pause(conn, "flood", except_types=(), now=office.now)
        )

    def test_a_gate_that_fails_stores_nothing(self, office: Office) -> None:
        office.quotas = (Quota("daily", 20, 86400.0, source=SOURCE),)
        office.rates = (Rate("post", 60, 60.0, burst=60, source=SOURCE),)
        office.plan("a"), office.plan("b")
        requests = [office.ticket(row) for row in office.claim()]
        decisions: list[Decision] = []

        def fail_at_the_second(facts: GateFacts) -> Decision:
            if decisions:
                raise OSError("the machine stops here")
            decisions.append(decide(facts))
            return decisions[0]

        office.decide = fail_at_the_second
        with pytest.raises(OSError, match="stops here"):
            office.gate(requests)
        assert set(office.states().values()) == {"preparing"}
        assert [_count(office.ledger, table) for table in (attempt, quota_use, rate)] == [0, 0, 0]

    def test_two_owners_never_exceed_a_quota(self, both: _Both) -> None:
        for office in both:
            office.quotas = (Quota("daily", 20, 86400.0, source=SOURCE),)
        for number in range(30):
            both.first.plan(f"p{number:02}")
        requests = [[office.ticket(row) for row in office.claim(15)] for office in both]

        def gate_singly(office: Office, number: int) -> int:
            return sum(len(_intents(office.gate([request]))) for request in requests[number])

        counts = _at_once(
            *[lambda n=n, office=office: gate_singly(office, n) for n, office in enumerate(both)]
        )
        # A twentieth of the platform's figure is kept back.
        assert sum(counts) == _count(both.first.ledger, quota_use) == 19

    def test_two_owners_never_exceed_a_rate(self, both: _Both) -> None:
        for office in both:
            office.rates = (Rate("post", 100, 1.0, burst=1, source=SOURCE),)
        for number in range(20):
            both.first.plan(f"p{number:02}")
        requests = [[office.ticket(row) for row in office.claim(10)] for office in both]

        def gate_singly(office: Office, number: int) -> list[Intent]:
            return _intents([result for request in requests[number] for result in office.gate([request])])

        sent = _at_once(*[lambda n=n, office=office: gate_singly(office, n) for n, office in enumerate(both)])
        slots = sorted(intent.at for intent in sent[0] + sent[1])
        assert len(slots) > 5
        # 95 of the 100 a second, to the microsecond in which a slot is named.
        shortest = timedelta(seconds=1 / 95) - timedelta(microseconds=2)
        assert min(later - earlier for earlier, later in pairwise(slots)) >= shortest

    # -- outcomes --------------------------------------------------------------------------------------

    def test_a_receipt_publishes_what_was_written_and_moves_nothing_else(self, office: Office) -> None:
        moved: dict[State, State] = {}
        for number, state in enumerate(State):
            key = self._put(office, state, post=f"p{number}")
            receipt = receipts.PublishedReceipt(key, 1, Receipt(f"r{number}", NOW))
            office.ledger.write(
                lambda conn, receipt=receipt: receipts.mark_published(
                    conn, [receipt], now=NOW, by_lookup=False
                )
            )
            moved[state] = State(_row(office.ledger, select(delivery).where(delivery.c.key == key)).state)
        expected = {state: state for state in State}
        assert moved == expected | dict.fromkeys((State.SENDING, State.UNKNOWN), State.PUBLISHED)

    def test_a_failure_ends_only_a_write(self, office: Office) -> None:
        moved: dict[State, set[State]] = {}
        for number, state in enumerate(State):
            key = self._put(office, state, post=f"p{number}")
            for record in (self._reschedule, self._mark_unknown):
                office.put(key, state, published_at=NOW)
                record(office, key)
                found = _row(office.ledger, select(delivery).where(delivery.c.key == key)).state
                moved.setdefault(state, set()).add(State(found))
        assert moved.pop(State.SENDING) == {State.SCHEDULED, State.UNKNOWN}
        assert moved == {state: {state} for state in State if state is not State.SENDING}

    def _put(self, office: Office, state: State, *, post: str = "a") -> str:
        """Plan a post and set its delivery to ``state``, as if it had been written once."""
        office.plan(post)
        key = office.key(post)
        office.put(key, state, published_at=NOW, attempts=1)
        return key

    def _reschedule(self, office: Office, key: str) -> None:
        office.ledger.write(lambda conn: outcomes.reschedule(conn, key, 1, at=NOW, now=NOW))

    def _mark_unknown(self, office: Office, key: str, *, first_check_delay: float = 5.0) -> None:
        office.ledger.write(
            lambda conn: outcomes.mark_unknown(
                conn, key, 1, code="timeout", detail="", now=NOW, first_check_delay=first_check_delay
            )
        )

    def test_an_unknown_outcome_is_checked_by_its_time(self, office: Office) -> None:
        waits = {"b": 2.0, "a": 1.0, "c": 90.0}
        for post in waits:
            office.plan(post)
        for intent in _intents(office.send()):
            self._mark_unknown(office, intent.key, first_check_delay=waits[intent.post])
        with office.ledger.read() as conn:
            due = unknown_outcomes.list_due(conn, now=NOW + timedelta(minutes=1))
        assert [row.post for row in due] == ["a", "b"]

    # -- what the tables refuse ------------------------------------------------------------------------

    def test_what_is_published_has_a_time(self, office: Office) -> None:
        office.plan("a")
        with pytest.raises(IntegrityError):
            office.put(office.key("a"), State.PUBLISHED, published_at=None)
        assert office.states() == {"a/1": "scheduled"}

    def test_an_account_of_a_platform_has_one_row(self, ledger: Ledger) -> None:
        mine = {"channel": "x", "platform_id": "42"}
        ledger.write(lambda conn: conn.execute(insert(account).values(id="1", name="one", **mine)))
        with pytest.raises(IntegrityError):
            ledger.write(lambda conn: conn.execute(insert(account).values(id="2", name="two", **mine)))

    def test_an_attempt_has_one_row(self, office: Office) -> None:
        office.plan("a")
        office.send()
        columns = {column.name: column for column in attempt.c if column.name != "id"}
        again = insert(attempt).from_select(list(columns), select(*columns.values()))
        with pytest.raises(IntegrityError):
            office.ledger.write(lambda conn: conn.execute(again))

    def test_a_member_of_a_list_is_in_the_register(self, ledger: Ledger) -> None:
        ledger.write(lambda conn: recipients.create_audience(conn, "warga", file="w.csv", now=NOW))
        row = {"audience": "warga", "recipient": "stranger"}
        with pytest.raises(IntegrityError):
            ledger.write(lambda conn: conn.execute(insert(audience_member).values(row)))

    # -- transactions ----------------------------------------------------------------------------------

    def test_a_write_that_fails_stores_nothing(self, ledger: Ledger) -> None:
        def fail(conn: Connection) -> None:
            conn.execute(insert(meta).values(key="a", value="1"))
            raise OSError("the machine stops here")

        with pytest.raises(OSError, match="stops here"):
            ledger.write(fail)
        # The committer's thread writes from here on, and puts several operations into one transaction.
        futures = [ledger.committer.submit(work) for work in (_save("b"), fail, _save("c"))]
        assert isinstance(futures[1].exception(30 * SECOND), OSError)
        futures[0].result(30 * SECOND), futures[2].result(30 * SECOND)
        with ledger.read() as conn:
            keys = conn.scalars(select(meta.c.key).where(meta.c.key.in_(["a", "b", "c"]))).all()
        assert sorted(keys) == ["b", "c"]

    def test_a_read_sees_one_state(self, ledger_database: LedgerDatabase) -> None:
        reader, writer = ledger_database.connect(), ledger_database.connect()
        a_row = select(func.count()).where(meta.c.key == "a")
        with reader.read() as conn:
            assert conn.scalar(a_row) == 0
            writer.write(_save("a"))
            assert conn.scalar(a_row) == 0
        with reader.read() as conn:
            assert conn.scalar(a_row) == 1

    def test_what_two_commands_add_is_there_once(self, ledger_database: LedgerDatabase) -> None:
        ledgers = [ledger_database.connect() for _ in range(2)]
        configured = Account("square", "square", {}, "@square")
        ids = _at_once(
            *[
                lambda ledger=ledger: ledger.write(lambda conn: accounts.ensure_account(conn, configured))
                for ledger in ledgers
            ]
        )
        assert ids[0] == ids[1]
        assert _count(ledgers[0], account) == 1

    def test_a_write_of_another_process_is_a_change(
        self, ledger_database: LedgerDatabase, ledger: Ledger
    ) -> None:
        changed = ledger.watch_changes()
        assert changed()
        assert not changed()
        ledger_database.write_elsewhere()
        assert changed()
        assert not changed()

    # -- inserts that meet a row -----------------------------------------------------------------------

    def test_a_second_insert_keeps_the_row_or_updates_it(self, office: Office) -> None:
        def work(conn: Connection) -> None:
            for ready, token in ((False, "first"), (True, "second")):
                preparations.save_preparation(
                    conn, office.account, "hash", token=token, ready=ready, next_at=NOW, failures=0, now=NOW
                )
            for code in ("one", "two"):
                file_errors.save_file_errors(conn, [("a.md", code)])

        office.ledger.write(work)
        with office.ledger.read() as conn:
            assert preparations.is_available(conn, office.account, "hash", token="second")
            assert file_errors.load_file_errors(conn) == [("a.md", "two")]

    def test_people_are_registered_and_listed_once(self, ledger: Ledger) -> None:
        def work(conn: Connection) -> None:
            recipients.create_audience(conn, "warga", file="w.csv", now=NOW)
            for name in ("first", "second"):
                recipients.add_recipients(conn, [("+6281", name, None), (f"+62{name}", "", None)], now=NOW)
            ids = list(conn.scalars(select(recipient.c.id)))
            recipients.add_members(conn, "warga", ids[:2])
            recipients.add_members(conn, "warga", ids)
            recipients.remove_members(conn, "warga", ids[2:])

        ledger.write(work)
        assert _row(ledger, select(recipient.c.name).where(recipient.c.phone == "+6281")).name == "first"
        assert (_count(ledger, recipient), _count(ledger, audience_member)) == (3, 2)

    def test_the_newest_report_of_a_person_counts(self, office: Office) -> None:
        office.enlist(["r"])
        older, newer = NOW - timedelta(hours=1), NOW

        def work(conn: Connection) -> None:
            for at in (newer, older):
                service_windows.open_window(conn, office.account, "r", at=at)
                marketing_preferences.record_preference(
                    conn, office.account, "r", marketing=at == newer, at=at
                )

        office.ledger.write(work)
        window = _row(office.ledger, select(service_window.c.open_until))
        assert window.open_until == newer + service_windows.DURATION
        preference = _row(office.ledger, select(marketing_preference))
        assert (preference.marketing, preference.stated_at) == (True, newer)

    def test_a_duplicate_webhook_is_kept_once(self, both: _Both) -> None:
        events = [_status(word) for word in ("accepted", "sent", "delivered")]

        def receive(office: Office) -> None:
            for event in events:
                office.ledger.write(
                    lambda conn, event=event: message_events.receive_events(
                        conn, office.account, [event], is_opt_out=lambda _text: False, now=NOW
                    )
                )

        _at_once(*[lambda office=office: receive(office) for office in both])
        assert _count(both.first.ledger, message_event) == 3

    # -- values ----------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "time",
        [
            datetime(2027, 2, 3, 1, 30, 0, 1, tzinfo=UTC),
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ],
    )
    def test_a_time_is_kept_to_the_microsecond(self, office: Office, time: datetime) -> None:
        office.hold_account(hold_until=time)
        found = office.account_row().hold_until
        assert (found, found.utcoffset()) == (time, timedelta(0))

    def test_a_time_in_seconds_is_kept_to_the_microsecond(self, office: Office) -> None:
        seconds = NOW.timestamp() + 0.000_001
        row = {"account": office.account, "name": "post", "recipient": "", "tat": seconds}
        office.ledger.write(lambda conn: conn.execute(insert(rate).values(row)))
        assert _row(office.ledger, select(rate.c.tat)).tat == seconds

    def test_times_sort_as_they_pass_and_texts_by_their_code_points(self, office: Office) -> None:
        times = [NOW + timedelta(microseconds=step) for step in (-1, 0, 1, 10, 1_000_000)]
        texts = ["", "A", "Z", "a", "ab", "é", "🌊"]
        uses = [{"account": office.account, "name": "n", "at": at} for at in reversed(times)]

        def work(conn: Connection) -> None:
            conn.execute(insert(quota_use), uses)
            conn.execute(insert(meta), [{"key": f"k{text}", "value": text} for text in reversed(texts)])

        office.ledger.write(work)
        is_new = meta.c.key.startswith("k")
        with office.ledger.read() as conn:
            assert list(conn.scalars(select(quota_use.c.at).order_by(quota_use.c.at))) == times
            assert list(conn.scalars(select(meta.c.value).where(is_new).order_by(meta.c.key))) == texts
            assert conn.scalar(select(func.max(meta.c.value)).where(is_new)) == texts[-1]

    def test_an_edited_text_goes_out_only_where_nothing_was_written(self, office: Office) -> None:
        office.enlist(["p1", "p2"])
        office.plan("news", "first text", people=True)
        assert len(_intents(office.send(1))) == 1
        office.plan("news", "second text", people=True)
        (waiting,) = office.claim()
        frozen = _row(office.ledger, select(attempt.c.rendition)).rendition
        assert waiting.rendition == frozen
        office.put(waiting.key, State.SCHEDULED, use_latest_rendition=True)
        (waiting,) = office.claim()
        assert waiting.rendition != frozen


def _save(key: str) -> Callable[[Connection], Any]:
    return lambda conn: conn.execute(insert(meta).values(key=key, value="1"))

"""What becomes of a delivery, with real lanes and a real ledger."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.delivery.worker.account_check import verify_account
from humaspost.delivery.worker.worker import AccountWorker
from humaspost.ledger import accounts, senders
from humaspost.ledger.deliveries import restore_gap, unknown_outcomes
from humaspost.ledger.errors import LedgerReplacedError
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.model.account import TemplateStatusChange
from humaspost.model.channel import LookupSchedule
from humaspost.model.delivery import Proof, Receipt
from humaspost.model.errors import (
    AuthFailed,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from humaspost.model.plan import NotPlanned
from humaspost.model.post import Late, PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.model.rules import Rate
from tests.delivery.conftest import FakeOffice, soon
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE


def live(error: Exception) -> Exception:
    """The error of a write that did land."""
    error.was_published = True
    return error


def test_a_due_post_is_published_once(fake_office: FakeOffice):
    fake_office.post("a", "hear, hear")
    fake_office.run()
    fake_office.run()
    assert fake_office.channel.published == [("hear, hear", None, None)]
    assert fake_office.states() == {"a": "published"}


def test_an_engine_that_cannot_start_every_worker_starts_none(
    fake_office: FakeOffice, monkeypatch: pytest.MonkeyPatch
):
    """The daemon starts it again and again: each time another worker of the first account ran beside the others."""
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    other = fake_office.engine().account_sessions[0]
    engine.account_sessions = [*engine.account_sessions, other]
    started, original = [], AccountWorker.start

    def start(worker: AccountWorker) -> None:
        if worker.account_session is other:
            raise RuntimeError("can't start new thread")
        original(worker)
        started.append(worker)

    with monkeypatch.context() as patch:
        patch.setattr(AccountWorker, "start", start)
        for _try in range(3):
            with pytest.raises(RuntimeError, match="can't start new thread"):
                engine.start()
    assert len(started) == 3
    assert not any(worker._thread.is_alive() for worker in started)
    engine.account_sessions = engine.account_sessions[:1]
    engine.start()
    fake_office.drain(engine)
    assert engine.stop(timeout=15 * SECOND) == 0
    assert len(fake_office.channel.published) == 1


def test_a_file_that_changed_is_read_again_before_anything_of_it_is_sent(fake_office: FakeOffice):
    fake_office.post("a", "the old words")
    fake_office.schedule()
    fake_office.ticks = True
    fake_office.file_states = ["changed"]
    engine = fake_office.engine()

    def rescan() -> None:
        fake_office.post("a", "the new words")
        fake_office.schedule()

    engine.start()
    assert engine.drain(idle_for=timedelta(seconds=2), deadline=30 * SECOND, rescan=rescan)
    assert engine.stop(timeout=15 * SECOND) == 0
    assert [text for text, _to, _reply in fake_office.channel.published] == ["the new words"]


def test_a_file_that_is_never_what_was_read_ends_the_drain_and_is_not_sent(fake_office: FakeOffice):
    fake_office.post("a")
    fake_office.schedule()
    fake_office.ticks = True
    fake_office.file_states = ["changed"] * 1_000
    rescans = []
    engine = fake_office.engine()
    engine.start()
    patient = timedelta(seconds=10)
    assert not engine.drain(idle_for=patient, deadline=60 * SECOND, rescan=lambda: rescans.append(1))
    engine.stop(timeout=15 * SECOND)
    assert (len(rescans), fake_office.states()) == (5, {"a": "scheduled"})


def test_what_is_not_due_waits(fake_office: FakeOffice):
    fake_office.post("a", ago=-3600)
    fake_office.run()
    assert fake_office.channel.published == []
    assert fake_office.states() == {"a": "scheduled"}


def test_a_thread_goes_part_by_part_each_answering_the_last(fake_office: FakeOffice):
    fake_office.post("a", "one", "two", "three")
    fake_office.run()
    assert fake_office.channel.published == [("one", None, None), ("two", None, "1"), ("three", None, "2")]


def test_a_thread_stops_behind_an_unknown_part(fake_office: FakeOffice):
    fake_office.channel.responses = [None, UnknownOutcome("timeout")]
    fake_office.post("a", "one", "two", "three")
    fake_office.run()
    assert fake_office.states()["a/2"].startswith("unknown")
    assert fake_office.states()["a/3"] == "held part 2"
    assert len(fake_office.channel.published) == 1


def test_a_correction_answers_what_it_corrects(fake_office: FakeOffice):
    fake_office.post("a", "wrong", ago=5)
    fake_office.run()
    fake_office.post("b", "right", replies_to="a")
    fake_office.run()
    assert fake_office.channel.published[-1] == ("right", None, "1")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Transient("dns"), "scheduled"),
        (RateLimited("429", retry_at=datetime.now(UTC) + timedelta(hours=1)), "scheduled"),
        (QuotaExceeded("402", resets_at=None), "held quota"),
        (QuotaExceeded("cap", resets_at=datetime.now(UTC) + timedelta(hours=1)), "scheduled"),
        (Rejected("too-long"), "failed too-long"),
        (AuthFailed("401"), "held login"),
        (UnknownOutcome("timeout"), "unknown lookup"),
        (KeyError("our own mistake"), "unknown lookup"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_ends_in_its_state(fake_office: FakeOffice, error, state):
    fake_office.channel.lookup_result = Proof.ABSENT_SO_FAR
    fake_office.channel.responses = [error]
    fake_office.post("a")
    fake_office.run()
    assert fake_office.states() == {"a": state}
    assert fake_office.channel.published == []


def test_an_unknown_outcome_is_matched_and_no_duplicate_is_sent(fake_office: FakeOffice):
    fake_office.channel.responses = [live(UnknownOutcome("timeout"))]
    fake_office.post("a", "once")
    fake_office.run()
    fake_office.channel.lookup_result = Receipt("77", datetime.now(UTC), "https://square.example/77")
    fake_office.run()
    assert fake_office.states() == {"a": "published found"}
    assert len(fake_office.channel.published) == 1


@pytest.mark.parametrize(
    "lookup_result", [Transient("reset"), OverflowError("an id of 400 digits")], ids=repr
)
def test_a_lookup_that_breaks_proves_nothing_and_keeps_no_other_waiting(
    fake_office: FakeOffice, lookup_result
):
    fake_office.channel.responses = [UnknownOutcome("timeout"), UnknownOutcome("timeout")]
    fake_office.channel.lookup_result = lookup_result
    fake_office.post("a")
    fake_office.post("b")
    fake_office.run()
    fake_office.run()
    assert {h.post for h in fake_office.events if h.kind == "check-failed"} == {"a", "b"}
    assert [h for h in fake_office.events if h.kind == "checked"] == []
    assert set(fake_office.states().values()) == {"unknown lookup"}
    with fake_office.ledger.read() as conn:
        proofs = {
            look.proof
            for row in delivery_lists.list_deliveries(conn)
            for look in unknown_outcomes.list_lookups(conn, row.key)
        }
    assert proofs == {Proof.NO_ANSWER}


def test_nothing_is_sent_again_because_a_lookup_got_no_answer(fake_office: FakeOffice):
    """``on_unknown = "retry"`` sends again what was looked for and not found."""
    fake_office.on_unknown = "retry"
    fake_office.channel.lookup_schedule = LookupSchedule((0.0,))
    fake_office.channel.responses = [live(UnknownOutcome("timeout"))]
    fake_office.channel.lookup_result = Transient("http-503")
    fake_office.post("a")
    for minutes in (0, 1, 20, 40, 60 * 25):
        fake_office.shift = timedelta(minutes=minutes)
        fake_office.run()
        assert len(fake_office.channel.published) == 1
    assert fake_office.states() == {"a": "unknown decision"}
    fake_office.channel.responses = [UnknownOutcome("timeout")]
    fake_office.channel.lookup_result = Proof.ABSENT_SO_FAR
    fake_office.post("b")
    fake_office.run()
    fake_office.run()
    # As delivery tells: looked for, not there, and due again within half a minute.
    fake_office.shift += timedelta(minutes=1)
    fake_office.run()
    assert len(fake_office.channel.published) == 2
    assert fake_office.states() == {"a": "unknown decision", "b": "published"}


def test_a_lookup_that_was_not_answered_is_repeated_in_a_quarter_of_an_hour(fake_office: FakeOffice):
    fake_office.channel.responses = [live(UnknownOutcome("timeout"))]
    fake_office.channel.lookup_result = Transient("http-503")
    fake_office.channel.lookup_schedule = LookupSchedule((0.0,))
    fake_office.post("a")
    fake_office.run()
    fake_office.run()
    fake_office.channel.lookup_result = Receipt("77", datetime.now(UTC))
    fake_office.run()
    assert fake_office.states() == {"a": "unknown lookup"}
    fake_office.shift = timedelta(minutes=16)
    fake_office.run()
    assert fake_office.states() == {"a": "published found"}


def test_a_post_that_another_delivery_holds_settles_no_unknown_outcome(fake_office: FakeOffice):
    fake_office.channel.responses = [UnknownOutcome("timeout")]
    fake_office.channel.lookup_schedule = LookupSchedule((60.0,), "the square")
    fake_office.post("a")
    fake_office.run()
    fake_office.post("b")
    fake_office.run()
    fake_office.channel.lookup_result = Receipt("1", datetime.now(UTC))  # the id of b
    fake_office.shift = timedelta(seconds=61)
    fake_office.run()
    assert fake_office.states() == {"a": "unknown decision", "b": "published"}
    assert fake_office.channel.lookups[-1].used_remote_ids == {"1"}


def test_a_later_attempt_is_checked_since_the_first_that_possibly_landed(fake_office: FakeOffice):
    """A 403 `duplicate` on the second try speaks of the first."""
    fake_office.channel.responses = [live(UnknownOutcome("timeout")), UnknownOutcome("duplicate")]
    fake_office.post("a")
    fake_office.run()
    fake_office.run()
    with fake_office.ledger.read() as conn:
        (row,) = delivery_lists.list_deliveries(conn)
    fake_office.ledger.write(lambda conn: unknown_outcomes.retry(conn, [row.key], now=fake_office.now()))
    fake_office.run()
    fake_office.run()
    first, last = fake_office.channel.lookups[0], fake_office.channel.lookups[-1]
    assert (first.number, last.number, last.code) == (1, 2, "duplicate")
    assert last.started_at == first.started_at


def test_an_unknown_that_is_proved_absent_is_sent(fake_office: FakeOffice):
    fake_office.channel.responses = [UnknownOutcome("timeout")]
    fake_office.post("a")
    fake_office.run()
    fake_office.channel.lookup_result = Proof.ABSENT_PROVEN
    fake_office.run()
    assert fake_office.states() == {"a": "published"}
    assert len(fake_office.channel.published) == 1


def test_an_unknown_outcome_without_a_lookup_waits_for_a_person(fake_office: FakeOffice):
    fake_office.channel.responses = [UnknownOutcome("timeout")]
    fake_office.post("a")
    for _ in range(3):
        fake_office.run()
    assert fake_office.states() == {"a": "unknown decision"}
    assert fake_office.channel.published == []


@pytest.mark.parametrize(
    ("late", "state"),
    [(Late.ASK, "missed late"), (Late.SKIP, "expired late"), (Late.PUBLISH, "published")],
)
def test_late_is_never_now_unless_the_post_allows_it(fake_office: FakeOffice, late, state):
    fake_office.post("a", ago=7200, late=late)
    fake_office.run()
    assert fake_office.states() == {"a": state}


def test_within_its_grace_a_late_post_goes_out(fake_office: FakeOffice):
    fake_office.post("a", ago=3000)
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_expired_is_never_published(fake_office: FakeOffice):
    past = fake_office.now() - timedelta(seconds=1)
    fake_office.post("a", ago=30, late=Late.PUBLISH, expires=PublishTime("", "UTC", past))
    fake_office.run()
    assert fake_office.states() == {"a": "expired expires"}


def test_what_was_due_before_the_ledger_was_made_is_never_sent(fake_office: FakeOffice):
    fake_office.post("a", ago=3 * 86400, late=Late.PUBLISH)
    fake_office.run()
    assert fake_office.states() == {"a": "missed before-ledger"}


@pytest.mark.parametrize(
    "more", [{"late": Late.SKIP}, {"expires": PublishTime("", "UTC", datetime(2021, 1, 1, tzinfo=UTC))}]
)
def test_a_post_that_was_over_before_the_ledger_was_made_needs_no_person(fake_office: FakeOffice, more):
    fake_office.post("a", ago=3 * 86400, **more)
    fake_office.run()
    assert fake_office.states()["a"].startswith("expired")


def test_a_thread_that_expired_is_expired_to_its_last_part(fake_office: FakeOffice):
    soon = PublishTime("", "UTC", fake_office.now() + timedelta(minutes=3))
    fake_office.channel.responses = [None, Transient("dns")]
    fake_office.post("a", "one", "two", "three", expires=soon)
    fake_office.run()
    fake_office.shift = timedelta(minutes=5)
    fake_office.run()
    assert fake_office.states() == {
        "a/1": "published",
        "a/2": "expired expires",
        "a/3": "expired part 2",
    }


def test_a_pause_stops_and_a_resume_frees_within_the_grace(fake_office: FakeOffice):
    fake_office.ledger.write(
        lambda conn: pauses.start_pause(conn, "mourning", except_types=[], now=fake_office.now())
    )
    fake_office.post("a")
    fake_office.run()
    assert fake_office.states() == {"a": "held pause"}
    fake_office.ledger.write(lambda conn: pauses.end_pauses(conn, now=fake_office.now()))
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_a_pause_lets_its_exceptions_pass(fake_office: FakeOffice):
    fake_office.ledger.write(
        lambda conn: pauses.start_pause(conn, "m", except_types=["siaran-pers"], now=fake_office.now())
    )
    fake_office.post("a")
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_a_draft_holds_what_was_scheduled_and_lets_it_go_again(fake_office: FakeOffice):
    fake_office.post("a", ago=-3600)
    fake_office.schedule()
    row = fake_office.rows.pop()
    fake_office.held = [NotPlanned("a", row.file, row.title, "draft")]
    fake_office.schedule()
    assert fake_office.states() == {"a": "held file"}
    fake_office.rows, fake_office.held = [row], []
    fake_office.schedule()
    assert fake_office.states() == {"a": "scheduled"}


def test_one_deleted_file_holds_its_post(fake_office: FakeOffice):
    for name in "abcdef":
        fake_office.post(name, ago=-3600)
    fake_office.schedule()
    fake_office.rows = fake_office.rows[1:]
    fake_office.schedule()
    assert fake_office.states()["a"] == "held file"


def test_many_files_deleted_at_once_change_nothing(fake_office: FakeOffice):
    for name in "abcdef":
        fake_office.post(name, ago=-3600)
    fake_office.schedule()
    fake_office.rows = fake_office.rows[4:]
    assert len(fake_office.schedule().vanished) == 4
    assert set(fake_office.states().values()) == {"scheduled"}


def test_a_missing_folder_changes_nothing(fake_office: FakeOffice):
    fake_office.post("a", ago=-3600)
    fake_office.schedule()
    fake_office.rows = []
    assert fake_office.schedule(folder_missing=True).vanished == ("a",)
    assert fake_office.states() == {"a": "scheduled"}


def test_a_text_fixed_before_is_followed_and_after_is_only_noted(fake_office: FakeOffice):
    fake_office.post("a", "old", ago=-3600)
    fake_office.schedule()
    fake_office.change("a", rendition=Rendition("square", (Part(1, "new"),)))
    fake_office.change("a", due=fake_office.post("a", "new").due)
    fake_office.run()
    fake_office.change("a", rendition=Rendition("square", (Part(1, "newest"),)))
    fake_office.run()
    assert [text for text, _to, _reply in fake_office.channel.published] == ["new"]
    with fake_office.ledger.read() as conn:
        assert totals.list_by_post(conn)[0].changed


def test_a_failed_post_follows_its_fixed_file(fake_office: FakeOffice):
    fake_office.channel.responses = [Rejected("too-long")]
    fake_office.post("a", "much too long")
    fake_office.run()
    fake_office.run()
    assert fake_office.states() == {"a": "failed too-long"}
    fake_office.change("a", rendition=Rendition("square", (Part(1, "short"),)))
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_a_missed_post_with_a_new_date_goes_out(fake_office: FakeOffice):
    fake_office.post("a", ago=7200)
    fake_office.run()
    fake_office.post("a", ago=1)
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_the_same_text_under_another_id_is_refused_unless_it_repeats(fake_office: FakeOffice):
    fake_office.post("a", "same", ago=5)
    fake_office.run()
    fake_office.post("b", "same")
    fake_office.post("c", "same", repeats=("a",))
    fake_office.run()
    assert fake_office.states() == {"a": "published", "b": "failed same-text", "c": "published"}


@pytest.mark.parametrize("owner", ["dead", "me"], ids=["another process", "an engine of this process"])
def test_a_delivery_of_a_dead_owner_is_unknown_or_free(fake_office: FakeOffice, owner: str):
    """The sender opened its office again after a reload, and took what its former engine had claimed for alive."""
    from humaspost.ledger.deliveries import claims
    from humaspost.ledger.deliveries.gate import Gate, GateRequest

    fake_office.post("a", "sent?")
    fake_office.post("b", "claimed")
    fake_office.schedule()
    dead = fake_office.engine(owner)
    line = dead.account_sessions[0]

    def die(conn):
        rows = claims.claim_due(
            conn, line.account_id, owner=owner, until=fake_office.now(), now=fake_office.now(), limit=5
        )
        row = next(r for r in rows if r.post == "a")
        gate = Gate(
            conn, line.account_id, owner, line.rules, dead.sender.decide, fake_office.now(), timedelta(1)
        )
        return gate.decide_all([GateRequest(row.key, Part(1, "sent?").hash, None)])

    fake_office.ledger.write(die)
    fake_office.channel.lookup_result = Proof.ABSENT_SO_FAR
    fake_office.run()
    assert fake_office.states()["a"].startswith("unknown")
    assert fake_office.states()["b"] == "published"
    assert [text for text, _to, _reply in fake_office.channel.published] == ["claimed"]


def test_a_write_that_a_former_engine_still_makes_is_not_taken_for_lost(fake_office: FakeOffice):
    import threading

    answer = threading.Event()
    fake_office.channel.on_publish = lambda _part: answer.wait(60 * SECOND)
    fake_office.post("a")
    fake_office.schedule()
    former = fake_office.engine()
    former.start()
    assert soon(lambda: fake_office.states() == {"a": "sending"})
    assert former.stop(timeout=0.1, is_final=False) == 1
    engine = fake_office.engine()
    engine.sender = former.sender
    try:
        assert engine.start() == 0
        assert fake_office.states() == {"a": "sending"}
        answer.set()
        assert soon(lambda: fake_office.states() == {"a": "published"})
    finally:
        answer.set()
        assert engine.stop(timeout=15 * SECOND) == 0


def test_preparation_is_shared_and_kept(fake_office: FakeOffice):
    fake_office.channel.steps = 3
    fake_office.post("a", "prepared")
    fake_office.run()
    assert fake_office.channel.prepared == 4
    assert fake_office.states() == {"a": "published"}


def test_three_unknown_outcomes_in_a_row_stop_the_worker(fake_office: FakeOffice):
    fake_office.channel.responses = [UnknownOutcome("reset")] * 9
    for name in "abcdefg":
        fake_office.post(name)
    fake_office.run()
    states = list(fake_office.states().values())
    assert states.count("unknown lookup") + states.count("unknown decision") <= 4
    assert fake_office.channel.published == []


def test_a_wrong_login_holds_the_account_before_anything_is_sent(fake_office: FakeOffice):
    fake_office.channel.login = AuthFailed("401", "expired")
    fake_office.post("a")
    fake_office.run()
    assert fake_office.channel.published == []
    assert fake_office.states() == {"a": "held login"}
    fake_office.channel.login = None
    account_id = fake_office.engine().account_sessions[0].account_id
    fake_office.ledger.write(
        lambda conn: account_holds.release_account(conn, account_id, now=fake_office.now())
    )
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_a_post_due_after_a_release_is_not_held_by_a_lookup_from_before_it(fake_office: FakeOffice):
    """Whoever looked while the account was held, and writes after it was released, would hold it for good."""
    fake_office.post("a")
    fake_office.schedule()
    account_id = fake_office.engine().account_sessions[0].account_id
    fake_office.ledger.write(
        lambda conn: account_holds.hold_account(conn, account_id, "login", now=fake_office.now())
    )
    fake_office.ledger.write(
        lambda conn: account_holds.release_account(conn, account_id, now=fake_office.now())
    )
    assert (
        fake_office.ledger.write(lambda conn: account_holds.hold_due(conn, account_id, now=fake_office.now()))
        is False
    )
    assert fake_office.states() == {"a": "scheduled"}


@pytest.mark.parametrize("due", [["b"], []], ids=["something is due", "nothing is due"])
def test_after_a_template_status_change_the_next_sender_fetches_the_templates(fake_office: FakeOffice, due):
    fake_office.post("a")
    fake_office.run()
    fake_office.run()
    assert fake_office.channel.status_fetches == 1
    account_id = fake_office.engine().account_sessions[0].account_id
    later = fake_office.now() + timedelta(minutes=1)
    fake_office.ledger.write(
        lambda conn: accounts.record_template_change(
            conn, account_id, TemplateStatusChange("siaran", "id"), at=later
        )
    )
    for name in due:
        fake_office.post(name)
    fake_office.run()
    fake_office.run()
    assert fake_office.channel.status_fetches == 2


def test_a_broken_channel_is_not_queried_without_end(fake_office: FakeOffice):
    asked = []

    def broken(config, context):
        asked.append(1)
        raise RuntimeError("no secret is told")

    fake_office.channel.open = broken
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    fake_office.drain(engine, patience=10)
    assert engine.stop(timeout=15 * SECOND) == 0
    assert len(asked) == 1
    assert fake_office.states() == {"a": "scheduled"}
    assert not any("no secret is told" in told.detail for told in fake_office.events)


def test_an_account_with_login_but_without_write_access_is_not_queried_at_once(fake_office: FakeOffice):
    fake_office.channel.responses = [AuthFailed("25", "restricted")] * 50
    for name in "abc":
        fake_office.post(name)
    fake_office.run()
    fake_office.run()
    assert len(fake_office.channel.responses) >= 47
    assert set(fake_office.states().values()) == {"held login"}


def test_a_restriction_that_lets_one_log_in_is_ended_by_a_person_only(fake_office: FakeOffice):
    """Every ten minutes a login succeeded, and the backlog was pushed into the block again."""
    fake_office.channel.responses = [AuthFailed("131048", "spam", persistent=True)] * 9
    fake_office.post("a")
    fake_office.run()
    left = len(fake_office.channel.responses)
    fake_office.shift = timedelta(minutes=30)
    fake_office.post("b")
    fake_office.run()
    assert len(fake_office.channel.responses) == left
    assert set(fake_office.states().values()) == {"held login"}
    fake_office.channel.responses = []
    (line,) = fake_office.engine().account_sessions
    assert verify_account(line, fake_office.sender(), force=True) is None
    fake_office.run()
    assert set(fake_office.states().values()) == {"held login"}, (
        "a question that somebody's news led to is no person"
    )
    fake_office.ledger.write(
        lambda conn: account_holds.acknowledge(conn, line.account_id, now=fake_office.now())
    )
    fake_office.run()
    assert set(fake_office.states().values()) == {"published"}


def test_a_ledger_that_is_moved_during_the_check_of_an_account_is_no_problem_of_it(fake_office: FakeOffice):
    (line,) = fake_office.engine().account_sessions
    moved = fake_office.folder.with_name("moved")
    fake_office.folder.rename(moved)
    with pytest.raises(LedgerReplacedError):
        verify_account(line, fake_office.sender())
    moved.rename(fake_office.folder)
    assert fake_office.events == []


def test_an_allowance_that_is_spent_on_the_query_itself_is_not_queried_every_half_minute(
    fake_office: FakeOffice,
):
    """It asked on, for money that was not there, and `status` called the post scheduled."""
    fake_office.channel.login = QuotaExceeded("402", "credits depleted", resets_at=None)
    fake_office.post("a")
    for _ in range(3):
        fake_office.run()
        fake_office.shift += timedelta(minutes=1)
    assert fake_office.states() == {"a": "held quota"}
    assert fake_office.channel.identity_requests == 1
    fake_office.channel.login = None
    account_id = fake_office.engine().account_sessions[0].account_id
    fake_office.ledger.write(
        lambda conn: account_holds.release_account(conn, account_id, now=fake_office.now())
    )
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_a_released_account_is_checked_at_once_by_the_sender_that_runs(fake_office: FakeOffice):
    """A person mended the login, and the daemon looked again ten minutes later."""
    fake_office.channel.login = AuthFailed("401")
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        fake_office.drain(engine)
        assert fake_office.states() == {"a": "held login"}
        fake_office.channel.login = None
        line = engine.account_sessions[0]
        fake_office.ledger.write(
            lambda conn: account_holds.release_account(conn, line.account_id, now=fake_office.now())
        )
        engine.wake()
        fake_office.drain(engine)
        assert fake_office.states() == {"a": "published"}
    finally:
        engine.stop(timeout=15 * SECOND)


def test_a_suspected_spam_block_is_ended_by_a_person_only(fake_office: FakeOffice):
    fake_office.channel.lookup_result = Proof.ABSENT_SO_FAR
    fake_office.channel.responses = [UnknownOutcome("2207051", scope=Scope.ACCOUNT)]
    fake_office.post("a", ago=5)
    fake_office.run()
    fake_office.post("b")
    fake_office.shift = timedelta(minutes=30)
    fake_office.run()
    assert fake_office.states()["b"] == "held quota"
    assert fake_office.channel.published == []


def test_more_than_five_seconds_between_gate_and_socket_sends_nothing(fake_office: FakeOffice):
    def jump(_sender=None):
        fake_office.shift = timedelta(hours=1)

    from humaspost.delivery.steps.send import send_intent

    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    from humaspost.ledger.deliveries import claims
    from humaspost.ledger.deliveries.gate import Gate, GateRequest

    line = engine.account_sessions[0]

    def go(conn):
        claims.claim_due(
            conn, line.account_id, owner="me", until=fake_office.now(), now=fake_office.now(), limit=5
        )
        gate = Gate(
            conn, line.account_id, "me", line.rules, engine.sender.decide, fake_office.now(), timedelta(1)
        )
        row = delivery_lists.list_deliveries(conn)[0]
        return gate.decide_all([GateRequest(row.key, Part(1, "a").hash, None)])[0]

    intent = fake_office.ledger.write(go)
    jump()
    import time

    send_intent(line, engine.sender, intent, gated_monotonic=time.monotonic())
    assert fake_office.channel.published == []
    assert fake_office.states() == {"a": "scheduled"}


def test_a_rate_is_kept(fake_office: FakeOffice):
    fake_office.ticks = True
    fake_office.channel.rates = (Rate("write", 10, 1.0, 1, SOURCE),)
    stamps = []
    fake_office.channel.on_publish = lambda _part: stamps.append(fake_office.now())
    for number in range(6):
        fake_office.post(f"p{number}")
    began = fake_office.now()
    fake_office.run()
    assert len(stamps) == 6
    # A thread may be late, never early; that no two slots are too near is the property of `gcra`.
    for number, stamp in enumerate(sorted(stamps)):
        assert stamp >= began + number * timedelta(seconds=0.1)


def test_a_ledger_that_refuses_to_the_end_does_not_keep_the_process(fake_office: FakeOffice):
    import sqlite3
    import threading

    def break_it(_part=None):
        with sqlite3.connect(fake_office.ledger.path) as db:
            db.execute("ALTER TABLE attempt RENAME TO gone")

    fake_office.channel.on_publish = break_it
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    assert soon(lambda: any("attempt" in told.detail for told in fake_office.events))
    assert engine.stop(timeout=0.1) == 1
    assert soon(lambda: not any(t.name.startswith("square") for t in threading.enumerate()))


@pytest.mark.parametrize("ago", [60.0, 600.0], ids=["due since", "due before"])
def test_an_overdue_post_of_a_restored_ledger_is_not_sent_by_itself(fake_office: FakeOffice, ago):
    """A file that the backup never saw may have gone out since, late, though its date lies before the backup."""
    seen = fake_office.now() - timedelta(seconds=300)
    fake_office.ledger.write(
        lambda conn: senders.record_start(conn, "o", command="run", pid=1, host="h", now=seen)
    )
    fake_office.ledger.write(lambda conn: restore_gap.start_restore_gap(conn, now=fake_office.now()))
    fake_office.post("a", ago=ago)
    fake_office.post("later", ago=-3600)
    fake_office.run()
    assert fake_office.states() == {"a": "unknown restored", "later": "scheduled"}
    assert fake_office.channel.published == []


def test_when_the_ledger_is_moved_away_the_outcome_is_recorded_and_nothing_more_is_sent(
    fake_office: FakeOffice,
) -> None:
    """A state folder was renamed under `schedule`, which sent on from it what a new ledger had sent already."""
    fake_office.ticks = True
    fake_office.post("a")
    fake_office.post("b", ago=-1.0)
    fake_office.schedule()
    moved = fake_office.folder.with_name("moved")
    fake_office.channel.on_publish = lambda _part: fake_office.folder.rename(moved)
    engine = fake_office.engine()
    try:
        engine.start()
        with pytest.raises(LedgerReplacedError):
            engine.drain(idle_for=timedelta(seconds=5), deadline=30 * SECOND)
    finally:
        assert engine.stop(timeout=15 * SECOND) == 0
    moved.rename(fake_office.folder)
    assert [text for text, *_ in fake_office.channel.published] == ["a"]
    assert fake_office.states() == {"a": "published", "b": "scheduled"}

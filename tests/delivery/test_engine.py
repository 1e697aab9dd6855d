"""What becomes of a delivery, with real lanes and a real ledger."""

from datetime import UTC, datetime, timedelta

import pytest

from humaspost.delivery.worker.account_check import verify_account
from humaspost.ledger import accounts, senders
from humaspost.ledger.deliveries import restore_gap, unknown_outcomes
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
from tests.delivery.conftest import soon
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE


def live(error: Exception) -> Exception:
    """The error of a write that did land."""
    error.cried = True
    return error


def test_a_due_post_is_published_once(town):
    town.post("a", "hear, hear")
    town.run()
    town.run()
    assert town.square.cried == [("hear, hear", None, None)]
    assert town.states() == {"a": "published"}


def test_what_is_not_due_waits(town):
    town.post("a", ago=-3600)
    town.run()
    assert town.square.cried == []
    assert town.states() == {"a": "scheduled"}


def test_a_thread_goes_part_by_part_each_answering_the_last(town):
    town.post("a", "one", "two", "three")
    town.run()
    assert town.square.cried == [("one", None, None), ("two", None, "1"), ("three", None, "2")]


def test_a_thread_stops_behind_an_unknown_part(town):
    town.square.script = [None, UnknownOutcome("timeout")]
    town.post("a", "one", "two", "three")
    town.run()
    assert town.states()["a/2"].startswith("unknown")
    assert town.states()["a/3"] == "held part 2"
    assert len(town.square.cried) == 1


def test_a_correction_answers_what_it_corrects(town):
    town.post("a", "wrong", ago=5)
    town.run()
    town.post("b", "right", replies_to="a")
    town.run()
    assert town.square.cried[-1] == ("right", None, "1")


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
def test_each_error_ends_in_its_state(town, error, state):
    town.square.found = Proof.ABSENT_SO_FAR
    town.square.script = [error]
    town.post("a")
    town.run()
    assert town.states() == {"a": state}
    assert town.square.cried == []


def test_an_unknown_is_found_and_nothing_is_sent_twice(town):
    town.square.script = [live(UnknownOutcome("timeout"))]
    town.post("a", "once")
    town.run()
    town.square.found = Receipt("77", datetime.now(UTC), "https://square.example/77")
    town.run()
    assert town.states() == {"a": "published found"}
    assert len(town.square.cried) == 1


@pytest.mark.parametrize("found", [Transient("reset"), OverflowError("an id of 400 digits")], ids=repr)
def test_a_look_that_breaks_proves_nothing_and_keeps_no_other_waiting(town, found):
    town.square.script = [UnknownOutcome("timeout"), UnknownOutcome("timeout")]
    town.square.found = found
    town.post("a")
    town.post("b")
    town.run()
    town.run()
    assert {h.post for h in town.told if h.kind == "check-failed"} == {"a", "b"}
    assert [h for h in town.told if h.kind == "checked"] == []
    assert set(town.states().values()) == {"unknown lookup"}
    with town.ledger.read() as conn:
        proofs = {
            look.proof
            for row in delivery_lists.list_deliveries(conn)
            for look in unknown_outcomes.list_lookups(conn, row.key)
        }
    assert proofs == {Proof.NO_ANSWER}


def test_nothing_is_sent_again_because_nobody_answered_the_question(town):
    """``on_unknown = "retry"`` sends again what was looked for and not found."""
    town.on_unknown = "retry"
    town.square.looks = LookupSchedule((0.0,))
    town.square.script = [live(UnknownOutcome("timeout"))]
    town.square.found = Transient("http-503")
    town.post("a")
    for minutes in (0, 1, 20, 40, 60 * 25):
        town.shift = timedelta(minutes=minutes)
        town.run()
        assert len(town.square.cried) == 1
    assert town.states() == {"a": "unknown decision"}
    town.square.script = [UnknownOutcome("timeout")]
    town.square.found = Proof.ABSENT_SO_FAR
    town.post("b")
    town.run()
    town.run()
    # As delivery tells: looked for, not there, and due again within half a minute.
    town.shift += timedelta(minutes=1)
    town.run()
    assert len(town.square.cried) == 2
    assert town.states() == {"a": "unknown decision", "b": "published"}


def test_a_question_that_was_not_answered_is_asked_again_in_a_quarter_of_an_hour(town):
    town.square.script = [live(UnknownOutcome("timeout"))]
    town.square.found = Transient("http-503")
    town.square.looks = LookupSchedule((0.0,))
    town.post("a")
    town.run()
    town.run()
    town.square.found = Receipt("77", datetime.now(UTC))
    town.run()
    assert town.states() == {"a": "unknown lookup"}
    town.shift = timedelta(minutes=16)
    town.run()
    assert town.states() == {"a": "published found"}


def test_what_another_delivery_holds_settles_no_doubt(town):
    town.square.script = [UnknownOutcome("timeout")]
    town.square.looks = LookupSchedule((60.0,), "the square")
    town.post("a")
    town.run()
    town.post("b")
    town.run()
    town.square.found = Receipt("1", datetime.now(UTC))  # the id of b
    town.shift = timedelta(seconds=61)
    town.run()
    assert town.states() == {"a": "unknown decision", "b": "published"}
    assert town.square.sought[-1].taken == {"1"}


def test_a_later_attempt_is_looked_for_since_the_first_that_may_have_landed(town):
    """A 403 `duplicate` on the second try speaks of the first."""
    town.square.script = [live(UnknownOutcome("timeout")), UnknownOutcome("duplicate")]
    town.post("a")
    town.run()
    town.run()
    with town.ledger.read() as conn:
        (row,) = delivery_lists.list_deliveries(conn)
    town.ledger.write(lambda conn: unknown_outcomes.retry(conn, [row.key], now=town.now()))
    town.run()
    town.run()
    first, last = town.square.sought[0], town.square.sought[-1]
    assert (first.number, last.number, last.code) == (1, 2, "duplicate")
    assert last.started_at == first.started_at


def test_an_unknown_that_is_proved_absent_is_sent(town):
    town.square.script = [UnknownOutcome("timeout")]
    town.post("a")
    town.run()
    town.square.found = Proof.ABSENT_PROVEN
    town.run()
    assert town.states() == {"a": "published"}
    assert len(town.square.cried) == 1


def test_an_unknown_that_nobody_can_tell_is_left_to_a_person(town):
    town.square.script = [UnknownOutcome("timeout")]
    town.post("a")
    for _ in range(3):
        town.run()
    assert town.states() == {"a": "unknown decision"}
    assert town.square.cried == []


@pytest.mark.parametrize(
    ("late", "state"),
    [(Late.ASK, "missed late"), (Late.SKIP, "expired late"), (Late.PUBLISH, "published")],
)
def test_late_is_never_now_unless_the_post_says_so(town, late, state):
    town.post("a", ago=7200, late=late)
    town.run()
    assert town.states() == {"a": state}


def test_within_its_grace_a_late_post_goes_out(town):
    town.post("a", ago=3000)
    town.run()
    assert town.states() == {"a": "published"}


def test_expired_is_never_published(town):
    past = town.now() - timedelta(seconds=1)
    town.post("a", ago=30, late=Late.PUBLISH, expires=PublishTime("", "UTC", past))
    town.run()
    assert town.states() == {"a": "expired expires"}


def test_what_was_due_before_the_ledger_was_made_is_never_sent(town):
    town.post("a", ago=3 * 86400, late=Late.PUBLISH)
    town.run()
    assert town.states() == {"a": "missed before-ledger"}


@pytest.mark.parametrize(
    "more", [{"late": Late.SKIP}, {"expires": PublishTime("", "UTC", datetime(2021, 1, 1, tzinfo=UTC))}]
)
def test_what_was_over_before_the_ledger_was_made_needs_nobody(town, more):
    town.post("a", ago=3 * 86400, **more)
    town.run()
    assert town.states()["a"].startswith("expired")


def test_a_thread_that_expired_is_expired_to_its_last_part(town):
    soon = PublishTime("", "UTC", town.now() + timedelta(minutes=3))
    town.square.script = [None, Transient("dns")]
    town.post("a", "one", "two", "three", expires=soon)
    town.run()
    town.shift = timedelta(minutes=5)
    town.run()
    assert town.states() == {
        "a/1": "published",
        "a/2": "expired expires",
        "a/3": "expired part 2",
    }


def test_a_pause_stops_and_a_resume_frees_within_the_grace(town):
    town.ledger.write(lambda conn: pauses.start_pause(conn, "mourning", except_types=[], now=town.now()))
    town.post("a")
    town.run()
    assert town.states() == {"a": "held pause"}
    town.ledger.write(lambda conn: pauses.end_pauses(conn, now=town.now()))
    town.run()
    assert town.states() == {"a": "published"}


def test_a_pause_lets_its_exceptions_pass(town):
    town.ledger.write(
        lambda conn: pauses.start_pause(conn, "m", except_types=["siaran-pers"], now=town.now())
    )
    town.post("a")
    town.run()
    assert town.states() == {"a": "published"}


def test_a_draft_holds_what_was_scheduled_and_lets_it_go_again(town):
    town.post("a", ago=-3600)
    town.schedule()
    row = town.rows.pop()
    town.held = [NotPlanned("a", row.file, row.title, "draft")]
    town.schedule()
    assert town.states() == {"a": "held file"}
    town.rows, town.held = [row], []
    town.schedule()
    assert town.states() == {"a": "scheduled"}


def test_one_file_that_is_gone_holds_its_post(town):
    for name in "abcdef":
        town.post(name, ago=-3600)
    town.schedule()
    town.rows = town.rows[1:]
    town.schedule()
    assert town.states()["a"] == "held file"


def test_many_files_gone_at_once_change_nothing(town):
    for name in "abcdef":
        town.post(name, ago=-3600)
    town.schedule()
    town.rows = town.rows[4:]
    assert len(town.schedule().vanished) == 4
    assert set(town.states().values()) == {"scheduled"}


def test_a_folder_gone_changes_nothing(town):
    town.post("a", ago=-3600)
    town.schedule()
    town.rows = []
    assert town.schedule(folder_gone=True).vanished == ("a",)
    assert town.states() == {"a": "scheduled"}


def test_a_text_mended_before_is_followed_and_after_is_only_noted(town):
    town.post("a", "old", ago=-3600)
    town.schedule()
    town.change("a", rendition=Rendition("square", (Part(1, "new"),)))
    town.change("a", due=town.post("a", "new").due)
    town.run()
    town.change("a", rendition=Rendition("square", (Part(1, "newest"),)))
    town.run()
    assert [text for text, _to, _reply in town.square.cried] == ["new"]
    with town.ledger.read() as conn:
        assert totals.list_by_post(conn)[0]["changed"]


def test_a_failed_post_follows_its_mended_file(town):
    town.square.script = [Rejected("too-long")]
    town.post("a", "much too long")
    town.run()
    town.run()
    assert town.states() == {"a": "failed too-long"}
    town.change("a", rendition=Rendition("square", (Part(1, "short"),)))
    town.run()
    assert town.states() == {"a": "published"}


def test_a_missed_post_with_a_new_date_goes_out(town):
    town.post("a", ago=7200)
    town.run()
    town.post("a", ago=1)
    town.run()
    assert town.states() == {"a": "published"}


def test_the_same_text_under_another_id_is_refused_unless_it_repeats(town):
    town.post("a", "same", ago=5)
    town.run()
    town.post("b", "same")
    town.post("c", "same", repeats="a")
    town.run()
    assert town.states() == {"a": "published", "b": "failed same-text", "c": "published"}


def test_what_a_dead_owner_left_is_unknown_or_free(town):
    from humaspost.ledger.deliveries import claims
    from humaspost.ledger.deliveries.gate import Gate, GateRequest

    town.post("a", "sent?")
    town.post("b", "claimed")
    town.schedule()
    dead = town.engine("dead")
    line = dead.lines[0]

    def die(conn):
        rows = claims.claim_due(conn, line.id, owner="dead", until=town.now(), now=town.now(), limit=5)
        row = next(r for r in rows if r.post == "a")
        gate = Gate(conn, line.id, "dead", line.rules, dead.sender.decide, town.now(), timedelta(1))
        return gate.decide_all([GateRequest(row.key, Part(1, "sent?").hash, None)])

    town.ledger.write(die)
    town.square.found = Proof.ABSENT_SO_FAR
    town.run()
    assert town.states()["a"].startswith("unknown")
    assert town.states()["b"] == "published"
    assert [text for text, _to, _reply in town.square.cried] == ["claimed"]


def test_preparation_is_shared_and_kept(town):
    town.square.steps = 3
    town.post("a", "prepared")
    town.run()
    assert town.square.prepared == 4
    assert town.states() == {"a": "published"}


def test_three_doubts_in_a_row_stop_the_lane(town):
    town.square.script = [UnknownOutcome("reset")] * 9
    for name in "abcdefg":
        town.post(name)
    town.run()
    states = list(town.states().values())
    assert states.count("unknown lookup") + states.count("unknown decision") <= 4
    assert town.square.cried == []


def test_a_wrong_login_holds_the_account_before_anything_is_sent(town):
    town.square.login = AuthFailed("401", "expired")
    town.post("a")
    town.run()
    assert town.square.cried == []
    assert town.states() == {"a": "held login"}
    town.square.login = None
    account_id = town.engine().lines[0].id
    town.ledger.write(lambda conn: account_holds.release_account(conn, account_id, now=town.now()))
    town.run()
    assert town.states() == {"a": "published"}


def test_what_comes_due_after_a_release_is_not_held_by_a_look_from_before_it(town):
    """Whoever looked while the account was held, and writes after it was released, would hold it for good."""
    town.post("a")
    town.schedule()
    account_id = town.engine().lines[0].id
    town.ledger.write(lambda conn: account_holds.hold_account(conn, account_id, "login", now=town.now()))
    town.ledger.write(lambda conn: account_holds.release_account(conn, account_id, now=town.now()))
    assert town.ledger.write(lambda conn: account_holds.hold_due(conn, account_id, now=town.now())) is False
    assert town.states() == {"a": "scheduled"}


@pytest.mark.parametrize("due", [["b"], []], ids=["something is due", "nothing is due"])
def test_after_a_verdict_on_a_template_the_next_sender_asks_what_there_is(town, due):
    town.post("a")
    town.run()
    town.run()
    assert town.square.surveyed == 1
    account_id = town.engine().lines[0].id
    later = town.now() + timedelta(minutes=1)
    town.ledger.write(
        lambda conn: accounts.record_template_change(
            conn, account_id, TemplateStatusChange("siaran", "id"), at=later
        )
    )
    for name in due:
        town.post(name)
    town.run()
    town.run()
    assert town.square.surveyed == 2


def test_a_channel_that_is_broken_is_not_asked_without_end(town):
    asked = []

    def broken(config, door):
        asked.append(1)
        raise RuntimeError("no secret is told")

    town.square.open = broken
    town.post("a")
    town.schedule()
    engine = town.engine()
    engine.start()
    town.drain(engine, patience=10)
    assert engine.stop(within=15 * SECOND) == 0
    assert len(asked) == 1
    assert town.states() == {"a": "scheduled"}
    assert not any("no secret is told" in told.detail for told in town.told)


def test_an_account_that_may_log_in_but_not_write_is_not_asked_at_once(town):
    town.square.script = [AuthFailed("25", "restricted")] * 50
    for name in "abc":
        town.post(name)
    town.run()
    town.run()
    assert len(town.square.script) >= 47
    assert set(town.states().values()) == {"held login"}


def test_a_restriction_that_lets_one_log_in_is_ended_by_a_person_only(town):
    """Every ten minutes a login succeeded, and the backlog was pushed into the block again."""
    town.square.script = [AuthFailed("131048", "spam", persistent=True)] * 9
    town.post("a")
    town.run()
    left = len(town.square.script)
    town.shift = timedelta(minutes=30)
    town.post("b")
    town.run()
    assert len(town.square.script) == left
    assert set(town.states().values()) == {"held login"}
    town.square.script = []
    (line,) = town.engine().lines
    assert verify_account(line, town.sender(), force=True) is None
    town.run()
    assert set(town.states().values()) == {"held login"}, (
        "a question that somebody's news led to is no person"
    )
    town.ledger.write(lambda conn: account_holds.acknowledge(conn, line.id, now=town.now()))
    town.run()
    assert set(town.states().values()) == {"published"}


def test_an_allowance_that_is_spent_on_the_question_itself_is_not_asked_for_every_half_minute(town):
    """It asked on, for money that was not there, and `status` called the post scheduled."""
    town.square.login = QuotaExceeded("402", "credits depleted", resets_at=None)
    town.post("a")
    for _ in range(3):
        town.run()
        town.shift += timedelta(minutes=1)
    assert town.states() == {"a": "held quota"}
    assert town.square.asked == 1
    town.square.login = None
    account_id = town.engine().lines[0].id
    town.ledger.write(lambda conn: account_holds.release_account(conn, account_id, now=town.now()))
    town.run()
    assert town.states() == {"a": "published"}


def test_a_released_account_is_asked_at_once_by_the_sender_that_runs(town):
    """A person mended the login, and the daemon looked again ten minutes later."""
    town.square.login = AuthFailed("401")
    town.post("a")
    town.schedule()
    engine = town.engine()
    engine.start()
    try:
        town.drain(engine)
        assert town.states() == {"a": "held login"}
        town.square.login = None
        line = engine.lines[0]
        town.ledger.write(lambda conn: account_holds.release_account(conn, line.id, now=town.now()))
        engine.wake()
        town.drain(engine)
        assert town.states() == {"a": "published"}
    finally:
        engine.stop(within=15 * SECOND)


def test_a_suspected_spam_block_is_ended_by_a_person_only(town):
    town.square.found = Proof.ABSENT_SO_FAR
    town.square.script = [UnknownOutcome("2207051", scope=Scope.ACCOUNT)]
    town.post("a", ago=5)
    town.run()
    town.post("b")
    town.shift = timedelta(minutes=30)
    town.run()
    assert town.states()["b"] == "held quota"
    assert town.square.cried == []


def test_more_than_five_seconds_between_gate_and_socket_sends_nothing(town):
    def jump(_sender=None):
        town.shift = timedelta(hours=1)

    from humaspost.delivery.steps.send import send_intent

    town.post("a")
    town.schedule()
    engine = town.engine()
    from humaspost.ledger.deliveries import claims
    from humaspost.ledger.deliveries.gate import Gate, GateRequest

    line = engine.lines[0]

    def go(conn):
        claims.claim_due(conn, line.id, owner="me", until=town.now(), now=town.now(), limit=5)
        gate = Gate(conn, line.id, "me", line.rules, engine.sender.decide, town.now(), timedelta(1))
        row = delivery_lists.list_deliveries(conn)[0]
        return gate.decide_all([GateRequest(row.key, Part(1, "a").hash, None)])[0]

    intent = town.ledger.write(go)
    jump()
    import time

    send_intent(line, engine.sender, intent, gated_monotonic=time.monotonic())
    assert town.square.cried == []
    assert town.states() == {"a": "scheduled"}


def test_a_rate_is_kept(town):
    town.ticks = True
    town.square.rates = (Rate("write", 10, 1.0, 1, SOURCE),)
    stamps = []
    town.square.on_publish = lambda _part: stamps.append(town.now())
    for number in range(6):
        town.post(f"p{number}")
    began = town.now()
    town.run()
    assert len(stamps) == 6
    # A thread may be late, never early; that no two slots are too near is the property of `gcra`.
    for number, stamp in enumerate(sorted(stamps)):
        assert stamp >= began + number * timedelta(seconds=0.1)


def test_a_ledger_that_refuses_to_the_end_does_not_keep_the_process(town):
    import sqlite3
    import threading

    def break_it(_part=None):
        with sqlite3.connect(town.ledger.path) as db:
            db.execute("ALTER TABLE attempt RENAME TO gone")

    town.square.on_publish = break_it
    town.post("a")
    town.schedule()
    engine = town.engine()
    engine.start()
    assert soon(lambda: any("attempt" in told.detail for told in town.told))
    assert engine.stop(within=0.1) == 1
    assert soon(lambda: not any(t.name.startswith("square") for t in threading.enumerate()))


@pytest.mark.parametrize("ago", [60.0, 600.0], ids=["due since", "due before"])
def test_what_a_restored_ledger_hears_of_only_now_is_not_sent_by_itself(town, ago):
    """A file that the backup never saw may have gone out since, late, though its date lies before the backup."""
    seen = town.now() - timedelta(seconds=300)
    town.ledger.write(lambda conn: senders.record_start(conn, "o", command="run", pid=1, host="h", now=seen))
    town.ledger.write(lambda conn: restore_gap.start_restore_gap(conn, now=town.now()))
    town.post("a", ago=ago)
    town.post("later", ago=-3600)
    town.run()
    assert town.states() == {"a": "unknown restored", "later": "scheduled"}
    assert town.square.cried == []

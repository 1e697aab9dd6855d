"""A person's decision is kept with the planned post, and asked wherever its deliveries may wait again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from humaspost.ledger.deliveries import outcomes, publish_now, restore_gap, unknown_outcomes
from humaspost.ledger.deliveries.gate import Blocked
from humaspost.ledger.posts import decisions, recipient_changes
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import account, delivery, meta, plan_row
from humaspost.model.account import Account
from humaspost.model.delivery import Intent, Proof, State
from humaspost.model.records import CancelCounts
from humaspost.policy import lateness
from tests.support.ledger_life import Life
from tests.support.ledger_office import ACCOUNT, NOW, OTHER, Office, PublishTime, count_by_state
from tests.support.sizes import size


def cancel(office: Office, post: str = "p", **how: object) -> CancelCounts:
    """Cancel the post on its one account."""
    (counts,) = office.ledger.write(
        lambda conn: decisions.cancel(conn, post, account=None, now=office.now, **how)  # type: ignore[arg-type]
    )
    return counts


def publish(office: Office, post: str = "p") -> publish_now.PublishRequest:
    return office.ledger.write(
        lambda conn: publish_now.request(conn, post, account=None, verdict=lateness.verdict, now=office.now)
    )


def counts(office: Office, post: str = "p") -> dict[str, int]:
    with office.ledger.read() as conn:
        (entry,) = totals.list_by_post(conn, post_id=post)
        assert count_by_state(conn, post_id=post) == entry.counts
    return {str(state): count for state, count in entry.counts.items() if count}


def decision(office: Office, post: str = "p") -> tuple[str | None, object, str | None]:
    with office.ledger.read() as conn:
        row = conn.execute(select(plan_row).where(plan_row.c.post == post)).one()
    return row.decision, row.decided_at, row.stop


def fan_out(office: Office, people: int = 8) -> None:
    """Plan a post to so many people."""
    office.enlist("abcdefghijkl"[:people])
    office.plan("p", people=True)


# -- cancel --------------------------------------------------------------------------------------------


def test_before_its_date_a_cancel_stops_everybody_without_a_row(office: Office) -> None:
    fan_out(office)
    assert cancel(office) == CancelCounts(ACCOUNT.name, 8)
    assert counts(office) == {"cancelled": 8}
    office.now += timedelta(hours=1)
    assert office.send() == []
    assert office.states() == {}
    assert counts(office) == {"cancelled": 8}


def test_in_mid_fan_out_all_but_what_is_being_sent_is_stopped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humaspost.ledger.deliveries.claims.CHUNK", 6)
    fan_out(office)
    claimed = office.claim(limit=4)  # 6 rows, 4 of them claimed, 2 people without a row
    sending = office.gate([office.ticket(row) for row in claimed[:2]])
    office.put(claimed[0].key, State.PUBLISHED, published_at=NOW)
    assert cancel(office) == CancelCounts(ACCOUNT.name, 6, published=1, sending=1)
    assert counts(office) == {"published": 1, "sending": 1, "cancelled": 6}
    # The sender still has two of them in hand: the gate does not let them pass.
    late = office.gate([office.ticket(row) for row in claimed[2:]])
    assert [(type(result), result.reason) for result in late if isinstance(result, Blocked)] == [
        (Blocked, "not-claimed"),
        (Blocked, "not-claimed"),
    ]
    assert office.send() == []
    assert isinstance(sending[1], Intent)
    assert counts(office) == {"published": 1, "sending": 1, "cancelled": 6}


@pytest.mark.parametrize("outcome", ["retry", "refused login", "failed", "unknown, then absent"])
def test_what_was_being_sent_is_not_tried_again(office: Office, outcome: str) -> None:
    office.plan("p")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    assert cancel(office) == CancelCounts(ACCOUNT.name, 0, sending=1)
    key, number, now = intent.key, intent.number, office.now
    match outcome:
        case "retry" | "refused login":
            reason = "login" if outcome == "refused login" else None
            office.ledger.write(
                lambda conn: outcomes.reschedule(conn, key, number, at=now, now=now, hold_reason=reason)  # type: ignore[arg-type]
            )
        case "failed":
            office.ledger.write(
                lambda conn: outcomes.mark_failed(conn, key, number, code="x", detail="", now=now)
            )
        case _:
            office.ledger.write(
                lambda conn: outcomes.mark_unknown(
                    conn, key, number, code="x", detail="", now=now, first_check_delay=5.0
                )
            )
            assert office.states() == {"p/1": "unknown lookup"}
            office.ledger.write(
                lambda conn: outcomes.record_check(
                    conn, key, proof=Proof.ABSENT_PROVEN, next_at=None, now=now, retry=False
                )
            )
    assert office.states() == {"p/1": "cancelled person"}


def test_an_unknown_outcome_is_given_up_only_where_the_person_says_so(office: Office) -> None:
    office.plan("p", "1", "2")
    office.put(office.key("p"), State.UNKNOWN, unknown_since=NOW)
    assert cancel(office) == CancelCounts(ACCOUNT.name, 1, unknown=1)
    assert office.states() == {"p/1": "unknown", "p/2": "cancelled person"}
    again = cancel(office, include_unknown=True)
    assert (again.stopped, again.unknown) == (1, 0)
    assert office.states() == {"p/1": "cancelled person", "p/2": "cancelled person"}


def test_a_cancel_on_one_account_leaves_the_others(office: Office) -> None:
    office.plan("p")
    office.rows.append(replace(office.rows[0], account=Account("circle", "square", {}, "@circle")))
    office.sync()
    unknown = {"unknown_since": NOW}
    with office.ledger.read() as conn:
        keys = {row.account == office.account: row.key for row in conn.execute(select(delivery))}
    for key in keys.values():
        office.put(key, State.UNKNOWN, **unknown)
    office.ledger.write(lambda conn: decisions.cancel(conn, "p", account=None, now=NOW))
    office.ledger.write(
        lambda conn: decisions.cancel(conn, "p", account="circle", now=NOW, include_unknown=True)
    )
    with office.ledger.read() as conn:
        states = {row.key: row.state for row in conn.execute(select(delivery))}
    assert states == {keys[True]: "unknown", keys[False]: "cancelled"}


def test_a_second_cancel_stops_nothing_and_keeps_the_first_date(office: Office) -> None:
    office.plan("p")
    cancel(office)
    office.now += timedelta(hours=1)
    assert cancel(office) == CancelCounts(ACCOUNT.name, 0, cancelled_at=NOW)
    assert decision(office) == ("cancel", NOW, "cancelled")


def test_a_new_date_a_new_text_and_another_part_do_not_undo_it(office: Office) -> None:
    office.plan("p", "1")
    cancel(office)
    later = office.now + timedelta(minutes=5)
    office.plan("p", "1 corrected", "2", due=PublishTime("", "UTC", later))
    office.now += timedelta(minutes=6)
    assert office.send() == []
    # No part is added after a cancelled one.
    assert office.states() == {"p/1": "cancelled person"}
    assert decision(office)[0] == "cancel"
    publish(office)
    assert office.states() == {"p/1": "scheduled", "p/2": "held part 1"}
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    assert intent.part.text == "1 corrected"


def test_a_part_after_a_published_one_does_not_undo_it(office: Office) -> None:
    office.plan("p", "1", "2")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    office.put(intent.key, State.PUBLISHED, published_at=NOW)
    cancel(office)
    assert office.states() == {"p/1": "published", "p/2": "cancelled person"}
    office.plan("p", "1", "2 corrected", "3")
    assert office.send() == []
    assert office.states() == {"p/1": "published", "p/2": "cancelled person"}


def test_a_changed_list_does_not_undo_it(office: Office) -> None:
    fan_out(office, 3)
    cancel(office)
    # A change of the list expands a post again.
    office.ledger.write(lambda conn: conn.execute(update(plan_row).values(expanded=False)))
    assert office.send() == []
    assert counts(office) == {"cancelled": 3}


# -- publish -------------------------------------------------------------------------------------------


def test_publish_undoes_a_cancel(office: Office) -> None:
    office.plan("p", "1", "2")
    cancel(office)
    publish(office)
    assert office.states() == {"p/1": "scheduled", "p/2": "held part 1"}
    assert decision(office) == ("publish", NOW, None)
    (intent,) = office.send()
    assert isinstance(intent, Intent)


def test_publish_sends_the_rest_of_a_cancelled_fan_out_with_the_text_of_now(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humaspost.ledger.deliveries.claims.CHUNK", 6)
    fan_out(office)
    first, *_rest = office.gate([office.ticket(row) for row in office.claim(limit=1)])
    assert isinstance(first, Intent)
    office.put(first.key, State.PUBLISHED, published_at=NOW)
    cancel(office)
    office.plan("p", "corrected", people=True)
    publish(office)
    assert counts(office) == {"published": 1, "scheduled": 7}
    sent = [*office.send(), *office.send()]
    assert [result.part.text for result in sent if isinstance(result, Intent)] == ["corrected"] * 7
    assert counts(office) == {"published": 1, "sending": 7}


def test_publish_leaves_a_channel_alone_that_the_newest_plan_does_not_have(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humaspost.ledger.deliveries.claims.CHUNK", 6)
    fan_out(office)
    first, *_rest = office.gate([office.ticket(row) for row in office.claim(limit=1)])
    assert isinstance(first, Intent)
    office.put(first.key, State.PUBLISHED, published_at=NOW)
    office.plan("p", "never published", people=True)
    cancel(office)
    planned = list(office.rows)
    office.rows = [replace(planned[0], account=OTHER, audiences=())]
    office.sync()
    publish(office)
    # Back in the file with other words: nobody was shown that they would be sent.
    office.rows = [*office.rows, *planned]
    office.sync()
    with office.ledger.read() as conn:
        entries = {entry.account: entry for entry in totals.list_by_post(conn, post_id="p")}
    assert {name: entry.decision for name, entry in entries.items()} == {
        "square": "cancel",
        "circle": "publish",
    }
    assert entries["square"].counts[State.SCHEDULED] == 0


def test_publish_never_sends_what_was_given_up_while_unknown(office: Office) -> None:
    office.plan("p", "1", "2")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    office.ledger.write(
        lambda conn: outcomes.mark_unknown(
            conn, intent.key, 1, code="x", detail="", now=office.now, first_check_delay=None
        )
    )
    cancel(office, include_unknown=True)
    with office.ledger.read() as conn:
        (cancelled,) = decisions.list_cancelled(conn, "p")
    assert (cancelled.revocable, cancelled.maybe_live) == (0, 1)
    publish(office)
    assert office.states() == {"p/1": "cancelled person", "p/2": "cancelled person"}
    assert office.send() == []


def test_an_interrupted_publish_leaves_the_post_cancelled(office: Office) -> None:
    fan_out(office)
    cancel(office)
    before = decision(office)
    office.now += timedelta(minutes=1)
    request = publish(office)
    assert counts(office) == {"scheduled": 8}
    assert office.ledger.write(
        lambda conn: publish_now.cancel_request(conn, request, verdict=lateness.verdict, now=office.now)
    )
    assert decision(office) == before
    assert counts(office) == {"cancelled": 8}
    assert office.send() == []


def test_an_interrupted_publish_takes_new_parts_back(office: Office) -> None:
    office.plan("p", "1")
    cancel(office)
    office.plan("p", "1", "2")
    request = publish(office)
    assert office.states() == {"p/1": "scheduled", "p/2": "held part 1"}
    assert office.ledger.write(
        lambda conn: publish_now.cancel_request(conn, request, verdict=lateness.verdict, now=office.now)
    )
    assert office.states() == {"p/1": "cancelled person"}
    assert office.send() == []
    publish(office)
    assert office.states() == {"p/1": "scheduled", "p/2": "held part 1"}


# -- retry ---------------------------------------------------------------------------------------------


def gap(office: Office) -> None:
    """Let the ledger be a restored one that does not know the last hour."""
    rows = [
        {"key": "restore_gap_since", "value": (NOW - timedelta(hours=1)).isoformat()},
        {"key": "restore_gap_until", "value": NOW.isoformat()},
    ]
    office.ledger.write(lambda conn: conn.execute(meta.insert(), rows))
    with office.ledger.read() as conn:
        assert restore_gap.get_restore_gap(conn)


def test_people_who_get_a_row_later_follow_a_retry(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humaspost.ledger.deliveries.claims.CHUNK", 4)
    fan_out(office)
    gap(office)
    assert office.claim() == []
    assert counts(office) == {"unknown": 4, "scheduled": 4}
    office.now += timedelta(minutes=1)
    with office.ledger.read() as conn:
        keys = list(conn.scalars(select(delivery.c.key)))
    office.ledger.write(lambda conn: unknown_outcomes.retry(conn, keys, now=office.now, whole_post=True))
    assert decision(office)[0] == "retry"
    assert len([*office.send(), *office.send()]) == 8
    assert counts(office) == {"sending": 8}


def test_a_retry_of_one_delivery_leaves_its_post_cancelled(office: Office) -> None:
    fan_out(office, 3)
    sent = office.send()
    assert [type(each) for each in sent] == [Intent] * 3
    office.put(sent[0].key, State.UNKNOWN, reason="decision")
    cancel(office)
    retry(office, sent[0].key)
    assert decision(office)[0] == "cancel"
    # The others are not tried again, and whoever joins the list gets nothing.
    office.ledger.write(lambda conn: outcomes.reschedule(conn, sent[1].key, 1, at=office.now, now=office.now))
    office.put(sent[2].key, State.PUBLISHED, published_at=office.now)
    office.enroll("x")
    office.ledger.write(
        lambda conn: recipient_changes.sync_lists(conn, ["warga"], verdict=lateness.verdict, now=office.now)
    )
    assert office.send() == []
    assert counts(office) == {"unknown": 1, "cancelled": 2, "published": 1}


def test_a_retry_of_the_post_ends_its_cancel(office: Office) -> None:
    office.plan("p")
    (intent,) = office.send()
    assert isinstance(intent, Intent)
    office.put(intent.key, State.UNKNOWN, reason="decision")
    cancel(office)
    retry(office, intent.key, whole_post=True)
    assert office.states() == {"p/1": "scheduled person"}
    (again,) = office.send()
    assert isinstance(again, Intent)


def retry(office: Office, key: str, **how: bool) -> None:
    office.ledger.write(lambda conn: unknown_outcomes.retry(conn, [key], now=office.now, **how))


# -- random lives --------------------------------------------------------------------------------------


def test_in_random_lives_nothing_of_a_cancelled_post_ever_waits() -> None:
    waiting = delivery.c.state.in_(decisions.STOPPABLE_STATES)
    pair = (plan_row.c.post == delivery.c.post) & (plan_row.c.account == delivery.c.account)
    query = select(delivery.c.post, delivery.c.state).join(plan_row, pair).where(waiting)
    query = query.where(plan_row.c.decision == "cancel")
    cancelled = 0
    for seed in range(size(4, 100)):
        life = Life(seed)
        for _step in range(100):
            life.run(1)
            assert life.write(lambda conn: conn.execute(query).all()) == []
        cancelled += life.write(
            lambda conn: len(conn.execute(select(plan_row).where(plan_row.c.decision == "cancel")).all())
        )
    assert cancelled


# -- accounts that a file names later ------------------------------------------------------------------


def add_account(office: Office, name: str = "triangle") -> None:
    """Let the file name one more account."""
    first = next(row for row in office.rows if row.post == "p")
    office.rows.append(replace(first, account=Account(name, name, {}, "@" + name)))
    office.sync()


def decisions_by_account(office: Office) -> list[tuple[str, str | None, str | None, bool]]:
    columns = (account.c.name, plan_row.c.decision, plan_row.c.stop, plan_row.c.expanded)
    with office.ledger.read() as conn:
        rows = conn.execute(select(*columns).join(account, account.c.id == plan_row.c.account)).all()
    return sorted(tuple(row) for row in rows)


def test_a_cancel_of_the_whole_post_holds_for_an_account_that_its_file_names_later(office: Office) -> None:
    office.plan("p", "1", "2")
    cancel(office)
    add_account(office)
    assert decisions_by_account(office) == [
        ("square", "cancel", "cancelled", True),
        ("triangle", "cancel", "cancelled", True),
    ]
    assert set(office.states().values()) == {"cancelled person"}
    publish(office)
    add_account(office, "circle")  # a person publishes it: it is not cancelled any more
    assert decisions_by_account(office)[0] == ("circle", None, None, True)


def test_a_cancel_on_one_account_says_nothing_of_another(office: Office) -> None:
    office.plan("p")
    office.ledger.write(lambda conn: decisions.cancel(conn, "p", account=ACCOUNT.name, now=office.now))
    add_account(office)
    assert decisions_by_account(office)[1] == ("triangle", None, None, True)

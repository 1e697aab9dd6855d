"""One post to many people: once each, by the register, under the limits."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text, update

from humaspost.ledger import accounts, schema
from humaspost.ledger.people import marketing_preferences, recipients
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import (
    attempt,
    audience,
    audience_member,
    consent,
    delivery,
    quota_use,
    recipient,
    service_window,
)
from humaspost.model.account import AccountStatus, Template
from humaspost.model.delivery import State
from humaspost.model.errors import RateLimited, Rejected, Scope, Transient, UnknownOutcome
from humaspost.model.rendition import Fallback, Part, Rendition
from humaspost.model.rules import Quota, Rate
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE
from tests.support.fake_channel import account as square_account
from tests.support.sizes import size

#: People on two lists, and how many of them are on both.
MANY, BOTH = size(150, 700), size(20, 100)
#: People whom a backlog waits for, and messages that may leave in a second.
BACKLOG, RATE = size(60, 240), 200


def add_recipients(town, name: str, numbers: range, *, consents: bool = True) -> None:
    def work(conn):
        conn.execute(insert(audience).values(name=name, file="f", digest="d", imported_at=town.now()))
        for n in numbers:
            id_, phone = f"r{n}", f"+62812{n:08}"
            if recipients.get_by_phone(conn, phone) is None:
                conn.execute(insert(recipient).values(id=id_, phone=phone, created_at=town.now()))
                if consents:
                    conn.execute(
                        insert(consent).values(
                            recipient=id_,
                            purpose="p",
                            basis="consent",
                            source="s",
                            consented_at="2026-01-01",
                            recorded_at=town.now(),
                        )
                    )
            conn.execute(insert(audience_member).values(audience=name, recipient=id_))

    town.ledger.write(work)


def counts(town) -> dict:
    with town.ledger.read() as conn:
        return dict(totals.count_by_state(conn))


def to_all(town, id_: str, *names: str, **more):
    town.square.audience = True
    row = town.post(id_, **more)
    fallback = Fallback("pengumuman", "id", ("a",))
    town.change(
        id_,
        audiences=names,
        rendition=Rendition("square", (Part(1, row.title, fallback=fallback),)),
    )


def test_everybody_gets_it_once_however_many_lists_they_are_on(town):
    add_recipients(town, "masyarakat", range(MANY))
    add_recipients(town, "wartawan", range(MANY - BOTH, MANY + 20))
    to_all(town, "a", "masyarakat", "wartawan")
    town.run()
    town.run()
    phones = [to for _text, to, _reply in town.square.cried]
    assert len(phones) == len(set(phones)) == MANY + 20
    assert counts(town) == {State.PUBLISHED: MANY + 20}


def test_those_who_left_or_never_agreed_are_refused_and_counted(town):
    add_recipients(town, "masyarakat", range(10))
    add_recipients(town, "tamu", range(10, 13), consents=False)
    left = update(recipient).where(recipient.c.id == "r3").values(opted_out_at=town.now())
    town.ledger.write(lambda conn: conn.execute(left))
    to_all(town, "a", "masyarakat", "tamu")
    town.run()
    assert counts(town) == {State.PUBLISHED: 9, State.REFUSED: 4}


def test_who_leaves_after_the_plan_is_stopped_at_the_gate(town):
    add_recipients(town, "masyarakat", range(3))
    to_all(town, "a", "masyarakat", ago=-60)
    town.schedule()
    left = update(recipient).where(recipient.c.id == "r1").values(opted_out_at=town.now())
    engine = town.engine()
    try:
        engine.start()
        town.drain(engine)
        assert town.square.cried == []
        town.ledger.write(lambda conn: conn.execute(left))
        town.shift = timedelta(seconds=61)
        engine.wake()
        town.drain(engine)
    finally:
        engine.stop(within=15 * SECOND)
    assert sorted(to for _t, to, _r in town.square.cried) == ["+6281200000000", "+6281200000002"]


def test_without_a_window_and_without_a_template_nobody_is_written_to(town):
    add_recipients(town, "masyarakat", range(2))
    to_all(town, "a", "masyarakat")
    town.change("a", rendition=Rendition("square", (Part(1, "free text"),)))
    town.run()
    assert counts(town) == {State.REFUSED: 2}
    assert town.square.cried == []


def stop_marketing(town, who: str) -> None:
    def work(conn):
        account = conn.scalar(select(schema.account.c.id))
        marketing_preferences.record_preference(conn, account, who, marketing=False, at=town.now())

    town.ledger.write(work)


@pytest.mark.parametrize(
    ("known", "called", "reached"),
    [("MARKETING", "", 2), ("UTILITY", "MARKETING", 3), (None, "MARKETING", 2), (None, "", 3)],
)
def test_who_wants_no_marketing_gets_every_other_template(town, known, called, reached):
    add_recipients(town, "masyarakat", range(3))
    to_all(town, "a", "masyarakat")
    fallback = Fallback("pengumuman", "id", ("a",), category=called)
    town.change("a", rendition=Rendition("square", (Part(1, "kabar", fallback=fallback),)))
    town.schedule()
    stop_marketing(town, "r1")
    if known:
        facts = AccountStatus(town.now(), templates=(Template("pengumuman", "id", "APPROVED", known, 1),))
        town.square.facts = facts
    town.run()
    assert counts(town).get(State.PUBLISHED) == reached
    assert counts(town).get(State.REFUSED, 0) == 3 - reached
    with town.ledger.read() as conn:
        reasons = set(conn.scalars(select(schema.delivery.c.reason)))
    assert ("no-marketing" in reasons) == (reached == 2)


def test_free_text_in_the_window_is_no_marketing(town):
    add_recipients(town, "masyarakat", range(1))
    to_all(town, "a", "masyarakat")
    fallback = Fallback("pengumuman", "id", ("a",), category="MARKETING")
    town.change("a", rendition=Rendition("square", (Part(1, "kabar", fallback=fallback),)))
    town.schedule()
    stop_marketing(town, "r0")

    def work(conn):
        account = conn.scalar(select(schema.account.c.id))
        until = town.now() + timedelta(hours=1)
        conn.execute(insert(schema.service_window).values(account=account, recipient="r0", open_until=until))

    town.ledger.write(work)
    town.run()
    assert counts(town) == {State.PUBLISHED: 1}


def test_a_refusal_for_that_reason_is_remembered(town):
    add_recipients(town, "masyarakat", range(1))
    to_all(town, "a", "masyarakat")
    town.square.script = [Rejected("131050", scope=Scope.RECIPIENT, marketing_refused=True)]
    town.run()
    assert counts(town) == {State.FAILED: 1}
    with town.ledger.read() as conn:
        said = conn.execute(
            select(schema.marketing_preference.c.recipient, schema.marketing_preference.c.marketing)
        ).one()
    assert tuple(said) == ("r0", False)


def test_before_it_is_expanded_a_fan_out_counts_as_its_people(town):
    add_recipients(town, "masyarakat", range(40))
    to_all(town, "a", "masyarakat", ago=-3600)
    town.schedule()
    assert counts(town) == {State.SCHEDULED: 40}


def test_what_waits_for_the_whole_post_is_not_tried_person_by_person(town):
    add_recipients(town, "masyarakat", range(200))
    to_all(town, "a", "masyarakat")
    add_recipients(town, "wartawan", range(200, 203))
    later = town.now() + timedelta(minutes=15)
    town.square.script = [RateLimited("132015", retry_at=later, scope=Scope.POST)] * 200
    town.run()
    with town.ledger.read() as conn:
        tried = conn.scalar(select(func.count()).select_from(schema.attempt))
        waiting = conn.execute(select(schema.delivery.c.not_before, schema.delivery.c.code).distinct()).all()
    assert tried <= 64, "those that were in the air"
    assert counts(town) == {State.SCHEDULED: 200}
    assert [(row.not_before, row.code) for row in waiting] == [(later, "132015")]
    town.square.script = []
    to_all(town, "b", "wartawan")
    town.run()
    assert counts(town) == {State.SCHEDULED: 200, State.PUBLISHED: 3}, "other posts go on"
    town.shift = timedelta(minutes=16)
    town.run()
    assert counts(town) == {State.PUBLISHED: 203}


def test_an_end_counts_only_the_tries_that_ended_so(town):
    """Meta's cap lets one try more after a day, whatever else went wrong before."""
    add_recipients(town, "masyarakat", range(1))
    to_all(town, "a", "masyarakat")
    soon = town.now()
    capped = RateLimited("131049", retry_at=soon, scope=Scope.RECIPIENT, max_attempts=2)
    other = RateLimited("131056", retry_at=soon, scope=Scope.RECIPIENT)
    town.square.script = [other, other, capped, capped]
    for turn in range(4):
        town.shift = timedelta(minutes=10 * turn)  # longer than a moment that is past makes it wait
        town.run()
    with town.ledger.read() as conn:
        codes = list(conn.scalars(select(schema.attempt.c.code).order_by(schema.attempt.c.number)))
    assert codes == ["131056", "131056", "131049", "131049"]
    assert counts(town) == {State.FAILED: 1}


def test_one_bad_number_stops_nobody_else(town):
    add_recipients(town, "masyarakat", range(30))
    town.square.script = [Rejected("131026", scope=Scope.RECIPIENT)]
    to_all(town, "a", "masyarakat")
    town.run()
    assert counts(town) == {State.PUBLISHED: 29, State.FAILED: 1}


def test_what_is_wrong_for_everybody_is_asked_once(town):
    """A template that does not exist was refused ten thousand times."""
    add_recipients(town, "masyarakat", range(40))
    refused = Rejected("132001", "no such template", scope=Scope.POST)
    town.square.script = [refused] * 40
    to_all(town, "a", "masyarakat")
    town.run()
    assert counts(town) == {State.FAILED: 40}
    assert len(town.square.script) > 0, "only what was on its way was asked"


def test_an_account_under_maintenance_is_asked_once(town):
    add_recipients(town, "masyarakat", range(40))
    town.square.script = [Transient("131057", scope=Scope.ACCOUNT)] * 40
    to_all(town, "a", "masyarakat")
    town.run()
    assert counts(town) == {State.SCHEDULED: 40}
    assert len(town.square.script) > 0


def test_a_lost_answer_is_one_doubt_among_many_receipts(town):
    add_recipients(town, "masyarakat", range(30))
    town.square.script = [None, UnknownOutcome("timeout")]
    to_all(town, "a", "masyarakat")
    town.run()
    town.run()
    assert counts(town) == {State.PUBLISHED: 29, State.UNKNOWN: 1}
    assert len(town.square.cried) == 29


def test_a_rate_limited_recipient_waits_alone(town):
    add_recipients(town, "masyarakat", range(5))
    later = town.now() + timedelta(hours=1)
    town.square.script = [RateLimited("131056", retry_at=later, scope=Scope.RECIPIENT)]
    to_all(town, "a", "masyarakat")
    town.run()
    assert counts(town) == {State.PUBLISHED: 4, State.SCHEDULED: 1}


def limited(town, places):
    """So many people outside their windows in any day."""
    rules = town.square.rules
    quota = Quota("people", places, 86400, SOURCE, counts_recipients=True)
    town.square.rules = lambda config: replace(rules(config), quotas=(quota,))


def written_to(town, people, *, hours):
    """They were written to so long ago, by this account."""
    account_id = town.ledger.write(lambda conn: accounts.ensure_account(conn, square_account()))
    at = town.now() - timedelta(hours=hours)
    rows = [{"account": account_id, "name": "people", "recipient": f"r{n}", "at": at} for n in people]
    town.ledger.write(lambda conn: conn.execute(insert(quota_use), rows))


def opened(town, people):
    """They wrote to us: their 24 hours are open."""
    account_id = town.ledger.write(lambda conn: accounts.ensure_account(conn, square_account()))
    until = town.now() + timedelta(hours=20)
    rows = [{"account": account_id, "recipient": f"r{n}", "open_until": until} for n in people]
    town.ledger.write(lambda conn: conn.execute(insert(service_window), rows))


def waits_until(town):
    with town.ledger.read() as conn:
        return list(conn.scalars(select(delivery.c.not_before).where(delivery.c.state == State.SCHEDULED)))


def test_a_daily_quota_of_people_is_kept_below_and_the_rest_waits(town):
    add_recipients(town, "masyarakat", range(60))
    to_all(town, "a", "masyarakat")
    limited(town, 40)
    town.run()
    assert counts(town) == {State.PUBLISHED: 38, State.SCHEDULED: 22}
    assert [(told.kind, told.detail) for told in town.told if told.kind == "limit"] == [("limit", "people")]


def test_who_needs_no_place_does_not_wait_for_one(town):
    """Nor does a post to such people alone, behind one that waits."""
    (
        add_recipients(town, "lama", range(100, 119)),
        add_recipients(town, "baru", range(6)),
        add_recipients(town, "asing", range(50, 51)),
    )
    limited(town, 20)
    written_to(town, range(100, 118), hours=10), written_to(town, [5], hours=9)
    opened(town, range(4))
    to_all(town, "berita", "asing", ago=2)
    town.run()
    assert town.square.cried == []
    to_all(town, "banjir", "baru")
    town.run()
    assert counts(town) == {State.PUBLISHED: 5, State.SCHEDULED: 2}
    late = [moment - town.now() for moment in waits_until(town)]
    assert all(timedelta(hours=13.9) < wait < timedelta(hours=14.1) for wait in late), late


def test_where_the_window_was_closed_after_all_the_gate_counts_the_template(town):
    add_recipients(town, "baru", range(1))
    limited(town, 20)
    opened(town, [0])
    town.square.script = [Transient("131047", scope=Scope.RECIPIENT, window_closed=True)]
    to_all(town, "a", "baru")
    town.run()
    town.shift = timedelta(minutes=1)
    town.run()
    assert counts(town) == {State.PUBLISHED: 1}
    with town.ledger.read() as conn:
        assert list(conn.scalars(select(attempt.c.template).order_by(attempt.c.number))) == [False, True]
        assert conn.scalar(select(func.count()).select_from(quota_use)) == 1
        assert conn.execute(select(service_window)).all() == []


def test_a_person_written_to_anew_counts_from_then(town):
    """The first of two uses leaves the day's window, the person does not: whoever waits is not woken for nothing."""
    add_recipients(town, "baru", range(1))
    limited(town, 20)
    written_to(town, range(100, 119), hours=20), written_to(town, range(100, 119), hours=2)
    to_all(town, "a", "baru")
    town.run()
    (late,) = waits_until(town)
    assert late - town.now() > timedelta(hours=21.9)


def test_of_many_who_wait_only_some_are_woken_by_one_place(town):
    add_recipients(town, "baru", range(200))
    limited(town, 20)
    for number in range(19):
        written_to(town, [1000 + number], hours=10 + number / 10)
    to_all(town, "a", "baru")
    town.run()
    woken = Counter(waits_until(town))
    assert (counts(town), len(woken)) == ({State.SCHEDULED: 200}, 4)
    assert woken[min(woken)] == 64
    # All who wait for the first place get nothing after all: it is not lost, the next ones take theirs in time.
    assert max(woken) - min(woken) < timedelta(hours=0.5)


def order(town) -> list[str]:
    """Return the posts in the order in which the gate let them pass; threads may end in another."""
    passed = select(delivery.c.post).join(attempt, attempt.c.key == delivery.c.key)
    with town.ledger.read() as conn:
        return list(conn.scalars(passed.order_by(text("attempt.rowid"))))


def test_a_warning_does_not_wait_behind_a_fan_out(town):
    town.ticks = True
    add_recipients(town, "masyarakat", range(40))
    town.square.rates = (Rate("write", RATE, 1.0, 1, SOURCE),)
    to_all(town, "news", "masyarakat", ago=2)
    to_all(town, "warning", "masyarakat", ago=1, priority=1)
    town.run()
    assert order(town) == ["warning"] * 40 + ["news"] * 40


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_two_posts_of_one_priority_take_turns(town, limit):
    town.ticks = True
    add_recipients(town, "masyarakat", range(20))
    to_all(town, "a", "masyarakat", ago=2)
    to_all(town, "b", "masyarakat", ago=1)
    town.square.rates = (Rate("write", 30 * limit, 1.0, 1, SOURCE),)
    town.run()
    assert 4 <= order(town)[:20].count("b") <= 16


def test_a_backlog_after_a_jump_of_the_clock_is_spread(town):
    town.ticks = True
    add_recipients(town, "masyarakat", range(BACKLOG))
    town.square.rates = (Rate("write", RATE, 1.0, 2, SOURCE),)
    to_all(town, "a", "masyarakat", ago=-3000)
    stamps = []
    town.square.on_publish = lambda _part: stamps.append(town.now())
    town.schedule()
    engine = town.engine()
    engine.start()
    try:
        town.drain(engine)
        assert stamps == []
        town.shift = timedelta(seconds=3005)
        began = town.now()
        engine.wake()
        town.drain(engine)
    finally:
        assert engine.stop(within=15 * SECOND) == 0
    assert counts(town) == {State.PUBLISHED: BACKLOG}
    # Two at once are allowed, then one after the other. A thread may be late, never early.
    for number, stamp in enumerate(sorted(stamps)):
        assert stamp >= began + (number - 1) * timedelta(seconds=1) / RATE

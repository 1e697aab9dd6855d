"""One post to many people: once each, by the register, under the limits."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text, update

from humaspost.ledger import accounts, schema
from humaspost.ledger.people import marketing_preferences, recipients
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
from tests.delivery.conftest import FakeOffice
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE
from tests.support.fake_channel import account as square_account
from tests.support.ledger_office import count_by_state
from tests.support.sizes import size

#: People on two lists, and how many of them are on both.
MANY, BOTH = size(150, 700), size(20, 100)
#: People whom a backlog waits for, and messages that may leave in a second.
BACKLOG, RATE = size(60, 240), 200


def add_recipients(fake_office: FakeOffice, name: str, numbers: range, *, consents: bool = True) -> None:
    def work(conn):
        conn.execute(insert(audience).values(name=name, file="f", digest="d", imported_at=fake_office.now()))
        for n in numbers:
            id_, phone = f"r{n}", f"+62812{n:08}"
            if recipients.get_by_phone(conn, phone) is None:
                conn.execute(insert(recipient).values(id=id_, phone=phone, created_at=fake_office.now()))
                if consents:
                    conn.execute(
                        insert(consent).values(
                            recipient=id_,
                            purpose="p",
                            basis="consent",
                            source="s",
                            consented_at="2026-01-01",
                            recorded_at=fake_office.now(),
                        )
                    )
            conn.execute(insert(audience_member).values(audience=name, recipient=id_))

    fake_office.ledger.write(work)


def counts(fake_office: FakeOffice) -> dict:
    with fake_office.ledger.read() as conn:
        return dict(count_by_state(conn))


def to_all(fake_office: FakeOffice, id_: str, *names: str, **more):
    fake_office.channel.audience = True
    row = fake_office.post(id_, **more)
    fallback = Fallback("pengumuman", "id", ("a",))
    fake_office.change(
        id_,
        audiences=names,
        rendition=Rendition("square", (Part(1, row.title, fallback=fallback),)),
    )


def test_everybody_gets_it_once_however_many_lists_they_are_on(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(MANY))
    add_recipients(fake_office, "wartawan", range(MANY - BOTH, MANY + 20))
    to_all(fake_office, "a", "masyarakat", "wartawan")
    fake_office.run()
    fake_office.run()
    phones = [to for _text, to, _reply in fake_office.channel.published]
    assert len(phones) == len(set(phones)) == MANY + 20
    assert counts(fake_office) == {State.PUBLISHED: MANY + 20}


def test_opted_out_or_never_agreed_recipients_are_refused_and_counted(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(10))
    add_recipients(fake_office, "tamu", range(10, 13), consents=False)
    left = update(recipient).where(recipient.c.id == "r3").values(opted_out_at=fake_office.now())
    fake_office.ledger.write(lambda conn: conn.execute(left))
    to_all(fake_office, "a", "masyarakat", "tamu")
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 9, State.REFUSED: 4}


def test_an_opt_out_after_the_plan_is_stopped_at_the_gate(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(3))
    to_all(fake_office, "a", "masyarakat", ago=-60)
    fake_office.schedule()
    left = update(recipient).where(recipient.c.id == "r1").values(opted_out_at=fake_office.now())
    engine = fake_office.engine()
    try:
        engine.start()
        fake_office.drain(engine)
        assert fake_office.channel.published == []
        fake_office.ledger.write(lambda conn: conn.execute(left))
        fake_office.shift = timedelta(seconds=61)
        engine.wake()
        fake_office.drain(engine)
    finally:
        engine.stop(timeout=15 * SECOND)
    assert sorted(to for _t, to, _r in fake_office.channel.published) == ["+6281200000000", "+6281200000002"]


def test_without_a_window_and_without_a_template_no_recipient_gets_a_message(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(2))
    to_all(fake_office, "a", "masyarakat")
    fake_office.change("a", rendition=Rendition("square", (Part(1, "free text"),)))
    fake_office.run()
    assert counts(fake_office) == {State.REFUSED: 2}
    assert fake_office.channel.published == []


def stop_marketing(fake_office: FakeOffice, who: str) -> None:
    def work(conn):
        account = conn.scalar(select(schema.account.c.id))
        marketing_preferences.record_preference(conn, account, who, marketing=False, at=fake_office.now())

    fake_office.ledger.write(work)


@pytest.mark.parametrize(
    ("category", "called", "reached"),
    [("MARKETING", "", 2), ("UTILITY", "MARKETING", 3), (None, "MARKETING", 2), (None, "", 3)],
)
def test_a_recipient_without_marketing_gets_every_other_template(
    fake_office: FakeOffice, category, called, reached
):
    add_recipients(fake_office, "masyarakat", range(3))
    to_all(fake_office, "a", "masyarakat")
    fallback = Fallback("pengumuman", "id", ("a",), category=called)
    fake_office.change("a", rendition=Rendition("square", (Part(1, "kabar", fallback=fallback),)))
    fake_office.schedule()
    stop_marketing(fake_office, "r1")
    if category:
        facts = AccountStatus(
            fake_office.now(), templates=(Template("pengumuman", "id", "APPROVED", category, 1),)
        )
        fake_office.channel.status = facts
    fake_office.run()
    assert counts(fake_office).get(State.PUBLISHED) == reached
    assert counts(fake_office).get(State.REFUSED, 0) == 3 - reached
    with fake_office.ledger.read() as conn:
        reasons = set(conn.scalars(select(schema.delivery.c.reason)))
    assert ("no-marketing" in reasons) == (reached == 2)


def test_free_text_in_the_window_is_no_marketing(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(1))
    to_all(fake_office, "a", "masyarakat")
    fallback = Fallback("pengumuman", "id", ("a",), category="MARKETING")
    fake_office.change("a", rendition=Rendition("square", (Part(1, "kabar", fallback=fallback),)))
    fake_office.schedule()
    stop_marketing(fake_office, "r0")

    def work(conn):
        account = conn.scalar(select(schema.account.c.id))
        until = fake_office.now() + timedelta(hours=1)
        conn.execute(insert(schema.service_window).values(account=account, recipient="r0", open_until=until))

    fake_office.ledger.write(work)
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 1}


def test_a_refusal_for_that_reason_is_remembered(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(1))
    to_all(fake_office, "a", "masyarakat")
    fake_office.channel.responses = [Rejected("131050", scope=Scope.RECIPIENT, marketing_refused=True)]
    fake_office.run()
    assert counts(fake_office) == {State.FAILED: 1}
    with fake_office.ledger.read() as conn:
        said = conn.execute(
            select(schema.marketing_preference.c.recipient, schema.marketing_preference.c.marketing)
        ).one()
    assert tuple(said) == ("r0", False)


def test_before_it_is_expanded_a_fan_out_counts_as_its_people(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(40))
    to_all(fake_office, "a", "masyarakat", ago=-3600)
    fake_office.schedule()
    assert counts(fake_office) == {State.SCHEDULED: 40}


def test_what_waits_for_the_whole_post_is_not_tried_person_by_person(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(200))
    to_all(fake_office, "a", "masyarakat")
    add_recipients(fake_office, "wartawan", range(200, 203))
    later = fake_office.now() + timedelta(minutes=15)
    fake_office.channel.responses = [RateLimited("132015", retry_at=later, scope=Scope.POST)] * 200
    fake_office.run()
    with fake_office.ledger.read() as conn:
        tried = conn.scalar(select(func.count()).select_from(schema.attempt))
        waiting = conn.execute(select(schema.delivery.c.not_before, schema.delivery.c.code).distinct()).all()
    assert tried <= 64, "those that were in the air"
    assert counts(fake_office) == {State.SCHEDULED: 200}
    assert [(row.not_before, row.code) for row in waiting] == [(later, "132015")]
    fake_office.channel.responses = []
    to_all(fake_office, "b", "wartawan")
    fake_office.run()
    assert counts(fake_office) == {State.SCHEDULED: 200, State.PUBLISHED: 3}, "other posts go on"
    fake_office.shift = timedelta(minutes=16)
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 203}


def test_an_end_counts_only_the_tries_that_ended_so(fake_office: FakeOffice):
    """Meta's cap lets one try more after a day, whatever else went wrong before."""
    add_recipients(fake_office, "masyarakat", range(1))
    to_all(fake_office, "a", "masyarakat")
    soon = fake_office.now()
    capped = RateLimited("131049", retry_at=soon, scope=Scope.RECIPIENT, max_attempts=2)
    other = RateLimited("131056", retry_at=soon, scope=Scope.RECIPIENT)
    fake_office.channel.responses = [other, other, capped, capped]
    for turn in range(4):
        fake_office.shift = timedelta(minutes=10 * turn)  # longer than a moment that is past makes it wait
        fake_office.run()
    with fake_office.ledger.read() as conn:
        codes = list(conn.scalars(select(schema.attempt.c.code).order_by(schema.attempt.c.number)))
    assert codes == ["131056", "131056", "131049", "131049"]
    assert counts(fake_office) == {State.FAILED: 1}


def test_one_bad_number_stops_no_other_recipient(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(30))
    fake_office.channel.responses = [Rejected("131026", scope=Scope.RECIPIENT)]
    to_all(fake_office, "a", "masyarakat")
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 29, State.FAILED: 1}


def test_an_error_for_all_recipients_is_tried_once(fake_office: FakeOffice):
    """A template that does not exist was refused ten thousand times."""
    add_recipients(fake_office, "masyarakat", range(40))
    refused = Rejected("132001", "no such template", scope=Scope.POST)
    fake_office.channel.responses = [refused] * 40
    to_all(fake_office, "a", "masyarakat")
    fake_office.run()
    assert counts(fake_office) == {State.FAILED: 40}
    assert len(fake_office.channel.responses) > 0, "only what was on its way was asked"


def test_an_account_under_maintenance_is_tried_once(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(40))
    fake_office.channel.responses = [Transient("131057", scope=Scope.ACCOUNT)] * 40
    to_all(fake_office, "a", "masyarakat")
    fake_office.run()
    assert counts(fake_office) == {State.SCHEDULED: 40}
    assert len(fake_office.channel.responses) > 0


def test_a_lost_answer_is_one_unknown_outcome_among_many_receipts(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(30))
    fake_office.channel.responses = [None, UnknownOutcome("timeout")]
    to_all(fake_office, "a", "masyarakat")
    fake_office.run()
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 29, State.UNKNOWN: 1}
    assert len(fake_office.channel.published) == 29


def test_only_the_rate_limited_recipient_waits(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(5))
    later = fake_office.now() + timedelta(hours=1)
    fake_office.channel.responses = [RateLimited("131056", retry_at=later, scope=Scope.RECIPIENT)]
    to_all(fake_office, "a", "masyarakat")
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 4, State.SCHEDULED: 1}


def limited(fake_office: FakeOffice, count):
    """So many people outside their windows in any day."""
    rules = fake_office.channel.rules
    quota = Quota("people", count, 86400, SOURCE, counts_recipients=True)
    fake_office.channel.rules = lambda config: replace(rules(config), quotas=(quota,))


def written_to(fake_office: FakeOffice, people, *, hours):
    """They were written to so long ago, by this account."""
    account_id = fake_office.ledger.write(lambda conn: accounts.ensure_account(conn, square_account()))
    at = fake_office.now() - timedelta(hours=hours)
    rows = [{"account": account_id, "name": "people", "recipient": f"r{n}", "at": at} for n in people]
    fake_office.ledger.write(lambda conn: conn.execute(insert(quota_use), rows))


def opened(fake_office: FakeOffice, people):
    """They wrote to us: their 24 hours are open."""
    account_id = fake_office.ledger.write(lambda conn: accounts.ensure_account(conn, square_account()))
    until = fake_office.now() + timedelta(hours=20)
    rows = [{"account": account_id, "recipient": f"r{n}", "open_until": until} for n in people]
    fake_office.ledger.write(lambda conn: conn.execute(insert(service_window), rows))


def waits_until(fake_office: FakeOffice):
    with fake_office.ledger.read() as conn:
        return list(conn.scalars(select(delivery.c.not_before).where(delivery.c.state == State.SCHEDULED)))


def test_a_daily_quota_of_people_is_kept_below_and_the_rest_waits(fake_office: FakeOffice):
    add_recipients(fake_office, "masyarakat", range(60))
    to_all(fake_office, "a", "masyarakat")
    limited(fake_office, 40)
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 38, State.SCHEDULED: 22}
    assert [(told.kind, told.detail) for told in fake_office.events if told.kind == "limit"] == [
        ("limit", "people")
    ]


def test_a_recipient_that_uses_no_quota_does_not_wait_for_it(fake_office: FakeOffice):
    """Nor does a post to such people alone, behind one that waits."""
    (
        add_recipients(fake_office, "lama", range(100, 119)),
        add_recipients(fake_office, "baru", range(6)),
        add_recipients(fake_office, "asing", range(50, 51)),
    )
    limited(fake_office, 20)
    written_to(fake_office, range(100, 118), hours=10), written_to(fake_office, [5], hours=9)
    opened(fake_office, range(4))
    to_all(fake_office, "berita", "asing", ago=2)
    fake_office.run()
    assert fake_office.channel.published == []
    to_all(fake_office, "banjir", "baru")
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 5, State.SCHEDULED: 2}
    late = [moment - fake_office.now() for moment in waits_until(fake_office)]
    assert all(timedelta(hours=13.9) < wait < timedelta(hours=14.1) for wait in late), late


def test_where_the_window_was_closed_after_all_the_gate_counts_the_template(fake_office: FakeOffice):
    add_recipients(fake_office, "baru", range(1))
    limited(fake_office, 20)
    opened(fake_office, [0])
    fake_office.channel.responses = [Transient("131047", scope=Scope.RECIPIENT, window_closed=True)]
    to_all(fake_office, "a", "baru")
    fake_office.run()
    fake_office.shift = timedelta(minutes=1)
    fake_office.run()
    assert counts(fake_office) == {State.PUBLISHED: 1}
    with fake_office.ledger.read() as conn:
        assert list(conn.scalars(select(attempt.c.template).order_by(attempt.c.number))) == [False, True]
        assert conn.scalar(select(func.count()).select_from(quota_use)) == 1
        assert conn.execute(select(service_window)).all() == []


def test_a_person_written_to_again_counts_from_then(fake_office: FakeOffice):
    """The first of two uses leaves the day's window, the person does not: whoever waits is not woken for nothing."""
    add_recipients(fake_office, "baru", range(1))
    limited(fake_office, 20)
    written_to(fake_office, range(100, 119), hours=20), written_to(fake_office, range(100, 119), hours=2)
    to_all(fake_office, "a", "baru")
    fake_office.run()
    (late,) = waits_until(fake_office)
    assert late - fake_office.now() > timedelta(hours=21.9)


def test_of_many_who_wait_only_some_are_woken_by_one_free_slot(fake_office: FakeOffice):
    add_recipients(fake_office, "baru", range(200))
    limited(fake_office, 20)
    for number in range(19):
        written_to(fake_office, [1000 + number], hours=10 + number / 10)
    to_all(fake_office, "a", "baru")
    fake_office.run()
    woken = Counter(waits_until(fake_office))
    assert (counts(fake_office), len(woken)) == ({State.SCHEDULED: 200}, 4)
    assert woken[min(woken)] == 64
    # All who wait for the first place get nothing after all: it is not lost, the next ones take theirs in time.
    assert max(woken) - min(woken) < timedelta(hours=0.5)


def order(fake_office: FakeOffice) -> list[str]:
    """Return the posts in the order in which the gate let them pass; threads may end in another."""
    passed = select(delivery.c.post).join(attempt, attempt.c.key == delivery.c.key)
    with fake_office.ledger.read() as conn:
        return list(conn.scalars(passed.order_by(text("attempt.rowid"))))


def test_a_warning_does_not_wait_behind_a_fan_out(fake_office: FakeOffice):
    fake_office.ticks = True
    add_recipients(fake_office, "masyarakat", range(40))
    fake_office.channel.rates = (Rate("write", RATE, 1.0, 1, SOURCE),)
    to_all(fake_office, "news", "masyarakat", ago=2)
    to_all(fake_office, "warning", "masyarakat", ago=1, priority=1)
    fake_office.run()
    assert order(fake_office) == ["warning"] * 40 + ["news"] * 40


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_two_posts_of_one_priority_take_turns(fake_office: FakeOffice, limit):
    fake_office.ticks = True
    add_recipients(fake_office, "masyarakat", range(20))
    to_all(fake_office, "a", "masyarakat", ago=2)
    to_all(fake_office, "b", "masyarakat", ago=1)
    fake_office.channel.rates = (Rate("write", 30 * limit, 1.0, 1, SOURCE),)
    fake_office.run()
    assert 4 <= order(fake_office)[:20].count("b") <= 16


def test_a_backlog_after_a_jump_of_the_clock_is_spread(fake_office: FakeOffice):
    fake_office.ticks = True
    add_recipients(fake_office, "masyarakat", range(BACKLOG))
    fake_office.channel.rates = (Rate("write", RATE, 1.0, 2, SOURCE),)
    to_all(fake_office, "a", "masyarakat", ago=-3000)
    stamps = []
    fake_office.channel.on_publish = lambda _part: stamps.append(fake_office.now())
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        fake_office.drain(engine)
        assert stamps == []
        fake_office.shift = timedelta(seconds=3005)
        began = fake_office.now()
        engine.wake()
        fake_office.drain(engine)
    finally:
        assert engine.stop(timeout=15 * SECOND) == 0
    assert counts(fake_office) == {State.PUBLISHED: BACKLOG}
    # Two at once are allowed, then one after the other. A thread may be late, never early.
    for number, stamp in enumerate(sorted(stamps)):
        assert stamp >= began + (number - 1) * timedelta(seconds=1) / RATE

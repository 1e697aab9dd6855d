"""What is told of one message settles its delivery the same way, in whatever order it comes."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from humaspost.audience.opt_out import leaves
from humaspost.ledger import accounts, database
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import outcomes
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import recipients, service_windows
from humaspost.ledger.schema import account, attempt, delivery, event, preference, recipient, window
from humaspost.ledger.webhooks import message_events
from humaspost.model.account import Facts, Template, Verdict
from humaspost.model.channel import Event
from humaspost.model.delivery import Receipt, Stage, State

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY = "0" * 32
PHONE = "+6281200000001"
LATER = NOW + timedelta(minutes=1)


class Book:
    """A ledger with one WhatsApp delivery in it."""

    def __init__(self, state: State, *, attempts: int = 1, remote_id: str | None = None) -> None:
        self.ledger: Ledger = database.empty()
        at = NOW if state is State.PUBLISHED else None
        stage = Stage.ACCEPTED if state is State.PUBLISHED else None
        row = {"key": KEY, "post": "p", "account": "a", "part": 1, "recipient": "r", "due_at": NOW}
        row |= {
            "priority": 5,
            "state": state,
            "attempts": attempts,
            "remote_id": remote_id,
            "updated_at": NOW,
        }
        row |= {"published_at": at, "stage": stage}
        tries = [
            {"key": KEY, "number": n, "owner": "me", "rendition": "x", "ready": "{}", "started_at": NOW}
            for n in range(1, attempts + 1)
        ]

        def work(conn) -> None:
            conn.execute(insert(account).values(id="a", name="whatsapp", channel="whatsapp"))
            recipients.add(conn, [(PHONE, "Warga", None)], now=NOW)
            conn.execute(insert(delivery).values(row))
            if tries:
                conn.execute(insert(attempt), tries)

        self.ledger.write(work)

    def hear(self, *told: Event, account: str = "a", now: datetime = NOW) -> list[message_events.Change]:
        return self.ledger.write(
            lambda conn: message_events.receive(conn, account, told, leaves=leaves, now=now)
        )

    def reply(self, number: int = 1, remote_id: str = "w1") -> None:
        """Our own answer is recorded, as the sender does it."""
        receipt = outcomes.Published(KEY, number, Receipt(remote_id, NOW))
        self.ledger.write(lambda conn: outcomes.publish(conn, [receipt], now=NOW, found=False))
        self.ledger.write(lambda conn: message_events.catch_up(conn, [remote_id], now=NOW))

    @property
    def stands(self) -> tuple[str, str | None, str | None]:
        with self.ledger.read() as conn:
            row = conn.execute(select(delivery)).one()
        return row.state, row.stage, row.remote_id

    def row(self):
        with self.ledger.read() as conn:
            return conn.execute(select(delivery)).one()


def told(
    word: str,
    *,
    number: int | None = 1,
    wamid: str = "w1",
    again: float | None = None,
    tries: int = 1,
    holds: bool = False,
) -> Event:
    code = word if word.isdecimal() else None
    stage = None if code else Stage(word)
    key = None if number is None else f"hp1:{KEY}:{number}"
    dedupe = f"{wamid}:{'failed' if code else word}"
    what = {"stage": stage, "failed": code, "again": again, "tries": tries, "holds": holds}
    return Event(dedupe, "status", NOW, key, remote_id=wamid, **what)


@pytest.fixture
def book() -> Iterator[Book]:
    made = Book(State.UNKNOWN)
    yield made
    made.ledger.close()


@pytest.mark.parametrize("state", [s for s in State if s is not State.PUBLISHED])
def test_proof_of_life_ends_every_doubt_and_every_plan_to_send_again(state: State) -> None:
    book = Book(state)
    assert [change.kind for change in book.hear(told("sent"))] == ["found"]
    assert book.stands == ("published", "sent", "w1")


def test_an_earlier_attempts_message_ends_the_later_one() -> None:
    book = Book(State.SENDING, attempts=2)
    book.hear(told("delivered", number=1))
    assert book.stands == ("published", "delivered", "w1")
    book.reply(number=2, remote_id="w2")
    assert book.stands == ("published", "delivered", "w1")


def _tried_again(state: State) -> Book:
    """Nobody knew of the first try, a person sent it again."""
    book = Book(state, attempts=2, remote_id="w2" if state is State.PUBLISHED else None)
    lost = attempt.update().where(attempt.c.number == 1).values(outcome="unknown", ended_at=NOW)
    book.ledger.write(lambda conn: conn.execute(lost))
    if state is State.PUBLISHED:
        live = attempt.update().where(attempt.c.number == 2).values(outcome="published", ended_at=NOW)
        book.ledger.write(lambda conn: conn.execute(live))
    return book


def _outcomes(book: Book) -> list[str]:
    with book.ledger.read() as conn:
        return list(conn.scalars(select(attempt.c.outcome).order_by(attempt.c.number)))


def test_two_that_are_live_are_named_once() -> None:
    book = _tried_again(State.PUBLISHED)
    assert [change.kind for change in book.hear(told("sent", number=1), told("read", number=1))] == ["twice"]
    assert (book.stands, book.row().reason) == (("published", "accepted", "w2"), "twice")
    assert _outcomes(book) == ["published", "published"]
    book.hear(told("read", number=2, wamid="w2"))
    assert (book.stands, book.row().reason) == (("published", "read", "w2"), "twice")
    book.ledger.close()


def test_two_that_are_live_are_named_when_our_own_reply_is_the_second() -> None:
    book = _tried_again(State.SENDING)
    book.hear(told("delivered", number=1))
    book.reply(number=2, remote_id="w2")
    assert (book.stands, book.row().reason) == (("published", "delivered", "w1"), "twice")
    assert _outcomes(book)[1] == "published"
    book.ledger.close()


def test_told_before_our_own_reply_is_recorded() -> None:
    book = Book(State.SENDING)
    book.hear(told("delivered"))
    book.reply()
    assert book.stands == ("published", "delivered", "w1")


def test_told_without_our_key_before_our_reply_is_kept_and_matched_then() -> None:
    book = Book(State.SENDING)
    assert book.hear(told("read", number=None)) == []
    assert book.stands[0] == "sending"
    book.reply()
    assert book.stands == ("published", "read", "w1")


def test_a_message_of_nobody_is_matched_when_its_delivery_is_known_again() -> None:
    book = Book(State.SCHEDULED, attempts=0)
    book.hear(told("sent", wamid="w9", number=None))
    with book.ledger.read() as conn:
        assert not conn.scalar(select(event.c.settled))
    book.ledger.write(lambda conn: conn.execute(delivery.update().values(remote_id="w9")))
    book.ledger.write(lambda conn: message_events.match_again(conn, now=NOW))
    assert book.stands == ("published", "sent", "w9")


_WORDS = ("sent", "delivered", "read", "131026")


@pytest.mark.parametrize("words", [w for n in range(1, 5) for w in itertools.combinations(_WORDS, n)])
def test_every_order_ends_the_same(words: tuple[str, ...]) -> None:
    seen = {_after(order, start) for order in itertools.permutations(words) for start in ("sending", "reply")}
    assert len(seen) == 1, seen
    state, stage, _id = seen.pop()
    if {"delivered", "read"} & set(words):
        assert (state, stage) == ("published", "read" if "read" in words else "delivered")
    elif "131026" in words:
        assert state == "failed"


def _after(order: tuple[str, ...], start: str) -> tuple[str, str | None, str | None]:
    """Where the delivery stands after this; ``start`` says when our own reply was recorded."""
    book = Book(State.SENDING)
    if start == "reply":
        book.reply()
    for word in order:
        book.hear(told(word))
        book.hear(told(word), told(word))
    if start == "sending":
        book.reply()
    state, stage, remote_id = book.stands
    book.ledger.close()
    return state, stage if state == "published" else None, remote_id if state == "published" else None


def test_a_stage_only_grows(book: Book) -> None:
    for word in ("read", "sent", "delivered"):
        book.hear(told(word))
        assert book.stands == ("published", "read", "w1")


def test_a_failure_fails_what_rests_on_it_and_nothing_else() -> None:
    book = Book(State.PUBLISHED, remote_id="w1")
    book.hear(told("131026", wamid="other", number=None))
    assert book.stands[0] == "published"
    assert book.hear(told("131026")) == [message_events.Change("failed", "p", "131026")]
    assert (book.row().state, book.row().reason) == ("failed", "131026")


def test_a_late_failure_of_an_earlier_attempt_changes_nothing() -> None:
    book = Book(State.UNKNOWN, attempts=2)
    book.hear(told("131026", number=1), told("sent", number=1))
    assert book.stands[0] == "unknown"
    book.hear(told("sent", number=2, wamid="w2"))
    assert book.stands == ("published", "sent", "w2")


def test_the_marketing_cap_is_tried_once_more_a_day_later_and_then_no_more() -> None:
    book = Book(State.PUBLISHED, remote_id="w1")
    day = timedelta(days=1)
    assert book.hear(told("131049", again=day.total_seconds()))[0].kind == "retry"
    assert (book.row().state, book.row().not_before) == ("scheduled", NOW + day)
    book.hear(told("sent"))
    assert book.row().state == "scheduled"
    book = Book(State.PUBLISHED, attempts=2, remote_id="w2")
    book.ledger.write(
        lambda conn: conn.execute(attempt.update().where(attempt.c.number == 1).values(code="131049"))
    )
    assert book.hear(told("131049", number=2, wamid="w2", again=1.0))[0].kind == "failed"


@pytest.mark.parametrize(("earlier", "kind"), [(0, "retry"), (2, "retry"), (3, "failed")])
def test_meta_s_own_trouble_is_tried_again_three_times(earlier: int, kind: str) -> None:
    """It is proved not delivered, and it was called failed for good."""
    number = earlier + 1
    book = Book(State.PUBLISHED, attempts=number, remote_id="w")
    before = attempt.update().where(attempt.c.number < number).values(code="131000")
    book.ledger.write(lambda conn: conn.execute(before))
    (change,) = book.hear(told("131000", number=number, wamid="w", again=300.0, tries=3))
    assert change.kind == kind


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=-1)], ids=["since", "before"])
def test_a_restriction_told_by_webhook_stops_the_account_and_loses_nothing(late: timedelta) -> None:
    """A fan-out went on, message by message, into a block for spam."""
    book = Book(State.PUBLISHED, remote_id="w1")
    book.ledger.write(lambda conn: account_holds.see_to(conn, "a", now=NOW - timedelta(minutes=1)))
    asked = account.update().values(checked_at=NOW + timedelta(minutes=1))  # whose login it is proves nothing
    book.ledger.write(lambda conn: conn.execute(asked))
    (change,) = book.hear(replace(told("131048", holds=True, again=300.0), at=NOW + late))
    stands = (change.kind, book.row().state, book.row().reason)
    assert stands == (("retry", "scheduled", "") if late else ("held", "held", "login"))
    with book.ledger.read() as conn:
        (row,) = accounts.every(conn)
    restricted = ("login", "131048", None) if not late else (None, "", None)
    assert (row.hold, row.hold_code, row.hold_until) == restricted, (
        "news from before a person saw to it is old"
    )


def _judged(book: Book, status: str, *, late: timedelta = timedelta()) -> tuple[list[str], datetime | None]:
    """The template's status as it is read offline, and when the platform was last asked."""
    known = Template("siaran", "id", "APPROVED", "UTILITY", 1)
    facts = Facts(NOW, templates=(known, replace(known, language="en")))
    book.ledger.write(lambda conn: accounts.keep_facts(conn, "a", facts))
    at = NOW + timedelta(minutes=1) - late
    verdict = Verdict("siaran", "id", status)
    book.hear(Event(f"{status}{late}", "template", at, verdict=verdict), now=NOW + timedelta(hours=1))
    with book.ledger.read() as conn:
        row = accounts.by_name(conn, "whatsapp")
    found = accounts.facts_of(row)
    return [template.status for template in found.templates], row.checked_at


def test_a_verdict_on_a_template_is_read_offline_and_the_next_sender_asks_anew(book: Book) -> None:
    assert _judged(book, "PAUSED") == (["PAUSED", "APPROVED"], None)
    assert _judged(book, "") == (["APPROVED", "APPROVED"], None)


def test_a_verdict_from_before_the_platform_was_asked_changes_nothing(book: Book) -> None:
    assert _judged(book, "PAUSED", late=timedelta(days=1)) == (["APPROVED", "APPROVED"], NOW)


def test_another_account_can_neither_settle_nor_use_up_an_event(book: Book) -> None:
    book.hear(told("sent"), account="b")
    assert book.stands[0] == "unknown"
    book.hear(told("sent"))
    assert book.stands[0] == "published"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_foreign_callback_data_settles_nothing(key: str) -> None:
    book = Book(State.UNKNOWN)
    book.hear(Event("d", "status", NOW, key, remote_id="w", stage=Stage.SENT))
    assert book.stands[0] == "unknown"
    book.ledger.close()


def _said(text: str, *, at: datetime = NOW, phone: str = PHONE, number: int = 1) -> Event:
    return Event(f"m{number}:inbound", "inbound", at, remote_id=f"m{number}", sender=phone, text=text)


def test_a_message_opens_the_window_for_a_day_and_an_older_one_does_not_shorten_it(book: Book) -> None:
    book.hear(_said("halo"), _said("tadi", at=NOW - timedelta(hours=3), number=2))
    with book.ledger.read() as conn:
        assert conn.scalar(select(window.c.open_until)) == NOW + timedelta(hours=24)
    book.hear(_said("besok", at=NOW + timedelta(days=9), number=3))
    with book.ledger.read() as conn:
        assert conn.scalar(select(window.c.open_until)) == NOW + timedelta(hours=24)


def test_a_window_that_the_platform_says_is_closed_is_closed(book: Book) -> None:
    book.hear(_said("halo"))
    for number, at in enumerate((NOW, datetime(9999, 12, 31, tzinfo=UTC))):
        book.hear(Event(f"w{number}:closed", "closed", at, remote_id="w", sender=PHONE))
    with book.ledger.read() as conn:
        assert conn.execute(select(window)).all() == []


@pytest.mark.parametrize("word", ["BERHENTI", "stop", " Unsubscribe\n"])
def test_one_word_and_the_person_has_left(book: Book, word: str) -> None:
    assert [change.kind for change in book.hear(_said(word))] == ["left"]
    with book.ledger.read() as conn:
        assert recipients.by_phone(conn, PHONE).opted_out_at == NOW


def test_a_pressed_button_says_what_the_office_put_behind_it(book: Book) -> None:
    pressed = replace(_said("Tidak mau lagi"), payload="BERHENTI")
    assert [change.kind for change in book.hear(pressed)] == ["left"]


def test_a_sentence_is_for_a_person_to_read(book: Book) -> None:
    assert book.hear(_said("Kapan loket berhenti melayani?")) == []
    with book.ledger.read() as conn:
        assert recipients.by_phone(conn, PHONE).opted_out_at is None


USER = "ID.1349120865530274"


def _by_id(text: str, *, wamid: str, sender: str | None = None) -> Event:
    return Event(f"{wamid}:inbound", "inbound", NOW, remote_id=wamid, sender=sender, user_id=USER, text=text)


def _met(book: Book, *, key: str = f"hp1:{KEY}:1", sender: str | None = None) -> None:
    """A status of the book's message names the person by user id."""
    with book.ledger.read() as conn:
        person = recipients.by_phone(conn, PHONE)
    book.ledger.write(lambda conn: conn.execute(update(delivery).values(recipient=person.id)))
    book.hear(
        Event("w1:sent", "status", NOW, key, remote_id="w1", stage=Stage.SENT, sender=sender, user_id=USER)
    )


def _left(book: Book, phone: str = PHONE) -> datetime | None:
    with book.ledger.read() as conn:
        return recipients.by_phone(conn, phone).opted_out_at


@pytest.mark.parametrize("named", [{}, {"key": "", "sender": PHONE}], ids=["our key", "a number beside it"])
def test_who_was_named_once_can_leave_by_user_id_alone(book: Book, named: dict[str, str]) -> None:
    _met(book, **named)
    assert [change.kind for change in book.hear(_by_id("BERHENTI", wamid="m1"))] == ["left"]
    assert _left(book) == NOW


def test_who_was_named_once_opens_and_loses_the_window_by_user_id_alone(book: Book) -> None:
    _met(book)
    book.hear(_by_id("Halo", wamid="m1"))
    with book.ledger.read() as conn:
        assert conn.execute(select(window.c.open_until)).scalars().all() == [NOW + service_windows.OPEN]
    book.hear(Event("w2:closed", "closed", NOW, remote_id="w2", user_id=USER))
    with book.ledger.read() as conn:
        assert conn.execute(select(window)).all() == []


def test_a_user_id_that_nobody_named_is_nobodys(book: Book) -> None:
    _met(book, key="hp1:" + "1" * 32 + ":1", sender="+6281299999999")
    assert book.hear(_by_id("Halo", wamid="m1"), _by_id("BERHENTI", wamid="m2")) == []
    assert _left(book) is None
    with book.ledger.read() as conn:
        assert conn.execute(select(window)).all() == []
        assert conn.scalar(select(func.count()).select_from(recipient)) == 1


def test_who_left_before_their_number_was_known_has_left_as_soon_as_it_is(book: Book) -> None:
    book.hear(_by_id("BERHENTI", wamid="m1"))
    assert _left(book) is None
    _met(book)
    assert _left(book) == NOW
    book.ledger.write(lambda conn: conn.execute(update(recipient).values(opted_out_at=None)))
    book.hear(_by_id("Halo", wamid="m2"))
    assert _left(book) is None, "it waits no longer"


def test_a_number_told_with_it_is_believed_over_what_was_learned(book: Book) -> None:
    other = "+6281200000002"
    book.ledger.write(lambda conn: recipients.add(conn, [(other, "", None)], now=NOW))
    _met(book)
    book.hear(_by_id("Halo", wamid="m1", sender=other), _by_id("STOP", wamid="m2"))
    assert (_left(book), _left(book, other)) == (None, NOW)


def test_a_number_that_the_platform_spells_in_its_own_way_is_still_theirs(book: Book) -> None:
    theirs = "+5215512345678"
    _met(book, sender=theirs)
    book.hear(_by_id("BERHENTI", wamid="m1", sender=theirs))
    assert (_left(book), _left(book, theirs)) == (NOW, NOW), "no list that has it so brings them in again"


def test_what_was_kept_back_is_so_until_it_is_on_its_way() -> None:
    book = Book(State.SENDING)
    receipt = outcomes.Published(KEY, 1, Receipt("w1", NOW, note="held-for-quality"))
    book.ledger.write(lambda conn: outcomes.publish(conn, [receipt], now=NOW, found=False))
    assert (book.row().state, book.row().reason) == ("published", "held-for-quality")
    book.hear(told("sent"))
    assert (book.row().stage, book.row().reason) == ("sent", "")
    book.ledger.close()


def test_who_is_reached_at_a_number_spelled_otherwise_can_leave_from_it(book: Book) -> None:
    theirs = "+5215512345678"
    with book.ledger.read() as conn:
        person = recipients.by_phone(conn, PHONE)
    book.ledger.write(lambda conn: conn.execute(update(delivery).values(recipient=person.id)))
    book.hear(replace(told("sent"), sender=theirs))
    book.hear(_said("BERHENTI", phone=theirs))
    assert (_left(book), _left(book, theirs)) == (NOW, NOW)
    with book.ledger.read() as conn:
        assert theirs not in str(conn.execute(select(event)).all())


def test_a_restricted_account_is_held(book: Book) -> None:
    book.hear(
        Event("account:ACCOUNT_RESTRICTION:1", "account", NOW, failed="ACCOUNT_RESTRICTION", holds=True)
    )
    with book.ledger.read() as conn:
        row = accounts.by_name(conn, "whatsapp")
    assert (row.hold, row.hold_code) == ("login", "ACCOUNT_RESTRICTION")


def test_whoever_has_another_number_now_can_leave_from_it(book: Book) -> None:
    new = "+6281200000777"
    moved = Event("s1:moved", "moved", NOW, sender=PHONE, moved=new)
    assert [(c.kind, c.numbers) for c in book.hear(moved)] == [("moved", (PHONE, new))]
    with book.ledger.read() as conn:
        assert conn.execute(select(window)).all() == [], "nobody said anything"
    assert [change.kind for change in book.hear(_said("BERHENTI", phone=new))] == ["left"]
    assert (_left(book), _left(book, new)) == (NOW, NOW), "whatever list it is written in"
    with book.ledger.read() as conn:
        assert new not in str(conn.execute(select(event)).all())


def test_who_had_left_has_left_with_the_new_number_too(book: Book) -> None:
    new = "+6281200000777"
    book.hear(_said("STOP"))
    book.hear(Event("s1:moved", "moved", LATER, sender=PHONE, moved=new), now=LATER)
    assert _left(book, new) == NOW


@pytest.mark.parametrize(("said", "left"), [(LATER, True), (NOW - timedelta(days=300), False)])
def test_who_left_before_we_heard_of_the_new_number(book: Book, said: datetime, left: bool) -> None:
    """An older word from that number is of whoever had it before."""
    new = "+6281200000777"
    book.hear(replace(_said("STOP", phone=new), at=said), now=LATER)
    book.hear(Event("s1:moved", "moved", NOW, sender=PHONE, moved=new), now=LATER)
    assert (_left(book), _left(book, new)) == (said if left else None, said)


def test_a_strangers_new_number_is_nobodys(book: Book) -> None:
    assert book.hear(Event("s1:moved", "moved", NOW, sender="+6281299999999", moved="+6281299999998")) == []


def _marketing(book: Book, phone: str = PHONE) -> bool | None:
    """What the person said of marketing, None = nothing."""
    wanted = select(preference.c.marketing).join(recipient, recipient.c.id == preference.c.recipient)
    with book.ledger.read() as conn:
        return conn.scalar(wanted.where(recipient.c.phone == phone))


def _wish(kind: str, *, at: datetime = NOW, sender: str | None = PHONE, user_id: str | None = None) -> Event:
    return Event(f"{kind}:{at}:{sender}", kind, at, sender=sender, user_id=user_id)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([_wish("no-marketing")], False),
        ([_wish("no-marketing"), _wish("marketing", at=LATER)], True),
        ([_wish("marketing", at=LATER), _wish("no-marketing")], True),
        ([_wish("marketing"), _wish("no-marketing")], False),
        ([_wish("no-marketing"), _wish("marketing")], False),
    ],
)
def test_the_newest_word_on_marketing_counts_in_whatever_order_it_comes(
    book: Book, said: list[Event], wanted: bool
) -> None:
    for one in said:
        book.hear(one, now=LATER)
    assert _marketing(book) is wanted
    assert _left(book) is None, "they did not leave"


def test_a_strangers_word_on_marketing_waits_for_any_later_list(book: Book) -> None:
    stranger = "+6281299999999"
    assert [change.kind for change in book.hear(_wish("no-marketing", sender=stranger))] == ["no-marketing"]
    assert (_marketing(book, stranger), _left(book, stranger)) == (False, None)
    book.hear(_wish("marketing", sender="+6281299999998"))
    with book.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(recipient)) == 2


def test_a_word_on_marketing_by_user_id_waits_for_the_number(book: Book) -> None:
    book.hear(_wish("no-marketing", sender=None, user_id=USER))
    _met(book)
    assert _marketing(book) is False


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("no-marketing", "marketing"), True),
        (("marketing", "no-marketing"), False),
        (("no-marketing", "marketing", "no-marketing"), False),
        (("marketing", "no-marketing", "marketing"), True),
    ],
)
def test_the_newest_word_by_user_id_counts_in_whatever_order_it_comes(
    words: tuple[str, ...], wanted: bool
) -> None:
    wishes = [
        _wish(word, at=NOW + timedelta(minutes=minute), sender=None, user_id=USER)
        for minute, word in enumerate(words)
    ]
    for order in itertools.permutations(wishes):
        book = Book(State.UNKNOWN)
        for one in order:
            book.hear(one, now=NOW + timedelta(hours=1))
        _met(book)
        assert _marketing(book) is wanted
        book.ledger.close()


def test_another_accounts_user_ids_are_not_ours(book: Book) -> None:
    _met(book)
    assert book.hear(_by_id("BERHENTI", wamid="m1"), account="b") == []
    assert _left(book) is None


def test_no_user_id_is_kept_in_the_clear(book: Book) -> None:
    book.hear(_by_id("BERHENTI", wamid="m1"))
    _met(book)
    with book.ledger.read() as conn:
        assert USER not in str(conn.execute(select(event)).all())


def test_a_stranger_who_leaves_is_remembered_for_any_later_list(book: Book) -> None:
    book.hear(_said("STOP", phone="+6281299999999"))
    with book.ledger.read() as conn:
        assert recipients.by_phone(conn, "+6281299999999").opted_out_at == NOW

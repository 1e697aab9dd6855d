"""What is told of one message settles its delivery the same way, in whatever order it comes."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from humaspost.audience.opt_out import is_opt_out
from humaspost.ledger import accounts, database
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries import receipts
from humaspost.ledger.holds import account_holds
from humaspost.ledger.people import recipients, service_windows
from humaspost.ledger.schema import (
    account,
    attempt,
    delivery,
    marketing_preference,
    message_event,
    recipient,
    service_window,
)
from humaspost.ledger.webhooks import message_events
from humaspost.model.account import AccountStatus, Template, TemplateStatusChange
from humaspost.model.channel_event import (
    AccountRestricted,
    ChannelEvent,
    InboundMessage,
    MarketingPreference,
    MessageStatus,
    NumberChanged,
    ServiceWindowClosed,
    TemplateStatus,
)
from humaspost.model.delivery import Receipt, Stage, State

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY = "0" * 32
PHONE = "+6281200000001"
LATER = NOW + timedelta(minutes=1)


class WhatsAppLedger:
    """A ledger with one WhatsApp delivery in it."""

    def __init__(self, state: State, *, attempts: int = 1, remote_id: str | None = None) -> None:
        self.ledger: Ledger = database.create_empty()
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
            {"key": KEY, "number": n, "owner": "me", "rendition": "x", "token": "{}", "started_at": NOW}
            for n in range(1, attempts + 1)
        ]

        def work(conn) -> None:
            conn.execute(insert(account).values(id="a", name="whatsapp", channel="whatsapp"))
            recipients.add_recipients(conn, [(PHONE, "Warga", None)], now=NOW)
            conn.execute(insert(delivery).values(row))
            if tries:
                conn.execute(insert(attempt), tries)

        self.ledger.write(work)

    def receive(
        self, *told: ChannelEvent, account: str = "a", now: datetime = NOW
    ) -> list[message_events.WebhookChange]:
        return self.ledger.write(
            lambda conn: message_events.receive_events(conn, account, told, is_opt_out=is_opt_out, now=now)
        )

    def record_receipt(self, number: int = 1, remote_id: str = "w1") -> None:
        """Our own answer is recorded, as the sender does it."""
        receipt = receipts.PublishedReceipt(KEY, number, Receipt(remote_id, NOW))
        self.ledger.write(lambda conn: receipts.mark_published(conn, [receipt], now=NOW, by_lookup=False))
        self.ledger.write(lambda conn: message_events.apply_pending(conn, [remote_id], now=NOW))

    @property
    def delivery_state(self) -> tuple[str, str | None, str | None]:
        with self.ledger.read() as conn:
            row = conn.execute(select(delivery)).one()
        return row.state, row.stage, row.remote_id

    def row(self):
        with self.ledger.read() as conn:
            return conn.execute(select(delivery)).one()


def status_event(
    word: str,
    *,
    number: int | None = 1,
    wamid: str = "w1",
    again: float | None = None,
    tries: int = 1,
    holds: bool = False,
) -> MessageStatus:
    code = word if word.isdecimal() else None
    stage = None if code else Stage(word)
    key = None if number is None else f"hp1:{KEY}:{number}"
    dedupe = f"{wamid}:{'failed' if code else word}"
    what = {
        "stage": stage,
        "failure_code": code,
        "retry_after": again,
        "max_retries": tries,
        "restricts_account": holds,
    }
    return MessageStatus(dedupe, NOW, key=key, remote_id=wamid, **what)


@pytest.fixture
def whatsapp_ledger() -> Iterator[WhatsAppLedger]:
    made = WhatsAppLedger(State.UNKNOWN)
    yield made
    made.ledger.close()


@pytest.mark.parametrize("state", [s for s in State if s is not State.PUBLISHED])
def test_proof_of_life_ends_every_unknown_outcome_and_every_plan_to_send_again(state: State) -> None:
    whatsapp_ledger = WhatsAppLedger(state)
    assert [change.kind for change in whatsapp_ledger.receive(status_event("sent"))] == ["found"]
    assert whatsapp_ledger.delivery_state == ("published", "sent", "w1")


def test_an_earlier_attempts_message_ends_the_later_one() -> None:
    whatsapp_ledger = WhatsAppLedger(State.SENDING, attempts=2)
    whatsapp_ledger.receive(status_event("delivered", number=1))
    assert whatsapp_ledger.delivery_state == ("published", "delivered", "w1")
    whatsapp_ledger.record_receipt(number=2, remote_id="w2")
    assert whatsapp_ledger.delivery_state == ("published", "delivered", "w1")


def _tried_again(state: State) -> WhatsAppLedger:
    """Nobody knew of the first try, a person sent it again."""
    whatsapp_ledger = WhatsAppLedger(state, attempts=2, remote_id="w2" if state is State.PUBLISHED else None)
    lost = attempt.update().where(attempt.c.number == 1).values(outcome="unknown", ended_at=NOW)
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(lost))
    if state is State.PUBLISHED:
        live = attempt.update().where(attempt.c.number == 2).values(outcome="published", ended_at=NOW)
        whatsapp_ledger.ledger.write(lambda conn: conn.execute(live))
    return whatsapp_ledger


def _outcomes(whatsapp_ledger: WhatsAppLedger) -> list[str]:
    with whatsapp_ledger.ledger.read() as conn:
        return list(conn.scalars(select(attempt.c.outcome).order_by(attempt.c.number)))


def test_two_that_are_live_are_named_once() -> None:
    whatsapp_ledger = _tried_again(State.PUBLISHED)
    assert [
        change.kind
        for change in whatsapp_ledger.receive(status_event("sent", number=1), status_event("read", number=1))
    ] == ["duplicate"]
    assert (whatsapp_ledger.delivery_state, whatsapp_ledger.row().reason) == (
        ("published", "accepted", "w2"),
        "duplicate",
    )
    assert _outcomes(whatsapp_ledger) == ["published", "published"]
    whatsapp_ledger.receive(status_event("read", number=2, wamid="w2"))
    assert (whatsapp_ledger.delivery_state, whatsapp_ledger.row().reason) == (
        ("published", "read", "w2"),
        "duplicate",
    )
    whatsapp_ledger.ledger.close()


def test_two_that_are_live_are_named_when_our_own_reply_is_the_second() -> None:
    whatsapp_ledger = _tried_again(State.SENDING)
    whatsapp_ledger.receive(status_event("delivered", number=1))
    whatsapp_ledger.record_receipt(number=2, remote_id="w2")
    assert (whatsapp_ledger.delivery_state, whatsapp_ledger.row().reason) == (
        ("published", "delivered", "w1"),
        "duplicate",
    )
    assert _outcomes(whatsapp_ledger)[1] == "published"
    whatsapp_ledger.ledger.close()


def test_a_status_before_the_recorded_reply_is_kept() -> None:
    whatsapp_ledger = WhatsAppLedger(State.SENDING)
    whatsapp_ledger.receive(status_event("delivered"))
    whatsapp_ledger.record_receipt()
    assert whatsapp_ledger.delivery_state == ("published", "delivered", "w1")


def test_a_status_without_key_before_the_reply_is_kept_and_matched_then() -> None:
    whatsapp_ledger = WhatsAppLedger(State.SENDING)
    assert whatsapp_ledger.receive(status_event("read", number=None)) == []
    assert whatsapp_ledger.delivery_state[0] == "sending"
    whatsapp_ledger.record_receipt()
    assert whatsapp_ledger.delivery_state == ("published", "read", "w1")


def test_a_message_without_delivery_is_matched_when_its_delivery_exists_again() -> None:
    whatsapp_ledger = WhatsAppLedger(State.SCHEDULED, attempts=0)
    whatsapp_ledger.receive(status_event("sent", wamid="w9", number=None))
    with whatsapp_ledger.ledger.read() as conn:
        assert not conn.scalar(select(message_event.c.settled))
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(delivery.update().values(remote_id="w9")))
    whatsapp_ledger.ledger.write(lambda conn: message_events.retry_unmatched(conn, now=NOW))
    assert whatsapp_ledger.delivery_state == ("published", "sent", "w9")


_STATUS_NAMES = ("sent", "delivered", "read", "131026")


@pytest.mark.parametrize("words", [w for n in range(1, 5) for w in itertools.combinations(_STATUS_NAMES, n)])
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
    whatsapp_ledger = WhatsAppLedger(State.SENDING)
    if start == "reply":
        whatsapp_ledger.record_receipt()
    for word in order:
        whatsapp_ledger.receive(status_event(word))
        whatsapp_ledger.receive(status_event(word), status_event(word))
    if start == "sending":
        whatsapp_ledger.record_receipt()
    state, stage, remote_id = whatsapp_ledger.delivery_state
    whatsapp_ledger.ledger.close()
    return state, stage if state == "published" else None, remote_id if state == "published" else None


def test_a_stage_only_grows(whatsapp_ledger: WhatsAppLedger) -> None:
    for word in ("read", "sent", "delivered"):
        whatsapp_ledger.receive(status_event(word))
        assert whatsapp_ledger.delivery_state == ("published", "read", "w1")


def test_a_failure_fails_what_rests_on_it_and_nothing_else() -> None:
    whatsapp_ledger = WhatsAppLedger(State.PUBLISHED, remote_id="w1")
    whatsapp_ledger.receive(status_event("131026", wamid="other", number=None))
    assert whatsapp_ledger.delivery_state[0] == "published"
    assert whatsapp_ledger.receive(status_event("131026")) == [
        message_events.WebhookChange("failed", "p", "131026")
    ]
    assert (whatsapp_ledger.row().state, whatsapp_ledger.row().reason) == ("failed", "131026")


def test_a_late_failure_of_an_earlier_attempt_changes_nothing() -> None:
    whatsapp_ledger = WhatsAppLedger(State.UNKNOWN, attempts=2)
    whatsapp_ledger.receive(status_event("131026", number=1), status_event("sent", number=1))
    assert whatsapp_ledger.delivery_state[0] == "unknown"
    whatsapp_ledger.receive(status_event("sent", number=2, wamid="w2"))
    assert whatsapp_ledger.delivery_state == ("published", "sent", "w2")


def test_the_marketing_cap_is_tried_once_more_a_day_later_and_then_no_more() -> None:
    whatsapp_ledger = WhatsAppLedger(State.PUBLISHED, remote_id="w1")
    day = timedelta(days=1)
    assert whatsapp_ledger.receive(status_event("131049", again=day.total_seconds()))[0].kind == "retry"
    assert (whatsapp_ledger.row().state, whatsapp_ledger.row().not_before) == ("scheduled", NOW + day)
    whatsapp_ledger.receive(status_event("sent"))
    assert whatsapp_ledger.row().state == "scheduled"
    whatsapp_ledger = WhatsAppLedger(State.PUBLISHED, attempts=2, remote_id="w2")
    whatsapp_ledger.ledger.write(
        lambda conn: conn.execute(attempt.update().where(attempt.c.number == 1).values(code="131049"))
    )
    assert (
        whatsapp_ledger.receive(status_event("131049", number=2, wamid="w2", again=1.0))[0].kind == "failed"
    )


@pytest.mark.parametrize(("earlier", "kind"), [(0, "retry"), (2, "retry"), (3, "failed")])
def test_meta_s_own_trouble_is_tried_again_three_times(earlier: int, kind: str) -> None:
    """It is proved not delivered, and it was called failed for good."""
    number = earlier + 1
    whatsapp_ledger = WhatsAppLedger(State.PUBLISHED, attempts=number, remote_id="w")
    before = attempt.update().where(attempt.c.number < number).values(code="131000")
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(before))
    (change,) = whatsapp_ledger.receive(
        status_event("131000", number=number, wamid="w", again=300.0, tries=3)
    )
    assert change.kind == kind


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=-1)], ids=["since", "before"])
def test_a_restriction_reported_by_webhook_stops_the_account_and_loses_nothing(late: timedelta) -> None:
    """A fan-out went on, message by message, into a block for spam."""
    whatsapp_ledger = WhatsAppLedger(State.PUBLISHED, remote_id="w1")
    whatsapp_ledger.ledger.write(
        lambda conn: account_holds.acknowledge(conn, "a", now=NOW - timedelta(minutes=1))
    )
    asked = account.update().values(checked_at=NOW + timedelta(minutes=1))  # whose login it is proves nothing
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(asked))
    (change,) = whatsapp_ledger.receive(
        replace(status_event("131048", holds=True, again=300.0), at=NOW + late)
    )
    stands = (change.kind, whatsapp_ledger.row().state, whatsapp_ledger.row().reason)
    assert stands == (("retry", "scheduled", "") if late else ("held", "held", "login"))
    with whatsapp_ledger.ledger.read() as conn:
        (row,) = accounts.list_accounts(conn)
    restricted = ("login", "131048", None) if not late else (None, "", None)
    assert (row.hold, row.hold_code, row.hold_until) == restricted, (
        "news from before a person saw to it is old"
    )


def _failed_status(
    whatsapp_ledger: WhatsAppLedger, status: str, *, late: timedelta = timedelta()
) -> tuple[list[str], datetime | None]:
    """The template's status as it is read offline, and when the platform was last asked."""
    known = Template("siaran", "id", "APPROVED", "UTILITY", 1)
    facts = AccountStatus(NOW, templates=(known, replace(known, language="en")))
    whatsapp_ledger.ledger.write(lambda conn: accounts.save_status(conn, "a", facts))
    at = NOW + timedelta(minutes=1) - late
    verdict = TemplateStatusChange("siaran", "id", status)
    whatsapp_ledger.receive(
        TemplateStatus(f"{status}{late}", at, change=verdict), now=NOW + timedelta(hours=1)
    )
    with whatsapp_ledger.ledger.read() as conn:
        row = accounts.get_by_name(conn, "whatsapp")
    found = row.status
    return [template.status for template in found.templates], row.checked_at


def test_a_template_status_change_is_read_offline_and_the_next_sender_fetches_again(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    assert _failed_status(whatsapp_ledger, "PAUSED") == (["PAUSED", "APPROVED"], None)
    assert _failed_status(whatsapp_ledger, "") == (["APPROVED", "APPROVED"], None)


def test_a_template_status_change_from_before_the_last_fetch_changes_nothing(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    assert _failed_status(whatsapp_ledger, "PAUSED", late=timedelta(days=1)) == (
        ["APPROVED", "APPROVED"],
        NOW,
    )


def test_another_account_can_neither_settle_nor_use_up_an_event(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(status_event("sent"), account="b")
    assert whatsapp_ledger.delivery_state[0] == "unknown"
    whatsapp_ledger.receive(status_event("sent"))
    assert whatsapp_ledger.delivery_state[0] == "published"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_foreign_callback_data_settles_nothing(key: str) -> None:
    whatsapp_ledger = WhatsAppLedger(State.UNKNOWN)
    whatsapp_ledger.receive(MessageStatus("d", NOW, key=key, remote_id="w", stage=Stage.SENT))
    assert whatsapp_ledger.delivery_state[0] == "unknown"
    whatsapp_ledger.ledger.close()


def _message_event(text: str, *, at: datetime = NOW, phone: str = PHONE, number: int = 1) -> InboundMessage:
    return InboundMessage(f"m{number}:inbound", at, remote_id=f"m{number}", phone=phone, text=text)


def test_a_message_opens_the_window_for_a_day_and_an_older_one_does_not_shorten_it(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    whatsapp_ledger.receive(
        _message_event("halo"), _message_event("tadi", at=NOW - timedelta(hours=3), number=2)
    )
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.scalar(select(service_window.c.open_until)) == NOW + timedelta(hours=24)
    whatsapp_ledger.receive(_message_event("besok", at=NOW + timedelta(days=9), number=3))
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.scalar(select(service_window.c.open_until)) == NOW + timedelta(hours=24)


def test_a_window_that_the_platform_reports_as_closed_is_closed(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(_message_event("halo"))
    for number, at in enumerate((NOW, datetime(9999, 12, 31, tzinfo=UTC))):
        whatsapp_ledger.receive(ServiceWindowClosed(f"w{number}:closed", at, remote_id="w", phone=PHONE))
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.execute(select(service_window)).all() == []


@pytest.mark.parametrize("word", ["BERHENTI", "stop", " Unsubscribe\n"])
def test_one_word_opts_the_person_out(whatsapp_ledger: WhatsAppLedger, word: str) -> None:
    assert [change.kind for change in whatsapp_ledger.receive(_message_event(word))] == ["opted-out"]
    with whatsapp_ledger.ledger.read() as conn:
        assert recipients.get_by_phone(conn, PHONE).opted_out_at == NOW


def test_a_pressed_button_means_what_the_office_put_behind_it(whatsapp_ledger: WhatsAppLedger) -> None:
    pressed = replace(_message_event("Tidak mau lagi"), payload="BERHENTI")
    assert [change.kind for change in whatsapp_ledger.receive(pressed)] == ["opted-out"]


def test_a_sentence_is_for_a_person_to_read(whatsapp_ledger: WhatsAppLedger) -> None:
    assert whatsapp_ledger.receive(_message_event("Kapan loket berhenti melayani?")) == []
    with whatsapp_ledger.ledger.read() as conn:
        assert recipients.get_by_phone(conn, PHONE).opted_out_at is None


USER = "ID.1349120865530274"


def _by_id(text: str, *, wamid: str, sender: str | None = None) -> InboundMessage:
    return InboundMessage(f"{wamid}:inbound", NOW, remote_id=wamid, phone=sender, user_id=USER, text=text)


def _link_recipient(
    whatsapp_ledger: WhatsAppLedger, *, key: str = f"hp1:{KEY}:1", sender: str | None = None
) -> None:
    """A status of the ledger's message names the person by user id."""
    with whatsapp_ledger.ledger.read() as conn:
        person = recipients.get_by_phone(conn, PHONE)
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(update(delivery).values(recipient=person.id)))
    whatsapp_ledger.receive(
        MessageStatus("w1:sent", NOW, key=key, remote_id="w1", stage=Stage.SENT, phone=sender, user_id=USER)
    )


def _has_opted_out(whatsapp_ledger: WhatsAppLedger, phone: str = PHONE) -> datetime | None:
    with whatsapp_ledger.ledger.read() as conn:
        return recipients.get_by_phone(conn, phone).opted_out_at


@pytest.mark.parametrize("named", [{}, {"key": "", "sender": PHONE}], ids=["our key", "a number beside it"])
def test_a_person_named_once_can_opt_out_by_user_id_only(
    whatsapp_ledger: WhatsAppLedger, named: dict[str, str]
) -> None:
    _link_recipient(whatsapp_ledger, **named)
    assert [change.kind for change in whatsapp_ledger.receive(_by_id("BERHENTI", wamid="m1"))] == [
        "opted-out"
    ]
    assert _has_opted_out(whatsapp_ledger) == NOW


def test_a_person_named_once_opens_and_loses_the_window_by_user_id_only(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    _link_recipient(whatsapp_ledger)
    whatsapp_ledger.receive(_by_id("Halo", wamid="m1"))
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.execute(select(service_window.c.open_until)).scalars().all() == [
            NOW + service_windows.DURATION
        ]
    whatsapp_ledger.receive(ServiceWindowClosed("w2:closed", NOW, remote_id="w2", user_id=USER))
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.execute(select(service_window)).all() == []


def test_a_user_id_without_a_number_belongs_to_no_person(whatsapp_ledger: WhatsAppLedger) -> None:
    _link_recipient(whatsapp_ledger, key="hp1:" + "1" * 32 + ":1", sender="+6281299999999")
    assert whatsapp_ledger.receive(_by_id("Halo", wamid="m1"), _by_id("BERHENTI", wamid="m2")) == []
    assert _has_opted_out(whatsapp_ledger) is None
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.execute(select(service_window)).all() == []
        assert conn.scalar(select(func.count()).select_from(recipient)) == 1


def test_an_opt_out_before_the_number_is_stored_counts_as_soon_as_it_is(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    whatsapp_ledger.receive(_by_id("BERHENTI", wamid="m1"))
    assert _has_opted_out(whatsapp_ledger) is None
    _link_recipient(whatsapp_ledger)
    assert _has_opted_out(whatsapp_ledger) == NOW
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(update(recipient).values(opted_out_at=None)))
    whatsapp_ledger.receive(_by_id("Halo", wamid="m2"))
    assert _has_opted_out(whatsapp_ledger) is None, "it waits no longer"


def test_a_number_in_the_event_is_believed_over_what_was_learned(whatsapp_ledger: WhatsAppLedger) -> None:
    other = "+6281200000002"
    whatsapp_ledger.ledger.write(lambda conn: recipients.add_recipients(conn, [(other, "", None)], now=NOW))
    _link_recipient(whatsapp_ledger)
    whatsapp_ledger.receive(_by_id("Halo", wamid="m1", sender=other), _by_id("STOP", wamid="m2"))
    assert (_has_opted_out(whatsapp_ledger), _has_opted_out(whatsapp_ledger, other)) == (None, NOW)


def test_a_number_that_the_platform_spells_in_its_own_way_is_still_theirs(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    theirs = "+5215512345678"
    _link_recipient(whatsapp_ledger, sender=theirs)
    whatsapp_ledger.receive(_by_id("BERHENTI", wamid="m1", sender=theirs))
    assert (_has_opted_out(whatsapp_ledger), _has_opted_out(whatsapp_ledger, theirs)) == (NOW, NOW), (
        "no list that has it so brings them in again"
    )


def test_what_was_kept_back_is_so_until_it_is_on_its_way() -> None:
    whatsapp_ledger = WhatsAppLedger(State.SENDING)
    receipt = receipts.PublishedReceipt(KEY, 1, Receipt("w1", NOW, note="held-for-quality"))
    whatsapp_ledger.ledger.write(
        lambda conn: receipts.mark_published(conn, [receipt], now=NOW, by_lookup=False)
    )
    assert (whatsapp_ledger.row().state, whatsapp_ledger.row().reason) == ("published", "held-for-quality")
    whatsapp_ledger.receive(status_event("sent"))
    assert (whatsapp_ledger.row().stage, whatsapp_ledger.row().reason) == ("sent", "")
    whatsapp_ledger.ledger.close()


def test_a_person_reached_at_a_number_spelled_otherwise_can_opt_out_from_it(
    whatsapp_ledger: WhatsAppLedger,
) -> None:
    theirs = "+5215512345678"
    with whatsapp_ledger.ledger.read() as conn:
        person = recipients.get_by_phone(conn, PHONE)
    whatsapp_ledger.ledger.write(lambda conn: conn.execute(update(delivery).values(recipient=person.id)))
    whatsapp_ledger.receive(replace(status_event("sent"), phone=theirs))
    whatsapp_ledger.receive(_message_event("BERHENTI", phone=theirs))
    assert (_has_opted_out(whatsapp_ledger), _has_opted_out(whatsapp_ledger, theirs)) == (NOW, NOW)
    with whatsapp_ledger.ledger.read() as conn:
        assert theirs not in str(conn.execute(select(message_event)).all())


def test_a_restricted_account_is_held(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(
        AccountRestricted("account:ACCOUNT_RESTRICTION:1", NOW, code="ACCOUNT_RESTRICTION")
    )
    with whatsapp_ledger.ledger.read() as conn:
        row = accounts.get_by_name(conn, "whatsapp")
    assert (row.hold, row.hold_code) == ("login", "ACCOUNT_RESTRICTION")


def test_a_person_with_a_new_number_can_opt_out_from_it(whatsapp_ledger: WhatsAppLedger) -> None:
    new = "+6281200000777"
    moved = NumberChanged("s1:moved", NOW, phone=PHONE, new_phone=new)
    assert [(c.kind, c.phones) for c in whatsapp_ledger.receive(moved)] == [("number-changed", (PHONE, new))]
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.execute(select(service_window)).all() == [], "nobody said anything"
    assert [change.kind for change in whatsapp_ledger.receive(_message_event("BERHENTI", phone=new))] == [
        "opted-out"
    ]
    assert (_has_opted_out(whatsapp_ledger), _has_opted_out(whatsapp_ledger, new)) == (NOW, NOW), (
        "whatever list it is written in"
    )
    with whatsapp_ledger.ledger.read() as conn:
        assert new not in str(conn.execute(select(message_event)).all())


def test_an_opt_out_holds_for_the_new_number_too(whatsapp_ledger: WhatsAppLedger) -> None:
    new = "+6281200000777"
    whatsapp_ledger.receive(_message_event("STOP"))
    whatsapp_ledger.receive(NumberChanged("s1:moved", LATER, phone=PHONE, new_phone=new), now=LATER)
    assert _has_opted_out(whatsapp_ledger, new) == NOW


@pytest.mark.parametrize(("at", "has_opted_out"), [(LATER, True), (NOW - timedelta(days=300), False)])
def test_an_opt_out_before_the_new_number_was_received(
    whatsapp_ledger: WhatsAppLedger, at: datetime, has_opted_out: bool
) -> None:
    """An older word from that number is of whoever had it before."""
    new = "+6281200000777"
    whatsapp_ledger.receive(replace(_message_event("STOP", phone=new), at=at), now=LATER)
    whatsapp_ledger.receive(NumberChanged("s1:moved", NOW, phone=PHONE, new_phone=new), now=LATER)
    assert (_has_opted_out(whatsapp_ledger), _has_opted_out(whatsapp_ledger, new)) == (
        at if has_opted_out else None,
        at,
    )


def test_a_strangers_new_number_is_nobodys(whatsapp_ledger: WhatsAppLedger) -> None:
    assert (
        whatsapp_ledger.receive(
            NumberChanged("s1:moved", NOW, phone="+6281299999999", new_phone="+6281299999998")
        )
        == []
    )


def _marketing(whatsapp_ledger: WhatsAppLedger, phone: str = PHONE) -> bool | None:
    """What the person said of marketing, None = nothing."""
    wanted = select(marketing_preference.c.marketing).join(
        recipient, recipient.c.id == marketing_preference.c.recipient
    )
    with whatsapp_ledger.ledger.read() as conn:
        return conn.scalar(wanted.where(recipient.c.phone == phone))


def _wish(
    kind: str, *, at: datetime = NOW, sender: str | None = PHONE, user_id: str | None = None
) -> ChannelEvent:
    accepts_marketing = kind == "marketing"
    return MarketingPreference(
        f"{kind}:{at}:{sender}", at, accepts_marketing=accepts_marketing, phone=sender, user_id=user_id
    )


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([_wish("no-marketing")], False),
        ([_wish("no-marketing"), _wish("marketing", at=LATER)], True),
        ([_wish("marketing", at=LATER), _wish("no-marketing")], True),
        ([_wish("marketing"), _wish("no-marketing")], False),
        ([_wish("no-marketing"), _wish("marketing")], False),
    ],
)
def test_the_newest_word_on_marketing_counts_in_whatever_order_it_comes(
    whatsapp_ledger: WhatsAppLedger, events: list[ChannelEvent], expected: bool
) -> None:
    for one in events:
        whatsapp_ledger.receive(one, now=LATER)
    assert _marketing(whatsapp_ledger) is expected
    assert _has_opted_out(whatsapp_ledger) is None, "they did not leave"


def test_a_strangers_word_on_marketing_waits_for_any_later_list(whatsapp_ledger: WhatsAppLedger) -> None:
    stranger = "+6281299999999"
    assert [change.kind for change in whatsapp_ledger.receive(_wish("no-marketing", sender=stranger))] == [
        "no-marketing"
    ]
    assert (_marketing(whatsapp_ledger, stranger), _has_opted_out(whatsapp_ledger, stranger)) == (False, None)
    whatsapp_ledger.receive(_wish("marketing", sender="+6281299999998"))
    with whatsapp_ledger.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(recipient)) == 2


def test_a_word_on_marketing_by_user_id_waits_for_the_number(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(_wish("no-marketing", sender=None, user_id=USER))
    _link_recipient(whatsapp_ledger)
    assert _marketing(whatsapp_ledger) is False


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("no-marketing", "marketing"), True),
        (("marketing", "no-marketing"), False),
        (("no-marketing", "marketing", "no-marketing"), False),
        (("marketing", "no-marketing", "marketing"), True),
    ],
)
def test_the_newest_word_by_user_id_counts_in_whatever_order_it_comes(
    words: tuple[str, ...], expected: bool
) -> None:
    wishes = [
        _wish(word, at=NOW + timedelta(minutes=minute), sender=None, user_id=USER)
        for minute, word in enumerate(words)
    ]
    for order in itertools.permutations(wishes):
        whatsapp_ledger = WhatsAppLedger(State.UNKNOWN)
        for one in order:
            whatsapp_ledger.receive(one, now=NOW + timedelta(hours=1))
        _link_recipient(whatsapp_ledger)
        assert _marketing(whatsapp_ledger) is expected
        whatsapp_ledger.ledger.close()


def test_another_accounts_user_ids_are_ignored(whatsapp_ledger: WhatsAppLedger) -> None:
    _link_recipient(whatsapp_ledger)
    assert whatsapp_ledger.receive(_by_id("BERHENTI", wamid="m1"), account="b") == []
    assert _has_opted_out(whatsapp_ledger) is None


def test_no_user_id_is_kept_in_the_clear(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(_by_id("BERHENTI", wamid="m1"))
    _link_recipient(whatsapp_ledger)
    with whatsapp_ledger.ledger.read() as conn:
        assert USER not in str(conn.execute(select(message_event)).all())


def test_a_stranger_who_opts_out_is_remembered_for_any_later_list(whatsapp_ledger: WhatsAppLedger) -> None:
    whatsapp_ledger.receive(_message_event("STOP", phone="+6281299999999"))
    with whatsapp_ledger.ledger.read() as conn:
        assert recipients.get_by_phone(conn, "+6281299999999").opted_out_at == NOW

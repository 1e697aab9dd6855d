"""A forgotten person leaves the ledger: no row, no number, no name, no id with the number inside; stops stay."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from humaspost.audience.importer import import_file
from humaspost.audience.opt_out import is_opt_out
from humaspost.base.personal_data import number_forms
from humaspost.ledger.database import FILE, Ledger, open_ledger
from humaspost.ledger.deliveries import receipts
from humaspost.ledger.erasure import erase_person, read_person
from humaspost.ledger.people import forgotten, recipients
from humaspost.ledger.recovery import backup, copies, restore
from humaspost.ledger.schema import account, delivery, message_event, recipient
from humaspost.ledger.schema import forgotten as forgotten_table
from humaspost.ledger.webhooks import message_events
from humaspost.model.channel_event import InboundMessage, MarketingPreference, MessageStatus
from humaspost.model.delivery import Receipt, Stage, State
from humaspost.model.event_kind import EventKind
from humaspost.policy.eligibility import check_recipient
from humaspost.sandbox.whatsapp.business_state import new_wamid

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
PHONE, NAME = "+6281200000001", "Siti Aminah"
HEADER = "phone,name,basis,purpose,source,consented_at,opted_out_at\n"
ROW = f"{PHONE},{NAME},consent,informasi,formulir,2021-01-01,"
OTHER = "+6281200000002,Budi,consent,informasi,formulir,2021-01-01,"
KEYS = {state: f"{number:032}" for number, state in enumerate(State)}


class Register:
    """A ledger on disk with one person on the list ``warga``, and a delivery to them in each state."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.ledger: Ledger = open_ledger(state, now=NOW, create=True)
        self.wamid = new_wamid(PHONE)
        self.load(ROW, OTHER)
        self.ledger.write(
            lambda conn: conn.execute(insert(account).values(id="a", name="wa", channel="whatsapp"))
        )
        self.id = self.scalar(select(recipient.c.id).where(recipient.c.phone == PHONE))
        common = {
            "account": "a",
            "part": 1,
            "recipient": self.id,
            "due_at": NOW,
            "priority": 5,
            "updated_at": NOW,
        }
        rows = [
            {"key": key, "post": f"p{state}", "state": state, "detail": "", "remote_id": None, **common}
            | {"published_at": NOW if state is State.PUBLISHED else None}
            for state, key in KEYS.items()
        ]
        self.ledger.write(lambda conn: conn.execute(insert(delivery), rows))
        self.set(State.PUBLISHED, remote_id=self.wamid, stage=Stage.ACCEPTED)
        self.set(State.FAILED, detail=f"no message to 0812-0000-0001 of {NAME.upper()}")

    def load(self, *rows: str) -> object:
        path = self.state.parent / "warga.csv"
        path.write_text(HEADER + "\n".join(rows) + "\n")
        return import_file(self.ledger, "warga", path=path, now=NOW, force=True)

    def set(self, state: State, **values: object) -> None:
        statement = update(delivery).where(delivery.c.key == KEYS[state]).values(**values)
        self.ledger.write(lambda conn: conn.execute(statement))

    def receive(self, *events: object) -> list[EventKind]:
        changes = self.ledger.write(
            lambda conn: message_events.receive_events(conn, "a", events, is_opt_out=is_opt_out, now=NOW)
        )
        return [change.kind for change in changes]

    def scalar(self, query: object) -> object:
        with self.ledger.read() as conn:
            return conn.scalar(query)

    def states(self) -> dict[str, str]:
        with self.ledger.read() as conn:
            rows = conn.execute(select(delivery.c.post, delivery.c.state, delivery.c.reason)).all()
        return {row.post: f"{row.state} {row.reason}".strip() for row in rows}

    def forget(self) -> None:
        key = forgotten.ensure_key(self.state)
        self.ledger.write(lambda conn: erase_person(conn, PHONE, key=key, now=NOW))
        assert copies.compact_ledger(self.state) is None

    def traces(self) -> list[str]:
        """Return where the person still stands, in any file of the state folder."""
        digests = hashlib.sha256(PHONE.encode()).hexdigest()[:16]
        texts = [*number_forms(PHONE), "081200000001", NAME, NAME.upper(), "0812-0000-0001", digests]
        files = [path for path in self.state.rglob("*") if path.is_file()]
        return [
            f"{path.name}: {text}" for path in files for text in texts if text.encode() in path.read_bytes()
        ]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    made = Register(tmp_path / "state")
    yield made
    made.ledger.close()


def status(register: Register, stage: Stage, state: State = State.PUBLISHED) -> MessageStatus:
    wamid = register.wamid
    return MessageStatus(
        f"{wamid}:{stage}", NOW, phone=PHONE, key=f"hp1:{KEYS[state]}:1", remote_id=wamid, stage=stage
    )


def test_no_byte_of_the_person_is_left(register: Register) -> None:
    preference = hashlib.sha256(PHONE.encode()).hexdigest()[:16]
    register.receive(
        status(register, Stage.DELIVERED),
        InboundMessage(f"{register.wamid}:inbound", NOW, phone=PHONE, user_id="ID.123", text="halo"),
        MarketingPreference(f"{preference}:stop:1", NOW, phone=PHONE, accepts_marketing=False),
    )
    assert len(register.traces()) > 5
    register.forget()
    assert register.traces() == []
    assert register.scalar(select(recipient.c.name)) == "Budi"


def test_what_is_pending_is_refused_and_what_may_be_live_is_not_touched(register: Register) -> None:
    with register.ledger.read() as conn:
        before = read_person(conn, PHONE, key=None)
    assert (before.lists, before.deliveries, before.pending, before.sending, before.unknown) == (
        ("warga",),
        len(State),
        5,
        1,
        1,
    )
    register.forget()
    refused = {State.SCHEDULED, State.PREPARING, State.HELD, State.MISSED, State.FAILED}
    expected = {f"p{state}": "refused opt-out" if state in refused else str(state) for state in State}
    assert register.states() == expected


def test_no_later_list_brings_the_person_back(register: Register) -> None:
    register.forget()
    changes = register.load(ROW, OTHER)
    assert (changes.forgotten, changes.unchanged, changes.new) == (1, 1, 0)
    assert register.traces() == []


def test_without_the_key_nobody_new_comes_on_a_list(register: Register) -> None:
    register.forget()
    (register.state / "secrets" / "forgotten.key").unlink()
    third = ROW.replace("00001", "00003")
    assert register.load(ROW, OTHER, third).forgotten == 2
    # A stop is kept, whoever it is.
    register.load(OTHER, third + "2026-01-01")
    assert register.scalar(select(recipient.c.opted_out_at).where(recipient.c.phone == "+6281200000003"))


def test_a_stop_stays_and_one_that_comes_later_is_kept(register: Register) -> None:
    register.forget()
    assert register.scalar(select(forgotten_table.c.opted_out_at)) is None
    stop = InboundMessage(f"{new_wamid(PHONE)}:inbound", NOW, phone=PHONE, text="BERHENTI")
    assert register.receive(stop) == [EventKind.OPTED_OUT]
    assert register.scalar(select(forgotten_table.c.opted_out_at)) == NOW
    assert register.traces() == []


def test_a_stop_before_stays_with_the_digest(register: Register) -> None:
    out = NOW - timedelta(days=3)
    register.ledger.write(lambda conn: recipients.record_opt_outs(conn, [(register.id, out)]))
    register.forget()
    register.forget()
    assert register.scalar(select(forgotten_table.c.opted_out_at)) == out


def test_a_message_and_a_choice_do_not_bring_the_person_back(register: Register) -> None:
    register.forget()
    register.receive(
        InboundMessage(f"{new_wamid(PHONE)}:inbound", NOW, phone=PHONE, text="halo"),
        MarketingPreference("digest:stop:1", NOW, phone=PHONE, accepts_marketing=False),
    )
    assert register.scalar(select(recipient.c.id).where(recipient.c.phone == PHONE)) is None
    assert register.traces() == []


def test_the_receipts_of_messages_that_are_out_still_count(register: Register) -> None:
    register.receive(status(register, Stage.SENT))
    register.forget()
    register.receive(status(register, Stage.READ))
    stage = select(delivery.c.stage).where(delivery.c.key == KEYS[State.PUBLISHED])
    assert register.scalar(stage) == Stage.READ
    assert register.scalar(select(message_event.c.settled).where(message_event.c.settled.is_(False))) is None
    assert register.traces() == []


def test_an_answer_that_comes_after_is_recorded_without_the_number(register: Register) -> None:
    register.forget()
    wamid = new_wamid(PHONE)
    receipt = receipts.PublishedReceipt(KEYS[State.SENDING], 1, Receipt(wamid, NOW))
    for _ in range(2):
        register.ledger.write(lambda conn: receipts.mark_published(conn, [receipt], now=NOW, by_lookup=False))
    assert register.states()["psending"] == "published"
    assert register.traces() == []


def test_copies_are_rewritten_and_what_is_none_is_named(register: Register) -> None:
    folder = register.state / "backups"
    folder.mkdir()
    copies.compact_ledger(register.state)
    for name in ("good.sqlite3", "torn.sqlite3"):
        (folder / name).write_bytes((register.state / FILE).read_bytes())
    (folder / "torn.sqlite3").write_bytes((register.state / FILE).read_bytes()[:5000])
    key = forgotten.ensure_key(register.state)
    register.forget()

    def erase(conn: object) -> None:
        erase_person(conn, PHONE, key=key, now=NOW)

    results = {
        path.name: copies.rewrite_copy(path, erase, now=0.0) for path in copies.list_copies(register.state)
    }
    assert results["good.sqlite3"] is None
    assert results["torn.sqlite3"].reason == "unreadable"
    (folder / "torn.sqlite3").unlink()
    assert register.traces() == []


def test_a_backup_from_elsewhere_does_not_bring_the_person_back(register: Register) -> None:
    elsewhere = register.state.parent / "elsewhere.sqlite3"
    backup.create_backup(register.state / FILE, elsewhere, now=NOW)
    register.forget()
    register.ledger.close()
    restore.restore_backup(register.state, elsewhere, check_recipient=check_recipient, now=NOW)
    register.ledger = open_ledger(register.state, now=NOW, create=False)
    copies.compact_ledger(register.state)
    assert register.traces() == []
    assert register.load(ROW, OTHER).forgotten == 1

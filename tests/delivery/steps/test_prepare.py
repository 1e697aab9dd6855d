"""What preparation costs, when it is used up, and what is asked after a success."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from humaspost.base.canonical_json import Json
from humaspost.delivery.steps import prepare
from humaspost.delivery.steps.retry import FIRST_BACKOFF
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import preparations
from humaspost.ledger.queries import delivery_lists
from humaspost.ledger.schema import quota_use
from humaspost.model.account import AccountStatus
from humaspost.model.channel import MediaNotReady, NotReady, Ready, Snapshot
from humaspost.model.delivery import Receipt, Recipient
from humaspost.model.errors import AuthFailed, Transient
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part
from humaspost.model.rules import Quota, Rules
from tests.delivery.conftest import FakeOffice, soon
from tests.support.deadlines import SECOND
from tests.support.fake_channel import SOURCE, FakeChannel, FakeSession


@dataclass
class PreparingChannel(FakeChannel):
    """A square whose cries are printed first: each sheet is used once, and costs one of the day's."""

    preparation_limit: int = 9
    quotas: dict[str, tuple[int, int]] = field(default_factory=dict)
    read_back_result: Snapshot | Exception | None = None
    read_back_count: int = 0

    def rules(self, config: Any) -> Rules:
        quotas = (
            Quota("sheets", self.preparation_limit, 86_400, SOURCE, counts_preparation=True),
            Quota("cries", 9, 86_400, SOURCE),
        )
        return replace(super().rules(config), quotas=quotas)

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator["PreparingSession"]:
        yield PreparingSession(self)


@dataclass
class PreparingSession(FakeSession):
    channel: PreparingChannel

    def fetch_status(self) -> AccountStatus:
        return AccountStatus(self.channel.now(), quotas=self.channel.quotas)

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        if token is not None:
            return Ready(token)
        with self.channel.lock:
            self.channel.prepared += 1
            return NotReady(f"sheet {self.channel.prepared}", used_quota="sheets")

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        receipt = super().publish(part, ready, key=key, to=to, reply_to=reply_to)
        self.channel.published[-1] = (part.text, str(ready.token), None)
        return replace(receipt, url=None)

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        self.channel.read_back_count += 1
        if isinstance(self.channel.read_back_result, Exception):
            raise self.channel.read_back_result
        return self.channel.read_back_result


@pytest.fixture
def preparing_channel(fake_office: FakeOffice) -> PreparingChannel:
    made = PreparingChannel()
    fake_office.channel = made
    return made


def used(fake_office: FakeOffice) -> list[str]:
    with fake_office.ledger.read() as conn:
        return sorted(conn.scalars(select(quota_use.c.name)))


def url(fake_office: FakeOffice) -> str | None:
    with fake_office.ledger.read() as conn:
        (row,) = delivery_lists.list_deliveries(conn)
    return row.url


def test_a_step_that_costs_something_is_counted_and_the_write_too(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    fake_office.post("a")
    fake_office.run()
    assert used(fake_office) == ["cries", "sheets"]


def test_nothing_is_started_when_the_days_steps_are_spent_and_what_is_started_goes_on(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    preparing_channel.preparation_limit = 2
    for name in ("a", "b", "c"):
        fake_office.post(name)
    fake_office.run()
    assert preparing_channel.prepared == 1  # 95 % of two is one
    states = fake_office.states()
    assert sorted(states.values()) == ["published", "scheduled", "scheduled"]
    assert [h.detail for h in fake_office.events if h.kind == "limit"][:1] == ["sheets"]


def test_the_steps_come_back_a_day_later(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    preparing_channel.preparation_limit = 1
    fake_office.post("a")
    engine = fake_office.engine()
    long_ago = fake_office.now() - timedelta(days=1, seconds=1)
    values = {
        "account": engine.account_sessions[0].account_id,
        "name": "sheets",
        "recipient": "",
        "at": long_ago,
    }
    fake_office.ledger.write(lambda conn: conn.execute(insert(quota_use).values(values)))
    fake_office.run()
    assert fake_office.states() == {"a": "published"}


def test_what_was_prepared_is_used_once(fake_office: FakeOffice, preparing_channel: PreparingChannel) -> None:
    fake_office.post("a", "the same")
    fake_office.run()
    fake_office.post("b", "the same", repeats=("a",))
    fake_office.run()
    assert preparing_channel.published == [("the same", "sheet 1", None), ("the same", "sheet 2", None)]


def test_an_expired_preparation_is_prepared_again(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    preparing_channel.responses = [Transient("too-old", restart_preparation=True), None]
    fake_office.post("a")
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        fake_office.drain(engine)
        assert (preparing_channel.published, preparing_channel.prepared) == ([], 1)
        fake_office.shift = FIRST_BACKOFF
        engine.wake()
        fake_office.drain(engine)
    finally:
        engine.stop(timeout=15 * SECOND)
    assert preparing_channel.published == [("a", "sheet 2", None)]


def test_the_public_address_is_requested_once_after_the_record(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    preparing_channel.read_back_result = Snapshot("a", url="https://square.example/a")
    fake_office.post("a")
    fake_office.run()
    assert (url(fake_office), preparing_channel.read_back_count) == ("https://square.example/a", 1)
    assert [h.url for h in fake_office.events if h.kind == "published"] == ["https://square.example/a"]


@pytest.mark.parametrize("error", [AuthFailed("190"), Transient("timeout"), ValueError("ours"), None])
def test_not_learning_it_changes_nothing(
    fake_office: FakeOffice, preparing_channel: PreparingChannel, error: Exception | None
) -> None:
    preparing_channel.read_back_result = error
    fake_office.post("a")
    fake_office.post("b")
    fake_office.run()
    assert set(fake_office.states().values()) == {"published"}
    with fake_office.ledger.read() as conn:
        assert [row.hold for row in accounts.list_accounts(conn)] == [None]


def test_the_platforms_own_total_is_believed(
    fake_office: FakeOffice, preparing_channel: PreparingChannel
) -> None:
    preparing_channel.quotas = {"cries": (0, 2)}
    for name in ("a", "b", "c"):
        fake_office.post(name)
    fake_office.run()
    assert sorted(fake_office.states().values()) == ["published", "scheduled", "scheduled"]


def test_a_total_of_one_is_still_one() -> None:
    rules = (
        PreparingChannel(preparation_limit=400)
        .rules({})
        .with_platform_quotas({"sheets": (0, 1), "cries": (3, 0)})
    )
    assert [quota.count for quota in rules.quotas] == [1, 9]


@dataclass
class DelayedChannel(PreparingChannel):
    """Says after how long to come again, whatever that is."""

    after: float = 0.0
    polls: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator["DelayedSession"]:
        yield DelayedSession(self)


class DelayedSession(PreparingSession):
    channel: DelayedChannel

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        self.channel.polls[part.text] += 1
        return NotReady(1, self.channel.after)


@pytest.mark.parametrize(
    ("after", "most"), [(float("nan"), 3600), (1e300, 3600), (-5.0, 0), (30.0, 30), (float("inf"), 3600)]
)
def test_no_channel_stops_our_clock(fake_office: FakeOffice, after: float, most: float) -> None:
    fake_office.channel = DelayedChannel(after=after)
    engine = fake_office.engine()
    line, sender = engine.account_sessions[0], fake_office.sender()
    now, part = fake_office.now(), Part(1, "a")
    step = prepare._run_step(line, sender, part, part_hash=part.hash, token=1)
    waits = (step.next_at - now).total_seconds() if step.next_at else 0.0
    assert most <= waits < most + 5 or (most == waits == 0)


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_what_never_gets_ready_is_missed_like_everything_else(
    fake_office: FakeOffice, after: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A video that X went on processing kept its post from being missed, and nobody was told."""
    monkeypatch.setattr(prepare, "MAX_STEP_COUNT", 20)  # each is a commit, and stopping waits for them
    fake_office.ticks = True
    slow = fake_office.channel = DelayedChannel(after=after)
    fake_office.post("a", ago=10)
    fake_office.post("b", ago=10, expires=PublishTime("", "UTC", fake_office.now() + timedelta(hours=1)))
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        assert soon(lambda: min(slow.polls["a"], slow.polls["b"]) >= 2), slow.polls
    finally:
        assert engine.stop(timeout=15 * SECOND) == 0
    assert fake_office.states() == {"a": "scheduled", "b": "scheduled"}
    fake_office.shift = timedelta(hours=2)
    fake_office.run()
    assert fake_office.states() == {"a": "missed late", "b": "expired expires"}
    assert {(h.kind, h.post) for h in fake_office.events} >= {("missed", "a"), ("expired", "b")}


@dataclass
class StuckChannel(PreparingChannel):
    """A channel that makes the first step each time, and never the second."""

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator["StuckSession"]:
        yield StuckSession(self)


class StuckSession(PreparingSession):
    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        if token is not None:
            raise Transient("jam", restart_preparation=True, max_attempts=3)
        return super().prepare(part, token)


def test_what_is_made_again_each_time_waits_longer_and_has_an_end(fake_office: FakeOffice) -> None:
    """The first step always succeeds: ten pictures, of which one cannot be read, were made anew every half minute."""
    jam = fake_office.channel = StuckChannel()
    part, token, progress, spans = Part(1, "a"), None, None, []
    engine = fake_office.engine()
    line, sender = engine.account_sessions[0], fake_office.sender()
    for _try in range(9):
        now = fake_office.now()
        progress = prepare.advance(line, sender, part, part_hash=part.hash, token=token)
        if progress.failed:
            break
        assert progress.next_at is not None
        spans.append(progress.next_at - now)
        token = progress.token
    assert progress is not None
    assert (str(progress.failed), jam.prepared, len(spans)) == ("jam", 3, 2)
    with fake_office.ledger.read() as conn:
        assert preparations.load_preparation(conn, line.account_id, part.hash) is None, (
            "whoever frees it begins anew"
        )


@dataclass
class ConvertingChannel(FakeChannel):
    """A channel that converts videos: a video is being made fit until ``fit`` is set."""

    fit: threading.Event = field(default_factory=threading.Event)
    held: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator["ConvertingSession"]:
        yield ConvertingSession(self)


class ConvertingSession(FakeSession):
    channel: ConvertingChannel

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        if part.text.startswith("film") and not self.channel.fit.is_set():
            self.channel.held[part.text] += 1
            raise MediaNotReady(0.05)
        return super().prepare(part, token)


def test_videos_that_are_being_converted_delay_no_other_delivery(fake_office: FakeOffice) -> None:
    """The films are held until the urgent text is out: that it went out at all proves that it waited for none."""
    cinema = fake_office.channel = ConvertingChannel()
    for number in range(20):
        fake_office.post(f"film-{number:02}", ago=60)
    fake_office.post("Banjir!")
    fake_office.schedule()
    engine = fake_office.engine()
    engine.start()
    try:
        fake_office.drain(engine, patience=0)
        assert [text for text, *_more in cinema.published] == ["Banjir!"]
        assert len(cinema.held) == 20, "each film was asked about once, before its turn came again"
        cinema.fit.set()
        fake_office.shift = timedelta(seconds=1)
        engine.wake()
        fake_office.drain(engine)
    finally:
        engine.stop(timeout=15 * SECOND)
    assert len(cinema.published) == 21
    assert cinema.published[0][0] == "Banjir!"
    assert set(fake_office.states().values()) == {"published"}
    assert [told.kind for told in fake_office.events if told.kind == "prepare-failed"] == []


def test_a_failed_preparation_reports_why_while_it_waits(
    fake_office: FakeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was `scheduled` and nothing else, hours after its time."""

    def refused(_self: FakeSession, _part: Part, _token: Json) -> Ready:
        raise Transient("503", "the press is closed")

    monkeypatch.setattr(FakeSession, "prepare", refused)
    fake_office.post("a")
    fake_office.run()
    with fake_office.ledger.read() as conn:
        (row,) = delivery_lists.list_deliveries(conn)
    assert (row.state, row.code, row.detail) == ("scheduled", "503", "the press is closed")
    fake_office.shift = timedelta(days=2)
    fake_office.run()
    with fake_office.ledger.read() as conn:
        (row,) = delivery_lists.list_deliveries(conn)
    assert (row.state, row.reason, row.code) == ("missed", "late", "503")

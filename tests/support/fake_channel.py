"""A fake channel of our own protocol, in memory, that does what a test tells it to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.account import Account, AccountStatus, Identity
from humaspost.model.channel import LookupSchedule, ManualSteps, NotReady, Ready
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.rendition import Part
from humaspost.model.rules import Limit, Rate, Rules, Source, TextRules

SOURCE = Source("https://square.example/rules", date(2026, 11, 23))
Answer = Callable[[Part], Receipt | None]


@dataclass
class FakeChannel:
    """Everything that was published; ``responses`` answers the next writes (an exception or None = yes)."""

    name = "square"
    Config = dict
    secrets = ()
    lookup_schedule = LookupSchedule((0.0, 0.05), "the square")

    published: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    responses: list[Exception | None] = field(default_factory=list)
    steps: int = 0
    prepared: int = 0
    lookups: list[Attempt] = field(default_factory=list)
    status_fetches: int = 0
    status: AccountStatus | None = None
    lookup_result: Receipt | Proof | Exception = Proof.CANNOT_TELL
    rates: tuple[Rate, ...] = ()
    audience: bool = False
    login: Exception | None = None
    identity_requests: int = 0
    on_publish: Callable[[Part], None] = lambda _part: None
    on_prepare: Callable[[Part], None] = lambda _part: None
    receipt_of: Callable[[Part, Receipt], Receipt] = lambda _part, receipt: receipt
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rules(self, config: Any) -> Rules:
        text = TextRules(Limit(280, "characters", SOURCE), len)
        alt = Limit(1000, "characters", SOURCE)
        return Rules(True, text, {}, 4, alt, max_parts=9, is_per_recipient=self.audience, rates=self.rates)

    def display_name(self, config: Any) -> str:
        return "@square"

    def platform_id(self, config: Any) -> str | None:
        return None

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator["FakeSession"]:
        yield FakeSession(self)


@dataclass
class FakeSession:
    channel: FakeChannel

    def whoami(self) -> Identity:
        self.channel.identity_requests += 1
        if self.channel.login:
            raise self.channel.login
        return Identity("4711", "@square")

    def fetch_status(self) -> AccountStatus:
        self.channel.status_fetches += 1
        return self.channel.status or AccountStatus(self.channel.now())

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        with self.channel.lock:
            self.channel.prepared += 1
        self.channel.on_prepare(part)
        done = token if isinstance(token, int) else 0
        return Ready(done) if done >= self.channel.steps else NotReady(done + 1)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        self.channel.on_publish(part)
        with self.channel.lock:
            answer = self.channel.responses.pop(0) if self.channel.responses else None
            if answer is None or getattr(answer, "was_published", False):
                whom = to.phone if to else None
                self.channel.published.append((part.text, whom, reply_to.remote_id if reply_to else None))
            if answer is not None:
                raise answer
            number = str(len(self.channel.published))
            receipt = Receipt(number, self.channel.now(), "https://square.example/1")
            return self.channel.receipt_of(part, receipt)

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        self.channel.lookups.append(attempt)
        if isinstance(self.channel.lookup_result, Exception):
            raise self.channel.lookup_result
        return self.channel.lookup_result

    def retract(self, receipt: Receipt) -> ManualSteps:
        return ManualSteps("shout the opposite")

    def read_back(self, receipt: Receipt) -> None:
        return None


def account(name: str = "square") -> Account:
    return Account(name, "square", {}, "@square")

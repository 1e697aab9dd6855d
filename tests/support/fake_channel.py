"""A town square: a channel of our own protocol, in memory, that does what a test tells it to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.model.account import Account, Facts, Identity
from humaspost.model.channel import ByHand, Looks, NotReady, Ready
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.rendition import Part
from humaspost.model.rules import Limit, Rate, Rules, Source, TextRules

SOURCE = Source("https://square.example/rules", date(2026, 11, 23))
Answer = Callable[[Part], Receipt | None]


@dataclass
class Square:
    """Everything that was cried out; ``script`` answers the next writes (an exception or None = yes)."""

    name = "square"
    Config = dict
    secrets = ()
    looks = Looks((0.0, 0.05), "the square")

    cried: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    script: list[Exception | None] = field(default_factory=list)
    steps: int = 0
    prepared: int = 0
    sought: list[Attempt] = field(default_factory=list)
    surveyed: int = 0
    facts: Facts | None = None
    found: Receipt | Proof | Exception = Proof.CANNOT_TELL
    rates: tuple[Rate, ...] = ()
    audience: bool = False
    login: Exception | None = None
    asked: int = 0
    on_publish: Callable[[Part], None] = lambda _part: None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rules(self, config: Any) -> Rules:
        text = TextRules(Limit(280, "characters", SOURCE), len)
        alt = Limit(1000, "characters", SOURCE)
        return Rules(True, text, {}, 4, alt, max_parts=9, audience=self.audience, rates=self.rates)

    def shown(self, config: Any) -> str:
        return "@square"

    def platform_id(self, config: Any) -> str | None:
        return None

    @contextmanager
    def open(self, config: Any, door: Any) -> Iterator["SquareSession"]:
        yield SquareSession(self)


@dataclass
class SquareSession:
    square: Square

    def whoami(self) -> Identity:
        self.square.asked += 1
        if self.square.login:
            raise self.square.login
        return Identity("4711", "@square")

    def survey(self) -> Facts:
        self.square.surveyed += 1
        return self.square.facts or Facts(self.square.now())

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        with self.square.lock:
            self.square.prepared += 1
        done = token if isinstance(token, int) else 0
        return Ready(done) if done >= self.square.steps else NotReady(done + 1)

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        self.square.on_publish(part)
        with self.square.lock:
            answer = self.square.script.pop(0) if self.square.script else None
            if answer is None or getattr(answer, "cried", False):
                whom = to.phone if to else None
                self.square.cried.append((part.text, whom, reply_to.remote_id if reply_to else None))
            if answer is not None:
                raise answer
            return Receipt(str(len(self.square.cried)), self.square.now(), "https://square.example/1")

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        self.square.sought.append(attempt)
        if isinstance(self.square.found, Exception):
            raise self.square.found
        return self.square.found

    def retract(self, receipt: Receipt) -> ByHand:
        return ByHand("shout the opposite")

    def read_back(self, receipt: Receipt) -> None:
        return None


def account(name: str = "square") -> Account:
    return Account(name, "square", {}, "@square")

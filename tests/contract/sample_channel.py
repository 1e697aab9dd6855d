"""A complete small channel, a notice board in memory: what a plug-in's author would begin with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from humaspost.base.canonical_json import Json
from humaspost.channels.http.client import map_errors
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.channel import LookupSchedule, NotReady, Ready, Retracted, Snapshot
from humaspost.model.channel_event import ChannelEvent
from humaspost.model.delivery import Attempt, Proof, Receipt, Recipient
from humaspost.model.document import to_plain_text
from humaspost.model.errors import AuthFailed
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part, Rendition
from humaspost.model.rules import Limit, Rules, Source, TextRules

_PAGE = Source("https://board.example/api", date(2026, 11, 23))


@dataclass
class MemoryPlatform:
    """The pretend platform: notices by number, requests that write, the fault that the next one meets."""

    published: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    faults: dict[str, str] = field(default_factory=dict)

    def hang(self, text: str) -> dict[str, str]:
        """A notice is up; raises OSError where the connection breaks."""
        self.writes += 1
        fault = self.faults.pop("publish", "")
        if fault in ("drop-before", "redirect", "5xx"):
            raise OSError(fault)
        number = str(len(self.published) + 1)
        self.published[number] = text
        if fault in ("drop-after", "hang"):
            raise OSError(fault)
        return {} if fault else {"number": number}


class SampleSession:
    """The wall opened with one key."""

    def __init__(self, wall: MemoryPlatform, context: Any) -> None:
        self.wall, self.context = wall, context

    def whoami(self) -> Identity:
        if self.context.secret("key") != "right":
            raise AuthFailed("wrong-key")
        return Identity("wall-1", "The wall")

    def fetch_status(self) -> AccountStatus:
        return AccountStatus(self.context.now())

    def prepare(self, part: Part, token: Json) -> Ready | NotReady:
        return Ready({})

    def publish(
        self, part: Part, ready: Ready, *, key: str, to: Recipient | None, reply_to: Receipt | None
    ) -> Receipt:
        with map_errors(write=True):
            return Receipt(self.wall.hang(part.text)["number"], self.context.now())

    def find(self, attempt: Attempt, *, to: Recipient | None) -> Receipt | Proof:
        live = [number for number, text in self.wall.published.items() if text == attempt.part.text]
        return Receipt(live[0], self.context.now()) if live else Proof.ABSENT_SO_FAR

    def retract(self, receipt: Receipt) -> Retracted:
        self.wall.published.pop(str(receipt.remote_id), None)
        return Retracted(self.context.now())

    def read_back(self, receipt: Receipt) -> Snapshot | None:
        text = self.wall.published.get(str(receipt.remote_id))
        return None if text is None else Snapshot(text)


class SampleChannel:
    """The channel ``board``."""

    name: ClassVar[str] = "board"
    Config: ClassVar[type[Any]] = SimpleNamespace
    secrets: ClassVar[tuple[str, ...]] = ("key",)
    lookup_schedule: ClassVar[LookupSchedule] = LookupSchedule((5, 30))
    session: ClassVar[type[SampleSession]] = SampleSession

    def display_name(self, config: Any) -> str:
        return "The wall"

    def platform_id(self, config: Any) -> str | None:
        return "wall-1"

    def rules(self, config: Any) -> Rules:
        return Rules(
            True, TextRules(Limit(500, "characters", _PAGE), len), {}, 0, Limit(1, "characters", _PAGE)
        )

    def render(self, post: Post, config: Any, rules: Rules, *, account: str) -> Rendition:
        return Rendition("board", (Part(1, f"{post.title}\n{to_plain_text(post.body)}"),))

    def check(
        self, rendition: Rendition, rules: Rules, account_status: AccountStatus | None, *, config: Any
    ) -> list[Problem]:
        empty = not rendition.parts[0].text.strip()
        return [Problem("board-empty", "empty", "write", field="body", channel="board")] if empty else []

    def events(
        self, config: Any, headers: Mapping[str, str], body: bytes, *, secret: str
    ) -> list[ChannelEvent]:
        return []

    @contextmanager
    def open(self, config: Any, context: Any) -> Iterator[SampleSession]:
        yield self.session(config.wall, context)


class SampleContext:
    """Only what the board asks for."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def secret(self, field: str) -> str:
        return "right"


class SampleStage:
    """A fresh wall for each test."""

    def __init__(self, channel: SampleChannel) -> None:
        self.channel, self.wall, self.context, self.to = channel, MemoryPlatform(), SampleContext(), None
        self.config = SimpleNamespace(wall=self.wall)
        self.parts = {"notice": Part(1, "Halo"), "other": Part(1, "Lain")}

    def open(self, context: Any) -> Any:
        return self.channel.open(self.config, context)

    def inject_fault(self, fault: str, call: str) -> None:
        self.wall.faults[call] = fault

    def count_writes(self) -> int:
        return self.wall.writes

    def count_public(self) -> int:
        return len(self.wall.published)

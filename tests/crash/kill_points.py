"""Kills at every protocol moment: the sandbox itself ends the program before or after it has acted on a call."""

import contextlib
import re
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.support.deadlines import SECOND

POLL = "x:\n  poll:\n    options: [Ya, Tidak]\n    duration: 1d"
VIDEO_TEMPLATE = "whatsapp:\n  template: kabar_video\n  params: ['{text}']"
#: What is asked once, before anything is sent.
_CONTACT = r"/me$|/subscribed_apps$|/message_templates$|/content_publishing_limit$"
WHEN = ("kill-client-before", "kill-client-after")


@dataclass(frozen=True, slots=True)
class PostVariant:
    """A kind of post on one channel."""

    account: str
    name: str
    parts: int = 1
    images: int = 0
    videos: int = 0
    extra: str = ""


KINDS = (
    PostVariant("x", "text"),
    PostVariant("x", "image", images=1),
    PostVariant("x", "carousel", images=2),
    PostVariant("x", "video", videos=1),
    PostVariant("x", "thread", parts=3),
    PostVariant("x", "poll", extra=POLL),
    PostVariant("instagram", "image", images=1),
    PostVariant("instagram", "carousel", images=2),
    PostVariant("instagram", "video", videos=1),
    PostVariant("whatsapp", "fanout"),
    PostVariant("whatsapp", "image", images=1),
    PostVariant("whatsapp", "video", videos=1, extra=VIDEO_TEMPLATE),
)
_FEW = (("x", "text"), ("instagram", "image"), ("whatsapp", "fanout"))
#: One kind of each channel, for a quick run.
SOME = tuple(kind for kind in KINDS if (kind.account, kind.name) in _FEW)


@dataclass(frozen=True, slots=True)
class PlatformCall:
    """The ``skip``-th request of its like."""

    channel: str
    method: str
    path: str
    skip: int

    @property
    def must_fall(self) -> bool:
        """Polls come as often as they need; everything else comes for certain."""
        return self.method != "GET"


@dataclass
class KillPointRunner:
    """One channel: each kind of post, killed at each of its calls; a kind has an office of its own.

    The world is the channel's own: in a shared one, the orders of one channel are cleared by another.
    """

    sandbox: SandboxProcess
    folder: Path
    account: str
    kinds: Sequence[PostVariant]
    kills: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    offices: list[Office] = field(default_factory=list)
    _number: int = 0

    def run(self) -> None:
        """Every moment of every kind of the channel had its kill, and was left in peace once after it."""
        for kind in self.kinds:
            if kind.account == self.account:
                office = self._open(kind)
                for call in list(self._platform_calls(office, kind)):
                    for when in WHEN:
                        # Of a thread killed before, a part may come to be sent: that would be counted too.
                        self._kill(self._open(kind) if kind.parts > 1 else office, kind, call, when=when)

    def _open(self, kind: PostVariant) -> Office:
        people = phones(3) if kind.account == "whatsapp" else ()
        folder = self.folder / f"{self.account}-{kind.name}-{len(self.offices)}"
        self.offices.append(Office(folder, self.sandbox, people=people))
        return self.offices[-1]

    def _platform_calls(self, office: Office, kind: PostVariant) -> Iterator[PlatformCall]:
        """What the program asks of the platform for such a post when nothing goes wrong."""
        before = len(self._requests())
        self._write(office, kind)
        assert office.call("run") == 0, office.output()[-2000:]
        had: Counter[tuple[str, str, str]] = Counter()
        for request in self._requests()[before:]:
            if re.search(_CONTACT, request["path"]):
                continue
            like = (request["channel"], request["method"], _like(request["path"]))
            # Of a fan-out two are enough: they are all the same call.
            if had[like] < (2 if kind.account == "whatsapp" else 9):
                yield PlatformCall(*like, skip=had[like])
            had[like] += 1

    def _requests(self) -> list[dict[str, Any]]:
        own = {self.account} | ({"media"} if self.account == "instagram" else set())
        return [request for request in self.sandbox.requests() if request["channel"] in own]

    def _kill(self, office: Office, kind: PostVariant, call: PlatformCall, *, when: str) -> None:
        name = f"{kind.account} {kind.name}: {when} {call.method} {call.path} #{call.skip}"
        self._write(office, kind)
        life = office.start("run", gated=True)
        fault = {"channel": call.channel, "method": call.method, "path": call.path, "skip": call.skip}
        self.sandbox.control("faults", {**fault, "fault": when, "pid": life.pid})
        life.resume()
        if life.wait(60 * SECOND) == -signal.SIGKILL:
            self.kills[name] += 1
        else:
            # The order met nobody, and must not wait for the next.
            self.sandbox.control("faults", method="DELETE")
            if call.must_fall:
                self.missed.append(name)
        office.call("run")

    def _write(self, office: Office, kind: PostVariant) -> None:
        self._number += 1
        post = f"{kind.account[:2]}{kind.name[:4]}-{self._number:03}"
        office.write(
            post,
            kind.account,
            parts=kind.parts,
            pictures=kind.images,
            videos=kind.videos,
            extra=kind.extra,
        )


@contextlib.contextmanager
def run_all_kill_points(
    folder: Path, kinds: Sequence[PostVariant] = KINDS
) -> Iterator[list[KillPointRunner]]:
    """All three channels, side by side, met every kill; their worlds stand within ``with``."""
    with contextlib.ExitStack() as worlds:
        channels = []
        for account in ("x", "instagram", "whatsapp"):
            world = worlds.enter_context(SandboxProcess())
            world.raise_limits()
            channels.append(KillPointRunner(world, folder, account, kinds))
        with ThreadPoolExecutor(len(channels)) as pool:
            for done in [pool.submit(channel.run) for channel in channels]:
                done.result()
        yield channels


def _like(path: str) -> str:
    """The path with every id open, anchored at its end."""
    return re.sub(r"\d{6,}", r"\\d+", re.sub(r"[0-9a-f]{32}", r"[0-9a-f]{32}", path)) + "$"

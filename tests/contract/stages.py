"""The built-in channels before the sandbox, as ChannelContract wants them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from humaspost.channels.registry import channel
from humaspost.model.channel import Channel, Door, Session
from humaspost.model.delivery import Recipient
from humaspost.model.rendition import Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.channels.door import SandboxDoor

#: Seconds for one exchange; long enough for the sandbox, short enough to wait for in vain.
DEADLINE = 1.5

Opener = Callable[[Any, Door], AbstractContextManager[Session]]


@dataclass
class SandboxStage:
    """One account of the sandbox; ``paths`` are what publishing and preparing write to."""

    sandbox: Sandbox
    channel: Channel
    config: Any
    door: SandboxDoor
    parts: Mapping[str, Part]
    paths: Mapping[str, str]
    opener: Opener
    to: Recipient | None = None

    def open(self, door: Door) -> AbstractContextManager[Session]:
        return self.opener(self.config, door)

    def fail(self, fault: str, call: str) -> None:
        if self.sandbox.faults.standing():
            return
        given: dict[str, Any] = {"fault": fault}
        if fault == "hang":
            given = {"fault": "hang-after", "seconds": 2 * DEADLINE}
        if fault == "5xx":
            given = {"fault": "status", "status": 503, "body": "<html>Sorry</html>"}
        where = {"channel": self.channel.name, "method": "POST", "path": self.paths[call]}
        self.sandbox.faults.order(Fault.model_validate({**where, **given}))

    def writes(self) -> int:
        return sum(
            r["channel"] == self.channel.name and r["method"] not in ("GET", "HEAD")
            for r in self.sandbox.world.requests
        )

    def public(self) -> int:
        return sum(o.channel == self.channel.name and not o.deleted for o in self.sandbox.world.objects)


@contextmanager
def staged(
    name: str,
    values: Mapping[str, str],
    *,
    secrets: tuple[str, ...],
    parts: Callable[[SandboxDoor], Mapping[str, Part]],
    paths: Mapping[str, str],
    opener: Opener,
    to: Recipient | None = None,
) -> Iterator[SandboxStage]:
    """A fresh sandbox and one account in it; ``values`` maps the config's keys to the sandbox's own."""
    with Sandbox() as sandbox, TemporaryDirectory() as folder:
        sandbox.world.settings.update({"instagram.processing_seconds": 0.0, "x.processing_seconds": 0.0})
        account = sandbox.config()["accounts"][name]
        door = SandboxDoor(sandbox, Path(folder), {field: account[field] for field in secrets})
        found = channel(name)
        config = found.Config(**{key: account[source] for key, source in values.items()})
        yield SandboxStage(sandbox, found, config, door, parts(door), paths, opener, to)

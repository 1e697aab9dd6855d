"""X opened against a fresh sandbox over real loopback sockets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from humaspost.channels.x import X
from humaspost.channels.x.config import XConfig
from humaspost.model.channel import Session
from humaspost.model.delivery import Attempt, Receipt
from humaspost.model.rendition import Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext, jpeg, prepared


@dataclass
class SessionHarness:
    """A session, the sandbox behind it, and what the public sees there."""

    sandbox: Sandbox
    context: SandboxContext
    session: Session
    config: XConfig

    def images(self, count: int = 1) -> Part:
        colours = ("navy", "teal", "olive", "maroon")
        media = [
            self.context.add(jpeg(colour=colours[n]), name=f"{n}.jpg", alt=f"Gambar {n}.", index=n)
            for n in range(count)
        ]
        return Part(1, "Bergambar.", tuple(media))

    def publish(self, part: Part, *, reply_to: Receipt | None = None) -> Receipt:
        ready = prepared(self.session, part)
        return self.session.publish(part, ready, key="k", to=None, reply_to=reply_to)

    def attempt(self, part: Part, *, since: datetime, reply_to: str | None = None) -> Attempt:
        now = datetime.now(UTC)
        return Attempt("k" * 32, 1, since, now, part, None, reply_to, "dropped")

    def objects(self) -> list[Any]:
        return [found for found in self.sandbox.state.objects if not found.deleted]

    def count_requests(self, method: str = "*") -> list[str]:
        found = self.sandbox.state.requests
        return [r["path"] for r in found if method in ("*", r["method"])]

    def inject_fault(self, fault: str, path: str, **values: Any) -> None:
        given = {"channel": "x", "path": path, "fault": fault, **values}
        self.sandbox.faults.add(Fault.model_validate(given))

    def set(self, **settings: Any) -> None:
        self.sandbox.state.settings.update({f"x.{name}": value for name, value in settings.items()})


@pytest.fixture
def harness(sandbox: Sandbox, tmp_path: Path) -> Iterator[SessionHarness]:
    account = sandbox.config()["accounts"]["x"]
    config = XConfig(handle=account["handle"], base_url=account["base_url"])
    context = SandboxContext(sandbox, tmp_path, {field: account[field] for field in X.secrets})
    with X().open(config, context) as session:
        yield SessionHarness(sandbox, context, session, config)

"""The built-in channels before the sandbox, as ChannelContract wants them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest

from humaspost.channels.registry import load_channel
from humaspost.channels.testing.contract import ChannelContract
from humaspost.model.channel import Channel, ChannelContext, Session
from humaspost.model.delivery import Recipient
from humaspost.model.rendition import Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext
from tests.support.deadlines import SECOND
from tests.support.sandbox import reset

#: Seconds for an exchange that is answered.
PATIENT = 15 * SECOND
#: Seconds for one that hangs: far more than the sandbox takes to act, and short enough to be waited for in vain.
HASTY = max(0.3, 0.05 * SECOND)

#: A session of this account through this context, each exchange of which ends at ``deadline``.
Opener = Callable[..., AbstractContextManager[Session]]


@dataclass
class SandboxStage:
    """One account of the sandbox; ``paths`` are what publishing and preparing write to.

    ``hasty`` is the deadline, in seconds, of the calls that meet the fault ``hang``.
    """

    sandbox: Sandbox
    channel: Channel
    config: Any
    context: SandboxContext
    parts: Mapping[str, Part]
    paths: Mapping[str, str]
    opener: Opener
    to: Recipient | None
    hasty: float

    @contextmanager
    def open(self, context: ChannelContext) -> Iterator[Session]:
        with (
            self.opener(self.config, context, deadline=PATIENT) as patient,
            self.opener(self.config, context, deadline=self.hasty) as hasty,
        ):
            yield cast("Session", _Chosen(self, patient=patient, hasty=hasty))

    def inject_fault(self, fault: str, call: str) -> None:
        if self.sandbox.faults.active_faults():
            return
        given: dict[str, Any] = {"fault": fault}
        if fault == "hang":
            given = {"fault": "hang-after"}
        if fault == "5xx":
            given = {"fault": "status", "status": 503, "body": "<html>Sorry</html>"}
        where = {"channel": self.channel.name, "method": "POST", "path": self.paths[call]}
        self.sandbox.faults.add(Fault.model_validate({**where, **given}))

    def hangs(self) -> bool:
        """Return whether the next write is one that hangs."""
        return any(fault["fault"] == "hang-after" for fault in self.sandbox.faults.active_faults())

    def count_writes(self) -> int:
        return sum(
            r["channel"] == self.channel.name and r["method"] not in ("GET", "HEAD")
            for r in self.sandbox.state.requests
        )

    def count_public(self) -> int:
        return sum(o.channel == self.channel.name and not o.deleted for o in self.sandbox.state.objects)


class _Chosen:
    """Two sessions of one account, told apart by their deadline only: the hasty one is for what hangs.

    One session with one short deadline would end exchanges that are only slow, on a machine that is busy.
    """

    def __init__(self, stage: SandboxStage, *, patient: Session, hasty: Session) -> None:
        self._stage, self._patient, self._hasty = stage, patient, hasty

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasty if self._stage.hangs() else self._patient, name)


class SandboxContract(ChannelContract):
    """The contract over a built-in channel, in the sandbox that all tests share."""

    @pytest.fixture(autouse=True)
    def _given(self, running_sandbox: Sandbox) -> None:
        self.sandbox = running_sandbox

    @contextmanager
    def staged(
        self,
        name: str,
        values: Mapping[str, str],
        *,
        secrets: tuple[str, ...],
        parts: Callable[[SandboxContext], Mapping[str, Part]],
        paths: Mapping[str, str],
        opener: Opener,
        to: Recipient | None = None,
        hasty: float = HASTY,
    ) -> Iterator[SandboxStage]:
        """Give one account of a fresh sandbox; ``values`` maps the config's keys to the sandbox's own."""
        sandbox = reset(self.sandbox)
        sandbox.state.settings.update({"instagram.processing_seconds": 0.0, "x.processing_seconds": 0.0})
        account = sandbox.config()["accounts"][name]
        found = load_channel(name)
        config = found.Config(**{key: account[source] for key, source in values.items()})
        with TemporaryDirectory() as folder:
            context = SandboxContext(sandbox, Path(folder), {field: account[field] for field in secrets})
            yield SandboxStage(
                sandbox, found, config, context, parts(context), paths, opener=opener, to=to, hasty=hasty
            )

"""How ``contract`` drives a channel: the stage it stands on, its steps, and the faults it meets."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

from humaspost.base.canonical_json import Json
from humaspost.channels.testing.sample_posts import sample_posts
from humaspost.model.channel import Channel, ChannelContext, NotReady, Ready, Session
from humaspost.model.delivery import Attempt, Receipt, Recipient
from humaspost.model.errors import ChannelError, Transient
from humaspost.model.rendition import Part, Rendition

#: What ``ContractStage.inject_fault`` is asked for; ``hang`` outlasts the session's deadline, ``5xx`` is an HTML page.
FAULTS = ("drop-before", "drop-after", "hang", "garbage", "empty-2xx", "redirect", "5xx")
KEY = "hp1:0123456789abcdef0123456789abcdef:1"
#: What every secret is behind a ``WrongKeysContext``.
WRONG_KEY = "wrong-key-0123456789"
_MAX_STEPS = 200


class ContractStage(Protocol):
    """A channel before a pretend platform that counts; fresh for each test.

    ``parts`` can be published as they are; ``to`` is who they go to, where the channel has recipients.
    """

    channel: Channel
    config: Any
    context: ChannelContext
    parts: Mapping[str, Part]
    to: Recipient | None

    def open(self, context: ChannelContext) -> AbstractContextManager[Session]:
        """A session, as ``Channel.open`` gives it; its deadline may be shorter."""
        ...

    def inject_fault(self, fault: str, call: str) -> None:
        """The next write of ``publish`` or ``prepare`` meets one of FAULTS, and no later one."""
        ...

    def count_writes(self) -> int:
        """How many requests that are not reads have reached the platform."""
        ...

    def count_public(self) -> int:
        """How many objects the public can see."""
        ...


class WrongKeysContext:
    """A context whose secrets open nothing."""

    def __init__(self, context: ChannelContext) -> None:
        self._context = context

    def secret(self, field: str) -> str:
        """A key that nobody gave out."""
        return f"{WRONG_KEY}-{field}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def render_repeatedly(stage: ContractStage) -> Iterator[tuple[str, Rendition, Rendition]]:
    """Every specimen's id, and it rendered twice."""
    rules = stage.channel.rules(stage.config)
    for post in sample_posts(stage.channel.name, rules.keys):
        first, second = (
            stage.channel.render(post, stage.config, rules, account=stage.channel.name) for _ in range(2)
        )
        yield post.id, first, second


def prepare_until_ready(stage: ContractStage, session: Session, part: Part, *, fault: str = "") -> Ready:
    """The part is ready; each step made one write at most, and each write met ``fault`` once.

    Where a fault spoilt what was prepared (``Transient.restart_preparation``), it is made anew, without faults.
    """
    token: Json = None
    for _ in range(_MAX_STEPS):
        step = _prepare_step(stage, session, part, token, fault=fault)
        if isinstance(step, Ready):
            return step
        if isinstance(step, NotReady):
            assert step.retry_after >= 0, "a pause lies ahead"
            token = json.loads(json.dumps(step.token))
        elif step.restart_preparation:
            token, fault = None, ""
    raise AssertionError(f"not ready after {_MAX_STEPS} steps")


def _prepare_step(
    stage: ContractStage, session: Session, part: Part, token: Json, *, fault: str
) -> Ready | NotReady | Transient:
    """One step; one that met the fault is made once more."""
    before = stage.count_writes()
    if fault:
        stage.inject_fault(fault, "prepare")
    step = _try_prepare(session, part, token)
    assert stage.count_writes() - before <= 1, "a step makes one write at most"
    if not isinstance(step, ChannelError):
        return step
    assert fault, f"preparing fails: {step!r}"
    assert isinstance(step, Transient), f"{fault}: nothing is shown yet, so it is Transient, not {step!r}"
    repeated = step if step.restart_preparation else _try_prepare(session, part, token)
    assert isinstance(repeated, Ready | NotReady | Transient), f"after {fault}: {repeated!r}"
    return repeated


def _try_prepare(session: Session, part: Part, token: Json) -> Ready | NotReady | ChannelError:
    try:
        return session.prepare(part, token)
    except ChannelError as error:
        return error


def publish_part(stage: ContractStage, session: Session, part: Part, prepared: Ready) -> Receipt:
    """The part is published to whom the stage says."""
    return session.publish(part, prepared, key=KEY, to=stage.to, reply_to=None)


def raised_by(call: Callable[[], object]) -> ChannelError:
    """What the call ends with: one of the six, anything else falls through."""
    try:
        result = call()
    except ChannelError as error:
        return error
    raise AssertionError(f"no error, but {result!r}")


def build_attempt(stage: ContractStage, part: Part, prepared: Ready, error: ChannelError) -> Attempt:
    """The attempt that ended so, just now."""
    now = stage.context.now()
    return Attempt(KEY, 1, now - timedelta(seconds=30), now, part, prepared.token, None, error.code)

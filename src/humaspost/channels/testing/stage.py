"""The stage on which ``contract`` drives a channel, its steps, and the injected faults."""

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

#: Faults that ``ContractStage.inject_fault`` accepts.
#: ``hang`` outlasts the session's deadline, ``5xx`` is an HTML page.
FAULTS = ("drop-before", "drop-after", "hang", "garbage", "empty-2xx", "redirect", "5xx")
KEY = "hp1:0123456789abcdef0123456789abcdef:1"
#: Start of every secret of a ``WrongKeysContext``.
WRONG_KEY = "wrong-key-0123456789"
_MAX_STEPS = 200


class ContractStage(Protocol):
    """A channel before a simulated platform that counts requests; new for each test.

    ``parts`` can be published unchanged; ``to`` is their recipient, where the channel has recipients.
    """

    channel: Channel
    config: Any
    context: ChannelContext
    parts: Mapping[str, Part]
    to: Recipient | None

    def open(self, context: ChannelContext) -> AbstractContextManager[Session]:
        """Return a session, as ``Channel.open`` does; its deadline may be shorter."""
        ...

    def inject_fault(self, fault: str, call: str) -> None:
        """Inject one of FAULTS into only the next write of ``publish`` or ``prepare``."""
        ...

    def count_writes(self) -> int:
        """Return how many requests that are not reads have reached the platform."""
        ...

    def count_public(self) -> int:
        """Return how many objects the public can see."""
        ...


class WrongKeysContext:
    """A context with wrong secrets."""

    def __init__(self, context: ChannelContext) -> None:
        self._context = context

    def secret(self, field: str) -> str:
        """Return a key that no platform issued."""
        return f"{WRONG_KEY}-{field}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def render_repeatedly(stage: ContractStage) -> Iterator[tuple[str, Rendition, Rendition]]:
    """Yield the id of every sample post, with two renditions of it."""
    rules = stage.channel.rules(stage.config)
    for post in sample_posts(stage.channel.name, rules.keys):
        first, second = (
            stage.channel.render(post, stage.config, rules, account=stage.channel.name) for _ in range(2)
        )
        yield post.id, first, second


def prepare_until_ready(stage: ContractStage, session: Session, part: Part, *, fault: str = "") -> Ready:
    """Return the preparation of the part.

    Each step makes at most one write, and each write meets ``fault`` once.
    Where a fault made the preparation useless (``Transient.restart_preparation``), it starts again without faults.
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
    """Return the result of one step; a step that met the fault is repeated once."""
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
    """Publish the part to the recipient of the stage."""
    return session.publish(part, prepared, key=KEY, to=stage.to, reply_to=None)


def raised_by(call: Callable[[], object]) -> ChannelError:
    """Return the channel error that the call raises; any other exception passes."""
    try:
        result = call()
    except ChannelError as error:
        return error
    raise AssertionError(f"no error, but {result!r}")


def build_attempt(stage: ContractStage, part: Part, prepared: Ready, error: ChannelError) -> Attempt:
    """Return the attempt that ended with the error just now."""
    now = stage.context.now()
    return Attempt(KEY, 1, now - timedelta(seconds=30), now, part, prepared.token, None, error.code)

"""Preparation, one step per call: containers are made, filled and asked until all are finished."""

from dataclasses import replace

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram.client import Maker
from humaspost.channels.instagram.containers import PAUSES, Container, Progress, asked, progress
from humaspost.model.channel import NotReady, Ready
from humaspost.model.errors import ChannelError, Scope

#: The quota that each new container uses one of.
SPENT = "containers"


def step(maker: Maker, token: Json) -> Ready | NotReady:
    """One container is made, filled or asked: the children first, then the whole."""
    so_far = progress(token)
    if so_far.is_old(maker.door.now()):
        so_far = Progress()
    media = maker.part.media
    if so_far.has_room(len(media)):
        child = maker.child(len(so_far.children))
        return _made(replace(so_far, children=(*so_far.children, child)))
    waiting = next((n for n, child in enumerate(so_far.children) if not child.finished), None)
    if waiting is not None:
        return _child(maker, so_far, waiting)
    if so_far.whole is None:
        return _made(replace(so_far, whole=maker.whole(so_far.children)))
    whole, after = _one(maker, so_far.whole, 0)
    token = replace(so_far, whole=whole).to_json()
    return Ready(token) if whole.finished else NotReady(token, after)


def _made(so_far: Progress) -> NotReady:
    return NotReady(so_far.to_json(), spent=SPENT)


def _child(maker: Maker, so_far: Progress, number: int) -> NotReady:
    child, after = _one(maker, so_far.children[number], number)
    children = (*so_far.children[:number], child, *so_far.children[number + 1 :])
    return NotReady(replace(so_far, children=children).to_json(), after)


def _one(maker: Maker, container: Container, number: int) -> tuple[Container, float]:
    """The container one step further, and in how many seconds to come again."""
    if container.empty:
        maker.upload(container, maker.part.media[number])
        return replace(container, empty=False), 0.0
    try:
        found = asked(maker.graph, container, maker.door.now())
    except ChannelError as error:
        if not maker.part.media or error.scope is Scope.ACCOUNT:
            raise
        # Of twenty pictures a person wants to know which.
        raise error.about(maker.part.media[number].name) from error
    return found, 0.0 if found.finished else PAUSES[min(found.looks, len(PAUSES)) - 1]

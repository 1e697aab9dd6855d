"""Preparation of containers, one step per call: create, fill, poll until all are finished."""

from dataclasses import replace

from humaspost.base.canonical_json import Json
from humaspost.channels.instagram.client import ContainerClient
from humaspost.channels.instagram.containers import (
    POLL_DELAYS,
    Container,
    Progress,
    parse_progress,
    poll_container,
)
from humaspost.model.channel import NotReady, Ready
from humaspost.model.errors import ChannelError, Scope

#: The quota that each new container uses once.
CONTAINER_QUOTA = "containers"


def prepare_step(client: ContainerClient, token: Json) -> Ready | NotReady:
    """Create, fill or poll one container: the children first, then the parent."""
    current = parse_progress(token)
    if current.is_near_expiry(client.context.now()):
        current = Progress()
    media = client.part.media
    if current.needs_child(len(media)):
        child = client.create_child(len(current.children))
        return _after_creation(replace(current, children=(*current.children, child)))
    unfinished = next((number for number, child in enumerate(current.children) if not child.finished), None)
    if unfinished is not None:
        return _advance_child(client, current, unfinished)
    if current.parent is None:
        return _after_creation(replace(current, parent=client.create_parent(current.children)))
    parent, wait_seconds = _advance_container(client, current.parent, 0)
    token = replace(current, parent=parent).to_json()
    return Ready(token) if parent.finished else NotReady(token, wait_seconds)


def _after_creation(current: Progress) -> NotReady:
    return NotReady(current.to_json(), used_quota=CONTAINER_QUOTA)


def _advance_child(client: ContainerClient, current: Progress, number: int) -> NotReady:
    child, wait_seconds = _advance_container(client, current.children[number], number)
    children = (*current.children[:number], child, *current.children[number + 1 :])
    return NotReady(replace(current, children=children).to_json(), wait_seconds)


def _advance_container(client: ContainerClient, container: Container, number: int) -> tuple[Container, float]:
    """Return the container after one more step, and the seconds until the next step."""
    if container.awaits_upload:
        client.upload_video(container, client.part.media[number])
        return replace(container, awaits_upload=False), 0.0
    try:
        polled = poll_container(client.graph, container, client.context.now())
    except ChannelError as error:
        if not client.part.media or error.scope is Scope.ACCOUNT:
            raise
        # In a carousel of twenty images a person needs the name of the file.
        raise error.with_subject(client.part.media[number].name) from error
    return polled, 0.0 if polled.finished else POLL_DELAYS[min(polled.polls, len(POLL_DELAYS)) - 1]

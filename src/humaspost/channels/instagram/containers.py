"""Instagram's invisible containers: their stored progress, and their status at Instagram.

https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-11-23)
"""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.error_table import Refusal, classify
from humaspost.channels.instagram.errors import ERROR_ROWS
from humaspost.channels.meta_graph import GraphClient, get_text
from humaspost.channels.response_text import clean_text
from humaspost.model.errors import ChannelError, Transient

#: Containers expire after 24 hours; a container that could expire on the way is created again.
CONTAINER_LIFETIME = timedelta(hours=23)
#: Seconds until the next poll of a container: images are often finished at once (postiz-app#1562: after 5 s).
POLL_DELAYS = (1.0, 2.0, 5.0, 10.0)
#: Meta advises to stop after five minutes; one video took a quarter of an hour (trypost).
MAX_POLLS = 33
MAX_VIDEO_POLLS = 93

_SUBCODE = re.compile(r"\b2207\d{3}\b")


@dataclass(frozen=True, slots=True)
class Container:
    """A container; ``polls`` counts its polls, ``created_at`` is the time of its creation.

    ``is_video`` = it holds a video; ``awaits_upload`` = the video's bytes are not uploaded yet.
    """

    id: str
    created_at: str
    polls: int = 0
    finished: bool = False
    is_video: bool = False
    awaits_upload: bool = False

    def is_near_expiry(self, now: datetime) -> bool:
        """Return True if the container could expire before it is published."""
        return now - datetime.fromisoformat(self.created_at) > CONTAINER_LIFETIME


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a part's preparation.

    ``children`` are the containers of a carousel's items; ``parent`` is the one that is published.
    """

    children: tuple[Container, ...] = ()
    parent: Container | None = None

    def to_json(self) -> Json:
        """Return the token that the ledger stores."""
        document: Json = {
            "children": [asdict(child) for child in self.children],
            "parent": asdict(self.parent) if self.parent else None,
        }
        return document

    def needs_child(self, media: int) -> bool:
        """Return True if a child for one of so many media is still to be created."""
        return media > 1 and len(self.children) < media

    def is_near_expiry(self, now: datetime) -> bool:
        """Return True if any of the containers could expire before it is published."""
        return any(c.is_near_expiry(now) for c in (*self.children, *([self.parent] if self.parent else [])))


def parse_progress(token: Json) -> Progress:
    """Return the progress in a token; an unreadable token is no progress."""
    try:
        return _parse_token(token)
    except (TypeError, ValueError, KeyError, AttributeError):
        return Progress()


def _parse_token(token: Any) -> Progress:
    containers = tuple(Container(**child) for child in token["children"])
    parent = Container(**token["parent"]) if token["parent"] else None
    entry = Progress(containers, parent)
    for container in (*containers, *([parent] if parent else [])):
        datetime.fromisoformat(container.created_at)
    return entry


def poll_container(graph: GraphClient, container: Container, now: datetime) -> Container:
    """Return the container with its status of now; raises if it can never be finished."""
    status, detail = get_status(graph, container.id, call="poll")
    if status == "FINISHED":
        return replace(container, finished=True)
    if status == "ERROR":
        raise _failure_of(detail, now)
    if status in ("EXPIRED", "PUBLISHED"):
        raise Transient(f"container-{status.lower()}", detail, restart_preparation=True)
    if container.polls + 1 >= (MAX_VIDEO_POLLS if container.is_video else MAX_POLLS):
        raise Transient("container-slow", detail, restart_preparation=True)
    return replace(container, polls=container.polls + 1)


def _failure_of(detail: str, now: datetime) -> ChannelError:
    """Return the error that ``status`` names as a subcode in free text.

    Without a subcode a new container is tried.
    """
    subcode = _SUBCODE.search(detail)
    if subcode is None:
        return Transient("container-error", detail, restart_preparation=True)
    refusal = Refusal(400, subcode=subcode[0], detail=detail)
    error = classify(ERROR_ROWS, refusal, call="poll", write=False, now=now)
    return (
        Transient(error.code, detail, restart_preparation=True, max_attempts=error.max_attempts)
        if isinstance(error, Transient)
        else error
    )


def get_status(graph: GraphClient, container: str, *, call: str) -> tuple[str, str]:
    """Return a container's status and its detail.

    An ``Error…`` text counts as ERROR even without a status (trypost#351).
    """
    node = graph.get(call, f"/{container}", fields="status_code,status")
    status, detail = get_text(node, "status_code"), clean_text(get_text(node, "status"))
    if detail.startswith("Error") and status in ("", "IN_PROGRESS"):
        return "ERROR", detail
    return status, detail

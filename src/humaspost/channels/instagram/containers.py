"""Instagram's invisible containers: what is known of each, and what Instagram says of them.

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

#: Containers expire after 24 hours; one that could expire on the way is made anew.
CONTAINER_LIFETIME = timedelta(hours=23)
#: Seconds until the next poll of a container: images are often finished at once (postiz-app#1562: after 5 s).
POLL_DELAYS = (1.0, 2.0, 5.0, 10.0)
#: Meta asks to stop after five minutes; a video was seen to take a quarter of an hour (trypost).
MAX_POLLS = 33
MAX_VIDEO_POLLS = 93

_SUBCODE = re.compile(r"\b2207\d{3}\b")


@dataclass(frozen=True, slots=True)
class Container:
    """One container: ``polls`` counts how often it was asked, ``created_at`` is when it was made.

    ``is_video`` = it holds a video; ``awaits_upload`` = the video's bytes are still to be uploaded.
    """

    id: str
    created_at: str
    polls: int = 0
    finished: bool = False
    is_video: bool = False
    awaits_upload: bool = False

    def is_near_expiry(self, now: datetime) -> bool:
        """Whether it could expire before it is published."""
        return now - datetime.fromisoformat(self.created_at) > CONTAINER_LIFETIME


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the preparation of a part is; in a carousel ``children`` come first, ``parent`` is published."""

    children: tuple[Container, ...] = ()
    parent: Container | None = None

    def to_json(self) -> Json:
        """The token that the ledger keeps."""
        document: Json = {
            "children": [asdict(child) for child in self.children],
            "parent": asdict(self.parent) if self.parent else None,
        }
        return document

    def needs_child(self, media: int) -> bool:
        """Whether a child is still to be made, of so many media."""
        return media > 1 and len(self.children) < media

    def is_near_expiry(self, now: datetime) -> bool:
        """Whether any of its containers could expire before it is published."""
        return any(c.is_near_expiry(now) for c in (*self.children, *([self.parent] if self.parent else [])))


def parse_progress(token: Json) -> Progress:
    """The progress in a token; one that cannot be read is none."""
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
    """The container with what Instagram says of it now; raises where it will never be finished."""
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
    """What ``status`` says, a subcode in free text; without one a new container is tried."""
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
    """A container's status and the words with it; an ``Error…`` text counts without a status (trypost#351)."""
    node = graph.get(call, f"/{container}", fields="status_code,status")
    status, detail = get_text(node, "status_code"), clean_text(get_text(node, "status"))
    if detail.startswith("Error") and status in ("", "IN_PROGRESS"):
        return "ERROR", detail
    return status, detail

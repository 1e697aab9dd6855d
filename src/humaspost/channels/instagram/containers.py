"""Instagram's invisible containers: what is known of each, and what Instagram says of them.

https://developers.facebook.com/docs/instagram-platform/content-publishing (read 2026-11-23)
"""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from humaspost.base.canonical_json import Json
from humaspost.channels.error_table import Refusal, classify
from humaspost.channels.instagram.errors import ROWS
from humaspost.channels.meta_graph import Graph, text_of
from humaspost.channels.response_text import cleaned
from humaspost.model.errors import ChannelError, Transient

#: Containers expire after 24 hours; one that could expire on the way is made anew.
LIFE = timedelta(hours=23)
#: Seconds until the next look at a container: images are often finished at once (postiz-app#1562: after 5 s).
PAUSES = (1.0, 2.0, 5.0, 10.0)
#: Meta asks to stop after five minutes; a video was seen to take a quarter of an hour (trypost).
MOST_LOOKS = 33
MOST_LOOKS_AT_FILMS = 93

_SUBCODE = re.compile(r"\b2207\d{3}\b")


@dataclass(frozen=True, slots=True)
class Container:
    """One container: ``looks`` counts how often it was asked, ``at`` is when it was made.

    ``film`` = it holds a video; ``empty`` = the video's bytes are still to be uploaded.
    """

    id: str
    at: str
    looks: int = 0
    finished: bool = False
    film: bool = False
    empty: bool = False

    def is_old(self, now: datetime) -> bool:
        """Whether it could expire before it is published."""
        return now - datetime.fromisoformat(self.at) > LIFE


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the preparation of a part is; in a carousel ``children`` come first, ``whole`` is published."""

    children: tuple[Container, ...] = ()
    whole: Container | None = None

    def to_json(self) -> Json:
        """The token that the ledger keeps."""
        plain: Json = {
            "children": [asdict(child) for child in self.children],
            "whole": asdict(self.whole) if self.whole else None,
        }
        return plain

    def has_room(self, media: int) -> bool:
        """Whether a child is still to be made, of so many media."""
        return media > 1 and len(self.children) < media

    def is_old(self, now: datetime) -> bool:
        """Whether any of its containers could expire before it is published."""
        return any(c.is_old(now) for c in (*self.children, *([self.whole] if self.whole else [])))


def progress(token: Json) -> Progress:
    """The progress in a token; one that cannot be read is none."""
    try:
        return _progress(token)
    except (TypeError, ValueError, KeyError, AttributeError):
        return Progress()


def _progress(token: Any) -> Progress:
    made = tuple(Container(**child) for child in token["children"])
    whole = Container(**token["whole"]) if token["whole"] else None
    found = Progress(made, whole)
    for container in (*made, *([whole] if whole else [])):
        datetime.fromisoformat(container.at)
    return found


def asked(graph: Graph, container: Container, now: datetime) -> Container:
    """The container with what Instagram says of it now; raises where it will never be finished."""
    status, words = status_of(graph, container.id, call="poll")
    if status == "FINISHED":
        return replace(container, finished=True)
    if status == "ERROR":
        raise _failed(words, now)
    if status in ("EXPIRED", "PUBLISHED"):
        raise Transient(f"container-{status.lower()}", words, redo=True)
    if container.looks + 1 >= (MOST_LOOKS_AT_FILMS if container.film else MOST_LOOKS):
        raise Transient("container-slow", words, redo=True)
    return replace(container, looks=container.looks + 1)


def _failed(words: str, now: datetime) -> ChannelError:
    """What ``status`` says, a subcode in free text; without one a new container is tried."""
    subcode = _SUBCODE.search(words)
    if subcode is None:
        return Transient("container-error", words, redo=True)
    refusal = Refusal(400, subcode=subcode[0], detail=words)
    error = classify(ROWS, refusal, call="poll", write=False, now=now)
    return Transient(error.code, words, redo=True, most=error.most) if isinstance(error, Transient) else error


def status_of(graph: Graph, container: str, *, call: str) -> tuple[str, str]:
    """A container's status and the words with it; an ``Error…`` text counts without a status (trypost#351)."""
    found = graph.get(call, f"/{container}", fields="status_code,status")
    status, words = text_of(found, "status_code"), cleaned(text_of(found, "status"))
    if words.startswith("Error") and status in ("", "IN_PROGRESS"):
        return "ERROR", words
    return status, words

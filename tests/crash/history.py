"""What the files of an office said and when, what people did to it, and which senders lived: no more than records."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

#: Seconds since the epoch, as the public objects and the log have them.
Moment = float
FOREVER: Moment = math.inf


@dataclass(slots=True)
class PostVersion:
    """One text of a post's file, from ``since`` until another took its place. ``markers`` stand in its parts."""

    post: str
    number: int
    since: Moment
    due: Moment
    accounts: frozenset[str]
    lists: tuple[str, ...] = ()
    parts: int = 1
    until: Moment = FOREVER

    @property
    def markers(self) -> tuple[str, ...]:
        """The sign of each part."""
        stem = f"hp{self.post.replace('-', '')}v{self.number}"
        return tuple(f"{stem}x{part}" for part in range(1, self.parts + 1))


@dataclass(slots=True)
class ListVersion:
    """One state of a list's file; ``people`` may be written to by it, none while it is empty or unreadable."""

    name: str
    since: Moment
    people: frozenset[str]
    until: Moment = FOREVER


@dataclass(frozen=True, slots=True)
class SenderLife:
    """A process that may send, from its start to its end."""

    command: str
    since: Moment
    until: Moment


@dataclass(slots=True)
class Cancellation:
    """A ``cancel`` of a post: what it named as on its way; ``undone_at`` = when a ``publish`` of it was started.

    One that did not end with 0 may have counted all the same: it explains states and forbids nothing.
    """

    post: str
    returned_at: Moment
    sending: int
    is_certain: bool = True
    undone_at: Moment = FOREVER


@dataclass
class History:
    """Everything that the checker has to know of one office, besides what the public and the program say."""

    posts: list[PostVersion] = field(default_factory=list)
    lists: list[ListVersion] = field(default_factory=list)
    stops: dict[str, Moment] = field(default_factory=dict)
    imports: list[Moment] = field(default_factory=list)
    lives: list[SenderLife] = field(default_factory=list)
    cancellations: list[Cancellation] = field(default_factory=list)
    publications: list[tuple[str, Moment]] = field(default_factory=list)

    def latest(self, post: str) -> PostVersion:
        """The text that the file of the post has now."""
        return next(version for version in reversed(self.posts) if version.post == post)

    def latest_list(self, name: str) -> ListVersion:
        """What the file of the list says now."""
        return next(version for version in reversed(self.lists) if version.name == name)

    def post_names(self) -> Iterable[str]:
        """Every post, oldest first."""
        return dict.fromkeys(version.post for version in self.posts)

    def known_since(self, change: Moment) -> Moment:
        """When a change of a list must have been known: imported, read at a start, or seen by a ``schedule``."""
        imported = (moment for moment in self.imports if moment >= change)
        read = (life.since for life in self.lives if life.since >= change)
        is_watched = any(
            life.command == "schedule" and life.since <= change < life.until for life in self.lives
        )
        return change if is_watched else min([*imported, *read], default=FOREVER)

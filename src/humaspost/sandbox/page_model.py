"""The page's contents: conversations on X, posts on Instagram, phones on WhatsApp."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from humaspost.sandbox.platforms import PLATFORMS
from humaspost.sandbox.state import PublicObject

#: The page shows at most so many items and states how many it does not show.
MAX_ITEMS = 60
_MAX_PHONES = 12
_MAX_PEOPLE_LISTED = 500


@dataclass(frozen=True, slots=True)
class Conversation:
    """Connected posts on X, oldest first: a thread, a corrected post, or a single post."""

    key: str
    posts: tuple[PublicObject, ...]

    @property
    def last_at(self) -> datetime:
        """Return when the newest post was created."""
        return self.posts[-1].created_at

    def has(self, post_id: str | None) -> bool:
        """Return True if the post is in this conversation."""
        return any(post.id == post_id for post in self.posts)


@dataclass(frozen=True, slots=True)
class Phone:
    """The messages of a group of people who all received the same ones."""

    key: str
    people: tuple[str, ...]
    messages: tuple[PublicObject, ...]

    @property
    def listed(self) -> tuple[str, ...]:
        """Return the numbers that the page lists."""
        return self.people[:_MAX_PEOPLE_LISTED]


@dataclass(frozen=True, slots=True)
class Count:
    """The figures of one platform in the page's header; ``people`` received its messages."""

    objects: int
    people: int


def count_objects(objects: Iterable[PublicObject]) -> dict[str, Count]:
    """Return how many objects are public now, by platform."""
    existing = {name: _existing_objects(objects, name) for name in PLATFORMS}
    return {
        name: Count(len(listed), len({o.to for o in listed if o.to})) for name, listed in existing.items()
    }


def list_items(objects: Iterable[PublicObject], platform: str) -> list[Any]:
    """Return what the page shows of a platform: its own groups, or each object, newest first."""
    existing = _existing_objects(objects, platform)
    group = _GROUPINGS.get(platform)
    return group(existing) if group else existing[::-1]


def _group_conversations(posts: Iterable[PublicObject]) -> list[Conversation]:
    """Return the conversations, the one with the newest post first."""
    grouped: dict[str, list[PublicObject]] = {}
    for post in posts:
        grouped.setdefault(post.extra.get("conversation_id", post.id), []).append(post)
    conversation = [Conversation(key, tuple(posts)) for key, posts in grouped.items()]
    return sorted(conversation, key=lambda c: c.last_at, reverse=True)


def _group_phones(messages: Iterable[PublicObject]) -> list[Phone]:
    """Return one phone per group of people with the same messages, largest group first."""
    inboxes: dict[str, list[PublicObject]] = {}
    for message in messages:
        inboxes.setdefault(message.to or "", []).append(message)
    groups: dict[tuple[object, ...], list[str]] = {}
    for person, received in inboxes.items():
        groups.setdefault(tuple(sorted(map(_message_content, received))), []).append(person)
    phone_groups = [
        Phone(min(people), tuple(people), tuple(inboxes[people[0]])) for people in groups.values()
    ]
    return sorted(phone_groups, key=lambda p: (-len(p.people), p.key))[:_MAX_PHONES]


def _message_content(message: PublicObject) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    media = tuple(m.sha256 for m in message.media)
    return (message.text, message.template or "", media, tuple(message.extra.get("buttons", ())))


_GROUPINGS: dict[str, Callable[[Iterable[PublicObject]], list[Any]]] = {
    "x": _group_conversations,
    "whatsapp": _group_phones,
}


def _existing_objects(objects: Iterable[PublicObject], channel: str) -> list[PublicObject]:
    return [o for o in objects if o.channel == channel and not o.deleted]

"""The page's contents: conversations on X, posts on Instagram, phones on WhatsApp."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
    def latest_at(self) -> datetime:
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
class Counts:
    """The figures in the page's header."""

    x: int
    instagram: int
    whatsapp: int
    people: int


def count_objects(objects: Iterable[PublicObject]) -> Counts:
    """Return how many objects are public now."""
    existing = [o for o in objects if not o.deleted]
    by_channel = {name: sum(o.channel == name for o in existing) for name in ("x", "instagram", "whatsapp")}
    return Counts(**by_channel, people=len({o.to for o in existing if o.to}))


def group_conversations(objects: Iterable[PublicObject]) -> list[Conversation]:
    """Return the conversations on X, the one with the newest post first."""
    grouped: dict[str, list[PublicObject]] = {}
    for post in _existing_objects(objects, "x"):
        grouped.setdefault(post.extra.get("conversation_id", post.id), []).append(post)
    conversation = [Conversation(key, tuple(posts)) for key, posts in grouped.items()]
    return sorted(conversation, key=lambda c: c.latest_at, reverse=True)


def instagram_posts(objects: Iterable[PublicObject]) -> list[PublicObject]:
    """Return the posts on Instagram, newest first."""
    return _existing_objects(objects, "instagram")[::-1]


def group_phones(objects: Iterable[PublicObject]) -> list[Phone]:
    """Return one phone per group of people with the same messages, largest group first."""
    inboxes: dict[str, list[PublicObject]] = {}
    for message in _existing_objects(objects, "whatsapp"):
        inboxes.setdefault(message.to or "", []).append(message)
    groups: dict[tuple[object, ...], list[str]] = {}
    for person, messages in inboxes.items():
        groups.setdefault(tuple(sorted(map(_message_content, messages))), []).append(person)
    phone_groups = [
        Phone(min(people), tuple(people), tuple(inboxes[people[0]])) for people in groups.values()
    ]
    return sorted(phone_groups, key=lambda p: (-len(p.people), p.key))[:_MAX_PHONES]


def _message_content(message: PublicObject) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    media = tuple(m.sha256 for m in message.media)
    return (message.text, message.template or "", media, tuple(message.extra.get("buttons", ())))


def _existing_objects(objects: Iterable[PublicObject], channel: str) -> list[PublicObject]:
    return [o for o in objects if o.channel == channel and not o.deleted]

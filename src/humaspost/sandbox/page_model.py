"""What the page shows, from the public objects: conversations on X, posts on Instagram, phones on WhatsApp."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from humaspost.sandbox.state import PublicObject

#: More than a person looks through; the page says how many are left out.
MAX_ITEMS = 60
_MAX_PHONES = 12
_MAX_PEOPLE_LISTED = 500


@dataclass(frozen=True, slots=True)
class Conversation:
    """Posts on X that hang together, oldest first: a thread, a correction under what it corrects, or one post."""

    key: str
    posts: tuple[PublicObject, ...]

    @property
    def latest_at(self) -> datetime:
        """When the newest of them appeared."""
        return self.posts[-1].created_at

    def has(self, post_id: str | None) -> bool:
        """Whether the post stands in this conversation."""
        return any(post.id == post_id for post in self.posts)


@dataclass(frozen=True, slots=True)
class Phone:
    """What everyone in one group of people has received; they all see the same screen."""

    key: str
    people: tuple[str, ...]
    messages: tuple[PublicObject, ...]

    @property
    def listed(self) -> tuple[str, ...]:
        """The numbers that the page lists."""
        return self.people[:_MAX_PEOPLE_LISTED]


@dataclass(frozen=True, slots=True)
class Counts:
    """The figures in the page's head."""

    x: int
    instagram: int
    whatsapp: int
    people: int


def count_objects(objects: Iterable[PublicObject]) -> Counts:
    """How much is public now."""
    existing = [o for o in objects if not o.deleted]
    by_channel = {name: sum(o.channel == name for o in existing) for name in ("x", "instagram", "whatsapp")}
    return Counts(**by_channel, people=len({o.to for o in existing if o.to}))


def group_conversations(objects: Iterable[PublicObject]) -> list[Conversation]:
    """What is on X, the conversation with the newest post first."""
    grouped: dict[str, list[PublicObject]] = {}
    for post in _existing_objects(objects, "x"):
        grouped.setdefault(post.extra.get("conversation_id", post.id), []).append(post)
    conversation = [Conversation(key, tuple(posts)) for key, posts in grouped.items()]
    return sorted(conversation, key=lambda c: c.latest_at, reverse=True)


def instagram_posts(objects: Iterable[PublicObject]) -> list[PublicObject]:
    """What is on Instagram, newest first."""
    return _existing_objects(objects, "instagram")[::-1]


def group_phones(objects: Iterable[PublicObject]) -> list[Phone]:
    """People who received the same messages share a phone; the phone of most people first."""
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

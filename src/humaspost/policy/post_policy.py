"""The policy of one post: its file, its type and the office's settings, in this order."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from humaspost.model.plan import PostPolicy
from humaspost.model.post import Late, Post

#: The priority of a type that the settings do not name; 1 goes first, 9 last.
DEFAULT_PRIORITY = 5


class TypePolicy(Protocol):
    """The settings of one post type; None means the general setting."""

    @property
    def late(self) -> Late | None: ...
    @property
    def grace(self) -> timedelta | None: ...
    @property
    def priority(self) -> int | None: ...
    @property
    def during_pause(self) -> bool: ...


class OfficePolicy(Protocol):
    """The settings of all posts."""

    @property
    def late(self) -> Late: ...
    @property
    def grace(self) -> timedelta: ...
    @property
    def types(self) -> Mapping[str, TypePolicy]: ...


def get_post_policy(post: Post, policy: OfficePolicy) -> PostPolicy:
    """Return the policy of the post's type; the post's own ``late:`` wins."""
    type_policy = policy.types.get(post.type)
    late = post.late or (type_policy.late if type_policy else None) or policy.late
    grace = (type_policy.grace if type_policy else None) or policy.grace
    priority = (type_policy.priority if type_policy else None) or DEFAULT_PRIORITY
    return PostPolicy(late, grace, priority, type_policy.during_pause if type_policy else False)

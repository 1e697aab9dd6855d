"""A GIF where a channel takes none: a video, once it is converted."""

from dataclasses import replace

from humaspost.model.post import Kind, Medium, Post
from humaspost.model.rules import Rules


def converted(post: Post, rules: Rules) -> Post:
    """The post with its GIFs as the videos that are made of them, where the channel takes only those.

    One that is shorter than the channel's shortest video is looped.
    """
    if Kind.GIF in rules.media or Kind.VIDEO not in rules.media:
        return post
    least, _most = rules.media[Kind.VIDEO].duration or (0.0, 0.0)
    return replace(post, media=tuple(_moving(medium, least) for medium in post.media))


def _moving(medium: Medium, least: float) -> Medium:
    facts = medium.facts
    if facts is None or facts.kind is not Kind.GIF:
        return medium
    lasts = None if facts.duration is None else max(facts.duration, least)
    return replace(medium, facts=replace(facts, kind=Kind.VIDEO, duration=lasts))

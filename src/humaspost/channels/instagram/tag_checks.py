"""Checks of the accounts that a post names beside its caption: collaborators, tagged people."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from humaspost.base.i18n import _
from humaspost.channels.instagram.rules import MAX_COLLABORATORS, MAX_TAGS
from humaspost.model.post import MediaKind
from humaspost.model.problem import Problem, channel_problem
from humaspost.model.rendition import Part

problem = partial(channel_problem, "instagram")

_EXAMPLE, _EXAMPLE_WITHOUT_POSITION = "{username: walikota, x: 0.5, y: 0.4, media: 1}", "{username: walikota}"
_USERNAME = re.compile(r"[\w.]{1,30}", re.ASCII)


def check_tags(part: Part) -> Iterator[Problem]:
    """Yield problems of invalid names, of too many names, and of tags without a position."""
    yield from _check_collaborators(part)
    yield from _check_user_tags(part)


def tags_of_medium(part: Part, number: int) -> list[Mapping[str, Any]]:
    """Return the tags of one medium; media count from 1."""
    tags = part.extra.get("user_tags")
    tag_list = [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return [tag for tag in tag_list if tag.get("media") == number]


def _check_collaborators(part: Part) -> Iterator[Problem]:
    names = part.extra.get("collaborators")
    for index, name in enumerate(names if isinstance(names, list) else []):
        if not _USERNAME.fullmatch(str(name)):
            yield problem(
                "instagram-collaborators",
                _("{name!r} is no username").format(name=str(name)[:40]),
                hint=_("write it as the app shows it: letters, digits, dots and underscores"),
                field=f"instagram.collaborators.{index}",
            )
        elif index == MAX_COLLABORATORS.value:
            yield problem(
                "instagram-collaborators",
                _("Instagram takes {limit:.0f} collaborators").format(limit=MAX_COLLABORATORS.value),
                hint=_("keep {limit:.0f}").format(limit=MAX_COLLABORATORS.value),
                field=f"instagram.collaborators.{index}",
            )


def _check_user_tags(part: Part) -> Iterator[Problem]:
    tags = part.extra.get("user_tags")
    for index, tag in enumerate(tags if isinstance(tags, list) else []):
        error, remedy = _tag_error(tag, part) if isinstance(tag, dict) else ("", "")
        if not error and index >= MAX_TAGS.value:
            error = _("Instagram takes {limit:.0f} tags").format(limit=MAX_TAGS.value)
        if error:
            yield problem(
                "instagram-user-tags",
                error,
                hint=remedy or _write_hint(_EXAMPLE),
                field=f"instagram.user_tags.{index}",
            )


def _tag_error(tag: Mapping[str, Any], part: Part) -> tuple[str, str]:
    """Return the error of a tag and its remedy, or "" for a valid tag."""
    name, number = str(tag["username"]), tag["media"]
    if not _USERNAME.fullmatch(name):
        return _("{name!r} is no username").format(name=name[:40]), ""
    if not 1 <= number <= len(part.media):
        return _("there is no medium {number}; Instagram shows {count}").format(
            number=number, count=len(part.media)
        ), ""
    if part.media[number - 1].kind is MediaKind.VIDEO:
        return _video_tag_error(tag, part)
    position = (tag["x"], tag["y"])
    if part.extra.get("format") == "story" and position == (None, None):
        return "", ""
    if not all(share is not None and 0 <= share <= 1 for share in position):
        return _("a tag in a picture needs x and y, from 0 (left, top) to 1"), ""
    return "", ""


def _video_tag_error(tag: Mapping[str, Any], part: Part) -> tuple[str, str]:
    """Return the error of a tag in a video, and its remedy.

    Only a reel has people in a video, and only by their names.
    """
    if part.extra.get("format") == "story":
        return _("nobody can be tagged in the video of a story"), _("take this tag out")
    if len(part.media) > 1:
        return _("nobody can be tagged in a video of a carousel: medium {number}").format(
            number=tag["media"]
        ), _("take this tag out, tag a picture instead, or name them with @ in the caption")
    if (tag["x"], tag["y"]) != (None, None):
        return _("a tag in a video has no x and no y"), _write_hint(_EXAMPLE_WITHOUT_POSITION)
    return "", ""


def _write_hint(example: str) -> str:
    return _("write it so: {example}").format(example=example)

"""Checks that Instagram's Rules cannot express: format, keys, caption (``caption_checks``)."""

from collections.abc import Iterator, Mapping
from functools import partial

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.instagram import caption_checks, tag_checks
from humaspost.channels.instagram.rules import FORMATS
from humaspost.model.post import MediaKind
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import Rules

problem = partial(channel_problem, "instagram")

#: Keys that only some kinds of post have.
_REEL_KEYS = ("share_to_feed", "thumb_offset")
_NOT_IN_STORIES = ("collaborators", "location_id", "made_with_ai")


def check_post(rendition: Rendition, rules: Rules) -> list[Problem]:
    """Return problems of the caption, the format and the keys, each with its key."""
    return [problems for part in rendition.parts for problems in _check_part(part, rules)]


def _check_part(part: Part, rules: Rules) -> Iterator[Problem]:
    yield from _check_values(part)
    yield from _check_format(part)
    yield from _check_unsupported_keys(part)
    yield from _check_cover(part)
    yield from _check_thumb_offset(part)
    yield from tag_checks.check_tags(part)
    yield from caption_checks.check_caption(part, rules)


def is_reel(part: Part) -> bool:
    """Return True if the part is published as a reel: one video outside a story."""
    return part.extra.get("format") != "story" and [item.kind for item in part.media] == [MediaKind.VIDEO]


def _expected_values() -> Mapping[str, str]:
    return {
        "text": _("text: write it between quotes"),
        "share_to_feed": _("true or false"),
        "thumb_offset": _("milliseconds: 1500"),
        "collaborators": _("a list of usernames: [dinaspu, bpbd]"),
        "user_tags": _("a list: [{username: walikota, x: 0.5, y: 0.4}]"),
        "location_id": _("a number, as Facebook names the place"),
        "made_with_ai": _("true or false"),
    }


def _check_values(part: Part) -> Iterator[Problem]:
    invalid_keys = part.extra.get("wrong")
    for key in invalid_keys if isinstance(invalid_keys, list) else []:
        if key == "format":
            yield problem(
                "instagram-format",
                _("there is no Instagram format {format!r}").format(format=str(part.extra["format"])[:40]),
                hint=_("write one of: {names}").format(names=", ".join(FORMATS)),
                field="instagram.format",
            )
        else:
            yield problem(
                "instagram-key-value",
                _("instagram.{key} has a value that cannot be used").format(key=key),
                hint=_("it takes {what}").format(what=_expected_values()[str(key)]),
                field=f"instagram.{key}",
            )


def _check_format(part: Part) -> Iterator[Problem]:
    expected = _check_format_media(part.extra.get("format"), part)
    if expected:
        yield problem(
            "instagram-format",
            expected,
            hint=_("write format: feed, or choose media that fit"),
            field="instagram.format",
        )


def _check_format_media(format_name: Json, part: Part) -> str:
    if format_name == "reel" and not is_reel(part):
        return _("a reel is made of exactly one video")
    if format_name == "story" and len(part.media) > 1:
        return _("a story shows exactly one image or video, not {count}").format(count=len(part.media))
    return ""


def _check_unsupported_keys(part: Part) -> Iterator[Problem]:
    unsupported = {key: _("only a reel has {key}") for key in _REEL_KEYS if not is_reel(part)}
    if part.extra.get("format") == "story":
        unsupported |= {key: _("a story takes no {key}") for key in _NOT_IN_STORIES}
    for key, message in unsupported.items():
        if key in part.extra:
            yield problem(
                "instagram-key-unfit",
                message.format(key=key),
                hint=_("take {key} out").format(key=key),
                field=f"instagram.{key}",
            )
    if part.extra.get("format") == "story" and "text" in part.extra:
        yield _check_hidden_caption()


def _check_hidden_caption() -> Problem:
    """Return a warning that a story hides its caption.

    No error: an account for stories may share its keys with one that shows captions.
    """
    return problem(
        "instagram-key-unfit",
        _("a story shows no caption, so this text is not shown"),
        hint=_("take text out, or write it on the picture"),
        field="instagram.text",
        severity=Severity.WARNING,
    )


def _check_cover(part: Part) -> Iterator[Problem]:
    """Yield a warning about an ignored cover.

    No error: the post may go to other channels too, which show the cover.
    """
    items = [item for item in part.media if item.cover is not None]
    for item in items if not is_reel(part) else []:
        yield problem(
            "instagram-cover",
            _("{file} has a cover, and Instagram shows one on a reel only").format(file=item.name),
            hint=_("make it a reel of its own, or take cover: out"),
            field=f"media.{item.index}.cover",
            severity=Severity.WARNING,
        )


def _check_thumb_offset(part: Part) -> Iterator[Problem]:
    offset = part.extra.get("thumb_offset")
    if not isinstance(offset, int) or not is_reel(part):
        return
    item = part.media[0]
    if item.duration is not None and offset >= item.duration * 1000:
        yield problem(
            "instagram-thumb-offset",
            _("{file} is {seconds:.1f} seconds long, so it has no moment {offset} ms").format(
                file=item.name, seconds=item.duration, offset=offset
            ),
            hint=_("write less than {most:.0f}").format(most=item.duration * 1000),
            field="instagram.thumb_offset",
        )
    elif item.cover is not None:
        yield _check_cover_conflict(item)


def _check_cover_conflict(item: Attachment) -> Problem:
    return problem(
        "instagram-thumb-offset",
        _("{file} has a cover, so thumb_offset does nothing").format(file=item.name),
        hint=_("keep one of the two"),
        field="instagram.thumb_offset",
        severity=Severity.WARNING,
    )

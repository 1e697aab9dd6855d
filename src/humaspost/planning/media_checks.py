"""The check of one part's media against its channel's Rules."""

from collections.abc import Iterator
from dataclasses import replace

from humaspost.base.i18n import _, ngettext
from humaspost.model.post import MediaKind, Medium, Post
from humaspost.model.problem import Problem, channel_problem
from humaspost.model.rendition import Attachment, Part, Rendition
from humaspost.model.rules import MediaRules, Rules
from humaspost.planning import video_checks

#: Kinds that need alternative text for readers who cannot see them.
_VISIBLE_KINDS = (MediaKind.IMAGE, MediaKind.GIF)


def check_media(
    post: Post, part: Part, rendition: Rendition, rules: Rules, *, convert: bool
) -> Iterator[Problem]:
    """Yield problems with the number of media, their alternative text, and each file.

    With ``convert``, what conversion fixes is not a problem.
    """
    yield from _check_count(post, part, rendition, rules)
    for item in part.media:
        yield from _check_alt(item, rendition, rules)
        yield from _check_fitness(post, item, rendition, rules, convert=convert)


def _check_count(post: Post, part: Part, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    if len(part.media) > rules.max_media:
        limit = rules.max_media
        yield channel_problem(
            rendition.channel,
            "media-count",
            _("{channel} shows {limit} media in one post, and these are {count}").format(
                channel=rendition.channel, limit=limit, count=len(part.media)
            ),
            hint=_("leave some out, or keep them for other channels with only:"),
            field=f"media.{part.media[limit].index}",
        )
    # A file that could not be read has its own problem; one problem is enough.
    elif rules.media_required and not part.media and all(medium.facts for medium in post.media):
        yield channel_problem(
            rendition.channel,
            "media-missing",
            _("{channel} shows no post without a picture").format(channel=rendition.channel),
            hint=_("add one under media:, or take {channel} out of channels:").format(
                channel=rendition.channel
            ),
            field="media" if "media" in post.positions else "channels",
        )
    else:
        yield from _check_count_by_kind(part, rendition, rules)


def _check_count_by_kind(part: Part, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    for kind, limits in rules.media.items():
        items = [item for item in part.media if item.kind is kind]
        if len(items) > limits.max_count:
            yield channel_problem(
                rendition.channel,
                "media-count",
                ngettext(
                    "{channel} shows one {kind} in one post, and these are {items}",
                    "{channel} shows {count} of kind {kind} in one post, and these are {items}",
                    limits.max_count,
                ).format(
                    channel=rendition.channel, kind=_kind_name(kind), count=limits.max_count, items=len(items)
                ),
                hint=_("leave some out, or keep them for other channels with only:"),
                field=f"media.{items[limits.max_count].index}",
            )


def _kind_name(kind: MediaKind) -> str:
    words = {
        MediaKind.IMAGE: _("picture"),
        MediaKind.GIF: _("GIF"),
        MediaKind.VIDEO: _("video"),
        MediaKind.AUDIO: _("sound"),
        MediaKind.DOCUMENT: _("document"),
    }
    return words[kind]


def _check_alt(item: Attachment, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    field = f"media.{item.index}.alt"
    if item.kind in _VISIBLE_KINDS and not item.alt.strip():
        # The same on every channel, so that it is reported once.
        yield Problem(
            "alt-missing",
            _("{file} has no alternative text").format(file=item.name),
            _('write what it shows: alt: "…"'),
            field=field,
        )
    elif len(item.alt) > rules.alt.value:
        yield channel_problem(
            rendition.channel,
            "alt-too-long",
            _("the alternative text of {file} has {count} characters; {channel} takes {limit:.0f}").format(
                file=item.name, count=len(item.alt), channel=rendition.channel, limit=rules.alt.value
            ),
            hint=_("keep what matters, and say the rest in the text"),
            field=field,
        )


def _check_fitness(
    post: Post, item: Attachment, rendition: Rendition, rules: Rules, *, convert: bool
) -> Iterator[Problem]:
    limits = rules.media_rules_for(item)
    if limits is None:
        yield _report_unsupported(item, rendition)
        return
    if item.kind in (MediaKind.VIDEO, MediaKind.AUDIO):
        yield from video_checks.check_video(post, item, rendition, limits, convert=convert)
        return
    yield from _check_size(item, rendition, limits)
    if item.width and item.height:
        yield from _check_geometry(item, item.width, item.height, rendition, limits, convert=convert)
    if item.kind is MediaKind.GIF:
        yield from video_checks.check_gif(post, item, rendition, limits)


def _report_unsupported(item: Attachment, rendition: Rendition) -> Problem:
    return channel_problem(
        rendition.channel,
        "media-kind",
        _("{channel} takes no {kind}: {file}").format(
            channel=rendition.channel, kind=_kind_name(item.kind), file=item.name
        ),
        hint=_("leave it out, or name the channels that get it with only:"),
        field=f"media.{item.index}.file",
    )


def _check_size(item: Attachment, rendition: Rendition, limits: MediaRules) -> Iterator[Problem]:
    # A still image is made smaller when it is fitted; every other file is sent unchanged.
    if item.kind is MediaKind.IMAGE:
        return
    if item.mime not in limits.mimes:
        yield _report_unsupported(item, rendition)
    elif item.size > limits.max_bytes.value:
        yield channel_problem(
            rendition.channel,
            "media-too-large",
            _("{file} has {size:.1f} MB; {channel} takes {limit:.0f} MB").format(
                file=item.name,
                size=item.size / 1e6,
                channel=rendition.channel,
                limit=limits.max_bytes.value / 1e6,
            ),
            hint=_("make the file smaller, or link to it"),
            field=f"media.{item.index}.file",
        )


def _check_geometry(
    item: Attachment,
    width: int,
    height: int,
    rendition: Rendition,
    limits: MediaRules,
    *,
    convert: bool,
) -> Iterator[Problem]:
    code = message = ""
    if limits.width and width < limits.width[0]:
        code = "media-too-small"
        message = _("{file} is {width} pixels wide; {channel} takes {least} or more")
    elif limits.width and width > limits.width[1] and item.kind is not MediaKind.IMAGE:
        code = "media-too-wide"
        message = _("{file} is {width} pixels wide; {channel} takes {most} or less")
    elif limits.height and not limits.height[0] <= height <= limits.height[1]:
        code = "media-too-tall"
        message = _("{file} is {height} pixels tall; {channel} takes {low} to {tall}")
    elif convert and item.kind is MediaKind.IMAGE:
        return
    elif not limits.accepts_ratio(width, height):
        code = "media-ratio"
        message = _("{file} is {ratio} times as wide as tall; {channel} takes {narrow} to {broad}")
    if code:
        min_width, max_width = limits.width or (0, 0)
        min_height, max_height = limits.height or (0, 0)
        min_ratio, max_ratio = limits.ratio or (0, 0)
        yield channel_problem(
            rendition.channel,
            code,
            message.format(
                file=item.name,
                width=width,
                height=height,
                low=min_height,
                tall=max_height,
                ratio=video_checks.format_ratio(width / height, (min_ratio, max_ratio)),
                channel=rendition.channel,
                least=min_width,
                most=max_width,
                narrow=min_ratio,
                broad=max_ratio,
            ),
            hint=_conversion_remedy(code, item).format(channel=rendition.channel),
            field=f"media.{item.index}.file",
        )


def _conversion_remedy(code: str, item: Attachment) -> str:
    if code == "media-ratio" and item.kind is MediaKind.IMAGE:
        return _(
            "crop it, or write convert = true under [media] in config.toml, or keep it off {channel} with only:"
        )
    return _("save it in another size, or keep it off {channel} with only:")


def with_converted_gifs(post: Post, rules: Rules) -> Post:
    """Return the post with its GIFs as videos where the channel accepts only videos.

    A GIF that is shorter than the channel's shortest video is looped.
    """
    if MediaKind.GIF in rules.media or MediaKind.VIDEO not in rules.media:
        return post
    min_duration, _most = rules.media[MediaKind.VIDEO].duration or (0.0, 0.0)
    return replace(post, media=tuple(_as_video(medium, min_duration) for medium in post.media))


def _as_video(medium: Medium, min_duration: float) -> Medium:
    facts = medium.facts
    if facts is None or facts.kind is not MediaKind.GIF:
        return medium
    duration = None if facts.duration is None else max(facts.duration, min_duration)
    return replace(medium, facts=replace(facts, kind=MediaKind.VIDEO, duration=duration))

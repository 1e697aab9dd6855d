"""The check of a rendition against its channel's Rules, before anything is sent."""

from collections.abc import Iterator

from humaspost.base.i18n import _, ngettext
from humaspost.model.post import Post, Visibility
from humaspost.model.problem import Problem, channel_problem
from humaspost.model.rendition import Part, Rendition
from humaspost.model.rules import Rules
from humaspost.planning import media_checks


def check(post: Post, rendition: Rendition, rules: Rules, *, convert: bool = False) -> list[Problem]:
    """Return the problems that prevent this rendition from being sent.

    Each problem names its field and has no position. With ``convert``, media are converted, so what conversion
    fixes is not a problem.
    """
    problems = [*_check_audiences(post, rendition, rules), *_check_part_count(post, rendition, rules)]
    for part in rendition.parts:
        problems += _check_text(part, rendition, rules)
        problems += media_checks.check_media(post, part, rendition, rules, convert=convert)
    return problems


def _check_audiences(post: Post, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    if rules.is_public and post.visibility is Visibility.RESTRICTED:
        yield channel_problem(
            rendition.channel,
            "restricted-public",
            _("a restricted post cannot go to {channel}, which anybody can read").format(
                channel=rendition.channel
            ),
            hint=_("take {channel} out of channels:, or write visibility: public").format(
                channel=rendition.channel
            ),
            field="visibility",
        )
    if rules.is_per_recipient and not post.audiences:
        yield channel_problem(
            rendition.channel,
            "audience-missing",
            _("{channel} sends to people, and the post does not say to whom").format(
                channel=rendition.channel
            ),
            hint=_("write audiences: [NAME], with a name from config.toml"),
            field="audiences" if "audiences" in post.positions else "channels",
        )


def _check_part_count(post: Post, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    count = len(rendition.parts)
    if count > rules.max_parts:
        yield channel_problem(
            rendition.channel,
            "too-many-parts",
            _("the thread has {count} parts; {limit} are enough for anybody").format(
                count=count, limit=rules.max_parts
            ),
            hint=_("shorten it, and link to the whole text"),
            field=f"{rendition.channel}.text",
        )
    for medium in post.media if rules.max_parts > 1 else ():
        channel_media = medium.only_for and rendition.channel not in medium.only_for
        if medium.part is not None and medium.part > count and not channel_media:
            yield channel_problem(
                rendition.channel,
                "media-part",
                ngettext(
                    "{file} is for part {part}, but the text has only one part",
                    "{file} is for part {part}, but the text has only {count} parts",
                    count,
                ).format(file=medium.file, part=medium.part, count=count),
                hint=_("leave part: out, or divide the text with <!-- part -->"),
                field=f"media.{medium.index}.part",
            )


def _check_text(part: Part, rendition: Rendition, rules: Rules) -> Iterator[Problem]:
    limit = int(rules.text.limit.value)
    if rules.text.upper_bound(part.text) <= limit:
        return
    length = rules.text.measure(part.text)
    if length <= limit:
        return
    part_label = _("part {number} of {count}").format(number=part.number, count=len(rendition.parts))
    yield channel_problem(
        rendition.channel,
        "too-long",
        _("{what} is {length}/{limit} characters long on {channel}: {more} too many").format(
            what=part_label if len(rendition.parts) > 1 else _("the text"),
            length=length,
            limit=limit,
            channel=rendition.channel,
            more=length - limit,
        ),
        hint=_length_remedies(rendition, rules),
        field=f"{rendition.channel}.text",
    )


def _length_remedies(rendition: Rendition, rules: Rules) -> str:
    channel = rendition.channel
    if rules.max_parts == 1:
        return _("shorten it, or write a shorter one for {channel} alone: {channel}.text").format(
            channel=channel
        )
    if len(rendition.parts) > 1:
        return _("shorten this part, or divide it with <!-- part -->")
    return _("shorten it in {channel}.text, or write thread: auto under {channel}:").format(channel=channel)

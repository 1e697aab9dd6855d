"""Checks of a caption against Instagram's limits: length, hashtags, mentions."""

from collections.abc import Iterator
from functools import partial

from humaspost.base.i18n import _
from humaspost.channels.instagram.rules import (
    ADVISED_HASHTAGS,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    count_hashtags,
    count_mentions,
)
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Part
from humaspost.model.rules import Rules

problem = partial(channel_problem, "instagram")

_WARNING_SHARE = 0.95


def check_caption(part: Part, rules: Rules) -> Iterator[Problem]:
    """Yield the problems of the caption; a story has none, because it shows no caption."""
    if part.extra.get("format") == "story":
        return
    yield from _check_hashtags(count_hashtags(part.text))
    yield from _check_mentions(count_mentions(part.text))
    yield from _check_length(part.text, rules)


def _check_mentions(count: int) -> Iterator[Problem]:
    if count > MAX_MENTIONS.value:
        yield problem(
            "instagram-mentions",
            _("the caption names {count} accounts with @; Instagram takes {limit:.0f}").format(
                count=count, limit=MAX_MENTIONS.value
            ),
            hint=_("name fewer accounts"),
            field="instagram.text",
        )


def _check_length(text: str, rules: Rules) -> Iterator[Problem]:
    length, limit = rules.text.measure(text), rules.text.limit.value
    if limit * _WARNING_SHARE < length <= limit:
        yield problem(
            "instagram-caption-near-limit",
            _("the caption is {count} of {limit:.0f} characters long").format(count=length, limit=limit),
            hint=_("leave some room: Instagram does not say how it counts emoji"),
            field="instagram.text",
            severity=Severity.WARNING,
        )


def _check_hashtags(count: int) -> Iterator[Problem]:
    if count > MAX_HASHTAGS.value:
        severity = Severity.ERROR
        message = _("the caption has {count} hashtags; Instagram takes {limit:.0f}")
        hint = _("keep at most {limit:.0f}, better {advised:.0f}")
    elif count > ADVISED_HASHTAGS.value:
        severity = Severity.WARNING
        message = _("the caption has {count} hashtags; Instagram has announced a limit of {advised:.0f}")
        hint = _("keep the {advised:.0f} that matter most")
    else:
        return
    figures = {"count": count, "limit": MAX_HASHTAGS.value, "advised": ADVISED_HASHTAGS.value}
    yield problem(
        "instagram-hashtags",
        message.format(**figures),
        hint=hint.format(**figures),
        field="tags",
        severity=severity,
    )

"""What Instagram says of a caption: how long, how many hashtags, how many names."""

from collections.abc import Iterator
from functools import partial

from humaspost.base.i18n import _
from humaspost.channels.instagram.rules import HASHTAGS, HASHTAGS_ADVISED, MENTIONS, hashtags, mentions
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Part
from humaspost.model.rules import Rules

problem = partial(channel_problem, "instagram")

_NEAR = 0.95


def check(part: Part, rules: Rules) -> Iterator[Problem]:
    """The caption's problems; a story has none, for it shows none."""
    if part.extra.get("format") == "story":
        return
    yield from _hashtags(hashtags(part.text))
    yield from _mentions(mentions(part.text))
    yield from _length(part.text, rules)


def _mentions(named: int) -> Iterator[Problem]:
    if named > MENTIONS.value:
        yield problem(
            "instagram-mentions",
            _("the caption names {count} accounts with @; Instagram takes {limit:.0f}").format(
                count=named, limit=MENTIONS.value
            ),
            hint=_("name fewer accounts"),
            field="instagram.text",
        )


def _length(text: str, rules: Rules) -> Iterator[Problem]:
    length, limit = rules.text.measure(text), rules.text.limit.value
    if limit * _NEAR < length <= limit:
        yield problem(
            "instagram-caption-near-limit",
            _("the caption is {count} of {limit:.0f} characters long").format(count=length, limit=limit),
            hint=_("leave some room: Instagram does not say how it counts emoji"),
            field="instagram.text",
            severity=Severity.WARNING,
        )


def _hashtags(count: int) -> Iterator[Problem]:
    if count > HASHTAGS.value:
        severity = Severity.ERROR
        message = _("the caption has {count} hashtags; Instagram takes {limit:.0f}")
        hint = _("keep at most {limit:.0f}, better {advised:.0f}")
    elif count > HASHTAGS_ADVISED.value:
        severity = Severity.WARNING
        message = _("the caption has {count} hashtags; Instagram has announced a limit of {advised:.0f}")
        hint = _("keep the {advised:.0f} that matter most")
    else:
        return
    figures = {"count": count, "limit": HASHTAGS.value, "advised": HASHTAGS_ADVISED.value}
    yield problem(
        "instagram-hashtags",
        message.format(**figures),
        hint=hint.format(**figures),
        field="tags",
        severity=severity,
    )

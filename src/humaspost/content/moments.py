"""When a post goes out, when no more, and what happens if it is late."""

from datetime import UTC

from humaspost.base.i18n import _
from humaspost.content.frontmatter.dates import Wrong, moment
from humaspost.content.frontmatter.fields import Fields
from humaspost.content.frontmatter.hints import write
from humaspost.model.post import Late, When


def date(fields: Fields, zone: str, *, draft: bool) -> When | None:
    """When to publish; only a draft may have none."""
    when = _when(fields, "date", zone)
    if when is None and not draft and fields.front.data.get("date") is None:
        message = _("the post does not say when to publish it")
        fields.missing("date-missing", message, hint=write("date: 2027-02-03 08:30"), key="date")
    return when


def expires(fields: Fields, zone: str, date: When | None) -> When | None:
    """When it is too late for good; without a zone of its own it is in the zone of ``date``."""
    when = _when(fields, "expires", date.zone if date else zone)
    if when and date and when.utc <= date.utc:
        message = _("the post would expire before it is published")
        fields.error("expires-before-date", message, hint=_("write a time after `date`"), path="expires")
    return when


def late(fields: Fields) -> Late | None:
    """What the post itself says of being late, if it does."""
    word = fields.choice(fields.front.data, "late", [choice.value for choice in Late])
    if word == Late.PUBLISH and fields.front.data.get("expires") is None:
        message = _("`late: publish` needs to know until when")
        fields.error(
            "late-needs-expires", message, hint=_("add a line: expires: 2027-02-03 21:00"), path="late"
        )
    return Late(word) if word else None


def _when(fields: Fields, key: str, zone: str) -> When | None:
    text = fields.line(fields.front.data, key)
    if not text:
        return None
    found = moment(text, zone)
    if isinstance(found, Wrong):
        hint = write(f"{key}: {found.instead}") if found.instead else found.hint
        fields.error(found.code, found.message, hint=hint, path=key)
        return None
    if found.shift:
        _shifted(fields, key, found)
    return found


def _shifted(fields: Fields, key: str, when: When) -> None:
    at = fields.place(key)
    moment = f"{when.utc.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if when.shift == "gap":
        message = _("the clocks skip this time; {moment} is meant").format(moment=moment)
        fields.page.warning("dst-gap", message, hint=_("write a time that exists"), at=at, field=key)
        return
    message = _("the clocks show this time twice; the first is meant: {moment}").format(moment=moment)
    fields.page.warning("dst-fold", message, hint=_("write an offset to choose"), at=at, field=key)

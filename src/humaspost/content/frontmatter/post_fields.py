"""Fields of a post: id, channels, audiences, tags, link, dates and the channels' own fields."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.draft import make_slug
from humaspost.content.frontmatter.dates import InvalidDate, parse_date, plain_date
from humaspost.content.frontmatter.fields import FieldReader, KeyMapping
from humaspost.content.frontmatter.hints import join_names, quote, shorten, write_line_hint
from humaspost.content.frontmatter.keys import NameIndex
from humaspost.content.report import FILE_START
from humaspost.model.post import Late, PublishTime

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.ASCII)
#: The problems that an author may mean: ``allow: [placeholder]``.
ALLOWED_CODES = ("placeholder", "date-far")
_LINK_PATTERN = re.compile(r"https?://[^\s<>\"'@/?#]+(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)


def read_post_id(fields: FieldReader, stem: str) -> str:
    """Return the post's id, or one made from its file name; "" if neither is valid."""
    written = fields.read_single_line(fields.front_matter.data, "id")
    if written and ID_PATTERN.fullmatch(written):
        return written
    if written:
        message = _("an id has small letters, digits, '.', '_' and '-' only, at most 80")
        fields.add_error("id-invalid", message, hint=write_line_hint(f"id: {make_slug(written)}"), path="id")
        return ""
    return _id_from_filename(fields, stem)


def _id_from_filename(fields: FieldReader, stem: str) -> str:
    if fields.front_matter.data.get("id") is not None:
        return ""
    name = stem if ID_PATTERN.fullmatch(stem) else make_slug(stem)
    if "id" in fields.suggested_keys:
        return name
    message = _("the post has no id, so it is known by its file name and lost when that changes")
    position = fields.front_matter.key_positions.get("id", FILE_START)
    fields.report.add_warning(
        "id-missing", message, hint=write_line_hint(f"id: {name}"), position=position, field="id"
    )
    return name


def read_owners(
    fields: FieldReader, mapping: KeyMapping, key: str, *, names: NameIndex, path: str = ""
) -> tuple[str, ...]:
    """Return the channels and accounts of a list, without duplicates and aliases."""
    words = fields.read_list(mapping, key, path=path)
    return tuple(dict.fromkeys(_read_owner(fields, word, at, names) for word, at in words))


def _read_owner(fields: FieldReader, word: str, path: str, names: NameIndex) -> str:
    word = names.resolve_alias(word)
    if word not in names.channels:
        # Aliases too: one that posts may use is only found here in capitals.
        other_names = {**names.suggestions, **names.aliases}
        suggestion = other_names.get(word.casefold()) or nearest(word, names.channels)
        hint = (
            write_line_hint(suggestion)
            if suggestion in names.channels
            else _("the office has: {names}").format(names=join_names(names.channels))
        )
        message = _("there is no channel or account {name!r}").format(name=shorten(word))
        fields.add_error("unknown-channel", message, hint=hint, path=path)
    return word


def read_audiences(fields: FieldReader, names: Collection[str] | None) -> tuple[str, ...]:
    """Return the audiences of the post, under either spelling of the field."""
    data = fields.front_matter.data
    words = fields.read_list(data, "audiences") or fields.read_list(data, "audience")
    for word, path in words:
        if names is not None and word not in names:
            suggestion = nearest(word, names)
            hint = (
                write_line_hint(suggestion)
                if suggestion
                else _("the office has: {names}").format(names=join_names(names) or "-")
            )
            message = _("there is no audience {name!r}").format(name=shorten(word))
            fields.add_error("unknown-audience", message, hint=hint, path=path)
    return tuple(word for word, _path in words)


def read_allowed(fields: FieldReader) -> tuple[str, ...]:
    """Return the codes of problems that the author means."""
    codes = fields.read_list(fields.front_matter.data, "allow")
    for code, path in codes:
        if code not in ALLOWED_CODES:
            message = _("{key!r} cannot be {word!r}").format(key="allow", word=shorten(code))
            suggestion = nearest(code, ALLOWED_CODES)
            known = _("it takes: {names}").format(names=join_names(ALLOWED_CODES))
            hint = write_line_hint(suggestion) if suggestion else known
            fields.add_error("value-choice", message, hint=hint, path=path)
    return tuple(code for code, _path in codes)


def read_tags(fields: FieldReader) -> tuple[str, ...]:
    """Return the hashtags without ``#`` and without duplicates."""
    tags: dict[str, str] = {}
    for word, path in fields.read_list(fields.front_matter.data, "tags"):
        tag = word.removeprefix("#")
        if _is_hashtag(tag):
            tags.setdefault(tag.casefold(), tag)
        else:
            _report_invalid_tag(fields, word, path)
    return tuple(tags.values())


def _is_hashtag(name: str) -> bool:
    """Return True for letters with their marks, digits and ``_``, with a letter among them."""
    kinds = {"_" if char == "_" else unicodedata.category(char)[0] for char in name}
    return "L" in kinds and kinds <= {"L", "M", "N", "_"}


def _report_invalid_tag(fields: FieldReader, word: str, path: str) -> None:
    joined = "".join(part[:1].upper() + part[1:] for part in re.findall(r"[^\W_]+", word))
    message = _("a hashtag is one word of letters, digits and '_', not only digits: {word!r}")
    hint = (
        write_line_hint(joined) if joined and not joined.isdigit() else _("write a word with letters in it")
    )
    fields.add_error("tag-shape", message.format(word=shorten(word)), hint=hint, path=path)


def read_link(fields: FieldReader) -> str:
    """Return the address that the post links to, or ""."""
    text = fields.read_single_line(fields.front_matter.data, "link")
    if not text or _LINK_PATTERN.fullmatch(text):
        return text
    without_scheme = "".join(text.split())
    suggestion = (
        without_scheme
        if without_scheme.lower().startswith(("http://", "https://"))
        else f"https://{without_scheme}"
    )
    hint = (
        write_line_hint(f"link: {suggestion}")
        if _LINK_PATTERN.fullmatch(suggestion)
        else _("write: link: https://...")
    )
    message = _("a link begins with https:// and has no spaces")
    fields.add_error("link-shape", message, hint=hint, path="link")
    return ""


def read_date(fields: FieldReader, zone: str, *, draft: bool) -> PublishTime | None:
    """Return the time to publish; only a draft may have none."""
    when = _read_publish_time(fields, "date", zone)
    if when is None and not draft and fields.front_matter.data.get("date") is None:
        message = _("the post does not say when to publish it")
        fields.report_missing(
            "date-missing", message, hint=write_line_hint("date: 2027-02-03 08:30"), key="date"
        )
    return when


def read_expires(fields: FieldReader, zone: str, date: PublishTime | None) -> PublishTime | None:
    """Return the time after which the post is never published.

    Without a zone of its own, the time is in the zone of ``date``.
    """
    when = _read_publish_time(fields, "expires", date.zone if date else zone)
    if when and date and when.utc <= date.utc:
        message = _("the post would expire before it is published")
        fields.add_error("expires-before-date", message, hint=_("write a time after `date`"), path="expires")
    return when


def read_late_policy(fields: FieldReader) -> Late | None:
    """Return the late policy that the post itself names, or None."""
    word = fields.read_enum(fields.front_matter.data, "late", [choice.value for choice in Late])
    if word == Late.PUBLISH and fields.front_matter.data.get("expires") is None:
        message = _("`late: publish` needs to know until when")
        fields.add_error(
            "late-needs-expires", message, hint=_("add a line: expires: 2027-02-03 21:00"), path="late"
        )
    return Late(word) if word else None


def _read_publish_time(fields: FieldReader, key: str, zone: str) -> PublishTime | None:
    text = fields.read_single_line(fields.front_matter.data, key)
    if not text:
        return None
    result = parse_date(text, zone)
    if isinstance(result, InvalidDate):
        hint = write_line_hint(f"{key}: {result.replacement}") if result.replacement else result.hint
        if result.alternative:
            hint += "\n" + _("or: {line}").format(line=f"{key}: {result.alternative}")
        fields.add_error(result.code, result.message, hint=hint, path=key)
        return None
    if result.dst_shift:
        _report_dst_shift(fields, key, result)
    if plain := plain_date(text):
        message = _("{text} is read as {plain}").format(text=shorten(text), plain=plain)
        hint = write_line_hint(f"{key}: {plain}")
        fields.report.add_warning(
            "date-period", message, hint=hint, position=fields.position_of(key), field=key
        )
    return result


def _report_dst_shift(fields: FieldReader, key: str, publish_time: PublishTime) -> None:
    at = fields.position_of(key)
    instant = f"{publish_time.utc.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if publish_time.dst_shift == "gap":
        message = _("the clocks skip this time; {moment} is meant").format(moment=instant)
        fields.report.add_warning(
            "dst-gap", message, hint=_("write a time that exists"), position=at, field=key
        )
        return
    message = _("the clocks show this time twice; the first is meant: {moment}").format(moment=instant)
    fields.report.add_warning(
        "dst-fold", message, hint=_("write an offset to choose"), position=at, field=key
    )


def read_channel_keys(fields: FieldReader, names: NameIndex) -> dict[str, Mapping[str, Json]]:
    """Return the own fields of each channel or account as written, without empty fields."""
    values: dict[str, Mapping[str, Json]] = {}
    for key, value in fields.front_matter.data.items():
        name = names.resolve_alias(key)
        if name not in names.owners:
            continue
        if isinstance(value, dict):
            values[name] = _check_keys(fields, key, value, names.owners[name])
        elif value is not None:
            message = _("{key!r} must hold keys of its own").format(key=key)
            hint = _channel_key_hint(key, value, names.owners[name])
            fields.add_error("value-shape", message, hint=hint, path=key)
    return values


def _channel_key_hint(key: str, value: Json, allowed: Mapping[str, str]) -> str:
    if isinstance(value, str) and "text" in allowed:
        return write_line_hint(f"{key}: {{text: {quote(value)}}}")
    return _("known keys: {keys}").format(keys=join_names(allowed))


def _check_keys(
    fields: FieldReader, owner: str, value: Mapping[str, Json], allowed_keys: Mapping[str, str]
) -> dict[str, Json]:
    for key in value:
        if key not in allowed_keys:
            message = _("there is no key {key!r} under {owner!r}").format(key=shorten(key), owner=owner)
            suggestion = nearest(key, allowed_keys)
            fields.report_unknown(
                f"{owner}.{key}", message, suggestion=suggestion, allowed_keys=sorted(allowed_keys)
            )
    return {key: item for key, item in value.items() if item is not None}

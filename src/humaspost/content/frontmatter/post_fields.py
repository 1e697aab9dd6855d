"""What a post is called, where it goes, and how it is found: id, channels, audiences, tags, link."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.draft import slug
from humaspost.content.frontmatter.dates import Wrong, moment
from humaspost.content.frontmatter.fields import Fields, Holder
from humaspost.content.frontmatter.hints import clipped, listed, quoted, write
from humaspost.content.frontmatter.keys import SAME, Known
from humaspost.content.report import START
from humaspost.model.post import Late, When

ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.ASCII)
_TAG = re.compile(r"#?(?=\w*[^\W\d_])\w+")
_LINK = re.compile(r"https?://[^\s<>\"'@/?#]+(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)
_ELSEWHERE = {"ig": "instagram", "wa": "whatsapp", "insta": "instagram", "twitter": "x"}


def post_id(fields: Fields, stem: str) -> str:
    """The post's id, else its file's name; '' where neither can be one."""
    written = fields.line(fields.front.data, "id")
    if written and ID.fullmatch(written):
        return written
    if written:
        message = _("an id has small letters, digits, '.', '_' and '-' only, at most 80")
        fields.error("id-invalid", message, hint=write(f"id: {slug(written)}"), path="id")
        return ""
    return _id_of_file(fields, stem)


def _id_of_file(fields: Fields, stem: str) -> str:
    if fields.front.data.get("id") is not None:
        return ""
    name = stem if ID.fullmatch(stem) else slug(stem)
    if "id" in fields.meant:
        return name
    message = _("the post has no id, so it is known by its file name and lost when that changes")
    place = fields.front.keys.get("id", START)
    fields.page.warning("id-missing", message, hint=write(f"id: {name}"), at=place, field="id")
    return name


def owners(
    fields: Fields, holder: Holder, key: str, *, known: Collection[str], path: str = ""
) -> tuple[str, ...]:
    """The channels and accounts of a list, each once; ``twitter`` is ``x``."""
    words = fields.words(holder, key, path=path)
    return tuple(dict.fromkeys(_owner(fields, word, at, known) for word, at in words))


def _owner(fields: Fields, word: str, path: str, known: Collection[str]) -> str:
    word = SAME.get(word, word)
    if word not in known:
        near = _ELSEWHERE.get(word.casefold()) or nearest(word, known)
        hint = write(near) if near in known else _("the office has: {names}").format(names=listed(known))
        message = _("there is no channel or account {name!r}").format(name=clipped(word))
        fields.error("unknown-channel", message, hint=hint, path=path)
    return word


def audiences(fields: Fields, known: Collection[str] | None) -> tuple[str, ...]:
    """The audiences of the post, under either spelling of the key."""
    data = fields.front.data
    words = fields.words(data, "audiences") or fields.words(data, "audience")
    for word, path in words:
        if known is not None and word not in known:
            near = nearest(word, known)
            hint = write(near) if near else _("the office has: {names}").format(names=listed(known) or "-")
            message = _("there is no audience {name!r}").format(name=clipped(word))
            fields.error("unknown-audience", message, hint=hint, path=path)
    return tuple(word for word, _path in words)


def tags(fields: Fields) -> tuple[str, ...]:
    """The hashtags without ``#``, each once."""
    found: dict[str, str] = {}
    for word, path in fields.words(fields.front.data, "tags"):
        if _TAG.fullmatch(word):
            tag = word.removeprefix("#")
            found.setdefault(tag.casefold(), tag)
        else:
            _no_tag(fields, word, path)
    return tuple(found.values())


def _no_tag(fields: Fields, word: str, path: str) -> None:
    joined = "".join(part[:1].upper() + part[1:] for part in re.findall(r"[^\W_]+", word))
    message = _("a hashtag is one word of letters, digits and '_', not only digits: {word!r}")
    hint = write(joined) if joined and not joined.isdigit() else _("write a word with letters in it")
    fields.error("tag-shape", message.format(word=clipped(word)), hint=hint, path=path)


def link(fields: Fields) -> str:
    """The address that the post points to, or ''."""
    text = fields.line(fields.front.data, "link")
    if not text or _LINK.fullmatch(text):
        return text
    bare = "".join(text.split())
    better = bare if bare.lower().startswith(("http://", "https://")) else f"https://{bare}"
    hint = write(f"link: {better}") if _LINK.fullmatch(better) else _("write: link: https://...")
    message = _("a link begins with https:// and has no spaces")
    fields.error("link-shape", message, hint=hint, path="link")
    return ""


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


def own(fields: Fields, known: Known) -> dict[str, Mapping[str, Json]]:
    """Per channel or account its own keys, as written; a key without a value is left out."""
    found: dict[str, Mapping[str, Json]] = {}
    for key, value in fields.front.data.items():
        name = SAME.get(key, key)
        if name not in known.owners:
            continue
        if isinstance(value, dict):
            found[name] = _checked(fields, key, value, known.owners[name])
        elif value is not None:
            message = _("{key!r} must hold keys of its own").format(key=key)
            hint = _own_hint(key, value, known.owners[name])
            fields.error("value-shape", message, hint=hint, path=key)
    return found


def _own_hint(key: str, value: Json, allowed: Mapping[str, str]) -> str:
    if isinstance(value, str) and "text" in allowed:
        return write(f"{key}: {{text: {quoted(value)}}}")
    return _("known keys: {keys}").format(keys=listed(allowed))


def _checked(
    fields: Fields, owner: str, value: Mapping[str, Json], allowed: Mapping[str, str]
) -> dict[str, Json]:
    for key in value:
        if key not in allowed:
            message = _("there is no key {key!r} under {owner!r}").format(key=clipped(key), owner=owner)
            near = nearest(key, allowed)
            fields.unknown(f"{owner}.{key}", message, near=near, known=sorted(allowed))
    return {key: item for key, item in value.items() if item is not None}

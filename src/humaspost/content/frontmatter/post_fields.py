"""What a post is called, where it goes, and how it is found: id, channels, audiences, tags, link."""

import re
from collections.abc import Collection

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.frontmatter.fields import Fields, Holder
from humaspost.content.frontmatter.hints import clipped, listed, write
from humaspost.content.frontmatter.keys import SAME
from humaspost.content.report import START
from humaspost.content.slug import slug

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

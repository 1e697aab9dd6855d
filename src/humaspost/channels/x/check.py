"""Checks that X's Rules cannot express: polls, cashtags, mixed media."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.channels.x.rules import (
    MAX_CASHTAGS,
    POLL_MINUTES,
    POLL_OPTION_LENGTH,
    POLL_OPTIONS,
    REPLY_SETTINGS,
)
from humaspost.model.post import MediaKind
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Part, Rendition

problem = partial(channel_problem, "x")

#: The pattern of twitter-text: a cashtag starts a word, so no address has one, and punctuation or space ends it.
#: https://github.com/twitter/twitter-text/blob/master/js/src/regexp/validCashtag.js
_CASHTAG = re.compile(
    r"(?<!\S)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?=$|\s|[!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$])"
)
#: https://github.com/twitter/twitter-text/blob/master/js/src/regexp/invalidChars.js
_NAME_FIRST = re.compile(r"@[A-Za-z0-9_]{1,15}\b", re.ASCII)
_INVALID = re.compile("[\ufffe\ufeff\uffff]")
_POST_LINK = re.compile(
    r"(?:https?://|(?<![\w./])(?=(?:www\.|mobile\.)?(?:x|twitter)\.com/))[^\s<>]+", re.IGNORECASE
)
_STATUS_URL = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:i/web|[^/\s]+)/status(?:es)?/\d+", re.IGNORECASE
)


def check_post(rendition: Rendition) -> list[Problem]:
    """Return problems of the parts as they will be sent, each with its key."""
    problems = [
        problem
        for part in rendition.parts
        for problem in (
            *_check_values(part),
            *_check_refused_keys(part),
            *_check_text(part),
            *_check_media(part),
            *_check_poll(part),
        )
    ]
    return [*problems, *_check_repeated_parts(rendition), *_check_beginning(rendition)]


def _check_beginning(rendition: Rendition) -> Iterator[Problem]:
    """Yield a warning for a name at the beginning: X shows such a post as a reply."""
    name = _NAME_FIRST.match(rendition.parts[0].text) if rendition.parts else None
    if name and rendition.replies_to is None:
        yield problem(
            "x-begins-with-name",
            _("the post begins with {name}, so X shows it as a reply, and few people see it").format(
                name=name[0]
            ),
            hint=_("put a word before the name"),
            field="x.text",
            severity=Severity.WARNING,
        )


def _check_repeated_parts(rendition: Rendition) -> Iterator[Problem]:
    """Yield a problem for each part that repeats an earlier text.

    X refuses a duplicate in a thread as well, and the rest of the thread would then wait for a person.
    """
    part_texts: dict[str, int] = {}
    for part in rendition.parts:
        text = " ".join(unicodedata.normalize("NFC", part.text).split())
        if part.media:
            continue  # with other media X may accept the same text
        if text and text in part_texts:
            message = _("parts {first} and {second} say the same; X refuses the second as a duplicate")
            yield problem(
                "x-same-parts",
                message.format(first=part_texts[text], second=part.number),
                hint=_("say it once, or in other words"),
                field="x.text",
            )
        part_texts.setdefault(text, part.number)


def _value_hint(key: str) -> str:
    hints = {
        "text": _('write the words between quotes: text: "…"'),
        "thread": _("write thread: auto, or leave it out"),
        "poll": _("write poll: {options: [A, B], duration: 3d}"),
        "reply_settings": _("write one of: {names}").format(names=", ".join(REPLY_SETTINGS)),
    }
    return hints.get(key, _("write true or false"))


def _check_values(part: Part) -> Iterator[Problem]:
    invalid_keys = part.extra.get("wrong")
    for key in invalid_keys if isinstance(invalid_keys, list) else []:
        yield problem(
            "x-key-value",
            _("x.{key} has a value of the wrong kind").format(key=key),
            hint=_value_hint(str(key)),
            field=f"x.{key}",
        )
    settings = part.extra.get("reply_settings", "everyone")
    if settings not in REPLY_SETTINGS:
        yield problem(
            "x-reply-settings",
            _("X has no reply setting {name!r}").format(name=str(settings)[:40]),
            hint=_value_hint("reply_settings"),
            field="x.reply_settings",
        )


def _check_refused_keys(part: Part) -> Iterator[Problem]:
    given_keys = part.extra.get("refused")
    for key in given_keys if isinstance(given_keys, list) else []:
        reply = key == "reply_to"
        yield problem(
            "x-self-serve",
            _("X takes a reply only from somebody whom the other post mentions")
            if reply
            else _("X takes no quotes from its self-serve programs"),
            hint=_("to answer a post of your own write corrects: ID; else say it in a post of its own")
            if reply
            else _("say in words what the other post says, or link to a page of your own"),
            field=f"x.{key}",
        )


def _check_text(part: Part) -> Iterator[Problem]:
    if not part.text.strip() and not part.media:
        yield problem(
            "x-empty",
            _("there are neither words nor media to show on X")
            if "poll" not in part.extra
            else _("a poll on X needs words above it"),
            hint=_("write a body, or x.text"),
            field="x.text",
        )
    if invalid := _INVALID.search(part.text):
        yield problem(
            "x-character",
            _("X refuses a text with the invisible character U+{code:04X}").format(code=ord(invalid[0])),
            hint=_("delete the word that holds it, and type it again"),
            field="x.text",
        )
    tags = _CASHTAG.findall(part.text)
    if len(tags) > MAX_CASHTAGS.value:
        yield problem(
            "x-cashtags",
            _("{tags}: X takes one cashtag in a post").format(tags=", ".join(tags)),
            hint=_("keep one, and write the others without $"),
            field="x.text",
        )

    yield from _check_quote(part)


def _check_quote(part: Part) -> Iterator[Problem]:
    """Yield a warning about a post's address at the end: X makes it a quote."""
    links = _POST_LINK.findall(part.text)
    if links and _STATUS_URL.match(links[-1]):
        yield replace(
            problem(
                "x-quote-link",
                _("X shows {link} as a quoted post, and may refuse that").format(link=links[-1][:60]),
                hint=_("say in words what the other post says, or link to a page of your own"),
                field="x.text",
            ),
            severity=Severity.WARNING,
        )


def _check_media(part: Part) -> Iterator[Problem]:
    kinds = [item.kind for item in part.media]
    if len(kinds) > 1 and set(kinds) != {MediaKind.IMAGE}:
        yield problem(
            "x-media-mix",
            _("X shows a GIF or a video only alone, not beside other media"),
            hint=_(
                "leave up to four pictures, or one GIF, or one video; 'only: [instagram]' keeps the others off X"
            ),
            field=f"media.{part.media[-1].index}",
        )


def _check_poll(part: Part) -> Iterator[Problem]:
    poll = part.extra.get("poll")
    if not isinstance(poll, dict):
        return
    if part.media:
        yield problem(
            "x-poll-media",
            _("a post on X shows a poll or media, not both"),
            hint=_("move the media to another part (part: 2), or keep them off X with only:"),
            field="x.poll",
        )
    yield from _check_poll_options(poll.get("options"))
    minutes = poll.get("duration_minutes")
    if not isinstance(minutes, int) or not POLL_MINUTES[0] <= minutes <= POLL_MINUTES[1]:
        yield problem(
            "x-poll-duration",
            _("a poll runs for five minutes to seven days"),
            hint=_("write it as 90m, 12h or 3d"),
            field="x.poll.duration",
        )


def _check_poll_options(options: Json) -> Iterator[Problem]:
    texts = [str(option) for option in options] if isinstance(options, list) else []
    if not POLL_OPTIONS[0] <= len(texts) <= POLL_OPTIONS[1]:
        yield problem(
            "x-poll-options",
            _("a poll has two to four options; this one has {count}").format(count=len(texts)),
            hint=_value_hint("poll"),
            field="x.poll.options",
        )
    if len(set(texts)) < len(texts):
        duplicates = next(text for text in texts if texts.count(text) > 1)
        yield problem(
            "x-poll-options",
            _("the option {text!r} is there twice").format(text=duplicates[:40]),
            hint=_value_hint("poll"),
            field="x.poll.options",
        )
    for number, text in enumerate(texts):
        if not 1 <= len(text) <= POLL_OPTION_LENGTH.value:
            yield problem(
                "x-poll-options",
                _("the option {text!r} has {count} characters; X takes 1 to {limit:.0f}").format(
                    text=text[:40], count=len(text), limit=POLL_OPTION_LENGTH.value
                ),
                hint=_("shorten it"),
                field=f"x.poll.options.{number}",
            )

"""What WhatsApp's Rules cannot say: captions, and whether the account has a template that fits."""

from collections.abc import Iterator
from functools import partial

from humaspost.base.i18n import _
from humaspost.channels.whatsapp.rules import CAPTION
from humaspost.channels.whatsapp.template_checks import fitting, unfillable, written
from humaspost.model.account import Facts, Template
from humaspost.model.post import Kind
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Fallback, Part, Rendition

problem = partial(channel_problem, "whatsapp")


def check(rendition: Rendition, facts: Facts | None) -> list[Problem]:
    """Problems of captions and templates; without ``facts`` only what the files themselves show."""
    found: list[Problem] = []
    for part in rendition.parts:
        found += [*_values(part), *_caption(part), *_template(part, facts)]
    return found


def _values(part: Part) -> Iterator[Problem]:
    wrong = part.extra.get("wrong")
    for key in wrong if isinstance(wrong, list) else []:
        examples = {
            "category": "UTILITY",
            "params": '["…", "…"]',
            "buttons": '[{url: "…"}, {payload: "…"}, ""]',
        }
        wanted = f"{key}: {examples.get(str(key), chr(34) + '…' + chr(34))}"
        yield problem(
            "whatsapp-key-value",
            _("whatsapp.{key} has a value of the wrong kind").format(key=key),
            hint=_("write: {wanted}").format(wanted=wanted),
            field=f"whatsapp.{key}",
        )


def _caption(part: Part) -> Iterator[Problem]:
    over = len(part.text) - int(CAPTION.value)
    if part.media and part.media[0].kind is Kind.AUDIO:
        return
    if part.media and over > 0:
        yield problem(
            "too-long",
            _(
                "the text under a WhatsApp image or file is {count} of {limit:.0f} characters, {over} too many"
            ).format(count=len(part.text), limit=CAPTION.value, over=over),
            hint=_("shorten it, or keep the medium to other channels: only: [x, instagram]"),
            field="body",
        )


def _template(part: Part, facts: Facts | None) -> Iterator[Problem]:
    fallback = part.fallback
    if fallback is None:
        kind = part.media[0].kind if part.media else None
        yield problem(
            "template-missing",
            _("no WhatsApp template fits a post with {medium}").format(medium=_named(kind)),
            hint=_("name one: whatsapp: {{template: NAME}}, or {kind} under templates in config.toml").format(
                kind=kind or "text"
            ),
            field="channels",
        )
        return
    yield from written(fallback)
    if facts is not None:
        yield from _against(fallback, part, facts)


def _named(kind: Kind | None) -> str:
    """A kind of medium as words; None = no medium."""
    words = {
        Kind.IMAGE: _("an image"),
        Kind.GIF: _("an animation"),
        Kind.VIDEO: _("a video"),
        Kind.AUDIO: _("a sound"),
        Kind.DOCUMENT: _("a document"),
    }
    return words[kind] if kind else _("no medium")


def _against(fallback: Fallback, part: Part, facts: Facts) -> Iterator[Problem]:
    same_name = [t for t in facts.templates if t.name == fallback.name]
    found = next((t for t in same_name if t.language == fallback.language), None)
    if found is None:
        yield _unknown(fallback, same_name, facts)
    elif found.status != "APPROVED":
        yield problem(
            "template-not-approved",
            _("template {name} is {status} at Meta").format(name=found.name, status=found.status),
            hint=_("choose an approved one, or wait for Meta and run: humaspost account check"),
            field="whatsapp.template",
        )
    else:
        yield from _shape(found, fallback, part)


def _unknown(fallback: Fallback, same_name: list[Template], facts: Facts) -> Problem:
    if same_name:
        hint = _("it exists in: {names}").format(names=", ".join(sorted(t.language for t in same_name)))
    else:
        usable = sorted({t.name for t in facts.templates if t.status == "APPROVED" and not unfillable(t)})
        hint = _("approved are: {names}").format(names=", ".join(usable) or _("none"))
    message = _("the account has no template {name} in language {language}")
    return problem(
        "template-unknown",
        message.format(name=fallback.name, language=fallback.language),
        hint=hint,
        field="whatsapp.template",
    )


def _shape(found: Template, fallback: Fallback, part: Part) -> Iterator[Problem]:
    yield from _category(found, fallback)
    yield from fitting(found, fallback)
    kind = part.media[0].kind if part.media and fallback.header else None
    if found.header == (kind or ""):
        return
    takes = next((_named(k) for k in Kind if k == found.header), found.header or _named(None))
    yield problem(
        "template-header",
        _("the header of template {name} takes {wanted}; the post has {given}").format(
            name=found.name, wanted=takes, given=_named(kind)
        ),
        hint=_("choose a template for {given}").format(given=_named(kind) if kind else _("text alone")),
        field="whatsapp.template",
    )


def _category(found: Template, fallback: Fallback) -> Iterator[Problem]:
    """A warning: the message goes out all the same, at another price."""
    if fallback.category and found.category != fallback.category:
        message = _("Meta has template {name} as {category}, not {wanted}: it costs otherwise")
        yield problem(
            "template-category",
            message.format(name=found.name, category=found.category, wanted=fallback.category),
            hint=_("ask Meta for a review in WhatsApp Manager, or write the category as it is"),
            field="whatsapp.category",
            severity=Severity.WARNING,
        )

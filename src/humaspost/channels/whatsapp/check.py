"""Checks that WhatsApp's Rules cannot express: captions, and the account's template."""

from collections.abc import Iterator
from functools import partial

from humaspost.base.i18n import _
from humaspost.channels.whatsapp.rules import MAX_CAPTION
from humaspost.channels.whatsapp.template_checks import check_fitting, check_written, unsupported_button
from humaspost.model.account import AccountStatus, Template
from humaspost.model.post import MediaKind
from humaspost.model.problem import Problem, Severity, channel_problem
from humaspost.model.rendition import Fallback, Part, Rendition

problem = partial(channel_problem, "whatsapp")


def check_post(rendition: Rendition, status: AccountStatus | None) -> list[Problem]:
    """Return problems of captions and templates; without ``status`` only those of the files."""
    problems: list[Problem] = []
    for part in rendition.parts:
        problems += [*_check_values(part), *_check_caption(part), *_check_template(part, status)]
    return problems


def _check_values(part: Part) -> Iterator[Problem]:
    invalid_keys = part.extra.get("wrong")
    for key in invalid_keys if isinstance(invalid_keys, list) else []:
        examples = {
            "category": "UTILITY",
            "params": '["…", "…"]',
            "buttons": '[{url: "…"}, {payload: "…"}, ""]',
        }
        expected = f"{key}: {examples.get(str(key), chr(34) + '…' + chr(34))}"
        yield problem(
            "whatsapp-key-value",
            _("whatsapp.{key} has a value of the wrong kind").format(key=key),
            hint=_("write: {wanted}").format(wanted=expected),
            field=f"whatsapp.{key}",
        )


def _check_caption(part: Part) -> Iterator[Problem]:
    excess = len(part.text) - int(MAX_CAPTION.value)
    if part.media and part.media[0].kind is MediaKind.AUDIO:
        return
    if part.media and excess > 0:
        yield problem(
            "too-long",
            _(
                "the text under a WhatsApp image or file is {count} of {limit:.0f} characters, {over} too many"
            ).format(count=len(part.text), limit=MAX_CAPTION.value, over=excess),
            hint=_("shorten it, or keep the medium to other channels: only: [x, instagram]"),
            field="body",
        )


def _check_template(part: Part, status: AccountStatus | None) -> Iterator[Problem]:
    fallback = part.fallback
    if fallback is None:
        kind = part.media[0].kind if part.media else None
        yield problem(
            "template-missing",
            _("no WhatsApp template fits a post with {medium}").format(medium=_kind_name(kind)),
            hint=_("name one: whatsapp: {{template: NAME}}, or {kind} under templates in config.toml").format(
                kind=kind or "text"
            ),
            field="channels",
        )
        return
    yield from check_written(fallback)
    if status is not None:
        yield from _check_against_templates(fallback, part, status)


def _kind_name(kind: MediaKind | None) -> str:
    """Return a kind of medium in words; None is no medium."""
    words = {
        MediaKind.IMAGE: _("an image"),
        MediaKind.GIF: _("an animation"),
        MediaKind.VIDEO: _("a video"),
        MediaKind.AUDIO: _("a sound"),
        MediaKind.DOCUMENT: _("a document"),
    }
    return words[kind] if kind else _("no medium")


def _check_against_templates(fallback: Fallback, part: Part, status: AccountStatus) -> Iterator[Problem]:
    same_name = [t for t in status.templates if t.name == fallback.name]
    template = next((t for t in same_name if t.language == fallback.language), None)
    if template is None:
        yield _check_template_exists(fallback, same_name, status)
    elif template.status != "APPROVED":
        yield problem(
            "template-not-approved",
            _("template {name} is {status} at Meta").format(name=template.name, status=template.status),
            hint=_("choose an approved one, or wait for Meta and run: humaspost account check NAME"),
            field="whatsapp.template",
        )
    else:
        yield from _check_header(template, fallback, part)


def _check_template_exists(fallback: Fallback, same_name: list[Template], status: AccountStatus) -> Problem:
    if same_name:
        hint = _("it exists in: {names}").format(names=", ".join(sorted(t.language for t in same_name)))
    else:
        usable = sorted(
            {t.name for t in status.templates if t.status == "APPROVED" and not unsupported_button(t)}
        )
        hint = _("approved are: {names}").format(names=", ".join(usable) or _("none"))
    message = _("the account has no template {name} in language {language}")
    return problem(
        "template-unknown",
        message.format(name=fallback.name, language=fallback.language),
        hint=hint,
        field="whatsapp.template",
    )


def _check_header(template: Template, fallback: Fallback, part: Part) -> Iterator[Problem]:
    yield from _check_category(template, fallback)
    yield from check_fitting(template, fallback)
    kind = part.media[0].kind if part.media and fallback.header else None
    if template.header_kind == (kind or ""):
        return
    accepted = next(
        (_kind_name(k) for k in MediaKind if k == template.header_kind),
        template.header_kind or _kind_name(None),
    )
    yield problem(
        "template-header",
        _("the header of template {name} takes {wanted}; the post has {given}").format(
            name=template.name, wanted=accepted, given=_kind_name(kind)
        ),
        hint=_("choose a template for {given}").format(given=_kind_name(kind) if kind else _("text alone")),
        field="whatsapp.template",
    )


def _check_category(template: Template, fallback: Fallback) -> Iterator[Problem]:
    """Yield a warning: the message is sent all the same, at another price."""
    if fallback.category and template.category != fallback.category:
        message = _("Meta has template {name} as {category}, not {wanted}: it costs otherwise")
        yield problem(
            "template-category",
            message.format(name=template.name, category=template.category, wanted=fallback.category),
            hint=_("ask Meta for a review in WhatsApp Manager, or write the category as it is"),
            field="whatsapp.category",
            severity=Severity.WARNING,
        )

"""What WhatsApp's Rules cannot say: captions, and whether a template fits."""

from collections.abc import Iterator
from dataclasses import replace

from humaspost.channels.whatsapp.rules import CAPTION, TEMPLATE_BODY
from humaspost.model.account import Facts, Template
from humaspost.model.language import _, ngettext
from humaspost.model.post import Kind
from humaspost.model.problem import Problem, Severity
from humaspost.model.rendition import Fallback, Part, Rendition


def check(rendition: Rendition, facts: Facts | None) -> list[Problem]:
    """Problems of captions and templates; without ``facts`` only what the files themselves show."""
    found: list[Problem] = []
    for part in rendition.parts:
        found += [*_values(part), *_caption(part), *_template(part, facts)]
    return found


def _problem(code: str, message: str, *, hint: str, field: str) -> Problem:
    return Problem(code, message, hint, field=field, channel="whatsapp")


def _values(part: Part) -> Iterator[Problem]:
    wrong = part.extra.get("wrong")
    for key in wrong if isinstance(wrong, list) else []:
        examples = {
            "category": "UTILITY",
            "params": '["…", "…"]',
            "buttons": '[{url: "…"}, {payload: "…"}, ""]',
        }
        wanted = f"{key}: {examples.get(str(key), chr(34) + '…' + chr(34))}"
        yield _problem(
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
        yield _problem(
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
        yield _problem(
            "template-missing",
            _("no WhatsApp template fits a post with {medium}").format(medium=_named(kind)),
            hint=_("name one: whatsapp: {{template: NAME}}, or {kind} under templates in config.toml").format(
                kind=kind or "text"
            ),
            field="channels",
        )
        return
    yield from _params(fallback)
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


def _params(fallback: Fallback) -> Iterator[Problem]:
    empty = [str(n) for n, param in enumerate(fallback.params, 1) if not param]
    if empty:
        yield _problem(
            "template-params",
            _("parameter {numbers} of template {name} is empty").format(
                numbers=", ".join(empty), name=fallback.name
            ),
            hint=_("fill it, or choose a template without it"),
            field="whatsapp.params",
        )
    length = sum(map(len, fallback.params))
    if length > TEMPLATE_BODY.value:
        yield _problem(
            "template-params",
            _(
                "the parameters of template {name} are {count} characters, more than the {limit:.0f} of a body"
            ).format(name=fallback.name, count=length, limit=TEMPLATE_BODY.value),
            hint=_("write shorter ones: whatsapp: {params: [...]}"),
            field="whatsapp.params",
        )


def _against(fallback: Fallback, part: Part, facts: Facts) -> Iterator[Problem]:
    same_name = [t for t in facts.templates if t.name == fallback.name]
    found = next((t for t in same_name if t.language == fallback.language), None)
    if found is None:
        yield _unknown(fallback, same_name, facts)
    elif found.status != "APPROVED":
        yield _problem(
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
        usable = sorted({t.name for t in facts.templates if t.status == "APPROVED"})
        hint = _("approved are: {names}").format(names=", ".join(usable) or _("none"))
    message = _("the account has no template {name} in language {language}")
    return _problem(
        "template-unknown",
        message.format(name=fallback.name, language=fallback.language),
        hint=hint,
        field="whatsapp.template",
    )


def _shape(found: Template, fallback: Fallback, part: Part) -> Iterator[Problem]:
    yield from _category(found, fallback)
    yield from _gaps(found, fallback)
    yield from _buttons(found, fallback)
    kind = part.media[0].kind if part.media and fallback.header else None
    if found.header == (kind or ""):
        return
    takes = next((_named(k) for k in Kind if k == found.header), found.header or _named(None))
    yield _problem(
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
        yield replace(
            _problem(
                "template-category",
                message.format(name=found.name, category=found.category, wanted=fallback.category),
                hint=_("ask Meta for a review in WhatsApp Manager, or write the category as it is"),
                field="whatsapp.category",
            ),
            severity=Severity.WARNING,
        )


def _gaps(found: Template, fallback: Fallback) -> Iterator[Problem]:
    """As many texts as the template has gaps, by number or by name as it wants them."""
    message = hint = ""
    if found.named and set(found.named) != set(fallback.names):
        message = _("template {name} has the named parameters {names}")
        hint = "whatsapp: {params: {" + ", ".join(f'{name}: "…"' for name in found.named) + "}}"
    elif fallback.names and not found.named:
        message = _("template {name} has numbered parameters, not named ones")
        hint = 'whatsapp: {params: ["…", "…"]}'
    elif found.params != len(fallback.params):
        message = ngettext(
            "template {name} wants {wanted} parameter and is given {given}",
            "template {name} wants {wanted} parameters and is given {given}",
            found.params,
        )
        hint = ngettext(
            "write {wanted} text in whatsapp: params",
            "write {wanted} texts in whatsapp: params",
            found.params,
        ).format(wanted=found.params)
    elif found.top != bool(fallback.top):
        message = _("the header of template {name} has a gap, and nothing fills it")
        hint = 'whatsapp: {header: "…"}'
        if fallback.top:
            message, hint = _("the header of template {name} has no gap"), _("take header: out")
    elif found.top_name != fallback.top_name:
        message = _("the header of template {name} has a gap without a name")
        hint = 'whatsapp: {header: "…"}'
        if found.top_name:
            message = _("the header of template {name} has a gap named {top}")
            hint = f'whatsapp: {{header: {{{found.top_name}: "…"}}}}'
    if message:
        given = {"wanted": found.params, "given": len(fallback.params), "names": ", ".join(found.named)}
        given["top"] = found.top_name
        yield _problem(
            "template-params", message.format(name=found.name, **given), hint=hint, field="whatsapp.params"
        )


#: What a post writes for each kind of button that takes something.
_TAKES = {"url+": "url", "quick_reply": "payload"}


def _buttons(found: Template, fallback: Fallback) -> Iterator[Problem]:
    """Every address that has a gap gets its end, and no button gets what it does not take."""
    given = [kind for kind, _value in fallback.buttons]
    given += [""] * (len(found.buttons) - len(given))
    fits = len(given) == len(found.buttons) and all(
        (kind == "" and button != "url+") or kind == _TAKES.get(button)
        for kind, button in zip(given, found.buttons, strict=True)
    )
    if not fits:
        wanted = ", ".join(_wanted(button) for button in found.buttons)
        yield _problem(
            "template-params",
            _("the buttons of template {name} do not fit").format(name=found.name),
            hint=_("write: {wanted}").format(wanted=f"whatsapp: {{buttons: [{wanted}]}}"),
            field="whatsapp.buttons",
        )


def _wanted(button: str) -> str:
    return f'{{{_TAKES[button]}: "…"}}' if button in _TAKES else '""'

"""Whether what fills a template fits it: its texts, and its buttons."""

from collections.abc import Iterator, Sequence
from functools import partial

from humaspost.base.i18n import _, ngettext
from humaspost.channels.whatsapp.rules import TEMPLATE_BODY, TEMPLATE_HEADER
from humaspost.model.account import Template
from humaspost.model.problem import Problem, channel_problem
from humaspost.model.rendition import Fallback

problem = partial(channel_problem, "whatsapp")


def written(fallback: Fallback) -> Iterator[Problem]:
    """What fits no template, whatever the account has."""
    empty = [str(n) for n, param in enumerate(fallback.params, 1) if not param]
    if empty:
        yield problem(
            "template-params",
            _("parameter {numbers} of template {name} is empty").format(
                numbers=", ".join(empty), name=fallback.name
            ),
            hint=_("fill it, or choose a template without it"),
            field="whatsapp.params",
        )
    length = sum(map(len, fallback.params))
    if length > TEMPLATE_BODY.value:
        yield problem(
            "template-params",
            _(
                "the parameters of template {name} are {count} characters, more than the {limit:.0f} of a body"
            ).format(name=fallback.name, count=length, limit=TEMPLATE_BODY.value),
            hint=_("write shorter ones: whatsapp: {params: [...]}"),
            field="whatsapp.params",
        )
    for number, (kind, value) in enumerate(fallback.buttons, 1):
        if kind and not value:
            yield _nothing(fallback.name, number, kind)


def _nothing(name: str, number: int, kind: str) -> Problem:
    """A button that is given something, and that is empty."""
    if kind == "url":
        hint = _('write {url: "…"}, the end of its address; {link} is empty in a post without link:')
    else:
        hint = _('write {payload: "…"}, or "" for a button that takes nothing')
    return problem(
        "template-params",
        _("button {number} of template {name} gets an empty {kind}").format(
            number=number, name=name, kind=kind
        ),
        hint=hint,
        field="whatsapp.buttons",
    )


def fitting(found: Template, fallback: Fallback) -> Iterator[Problem]:
    """What does not fit the approved template."""
    gaps = list(_gaps(found, fallback))
    yield from gaps or _lengths(found, fallback)
    beyond = unfillable(found)
    if beyond:
        yield problem(
            "template-button",
            _("template {name} has a button for {what}, which humaspost cannot fill").format(
                name=found.name, what=beyond
            ),
            hint=_(
                "choose a template without it; buttons with a telephone number, an address or an answer go out"
            ),
            field="whatsapp.template",
        )
    else:
        yield from _buttons(found, fallback)


def unfillable(found: Template) -> str:
    """What the first button is for that Meta sends only with something that a post cannot say; "" = there is none."""
    wants = {
        "copy_code": _("a code to copy"),
        "otp": _("a one-time code"),
        "flow": _("a form"),
        "mpm": _("products"),
        "order_details": _("an order"),
    }
    return next((wants[button] for button in found.buttons if button in wants), "")


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
        yield problem(
            "template-params", message.format(name=found.name, **given), hint=hint, field="whatsapp.params"
        )


def _lengths(found: Template, fallback: Fallback) -> Iterator[Problem]:
    """Text and header are not too long once they are filled; of a template that was not measured nothing is said."""
    texts = dict(zip(fallback.names, fallback.params, strict=False))
    body = _filled(found.body, [texts.get(name, "") for name in found.named] or fallback.params)
    over = body - int(TEMPLATE_BODY.value)
    # Parameters that are too long by themselves have their problem already.
    if over > 0 and sum(map(len, fallback.params)) <= TEMPLATE_BODY.value:
        yield problem(
            "template-params",
            _(
                "filled in, the text of template {name} is {count} of {limit:.0f} characters, {over} too many "
                "({fixed} of them its own)"
            ).format(name=found.name, count=body, limit=TEMPLATE_BODY.value, over=over, fixed=found.body[0]),
            hint=_("write shorter ones: whatsapp: {params: [...]}"),
            field="whatsapp.params",
        )
    top = _filled(found.heading, [fallback.top] if fallback.top else [])
    over = top - int(TEMPLATE_HEADER.value)
    if over > 0:
        yield problem(
            "template-params",
            _(
                "filled in, the header of template {name} is {count} of {limit:.0f} characters, {over} too many "
                "({fixed} of them its own)"
            ).format(
                name=found.name, count=top, limit=TEMPLATE_HEADER.value, over=over, fixed=found.heading[0]
            ),
            hint=_('write a shorter one: whatsapp: {header: "…"}'),
            field="whatsapp.header",
        )


def _filled(measured: Sequence[int], texts: Sequence[str]) -> int:
    """How many characters it has with these texts in its gaps; 0 = not known."""
    if len(measured) != len(texts) + 1:
        return 0
    own, *times = measured
    return own + sum(count * len(text) for count, text in zip(times, texts, strict=True))


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
        yield problem(
            "template-params",
            _("the buttons of template {name} do not fit").format(name=found.name),
            hint=_("write: {wanted}").format(wanted=f"whatsapp: {{buttons: [{wanted}]}}"),
            field="whatsapp.buttons",
        )


def _wanted(button: str) -> str:
    return f'{{{_TAKES[button]}: "…"}}' if button in _TAKES else '""'

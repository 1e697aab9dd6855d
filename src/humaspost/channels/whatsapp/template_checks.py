"""Checks that a post's or an account's values fit a template: its texts and its buttons."""

from collections.abc import Iterator, Sequence
from functools import partial

from humaspost.base.i18n import _, ngettext
from humaspost.channels.whatsapp.rules import MAX_TEMPLATE_BODY, MAX_TEMPLATE_HEADER
from humaspost.model.account import Template
from humaspost.model.problem import Problem, channel_problem
from humaspost.model.rendition import Fallback

problem = partial(channel_problem, "whatsapp")


def check_written(fallback: Fallback) -> Iterator[Problem]:
    """Yield problems of values that fit no template."""
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
    if length > MAX_TEMPLATE_BODY.value:
        yield problem(
            "template-params",
            _(
                "the parameters of template {name} are {count} characters, more than the {limit:.0f} of a body"
            ).format(name=fallback.name, count=length, limit=MAX_TEMPLATE_BODY.value),
            hint=_("write shorter ones: whatsapp: {params: [...]}"),
            field="whatsapp.params",
        )
    for number, (kind, value) in enumerate(fallback.buttons, 1):
        if kind and not value:
            yield _empty_button_problem(fallback.name, number, kind)


def _empty_button_problem(name: str, number: int, kind: str) -> Problem:
    """Return the problem of a button with an empty value."""
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


def check_fitting(template: Template, fallback: Fallback) -> Iterator[Problem]:
    """Yield problems of values that do not fit the approved template."""
    placeholder_problems = list(_check_placeholders(template, fallback))
    yield from placeholder_problems or _check_lengths(template, fallback)
    purpose = unsupported_button(template)
    if purpose:
        yield problem(
            "template-button",
            _("template {name} has a button for {what}, which humaspost cannot fill").format(
                name=template.name, what=purpose
            ),
            hint=_(
                "choose a template without it; buttons with a telephone number, an address or an answer go out"
            ),
            field="whatsapp.template",
        )
    else:
        yield from _check_buttons(template, fallback)


def unsupported_button(template: Template) -> str:
    """Return the purpose of the first button whose value a post cannot express, or ""."""
    purposes = {
        "copy_code": _("a code to copy"),
        "otp": _("a one-time code"),
        "flow": _("a form"),
        "mpm": _("products"),
        "order_details": _("an order"),
    }
    return next((purposes[button] for button in template.buttons if button in purposes), "")


def _check_placeholders(template: Template, fallback: Fallback) -> Iterator[Problem]:
    """Yield a problem unless the texts match the template's placeholders, by number or by name."""
    message = hint = ""
    if template.param_names and set(template.param_names) != set(fallback.names):
        message = _("template {name} has the named parameters {names}")
        hint = "whatsapp: {params: {" + ", ".join(f'{name}: "…"' for name in template.param_names) + "}}"
    elif fallback.names and not template.param_names:
        message = _("template {name} has numbered parameters, not named ones")
        hint = 'whatsapp: {params: ["…", "…"]}'
    elif template.param_count != len(fallback.params):
        message = ngettext(
            "template {name} wants {wanted} parameter and is given {given}",
            "template {name} wants {wanted} parameters and is given {given}",
            template.param_count,
        )
        hint = ngettext(
            "write {wanted} text in whatsapp: params",
            "write {wanted} texts in whatsapp: params",
            template.param_count,
        ).format(wanted=template.param_count)
    elif template.has_header_param != bool(fallback.top):
        message = _("the header of template {name} has a gap, and nothing fills it")
        hint = 'whatsapp: {header: "…"}'
        if fallback.top:
            message, hint = _("the header of template {name} has no gap"), _("take header: out")
    elif template.header_param_name != fallback.top_name:
        message = _("the header of template {name} has a gap without a name")
        hint = 'whatsapp: {header: "…"}'
        if template.header_param_name:
            message = _("the header of template {name} has a gap named {top}")
            hint = f'whatsapp: {{header: {{{template.header_param_name}: "…"}}}}'
    if message:
        given_names = {
            "wanted": template.param_count,
            "given": len(fallback.params),
            "names": ", ".join(template.param_names),
        }
        given_names["top"] = template.header_param_name
        yield problem(
            "template-params",
            message.format(name=template.name, **given_names),
            hint=hint,
            field="whatsapp.params",
        )


def _check_lengths(template: Template, fallback: Fallback) -> Iterator[Problem]:
    """Yield problems of a text or a header that is too long with its values filled in.

    A template without measured lengths has no such problem.
    """
    texts = dict(zip(fallback.names, fallback.params, strict=False))
    body = _filled_length(
        template.body_lengths, [texts.get(name, "") for name in template.param_names] or fallback.params
    )
    over = body - int(MAX_TEMPLATE_BODY.value)
    # Parameters that are too long without the template's own text have their problem already.
    if over > 0 and sum(map(len, fallback.params)) <= MAX_TEMPLATE_BODY.value:
        yield problem(
            "template-params",
            _(
                "filled in, the text of template {name} is {count} of {limit:.0f} characters, {over} too many "
                "({fixed} of them its own)"
            ).format(
                name=template.name,
                count=body,
                limit=MAX_TEMPLATE_BODY.value,
                over=over,
                fixed=template.body_lengths[0],
            ),
            hint=_("write shorter ones: whatsapp: {params: [...]}"),
            field="whatsapp.params",
        )
    header = _filled_length(template.header_lengths, [fallback.top] if fallback.top else [])
    over = header - int(MAX_TEMPLATE_HEADER.value)
    if over > 0:
        yield problem(
            "template-params",
            _(
                "filled in, the header of template {name} is {count} of {limit:.0f} characters, {over} too many "
                "({fixed} of them its own)"
            ).format(
                name=template.name,
                count=header,
                limit=MAX_TEMPLATE_HEADER.value,
                over=over,
                fixed=template.header_lengths[0],
            ),
            hint=_('write a shorter one: whatsapp: {header: "…"}'),
            field="whatsapp.header",
        )


def _filled_length(measured: Sequence[int], texts: Sequence[str]) -> int:
    """Return the length of a text with these values in its placeholders, or 0 if unknown."""
    if len(measured) != len(texts) + 1:
        return 0
    base_length, *times = measured
    return base_length + sum(count * len(text) for count, text in zip(times, texts, strict=True))


#: The key that a post writes for each kind of button with a value.
_VALUE_KINDS = {"url+": "url", "quick_reply": "payload"}


def _check_buttons(template: Template, fallback: Fallback) -> Iterator[Problem]:
    """Yield a problem unless the buttons' values match the template.

    Every address with a placeholder needs its end; a button without a value must get none.
    """
    values = [kind for kind, _value in fallback.buttons]
    values += [""] * (len(template.buttons) - len(values))
    is_valid = len(values) == len(template.buttons) and all(
        (kind == "" and button != "url+") or kind == _VALUE_KINDS.get(button)
        for kind, button in zip(values, template.buttons, strict=True)
    )
    if not is_valid:
        expected = ", ".join(_expected_value(button) for button in template.buttons)
        yield problem(
            "template-params",
            _("the buttons of template {name} do not fit").format(name=template.name),
            hint=_("write: {wanted}").format(wanted=f"whatsapp: {{buttons: [{expected}]}}"),
            field="whatsapp.buttons",
        )


def _expected_value(button: str) -> str:
    return f'{{{_VALUE_KINDS[button]}: "…"}}' if button in _VALUE_KINDS else '""'

"""``account templates``: what each template is, and what a post must give it."""

from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.account import Template
from humaspost.views.text import columns


def template_lines(templates: tuple[Template, ...]) -> list[str]:
    """A table: name, language, status, category, what it wants; the ones that can be sent first."""
    if not templates:
        return [_("The account has no template. Without one, only people who wrote to you can be reached.")]
    head = (_("TEMPLATE"), _("LANGUAGE"), _("STATUS"), _("CATEGORY"), _("WANTS"))
    rows = [(t.name, t.language, t.status, t.category, _wants(t)) for t in _ordered(templates)]
    usable = sum(t.status == "APPROVED" for t in templates)
    total = _("{usable} of {count} can be sent.").format(usable=usable, count=len(templates))
    return [*columns([head, *rows], indent=0), "", total]


def _ordered(templates: tuple[Template, ...]) -> list[Template]:
    return sorted(templates, key=lambda t: (t.status != "APPROVED", t.name, t.language))


def _wants(template: Template) -> str:
    counted = ngettext("{count} param", "{count} params", template.params).format(count=template.params)
    params = ", ".join(template.named) or (counted if template.params else "")
    takes = [button.rstrip("+") for button in template.buttons if button in ("url+", "quick_reply")]
    top = template.header or (_("a header text") if template.top else "")
    return " + ".join(part for part in (top, params, ", ".join(takes)) if part) or "-"


def templates_json(account: str, templates: tuple[Template, ...]) -> dict[str, Any]:
    """The document of ``account templates --json``."""
    entries = [
        {
            "name": t.name,
            "language": t.language,
            "status": t.status,
            "category": t.category,
            "params": t.params,
            "named": list(t.named),
            "header": t.header or ("text" if t.top else None),
            "buttons": list(t.buttons),
        }
        for t in _ordered(templates)
    ]
    return {"schema": 1, "account": account, "templates": entries}

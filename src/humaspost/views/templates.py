"""The output of ``account templates``: each template and its required parameters."""

from typing import Any

from humaspost.base.i18n import _, ngettext
from humaspost.model.account import Template
from humaspost.views.text import align_columns


def format_templates(templates: tuple[Template, ...]) -> list[str]:
    """Return a table of templates: name, language, status, category and requirements.

    Templates that can be sent come first.
    """
    if not templates:
        return [_("The account has no template. Without one, only people who wrote to you can be reached.")]
    head = (_("TEMPLATE"), _("LANGUAGE"), _("STATUS"), _("CATEGORY"), _("WANTS"))
    rows = [
        (t.name, t.language, t.status, t.category, _format_requirements(t))
        for t in _sort_templates(templates)
    ]
    usable = sum(t.status == "APPROVED" for t in templates)
    total = _("{usable} of {count} can be sent.").format(usable=usable, count=len(templates))
    return [*align_columns([head, *rows], indent=0), "", total]


def _sort_templates(templates: tuple[Template, ...]) -> list[Template]:
    return sorted(templates, key=lambda t: (t.status != "APPROVED", t.name, t.language))


def _format_requirements(template: Template) -> str:
    count_text = ngettext("{count} param", "{count} params", template.param_count).format(
        count=template.param_count
    )
    params = ", ".join(template.param_names) or (count_text if template.param_count else "")
    requirements = [button.rstrip("+") for button in template.buttons if button in ("url+", "quick_reply")]
    header = template.header_kind or (_("a header text") if template.has_header_param else "")
    return " + ".join(part for part in (header, params, ", ".join(requirements)) if part) or "-"


def templates_to_json(account: str, templates: tuple[Template, ...]) -> dict[str, Any]:
    """Return the document of ``account templates --json``."""
    entries = [
        {
            "name": t.name,
            "language": t.language,
            "status": t.status,
            "category": t.category,
            "params": t.param_count,
            "param_names": list(t.param_names),
            "header": t.header_kind or ("text" if t.has_header_param else None),
            "buttons": list(t.buttons),
        }
        for t in _sort_templates(templates)
    ]
    return {"schema": 1, "account": account, "templates": entries}

"""Message templates: their registered form, and the parameters that a message fills in."""

import re
from dataclasses import dataclass
from typing import Any

from humaspost.sandbox.whatsapp.errors import request_error
from humaspost.sandbox.whatsapp.request_schema import Component, Media, Parameter, TemplateUse

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT")
#: Meta: "Param text cannot have new-line/tab characters or more than 4 consecutive spaces".
_NOT_SINGLE_LINE = re.compile(r"[\n\r\t]| {5,}")
#: Time of the last quality rating: 1 January 2026.
_RATED_AT = 1_767_225_600
#: Fields that exist but have no value in any template of the sandbox.
_UNSET_FIELDS = (
    *(
        "previous_category",
        "correct_category",
        "sub_category",
        "message_send_ttl_seconds",
        "last_updated_time",
    ),
    *("cta_url_link_tracking_opted_out", "library_template_name", "degrees_of_freedom_spec"),
)
_MAX_BODY, _MAX_HEADER = 1024, 60


@dataclass(frozen=True, slots=True)
class Template:
    """A registered template, in the form that GET message_templates shows."""

    id: str
    name: str
    language: str
    status: str
    category: str
    components: tuple[dict[str, Any], ...]
    parameter_format: str = "POSITIONAL"

    def component(self, kind: str) -> dict[str, Any]:
        """Return the component HEADER, BODY, FOOTER or BUTTONS, or an empty dictionary."""
        return next((c for c in self.components if str(c["type"]).upper() == kind), {})

    def node_fields(self) -> dict[str, Any]:
        """Return every field of the node; responses omit a field that is None."""
        rejected = "TAG_CONTENT_MISMATCH" if self.status == "REJECTED" else "NONE"
        return {
            "name": self.name,
            "parameter_format": self.parameter_format,
            "components": list(self.components),
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": self.id,
            "quality_score": {
                "score": "GREEN" if self.status == "APPROVED" else "UNKNOWN",
                "date": _RATED_AT,
            },
            "rejected_reason": rejected,
            **dict.fromkeys(_UNSET_FIELDS),
        }


@dataclass(frozen=True, slots=True)
class FilledTemplate:
    """The recipient's view of a template: text, buttons, and the kind and source of its file."""

    text: str
    media_kind: str | None = None
    media: Media | None = None
    buttons: tuple[str, ...] = ()


def find_sendable(templates: list[Template], use: TemplateUse) -> Template:
    """Return the approved template that ``use`` names; raise 132001, 132015 or 132016."""
    match = next((t for t in templates if t.name == use.name and t.language == use.language.code), None)
    if match is None or match.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise request_error(132001, f"template name ({use.name}) does not exist in {use.language.code}")
    if match.status == "PAUSED":
        raise request_error(132015, f"template ({use.name}) is paused due to low quality")
    if match.status == "DISABLED":
        raise request_error(132016, f"template ({use.name}) is disabled for good")
    return match


def fill_template(template: Template, use: TemplateUse) -> FilledTemplate:
    """Return the filled template.

    Raise 131008, 132000, 132005, 132012 or 132018 for a parameter that does not match.
    """
    parameters = _group_parameters(use.components)
    header, body = template.component("HEADER"), template.component("BODY")
    kind = str(header.get("format", "")).upper()
    media = _header_media(kind, parameters["header"]) if kind in _MEDIA_HEADERS else None
    header_component = (
        None if media else _fill_text(template, header.get("text", ""), parameters["header"], where="header")
    )
    body_component = _fill_text(template, body.get("text", ""), parameters["body"], where="body")
    if len(body_component) > _MAX_BODY or len(header_component or "") > _MAX_HEADER:
        raise request_error(132005, f"The filled-in text of template ({template.name}) is too long")
    buttons = template.component("BUTTONS").get("buttons", [])
    _check_buttons(buttons, use.components)
    lines = [
        header_component and f"*{header_component}*",
        body_component,
        template.component("FOOTER").get("text"),
    ]
    text = "\n\n".join(line for line in lines if line)
    return FilledTemplate(
        text, kind.lower() if media else None, media, _visible_buttons(buttons, use.components)
    )


def _group_parameters(components: list[Component]) -> dict[str, list[Parameter]]:
    """Return the parameters of header and body.

    Each component may appear once; its type may be in either case.
    """
    grouped: dict[str, list[Parameter]] = {}
    for component in components:
        kind = component.type.lower()
        if kind not in ("header", "body", "button"):
            raise request_error(
                131009, f"Param template['components']: unknown component type {component.type!r}"
            )
        if kind == "button":
            continue
        if kind in grouped or component.sub_type is not None or component.index is not None:
            raise request_error(100, f"Unexpected key in the {kind} component of the template.")
        grouped[kind] = component.parameters
    return {"header": grouped.get("header", []), "body": grouped.get("body", [])}


def _header_media(kind: str, parameters: list[Parameter]) -> Media:
    parameter_kind = parameters[0].type.upper() if len(parameters) == 1 else "UNKNOWN"
    file = getattr(parameters[0], kind.lower()) if parameter_kind == kind else None
    if not isinstance(file, Media):
        raise request_error(132012, f"header: Format mismatch, expected {kind}, received {parameter_kind}")
    return file


def _fill_text(template: Template, text: str, parameters: list[Parameter], *, where: str) -> str:
    names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    if len(names) != len(parameters):
        raise request_error(
            132000,
            f"{where}: number of localizable_params ({len(parameters)}) does not match "
            f"the expected number of params ({len(names)})",
        )
    values = _values_by_name(template, names, parameters, where=where)
    return _PLACEHOLDER.sub(lambda hole: values[hole[1]], text)


def _values_by_name(
    template: Template, names: list[str], parameters: list[Parameter], *, where: str
) -> dict[str, str]:
    if template.parameter_format == "NAMED":
        values = {parameter.parameter_name or "": _parameter_value(parameter) for parameter in parameters}
        if set(values) != set(names):
            raise request_error(
                132012, f"{where}: the template takes the named parameters {', '.join(names)}"
            )
        return values
    if any(parameter.parameter_name for parameter in parameters):
        raise request_error(
            132012, f"{where}: the template takes positional parameters, parameter_name is not allowed"
        )
    ordered = sorted(names, key=lambda name: int(name) if name.isdecimal() else 0)
    return dict(zip(ordered, map(_parameter_value, parameters), strict=True))


def _parameter_value(parameter: Parameter) -> str:
    match parameter.type:
        case "text":
            text = _check_text_parameter(parameter)
            if _NOT_SINGLE_LINE.search(text):
                raise request_error(
                    132018,
                    "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
                )
            return text
        case "currency" | "date_time":
            value = getattr(parameter, parameter.type)
            if value is None:
                raise request_error(131008, f"Parameter of type {parameter.type} is missing its value")
            return str(value.fallback_value)
        case other:
            raise request_error(132012, f"Format mismatch, expected TEXT, received {other.upper()}")


def _check_text_parameter(parameter: Parameter) -> str:
    """Return the text of the parameter; raise 131008 if it is empty."""
    # Meta treats an empty text as missing: recorded for a body; a button has the same kind of object.
    if not parameter.text:
        raise request_error(131008, "Parameter of type text is missing text value")
    return parameter.text


def _check_buttons(buttons: list[dict[str, Any]], components: list[Component]) -> None:
    """Check that every dynamic URL has a suffix and that components match their buttons.

    A code to copy is required (templates/marketing-templates/coupon-templates). A Flow must
    be named, with or without parameters (chatwoot/chatwoot#14714: 131009).
    """
    button_components = [component for component in components if component.type.lower() == "button"]
    used = {_button_index(component, len(buttons)): component for component in button_components}
    for index, button in enumerate(buttons):
        kind, component = str(button["type"]).upper(), used.get(index)
        if component and (component.sub_type or "").upper() != kind:
            raise request_error(132012, f"buttons: Button at index {index} is of type {kind}")
        if kind == "FLOW" and not component:
            raise request_error(131009, f"buttons: Button at index {index} of type Flow is not named")
        if kind == "COPY_CODE" and not (component and component.parameters):
            raise request_error(
                131008, f"buttons: Button at index {index} of type CopyCode requires a parameter"
            )
        if (
            kind == "URL"
            and _PLACEHOLDER.search(button.get("url", ""))
            and not (component and component.parameters)
        ):
            raise request_error(131008, f"buttons: Button at index {index} of type Url requires a parameter")
        for parameter in component.parameters if component else []:
            _check_button_parameter(parameter, kind, index)


def _visible_buttons(buttons: list[dict[str, Any]], components: list[Component]) -> tuple[str, ...]:
    """Return each button as the recipient sees it, with the address that it opens."""
    suffixes = {int(str(c.index)): c.parameters[0].text for c in components if c.index and c.parameters}
    visible = []
    for index, button in enumerate(buttons):
        head, placeholder, tail = _PLACEHOLDER.sub("{}", str(button.get("url", ""))).partition("{}")
        url = f"{head}{(suffixes.get(index) or '') if placeholder else ''}{tail}"
        visible.append(" ".join(part for part in (str(button.get("text", "")), url) if part))
    return tuple(visible)


def _button_index(component: Component, count: int) -> int:
    index_text = str(component.index)
    if not index_text.isdecimal() or int(index_text) >= count:
        raise request_error(131009, f"buttons: the template has no button at index {index_text}")
    return int(index_text)


def _check_button_parameter(parameter: Parameter, kind: str, index: int) -> None:
    expected = {"URL": "text", "QUICK_REPLY": "payload", "COPY_CODE": "coupon_code"}.get(kind, "action")
    if parameter.type != expected or getattr(parameter, expected) is None:
        raise request_error(132012, f"buttons: Button at index {index} takes a parameter of type {expected}")
    if expected == "text":
        _check_text_parameter(parameter)

"""Message templates: what was registered, and how one is filled in by what a message sends."""

import re
from dataclasses import dataclass
from typing import Any

from humaspost.sandbox.whatsapp.errors import refused
from humaspost.sandbox.whatsapp.request_schema import Component, Media, Parameter, TemplateUse

_HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MEDIA_HEADERS = ("IMAGE", "VIDEO", "DOCUMENT")
#: Meta's words: "Param text cannot have new-line/tab characters or more than 4 consecutive spaces".
_NOT_FLAT = re.compile(r"[\n\r\t]| {5,}")
#: When quality was last rated: 1 January 2026.
_RATED = 1_767_225_600
#: Fields that exist and that no template here has a value for.
_UNSET = (
    *(
        "previous_category",
        "correct_category",
        "sub_category",
        "message_send_ttl_seconds",
        "last_updated_time",
    ),
    *("cta_url_link_tracking_opted_out", "library_template_name", "degrees_of_freedom_spec"),
)
_BODY_MOST, _HEADER_MOST = 1024, 60


@dataclass(frozen=True, slots=True)
class Template:
    """A registered template, in the very form in which GET message_templates shows it."""

    id: str
    name: str
    language: str
    status: str
    category: str
    components: tuple[dict[str, Any], ...]
    parameter_format: str = "POSITIONAL"

    def part(self, kind: str) -> dict[str, Any]:
        """The component HEADER, BODY, FOOTER or BUTTONS; empty when it has none."""
        return next((c for c in self.components if str(c["type"]).upper() == kind), {})

    def shown(self) -> dict[str, Any]:
        """Every field of the node; None where it has no value, and is then left out of answers."""
        rejected = "TAG_CONTENT_MISMATCH" if self.status == "REJECTED" else "NONE"
        return {
            "name": self.name,
            "parameter_format": self.parameter_format,
            "components": list(self.components),
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": self.id,
            "quality_score": {"score": "GREEN" if self.status == "APPROVED" else "UNKNOWN", "date": _RATED},
            "rejected_reason": rejected,
            **dict.fromkeys(_UNSET),
        }


@dataclass(frozen=True, slots=True)
class Filled:
    """What the recipient reads, the buttons below it, and the header's file (its kind and where it comes from)."""

    text: str
    media_kind: str | None = None
    media: Media | None = None
    buttons: tuple[str, ...] = ()


def sendable(found: list[Template], use: TemplateUse) -> Template:
    """The approved template that ``use`` names; 132001, 132015 or 132016 says why there is none."""
    match = next((t for t in found if t.name == use.name and t.language == use.language.code), None)
    if match is None or match.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise refused(132001, f"template name ({use.name}) does not exist in {use.language.code}")
    if match.status == "PAUSED":
        raise refused(132015, f"template ({use.name}) is paused due to low quality")
    if match.status == "DISABLED":
        raise refused(132016, f"template ({use.name}) is disabled for good")
    return match


def fill(template: Template, use: TemplateUse) -> Filled:
    """``template`` filled in; 131008, 132000, 132005, 132012 or 132018 says which parameter does not fit."""
    given = _sorted(use.components)
    header, body = template.part("HEADER"), template.part("BODY")
    kind = str(header.get("format", "")).upper()
    media = _header_media(kind, given["header"]) if kind in _MEDIA_HEADERS else None
    top = None if media else _filled(template, header.get("text", ""), given["header"], where="header")
    middle = _filled(template, body.get("text", ""), given["body"], where="body")
    if len(middle) > _BODY_MOST or len(top or "") > _HEADER_MOST:
        raise refused(132005, f"The filled-in text of template ({template.name}) is too long")
    buttons = template.part("BUTTONS").get("buttons", [])
    _check_buttons(buttons, use.components)
    lines = [top and f"*{top}*", middle, template.part("FOOTER").get("text")]
    text = "\n\n".join(line for line in lines if line)
    return Filled(text, kind.lower() if media else None, media, _pressable(buttons, use.components))


def _sorted(components: list[Component]) -> dict[str, list[Parameter]]:
    """Parameters of header and body; each component at most once, its type in either case."""
    given: dict[str, list[Parameter]] = {}
    for component in components:
        kind = component.type.lower()
        if kind not in ("header", "body", "button"):
            raise refused(131009, f"Param template['components']: unknown component type {component.type!r}")
        if kind == "button":
            continue
        if kind in given or component.sub_type is not None or component.index is not None:
            raise refused(100, f"Unexpected key in the {kind} component of the template.")
        given[kind] = component.parameters
    return {"header": given.get("header", []), "body": given.get("body", [])}


def _header_media(kind: str, parameters: list[Parameter]) -> Media:
    got = parameters[0].type.upper() if len(parameters) == 1 else "UNKNOWN"
    file = getattr(parameters[0], kind.lower()) if got == kind else None
    if not isinstance(file, Media):
        raise refused(132012, f"header: Format mismatch, expected {kind}, received {got}")
    return file


def _filled(template: Template, text: str, parameters: list[Parameter], *, where: str) -> str:
    names = list(dict.fromkeys(_HOLE.findall(text)))
    if len(names) != len(parameters):
        raise refused(
            132000,
            f"{where}: number of localizable_params ({len(parameters)}) does not match "
            f"the expected number of params ({len(names)})",
        )
    values = _by_name(template, names, parameters, where=where)
    return _HOLE.sub(lambda hole: values[hole[1]], text)


def _by_name(template: Template, names: list[str], given: list[Parameter], *, where: str) -> dict[str, str]:
    if template.parameter_format == "NAMED":
        values = {parameter.parameter_name or "": _value(parameter) for parameter in given}
        if set(values) != set(names):
            raise refused(132012, f"{where}: the template takes the named parameters {', '.join(names)}")
        return values
    if any(parameter.parameter_name for parameter in given):
        raise refused(
            132012, f"{where}: the template takes positional parameters, parameter_name is not allowed"
        )
    ordered = sorted(names, key=lambda name: int(name) if name.isdecimal() else 0)
    return dict(zip(ordered, map(_value, given), strict=True))


def _value(parameter: Parameter) -> str:
    match parameter.type:
        case "text":
            text = _given_text(parameter)
            if _NOT_FLAT.search(text):
                raise refused(
                    132018,
                    "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
                )
            return text
        case "currency" | "date_time":
            value = getattr(parameter, parameter.type)
            if value is None:
                raise refused(131008, f"Parameter of type {parameter.type} is missing its value")
            return str(value.fallback_value)
        case other:
            raise refused(132012, f"Format mismatch, expected TEXT, received {other.upper()}")


def _given_text(parameter: Parameter) -> str:
    """Meta takes an empty text for a missing one: seen of a body, and a button is given the same kind of object."""
    if not parameter.text:
        raise refused(131008, "Parameter of type text is missing text value")
    return parameter.text


def _check_buttons(buttons: list[dict[str, Any]], components: list[Component]) -> None:
    """Every dynamic URL has its suffix, and every button component names a button of that kind.

    A code to copy must be given (templates/marketing-templates/coupon-templates); a Flow must be named, with or
    without parameters (chatwoot/chatwoot#14714: 131009).
    """
    sent = [component for component in components if component.type.lower() == "button"]
    used = {_button_index(component, len(buttons)): component for component in sent}
    for index, button in enumerate(buttons):
        kind, component = str(button["type"]).upper(), used.get(index)
        if component and (component.sub_type or "").upper() != kind:
            raise refused(132012, f"buttons: Button at index {index} is of type {kind}")
        if kind == "FLOW" and not component:
            raise refused(131009, f"buttons: Button at index {index} of type Flow is not named")
        if kind == "COPY_CODE" and not (component and component.parameters):
            raise refused(131008, f"buttons: Button at index {index} of type CopyCode requires a parameter")
        if kind == "URL" and _HOLE.search(button.get("url", "")) and not (component and component.parameters):
            raise refused(131008, f"buttons: Button at index {index} of type Url requires a parameter")
        for parameter in component.parameters if component else []:
            _check_button_parameter(parameter, kind, index)


def _pressable(buttons: list[dict[str, Any]], components: list[Component]) -> tuple[str, ...]:
    """Each button as a person sees it, with the address that it opens."""
    ends = {int(str(c.index)): c.parameters[0].text for c in components if c.index and c.parameters}
    shown = []
    for index, button in enumerate(buttons):
        head, hole, tail = _HOLE.sub("{}", str(button.get("url", ""))).partition("{}")
        url = f"{head}{(ends.get(index) or '') if hole else ''}{tail}"
        shown.append(" ".join(part for part in (str(button.get("text", "")), url) if part))
    return tuple(shown)


def _button_index(component: Component, count: int) -> int:
    spelled = str(component.index)
    if not spelled.isdecimal() or int(spelled) >= count:
        raise refused(131009, f"buttons: the template has no button at index {spelled}")
    return int(spelled)


def _check_button_parameter(parameter: Parameter, kind: str, index: int) -> None:
    expected = {"URL": "text", "QUICK_REPLY": "payload", "COPY_CODE": "coupon_code"}.get(kind, "action")
    if parameter.type != expected or getattr(parameter, expected) is None:
        raise refused(132012, f"buttons: Button at index {index} takes a parameter of type {expected}")
    if expected == "text":
        _given_text(parameter)

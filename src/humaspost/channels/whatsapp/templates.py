"""The account's templates, fetched from Meta page by page.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview (read 2026-11-23)
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.channels.meta_graph import GraphClient, get_objects, get_text
from humaspost.model.account import Template

_FIELDS = "name,language,status,category,components,parameter_format"
#: A portfolio has at most 6,000 templates; the limit ends a paging without an end.
_MAX_PAGES = 70
_NUMBERED_PLACEHOLDER = re.compile(r"\{\{\s*(\d+)\s*\}\}")
_NAMED_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]\w*)\s*\}\}")
_PLACEHOLDER = re.compile(r"\{\{\s*(\d+|[a-z_]\w*)\s*\}\}")


def fetch_templates(graph: GraphClient, business: str, *, per_page: int = 100) -> tuple[Template, ...]:
    """Return every template of the business account."""
    return tuple(
        _parse_template(node) for page in _template_pages(graph, business, per_page) for node in page
    )


def _template_pages(graph: GraphClient, business: str, per_page: int) -> Iterator[list[Mapping[str, Any]]]:
    cursor = ""
    for _ in range(_MAX_PAGES):
        query = {"after": cursor} if cursor else {}
        path = f"/{business}/message_templates"
        page = graph.get("read", path, fields=_FIELDS, limit=str(per_page), **query)
        nodes = get_objects(page)
        yield nodes
        cursor = _next_cursor(page)
        if not nodes or not cursor:
            return


def _next_cursor(page: Mapping[str, Any]) -> str:
    """Return the cursor of the next page, or "" for the last one.

    The ``after`` of the last page leads to an empty page.
    """
    paging = page.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) else None
    return get_text(cursors, "after") if isinstance(cursors, dict) else ""


def _parse_template(node: Mapping[str, Any]) -> Template:
    parts = {get_text(component, "type").upper(): component for component in get_objects(node, "components")}
    body, header = get_text(parts.get("BODY", {}), "text"), parts.get("HEADER", {})
    header_format, heading = get_text(header, "format").lower(), get_text(header, "text")
    named = tuple(dict.fromkeys(_NAMED_PLACEHOLDER.findall(body)))
    by_name = get_text(node, "parameter_format").upper() == "NAMED"
    numbers = [int(number) for number in _NUMBERED_PLACEHOLDER.findall(body)]
    return Template(
        name=get_text(node, "name"),
        language=get_text(node, "language"),
        status=get_text(node, "status"),
        category=get_text(node, "category"),
        param_count=len(named) or max(numbers, default=0),
        header_kind="" if header_format == "text" else header_format,
        param_names=named if by_name else (),
        has_header_param="{{" in heading,
        header_param_name=next(iter(_NAMED_PLACEHOLDER.findall(heading)), "") if by_name else "",
        buttons=tuple(map(_button_kind, get_objects(parts.get("BUTTONS", {}), "buttons"))),
        body_lengths=_measure(body),
        header_lengths=_measure(heading),
    )


def _measure(text: str) -> tuple[int, ...]:
    """Return the length of the template's own text, then the count of each placeholder.

    Named placeholders are in order of first use, numbered ones by number.
    """
    occurrences = _PLACEHOLDER.findall(text)
    placeholders = list(
        dict.fromkeys(placeholder for placeholder in occurrences if not placeholder.isdecimal())
    )
    if not placeholders:
        placeholders = sorted(set(occurrences), key=int)
    return (len(_PLACEHOLDER.sub("", text)), *map(occurrences.count, placeholders)) if text else ()


def _button_kind(node: Mapping[str, Any]) -> str:
    kind = get_text(node, "type").lower()
    return "url+" if kind == "url" and "{{" in get_text(node, "url") else kind

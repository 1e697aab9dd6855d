"""The account's templates as Meta tells them, page by page.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview (read 2026-11-23)
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from humaspost.channels.meta_graph import Graph, rows_of, text_of
from humaspost.model.account import Template

_FIELDS = "name,language,status,category,components,parameter_format"
#: A portfolio has 6,000 templates at most; a paging that never ends is cut off.
_MOST_PAGES = 70
_NUMBERED = re.compile(r"\{\{\s*(\d+)\s*\}\}")
_NAMED = re.compile(r"\{\{\s*([a-z_]\w*)\s*\}\}")
_GAP = re.compile(r"\{\{\s*(\d+|[a-z_]\w*)\s*\}\}")


def templates(graph: Graph, business: str, *, per_page: int = 100) -> tuple[Template, ...]:
    """Every template of the business account."""
    return tuple(_template(found) for page in _pages(graph, business, per_page) for found in page)


def _pages(graph: Graph, business: str, per_page: int) -> Iterator[list[Mapping[str, Any]]]:
    after = ""
    for _ in range(_MOST_PAGES):
        cursor = {"after": after} if after else {}
        path = f"/{business}/message_templates"
        page = graph.get("read", path, fields=_FIELDS, limit=str(per_page), **cursor)
        found = rows_of(page)
        yield found
        after = _next(page)
        if not found or not after:
            return


def _next(page: Mapping[str, Any]) -> str:
    """The cursor of the next page, "" where this is the last (its ``after`` leads to an empty one)."""
    paging = page.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) else None
    return text_of(cursors, "after") if isinstance(cursors, dict) else ""


def _template(found: Mapping[str, Any]) -> Template:
    parts = {text_of(component, "type").upper(): component for component in rows_of(found, "components")}
    body, top = text_of(parts.get("BODY", {}), "text"), parts.get("HEADER", {})
    header, heading = text_of(top, "format").lower(), text_of(top, "text")
    named = tuple(dict.fromkeys(_NAMED.findall(body)))
    by_name = text_of(found, "parameter_format").upper() == "NAMED"
    numbers = [int(number) for number in _NUMBERED.findall(body)]
    return Template(
        name=text_of(found, "name"),
        language=text_of(found, "language"),
        status=text_of(found, "status"),
        category=text_of(found, "category"),
        params=len(named) or max(numbers, default=0),
        header="" if header == "text" else header,
        named=named if by_name else (),
        top="{{" in heading,
        top_name=next(iter(_NAMED.findall(heading)), "") if by_name else "",
        buttons=tuple(map(_button, rows_of(parts.get("BUTTONS", {}), "buttons"))),
        body=_measured(body),
        heading=_measured(heading),
    )


def _measured(text: str) -> tuple[int, ...]:
    """Its own characters, then how often each gap stands in it: by name as they come, else by number."""
    stand = _GAP.findall(text)
    gaps = list(dict.fromkeys(gap for gap in stand if not gap.isdecimal()))
    if not gaps:
        gaps = sorted(set(stand), key=int)
    return (len(_GAP.sub("", text)), *map(stand.count, gaps)) if text else ()


def _button(found: Mapping[str, Any]) -> str:
    kind = text_of(found, "type").lower()
    return "url+" if kind == "url" and "{{" in text_of(found, "url") else kind

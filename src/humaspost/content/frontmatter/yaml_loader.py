"""Front matter as strict YAML: text and true/false only, and the place of every key and value."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml import CBaseLoader

from humaspost.base.canonical_json import Json
from humaspost.base.i18n import _
from humaspost.content import characters
from humaspost.content.frontmatter import yaml_errors
from humaspost.content.frontmatter.hints import clipped, in_quotes
from humaspost.content.frontmatter.positions import FIRST_LINE, Places
from humaspost.content.report import Page
from humaspost.model.problem import Place

_DEEPEST = 8
_DEFAULT_TAG: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
_TAGS = frozenset(_DEFAULT_TAG.values())
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
#: What may hide an anchor, an alias or a nest so deep that building it would exhaust the C stack.
_AUDIT = re.compile(r"(?:^|[\s\[{,:-])[&*]|- -|\?[ \t\n]|\n {40}")
_MANY_BRACKETS = 40
_GLUED_HASH = re.compile(r"(?<=\S)[ \t]+#(?=[^\s#!])")
_TAB = re.compile(r"^[ ]*(?:-[ ]+)*(?:[^\s:#\"'\[{]+:[ ]*)?\t", re.MULTILINE)


class _Loader(CBaseLoader):
    """The C parser with nodes for a result; every plain scalar is text."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        """The tag of a node that has none of its own; called by the parser for every node."""
        return _DEFAULT_TAG[kind]


@dataclass(frozen=True, slots=True)
class Front:
    """The keys as JSON without numbers; ``places`` and ``keys`` tell where each path's value and key stand."""

    data: dict[str, Json]
    places: Places
    keys: Places


def load(text: str, page: Page) -> Front | None:
    """What the front matter says; None where it cannot be read at all, and ``page`` knows why."""
    tab = _TAB.search(text) if "\t" in text else None
    if tab:
        yaml_errors.tab(_at(text, tab.end() - 1), page)
        return None
    try:
        if _doubtful(text) and not _audit(text, page):
            return None
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        yaml_errors.translate(error, page, first_line=FIRST_LINE)
        return None
    return _front(root, text, page)


def _at(text: str, index: int) -> Place:
    return Place(FIRST_LINE + text.count("\n", 0, index), index - text.rfind("\n", 0, index))


def _doubtful(text: str) -> bool:
    return bool(_AUDIT.search(text)) or text.count("[") + text.count("{") > _MANY_BRACKETS


def _audit(text: str, page: Page) -> bool:
    """Whether the events of the text are free of aliases, anchors and deep nests; costs no stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None) is not None:
            yaml_errors.alias(_mark(event.start_mark), page)
            return False
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            _too_deep(_mark(event.start_mark), page)
            return False
    return True


def _mark(start: Any, end: Any = None) -> Place:
    """The place between two marks; one character where it spans several lines."""
    same = end is not None and end.line == start.line
    return Place(start.line + FIRST_LINE, start.column + 1, max(1, end.column - start.column) if same else 1)


def _too_deep(at: Place, page: Page) -> None:
    message = _("keys and lists stand more than {count} levels deep within each other").format(count=_DEEPEST)
    page.error("yaml-depth", message, hint=_("write it flat, as in the examples"), at=at)


def _front(root: yaml.Node | None, text: str, page: Page) -> Front | None:
    if root is not None and not isinstance(root, yaml.MappingNode):
        yaml_errors.no_mapping(_mark(root.start_mark), page)
        return None
    walk = _Walk(page, escapes="\\" in text)
    data = walk.mapping(root, "", 1) if root is not None else {}
    for hash_at in _glued(text, root):
        _hash(_at(text, hash_at), page)
    return Front(data, walk.places, walk.keys)


class _Walk:
    """Turns nodes into values, noting places; what is not allowed becomes a problem and no value."""

    def __init__(self, page: Page, *, escapes: bool) -> None:
        self.page = page
        self.escapes = escapes
        self.places = Places()
        self.keys = Places()

    def mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Json]:
        """The keys with their values, without duplicates and merges."""
        found: dict[str, Json] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            below = f"{path}.{key}" if path else key
            if key in found:
                self._twice(key, _mark(key_node.start_mark, key_node.end_mark), self.keys[below])
                continue
            self.keys.note(below, key_node.start_mark, key_node.end_mark)
            found[key] = self.value(value_node, below, depth)
        return found

    def value(self, node: yaml.Node, path: str, depth: int) -> Json:
        """Text, true or false, a list or keys; None where nothing was written."""
        self.places.note(path, node.start_mark, node.end_mark)
        if node.tag not in _TAGS:
            self._tag(_mark(node.start_mark, node.end_mark))
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if depth >= _DEEPEST:
            _too_deep(_mark(node.start_mark), self.page)
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path, depth + 1)
        return [self.value(item, f"{path}.{index}", depth + 1) for index, item in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode) -> Json:
        text: str = node.value
        if node.style:
            if self.escapes and node.style == '"':
                characters.look_at_value(text, self.page, _mark(node.start_mark, node.end_mark))
            return text
        return _BOOLEANS.get(text, text) if text else None

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag not in _TAGS:
            message, hint = _("a key is one word before a ':'"), _("write: key: value")
            self.page.error(
                "front-matter-shape", message, hint=hint, at=_mark(node.start_mark, node.end_mark)
            )
            return None
        if node.value == "<<" and not node.style:
            message, hint = (
                _("'<<' merges keys from elsewhere, which posts do not do"),
                _("write the keys out"),
            )
            self.page.error("yaml-merge", message, hint=hint, at=_mark(node.start_mark, node.end_mark))
            return None
        return str(node.value)

    def _twice(self, key: str, place: Place, first: Place) -> None:
        message = _("the key {key!r} stands here a second time").format(key=clipped(key))
        hint = _("keep one of the two; the first is on line {line}").format(line=first.line)
        self.page.error("duplicate-key", message, hint=hint, at=place, field=key)

    def _tag(self, place: Place) -> None:
        message = _("a '!' at the beginning of a text needs quotes around the text")
        hint = in_quotes(self.page.line(place.line))
        self.page.error("yaml-tag", message, hint=hint, at=Place(place.line, place.column))


def _glued(text: str, root: yaml.Node | None) -> list[int]:
    """Where a ``#`` right before a word made a comment of it: the index of each such ``#``."""
    found = [match.end() - 1 for match in _GLUED_HASH.finditer(text)] if " #" in text else []
    if not found:
        return found
    spans = sorted(_spans(root)) if root is not None else []
    comments = (index for index in found if not _within(index, spans))
    first_of_line = {text.rfind("\n", 0, index): index for index in reversed(list(comments))}
    return sorted(first_of_line.values())


def _within(index: int, spans: list[tuple[int, int]]) -> bool:
    """Whether one of the sorted spans, which do not overlap, holds the index."""
    before = bisect_right(spans, (index, sys.maxsize)) - 1
    return before >= 0 and index < spans[before][1]


def _spans(node: yaml.Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, yaml.ScalarNode):
        yield node.start_mark.index, node.end_mark.index
        return
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _spans(part)


def _hash(at: Place, page: Page) -> None:
    line = page.line(at.line)
    page.error(
        "hash-comment",
        _("from this '#' on the line is a comment, so the word after it is lost"),
        hint=yaml_errors.without_hash(line, at.column - 1),
        at=at,
    )

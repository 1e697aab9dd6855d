"""The loader of front matter: strict YAML with text and true/false only, and all positions."""

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
from humaspost.content.frontmatter.hints import quoted_line_hint, shorten
from humaspost.content.frontmatter.positions import FRONT_MATTER_LINE, PositionIndex
from humaspost.content.report import FileReport
from humaspost.model.problem import Position

_MAX_DEPTH = 8
_DEFAULT_TAG: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}
_TAGS = frozenset(_DEFAULT_TAG.values())
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
#: Signs of an anchor, an alias, or nesting so deep that building the nodes would exhaust the C stack.
_NEEDS_EVENT_CHECK = re.compile(r"(?:^|[\s\[{,:-])[&*]|- -|\?[ \t\n]|\n {40}")
_MAX_BRACKETS = 40
_COMMENT_HASH = re.compile(r"(?<=\S)[ \t]+#(?=[^\s#!])")
_TAB = re.compile(r"^[ ]*(?:-[ ]+)*(?:[^\s:#\"'\[{]+:[ ]*)?\t", re.MULTILINE)


class _Loader(CBaseLoader):
    """The C parser, with nodes as its result; every plain scalar is text."""

    def resolve(self, kind: type[yaml.Node], _value: object, _implicit: object) -> str:
        """Return the default tag of a node; the parser calls this for every node."""
        return _DEFAULT_TAG[kind]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields as JSON without numbers, and the position of each path's value and key."""

    data: dict[str, Json]
    value_positions: PositionIndex
    key_positions: PositionIndex


def load_front_matter(text: str, report: FileReport) -> FrontMatter | None:
    """Return the front matter, or None if it cannot be read; then ``report`` has the reason."""
    tab = _TAB.search(text) if "\t" in text else None
    if tab:
        yaml_errors.report_tab(_position_at(text, tab.end() - 1), report)
        return None
    try:
        if _needs_event_check(text) and not _check_events(text, report):
            return None
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        yaml_errors.translate_error(error, report, first_line=FRONT_MATTER_LINE)
        return None
    return _build_front_matter(root, text, report)


def _position_at(text: str, index: int) -> Position:
    return Position(FRONT_MATTER_LINE + text.count("\n", 0, index), index - text.rfind("\n", 0, index))


def _needs_event_check(text: str) -> bool:
    return bool(_NEEDS_EVENT_CHECK.search(text)) or text.count("[") + text.count("{") > _MAX_BRACKETS


def _check_events(text: str, report: FileReport) -> bool:
    """Return True if the events have no aliases, anchors or deep nesting; uses no stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if getattr(event, "anchor", None) is not None:
            yaml_errors.report_alias(_position_between(event.start_mark), report)
            return False
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            _report_too_deep(_position_between(event.start_mark), report)
            return False
    return True


def _position_between(start: Any, end: Any = None) -> Position:
    """Return the position between two marks; one character long if they span several lines."""
    is_single_line = end is not None and end.line == start.line
    return Position(
        start.line + FRONT_MATTER_LINE,
        start.column + 1,
        max(1, end.column - start.column) if is_single_line else 1,
    )


def _report_too_deep(position: Position, report: FileReport) -> None:
    message = _("keys and lists stand more than {count} levels deep within each other").format(
        count=_MAX_DEPTH
    )
    report.add_error("yaml-depth", message, hint=_("write it flat, as in the examples"), position=position)


def _build_front_matter(root: yaml.Node | None, text: str, report: FileReport) -> FrontMatter | None:
    if root is not None and not isinstance(root, yaml.MappingNode):
        yaml_errors.report_not_mapping(_position_between(root.start_mark), report)
        return None
    builder = _ValueBuilder(report, escapes="\\" in text)
    data = builder.build_mapping(root, "", 1) if root is not None else {}
    for hash_at in _comment_hashes(text, root):
        _report_hash(_position_at(text, hash_at), report)
    return FrontMatter(data, builder.value_positions, builder.key_positions)


class _ValueBuilder:
    """A builder of values and positions from nodes; a forbidden node becomes a problem."""

    def __init__(self, page: FileReport, *, escapes: bool) -> None:
        self.report = page
        self.escapes = escapes
        self.value_positions = PositionIndex()
        self.key_positions = PositionIndex()

    def build_mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Json]:
        """Return the keys with their values, without duplicates and merges."""
        values: dict[str, Json] = {}
        for key_node, value_node in node.value:
            key = self._build_key(key_node)
            if key is None:
                continue
            key_path = f"{path}.{key}" if path else key
            if key in values:
                self._report_duplicate_key(
                    key,
                    _position_between(key_node.start_mark, key_node.end_mark),
                    self.key_positions[key_path],
                )
                continue
            self.key_positions.add_span(key_path, key_node.start_mark, key_node.end_mark)
            values[key] = self.build_value(value_node, key_path, depth)
        return values

    def build_value(self, node: yaml.Node, path: str, depth: int) -> Json:
        """Return text, true or false, a list or a mapping; None if no value was written."""
        self.value_positions.add_span(path, node.start_mark, node.end_mark)
        if node.tag not in _TAGS:
            self._report_tag(_position_between(node.start_mark, node.end_mark))
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._build_scalar(node)
        if depth >= _MAX_DEPTH:
            _report_too_deep(_position_between(node.start_mark), self.report)
            return None
        if isinstance(node, yaml.MappingNode):
            return self.build_mapping(node, path, depth + 1)
        return [self.build_value(item, f"{path}.{index}", depth + 1) for index, item in enumerate(node.value)]

    def _build_scalar(self, node: yaml.ScalarNode) -> Json:
        text: str = node.value
        if node.style:
            if self.escapes and node.style == '"':
                characters.check_value(text, self.report, _position_between(node.start_mark, node.end_mark))
            return text
        return _BOOLEANS.get(text, text) if text else None

    def _build_key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or not node.value or node.tag not in _TAGS:
            message, hint = _("a key is one word before a ':'"), _("write: key: value")
            self.report.add_error(
                "front-matter-shape",
                message,
                hint=hint,
                position=_position_between(node.start_mark, node.end_mark),
            )
            return None
        if node.value == "<<" and not node.style:
            message, hint = (
                _("'<<' merges keys from elsewhere, which posts do not do"),
                _("write the keys out"),
            )
            self.report.add_error(
                "yaml-merge", message, hint=hint, position=_position_between(node.start_mark, node.end_mark)
            )
            return None
        return str(node.value)

    def _report_duplicate_key(self, key: str, position: Position, first_position: Position) -> None:
        message = _("the key {key!r} stands here a second time").format(key=shorten(key))
        hint = _("keep one of the two; the first is on line {line}").format(line=first_position.line)
        self.report.add_error("duplicate-key", message, hint=hint, position=position, field=key)

    def _report_tag(self, position: Position) -> None:
        message = _("a '!' at the beginning of a text needs quotes around the text")
        hint = quoted_line_hint(self.report.line_text(position.line))
        self.report.add_error(
            "yaml-tag", message, hint=hint, position=Position(position.line, position.column)
        )


def _comment_hashes(text: str, root: yaml.Node | None) -> list[int]:
    """Return the index of each ``#`` that turns the following word into a comment."""
    hashes = [match.end() - 1 for match in _COMMENT_HASH.finditer(text)] if " #" in text else []
    if not hashes:
        return hashes
    spans = sorted(_scalar_spans(root)) if root is not None else []
    comments = (index for index in hashes if not _is_within(index, spans))
    first_of_line = {text.rfind("\n", 0, index): index for index in reversed(list(comments))}
    return sorted(first_of_line.values())


def _is_within(index: int, spans: list[tuple[int, int]]) -> bool:
    """Return True if one of the sorted, disjoint spans contains the index."""
    preceding = bisect_right(spans, (index, sys.maxsize)) - 1
    return preceding >= 0 and index < spans[preceding][1]


def _scalar_spans(node: yaml.Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, yaml.ScalarNode):
        yield node.start_mark.index, node.end_mark.index
        return
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _scalar_spans(part)


def _report_hash(position: Position, report: FileReport) -> None:
    line = report.line_text(position.line)
    report.add_error(
        "hash-comment",
        _("from this '#' on the line is a comment, so the word after it is lost"),
        hint=yaml_errors.line_without_hash(line, position.column - 1),
        position=position,
    )

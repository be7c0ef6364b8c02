"""YAML as documents may use it: one document of plain maps, lists and scalars, each value with its line.

Aliases, anchors, tags, merge keys, duplicate keys, deep nesting and large files are refused. Scalars follow the JSON
core types (`no` and `12:30` are text, dates are text until a document's field reads them).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

SIZE_LIMIT = 64 * 1024
DEPTH_LIMIT = 20

Path = tuple[str | int, ...]

_PLAIN = (
    (re.compile(r"^(null|~|)$"), lambda text: None),
    (re.compile(r"^(true|false)$"), lambda text: text == "true"),
    (re.compile(r"^-?(0|[1-9]\d{0,17})$"), int),
    (re.compile(r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?$"), float),
)


class YamlFault(ValueError):
    """The text breaks a rule of strict YAML at `line`."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's value and the line (from 1) on which each of its parts begins, by path."""

    value: dict[str, Any]
    lines: Mapping[Path, int]

    def at(self, path: Path) -> Any:
        """The value at `path`; None where nothing is written."""
        if path not in self.lines:
            return None
        found: Any = self.value
        for part in path:
            found = found[part]
        return found

    def line_of(self, path: Path) -> int:
        """The line of `path`, or of its nearest ancestor that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Parsed:
    """Parse one strict document; raises `YamlFault`."""
    if len(text.encode("utf-8", errors="replace")) > SIZE_LIMIT:
        raise YamlFault(1, f"the file is larger than {SIZE_LIMIT} bytes; split it")
    _refuse_events(text)
    lines: dict[Path, int] = {}
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise YamlFault(1, "a document is a map of fields; write `name: ...`")
    value = _value(root, (), lines)
    return Parsed(value, lines)


def _refuse_events(text: str) -> None:
    """Refuse what the event stream already shows, before any node is built."""
    depth = documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise YamlFault(line, "anchors and aliases are not allowed; write the value out")
            if getattr(event, "tag", None):
                raise YamlFault(line, "tags are not allowed; write plain text, numbers, lists and maps")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEPTH_LIMIT:
                raise YamlFault(line, f"nested deeper than {DEPTH_LIMIT} levels")
            if documents > 1:
                raise YamlFault(line, "one file holds one document; move the second to a file of its own")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFault(mark.line + 1 if mark else 1, f"not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise YamlFault(1, "not YAML: a character that YAML does not allow") from None


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _plain(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, index), lines) for index, child in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlFault(line, "a key is plain text")
        if key.value == "<<":
            raise YamlFault(line, "merge keys are not allowed; write the fields out")
        if key.value in found:
            raise YamlFault(line, f"the key '{key.value[:60]}' stands twice; keep one of the two")
        found[key.value] = _value(child, (*path, key.value), lines)
        lines[(*path, key.value)] = line
    return found


def _plain(node: yaml.ScalarNode) -> Any:
    return next((convert(node.value) for pattern, convert in _PLAIN if pattern.match(node.value)), node.value)

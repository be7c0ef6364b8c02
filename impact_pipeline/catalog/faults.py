"""A pydantic refusal in the words of the project: where it is written, what is wrong, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from impact_pipeline.catalog.catalog import Origin
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.catalog.strict_yaml import Parsed


def located(error: ValidationError, parsed: Parsed, origin: Origin) -> Iterator[Issue]:
    """Every fault of a document that was parsed but does not validate."""
    for fault in error.errors(include_url=False):
        path = _written_path(fault["loc"], parsed)
        if fault["type"] == "union_tag_invalid":
            path = (*path, fault["ctx"]["discriminator"].strip("'"))
        yield origin.issue(path, _message(fault))


def _written_path(location: tuple[int | str, ...], parsed: Parsed) -> tuple[int | str, ...]:
    """pydantic's location without the tags of unions, which nobody wrote as a field; each stands once at its level."""
    path: tuple[int | str, ...] = ()
    tags = _tags(parsed.value)
    for index, part in enumerate(location):
        if part in tags:
            tags = frozenset()
        elif (*path, part) in parsed.lines or index == len(location) - 1:
            path = (*path, part)
            tags = _tags(parsed.at(path))
    return path


def _tags(value: object) -> frozenset[str]:
    """What a map says of its own kind."""
    found = [value.get(key) for key in ("type", "role")] if isinstance(value, dict) else []
    return frozenset(tag for tag in found if isinstance(tag, str))


def _message(fault: Any) -> str:
    value = fault.get("input")
    shown = f" (found {_short(value)})" if isinstance(value, str | int | float | bool) else ""
    match fault["type"]:
        case "missing":
            return "is required; add it"
        case "extra_forbidden":
            return "is not a field of this document; remove it or correct its name"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "union_tag_invalid":
            return f"'{fault['ctx']['tag']}' is not one of {fault['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return f"needs its {fault['ctx']['discriminator']} field"
        case "literal_error":
            return f"{_short(value)} is not allowed; write {fault['ctx']['expected']}"
        case _:
            return f"{fault['msg']}{shown}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

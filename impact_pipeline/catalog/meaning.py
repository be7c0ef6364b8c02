"""What an edit of a document touches: the data that are read, the statistic made of them, or only what is shown.

`data` changes cells, `statistic` changes estimates or the verdict, `display` changes neither. Whatever is not listed
is data: a field that nobody thought of must not count as a matter of taste. Differences of plans, digests of inputs and
staleness all ask here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from impact_pipeline.catalog.identity import digest
from impact_pipeline.catalog.metrics.base import Window, windowed_name

Part = Literal["data", "statistic", "display"]

DISPLAY: dict[str, tuple[str, ...]] = {
    "study": (
        "name", "apiVersion", "status", "title", "owner", "description", "hypothesis", "change", "published",
        "governance",
    ),
    "metric": ("name", "owner", "description", "label", "unit", "version", "change_log"),
    "fact": ("name", "owner", "description", "version", "change_log", r"measures\.\w+\.(unit|description)"),
    "feature": ("name", "owner", "description", "version", "change_log", "unit", r"remediation\.notes"),
    "contract": (
        "apiVersion", "kind", "id", "name", "version", "status", "description", "domain", "team",
        r"customProperties\.impact\.changeLog",
        r"schema\.\w+\.(description|properties\.\w+\.(description|businessName))",
    ),
    "model": (".*",),
}  # fmt: skip

STATISTIC: dict[str, tuple[str, ...]] = {
    "study": (
        "decision", "looks", "prior", "value", "post_stratify", "estimand", r"design\.(arms|control|phases)",
        r"metrics\.\w+\.(role|margin|estimator|expected|harm)", r"fallback\.\d+\.(cap|design)",
    ),
    "metric": ("better", "lift"),
}  # fmt: skip

UNBOUND = (
    "name", "status", "title", "owner", "description", "hypothesis", "published", "prior", "value", "aa_check",
    "segments", r"metrics\.\w+\.(expected|harm)",
)  # fmt: skip
"""Fields of a plan that feed no verdict: an edit of them is told, and changes none."""


NAMING = ("metric", "name", "property", "version", "starts")
"""Fields by which items of a list are told apart, the first that all of them have."""


def part_of(kind: str, field: str) -> Part:
    """The part that a field belongs to; list items are named by what tells them apart.

    >>> part_of("study", "decision.alpha"), part_of("study", "ends"), part_of("metric", "label")
    ('statistic', 'data', 'display')
    """
    if _is_among(field, DISPLAY.get(kind, ())):
        return "display"
    return "statistic" if _is_among(field, STATISTIC.get(kind, ())) else "data"


def feeds_the_verdict(kind: str, field: str) -> bool:
    """Whether a verdict may rest on the field: who may sign and which versions are compared included.

    A contract refuses rows and changes none; which of its rows entered shows in the fingerprints of the data.

    >>> feeds_the_verdict("study", "decision.alpha"), feeds_the_verdict("study", "title")
    (True, False)
    """
    if kind == "study":
        return not _is_among(field, UNBOUND)
    return kind in ("metric", "fact", "feature") and part_of(kind, field) != "display"


def definition(kind: str, document: BaseModel | Mapping[str, Any]) -> str:
    """The digest of all that an edit for show leaves alone."""
    plain = document.model_dump(mode="json", by_alias=True) if isinstance(document, BaseModel) else document
    said = {field: value for field, value in leaves("", plain) if part_of(kind, field) != "display"}
    return digest("definition/1", kind, said)


def leaves(field: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every field that holds a single value or a plain list, by its path; items of lists by what tells them apart."""
    items = keyed(value)
    if not items:
        yield field, value
        return
    for key, item in items.items():
        yield from leaves(f"{field}.{key}".lstrip("."), item)


def keyed(value: Any) -> Mapping[str, Any] | None:
    """A mapping as it is, a list of them by what tells its items apart; None of anything else."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) for item in value):
        return None
    for name in NAMING:
        keys = [use_name(item) if name == "metric" else str(item.get(name)) for item in value if name in item]
        if len(set(keys)) == len(value):
            return dict(zip(keys, value, strict=True))
    return {str(place): item for place, item in enumerate(value)}


def use_name(use: Mapping[str, Any]) -> str:
    """The name under which a plan reads a metric, of its use as plain JSON."""
    window = use.get("window")
    return str(use["metric"]) if window is None else windowed_name(use["metric"], Window.model_validate(window))


def _is_among(field: str, patterns: tuple[str, ...]) -> bool:
    return any(re.match(rf"{pattern}(\.|$)", field) for pattern in patterns)

"""What an edit of a document touches: the data that are read, the statistic made of them, or only what is shown.

`data` changes cells, `statistic` changes estimates or the verdict, `display` changes neither. Whatever is not listed
is data: a field that nobody thought of must not count as a matter of taste.
"""

from __future__ import annotations

import re
from typing import Literal

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
        "apiVersion", "kind", "id", "name", "version", "status", "description", "domain", "team", "slaProperties",
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


def _is_among(field: str, patterns: tuple[str, ...]) -> bool:
    return any(re.match(rf"{pattern}(\.|$)", field) for pattern in patterns)

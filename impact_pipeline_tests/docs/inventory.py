"""`docs/inventory.md`, written from what is registered: `python -m impact_pipeline_tests.docs.inventory` renews it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from impact_pipeline.catalog.designs import Design
from impact_pipeline.catalog.feature import FeatureDocument
from impact_pipeline.catalog.metrics.registry import metric_types
from impact_pipeline.diagnostics.registry import diagnostics
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.registry import ESTIMATORS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "inventory.md"
HEAD = """# Inventory

What a plan can name. Written by `python -m impact_pipeline_tests.docs.inventory`; a test compares it with the code.
"""


def inventory() -> str:
    """The page."""
    metrics = [[f"`{_type(m)}`", _first_sentence(m)] for m in metric_types()]
    features = [[f"`{_type(f)}`", _first_sentence(f)] for f in get_args(get_args(FeatureDocument)[0])]
    designs = [[f"`{_type(d)}`", _first_sentence(d)] for d in get_args(get_args(Design)[0])]
    estimators = [
        [f"`{e.name}`", _first_sentence(e), _listed(e.forms), _listed(e.designs), "yes" if e.uses_covariates else "no"]
        for e in ESTIMATORS
    ]
    checks = [[f"`{d.name}`", _first_sentence(d), _listed(d.designs)] for d in diagnostics()]
    parts = [
        HEAD,
        _section("Metric types", ["type", "what it is"], metrics),
        _section("Feature types", ["type", "what it is"], features),
        _section("Designs", ["type", "what it is"], designs),
        _section("Estimators", ["name", "what it does", "readings", "designs", "covariates"], estimators),
        _section("Diagnostics", ["name", "what it asks", "designs"], checks),
        _section("Reasons of a number that is not estimable", ["reason"], [[f"`{reason}`"] for reason in Reason]),
    ]
    return "\n".join(parts)


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _type(model: Any) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def _first_sentence(described: Any) -> str:
    text = " ".join((inspect.getdoc(described) or inspect.getdoc(type(described)) or "").split("\n\n")[0].split())
    return re.split(r"(?<!e\.g)\. ", text)[0].rstrip(".") + "."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


if __name__ == "__main__":
    PAGE.write_text(inventory(), encoding="utf-8")

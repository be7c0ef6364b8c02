"""`docs/inventory.md`, written from what is registered: `python -m impact_pipeline_tests.docs.inventory` renews it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from impact_pipeline.catalog.causal.designs import AnyCausalDesign
from impact_pipeline.catalog.designs import AnyRandomisedDesign
from impact_pipeline.catalog.feature import FeatureDocument
from impact_pipeline.catalog.metrics.registry import metric_types
from impact_pipeline.catalog.samples import SAMPLE_TYPES, CausalSample
from impact_pipeline.diagnostics.causal.base import CausalCheck
from impact_pipeline.diagnostics.causal.registry import CAUSAL_CHECKS
from impact_pipeline.diagnostics.registry import diagnostics
from impact_pipeline.estimators.base import Reason
from impact_pipeline.estimators.causal.registry import CAUSAL_ESTIMATORS
from impact_pipeline.estimators.registry import ESTIMATORS
from impact_pipeline.sensitivity.registry import REFUTERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "inventory.md"
HEAD = """# Inventory

What a plan can name. Written by `python -m impact_pipeline_tests.docs.inventory`; a test compares it with the code.
"""
CHECK_HEADS = ("name", "what it asks", "a pass means", "after the fit", "designs")


def inventory() -> str:
    """The page."""
    metrics = [[f"`{_type(m)}`", _first_sentence(m)] for m in metric_types()]
    features = [[f"`{_type(f)}`", _first_sentence(f)] for f in get_args(get_args(FeatureDocument)[0])]
    designs = [[f"`{_type(d)}`", _first_sentence(d)] for d in get_args(AnyRandomisedDesign)]
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
        *_causal_sections(),
        _section("Reasons of a number that is not estimable", ["reason"], [[f"`{reason}`"] for reason in Reason]),
    ]
    return "\n".join(parts)


def _causal_sections() -> list[str]:
    samples = [[f"`{_type(s)}`", _first_sentence(s)] for s in get_args(get_args(CausalSample)[0])]
    designs = [
        [f"`{_type(d)}`", _first_sentence(d), _listed(SAMPLE_TYPES[_type(d)]), _settings(d)]
        for d in get_args(AnyCausalDesign)
    ]
    estimators = [[f"`{e.name}`", _first_sentence(e), _listed(e.designs)] for e in CAUSAL_ESTIMATORS]
    return [
        _section("Causal designs", ["type", "what it is", "samples", "settings"], designs),
        _section("Samples of causal designs", ["type", "what it is"], samples),
        _section("Causal estimators", ["name", "what it does", "designs"], estimators),
        _section("Causal checks", CHECK_HEADS, _checks(CAUSAL_CHECKS)),
        _section("Refuters", CHECK_HEADS, _checks(REFUTERS)),
    ]


def _checks(registered: Sequence[CausalCheck]) -> list[list[str]]:
    return [
        [f"`{c.name}`", c.asks, c.pass_means, "yes" if c.needs_fit else "no", _listed(c.designs)] for c in registered
    ]


def _settings(design: Any) -> str:
    return ", ".join(f"`{name}`" for name in design.model_fields if name != "type")


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"## {title}", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _type(model: Any) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def _first_sentence(described: Any) -> str:
    text = " ".join((inspect.getdoc(described) or inspect.getdoc(type(described)) or "").split("\n\n")[0].split())
    first = re.split(r"(?<!e\.g)(?<!et al)\. ", text)[0].rstrip(".")
    return first if first.endswith("?") else f"{first}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


if __name__ == "__main__":
    PAGE.write_text(inventory(), encoding="utf-8")

"""The document of an analysis: read with every fault located, and what it needs of a file."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from impact_pipeline.analysis.metric_questions import expressions_of
from impact_pipeline.analysis.sample_questions import sample_columns, sample_expressions
from impact_pipeline.analysis.specification import RandomizedDesign, RegressionDesign, Specification
from impact_pipeline.analysis.table import columns_in
from impact_pipeline.catalog.catalog import Origin
from impact_pipeline.catalog.expressions import Kind
from impact_pipeline.catalog.faults import located
from impact_pipeline.catalog.issues import CatalogError, Issue
from impact_pipeline.catalog.strict_yaml import YamlFault, parse
from impact_pipeline.errors import InputError

SPECIFICATION = TypeAdapter(Specification)
UNITS_PER_ROW = "units_per_row"


def read_specification(path: Path) -> Specification:
    """The document; raises `CatalogError` with every fault, each with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    try:
        parsed = parse(text)
    except YamlFault as fault:
        raise CatalogError([Issue(path.name, fault.line, "document", str(fault))]) from None
    try:
        return SPECIFICATION.validate_json(json.dumps(parsed.value), strict=True)
    except ValidationError as error:
        raise CatalogError(located(error, parsed, Origin(path.name, parsed.lines))) from None


def expressions(asked: Specification) -> dict[str, tuple[str, Kind]]:
    """Field -> expression and what it must yield, of the whole document."""
    found: dict[str, tuple[str, Kind]] = {
        f"metrics.{place}.{part}": own
        for place, metric in enumerate(asked.metrics)
        for part, own in expressions_of(metric).items()
    }
    if asked.units_per_row is not None:
        found[UNITS_PER_ROW] = (asked.units_per_row, "number")
    found |= {f"negative_controls.{i}.value": (own.value, "number") for i, own in enumerate(asked.negative_controls)}
    if isinstance(asked.design, RegressionDesign):
        found |= {f"design.treatments.{i}": (text, "number") for i, text in enumerate(asked.design.treatments)}
    return found


def columns_used(asked: Specification) -> set[str]:
    """Columns that the document names."""
    design = asked.design
    labels = {*asked.segments, *([asked.unit] if asked.unit else [])}
    if isinstance(design, RandomizedDesign):
        labels |= {design.arm, *design.strata, *([design.cluster] if design.cluster else [])}
    if isinstance(design, RegressionDesign):
        labels |= set(design.clusters)
    texts = [text for text, _ in expressions(asked).values()]
    for sample in (asked.sample, *(fallback.sample for fallback in asked.fallback)):
        if sample is not None:
            labels |= set(sample_columns(sample))
            texts += sample_expressions(sample).values()
    return labels.union(*map(columns_in, texts))

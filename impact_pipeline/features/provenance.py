"""Where a feature's values come from, as recorded with every partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from impact_pipeline.catalog.expressions import Compiled
from impact_pipeline.catalog.feature import FeatureOfRows
from impact_pipeline.catalog.meaning import definition


def source_columns(feature: FeatureOfRows, compiled: Compiled, condition: Compiled | None) -> tuple[str, ...]:
    """Trusted columns a value is computed from: of the expression, its filter and the as-of rule."""
    filtered = condition.columns if condition else ()
    return tuple(sorted({*compiled.columns, *filtered, feature.event_at}))


def provenance_of(
    feature: FeatureOfRows,
    compiled: Compiled,
    condition: Compiled | None,
    query: exp.Select,
    inputs: Mapping[str, str],
    missing: Sequence[str],
) -> dict[str, Any]:
    """Definition, transformation, versions, remediation and inputs; `missing_days` were wanted and not published."""
    return {
        "definition": definition("feature", feature),
        "feature": f"{feature.name}@{feature.version}",
        "dataset": feature.dataset,
        "source_columns": list(source_columns(feature, compiled, condition)),
        "transformation": query.sql(dialect="duckdb", comments=False),
        "as_of": feature.as_of,
        "remediation": feature.remediation.model_dump(mode="json", exclude_none=True),
        "input_days": dict(inputs),
        "missing_days": list(missing),
    }

"""Small tables and specifications written in tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from impact_pipeline.analysis.analyze import analyze
from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.document import SPECIFICATION
from impact_pipeline.analysis.specification import Specification
from impact_pipeline.analysis.table import Table
from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.estimators.base import Estimate, Result

ENGINE = DuckDBEngine(threads=1)
AB = {"type": "randomized", "arm": "arm", "control": "a"}


def specified(*metrics: dict[str, Any], design: dict[str, Any] | None = None, **more: Any) -> Specification:
    """A specification, by default of arms `a` (control) and others in the column `arm`."""
    named = [{"name": f"m{place}", **metric} for place, metric in enumerate(metrics)]
    given = {"apiVersion": "impact-analysis/v1", "design": design or AB, "metrics": named, **more}
    return SPECIFICATION.validate_python(given)


def table_of(**columns: Any) -> Table:
    """A table of these columns."""
    return Table("rows", pa.table({name: pa.array(values) for name, values in columns.items()}), ENGINE)


def answer_of(specification: Specification, **columns: Any) -> Answer:
    """The analysis of these columns."""
    return analyze(specification, table_of(**columns))


def estimate(result: Result) -> Estimate:
    """The result, which is an estimate."""
    assert isinstance(result, Estimate), result
    return result


def two_arms(rng: np.random.Generator, units: int) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Labels `a` and `b`, drawn evenly."""
    return np.array(["a", "b"])[rng.integers(0, 2, units)]

"""Rules judged by unmodified Great Expectations, on the pandas frame of one partition.

Only counts are asked for: with the default result format a report would quote values of rows.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from impact_pipeline.contracts.report import RuleResult
from impact_pipeline.contracts.suite import Rule, suite_of
from impact_pipeline.errors import ImpactError

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

COUNTS_ONLY = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


def run_with_gx(rules: tuple[Rule, ...], frame: pd.DataFrame) -> tuple[RuleResult, ...]:
    """One result for each rule, in order. The frame has the columns the rules read."""
    if not rules:
        return ()
    data = {"dataframe": frame}
    source = _context().data_sources.add_pandas("partition")
    batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all").get_batch(data)
    validated = batch.validate(suite_of("partition", rules), result_format=COUNTS_ONLY)
    by_name = {_rule_name(result): result for result in validated.results}
    return tuple(_result(rule, by_name[rule.name]) for rule in rules)


def gx_name() -> str:
    """Name and version, as recorded with results."""
    import great_expectations as gx

    return f"great_expectations {gx.__version__}"


def frame_of(rows: pa.Table) -> pd.DataFrame:
    """A frame in which null stays null: integers and booleans in pandas' nullable types."""
    import pandas as pd

    nullable = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.bool_(): pd.BooleanDtype()}
    return rows.to_pandas(types_mapper=nullable.get)


def _context() -> EphemeralDataContext:
    """A context that lives in memory, sends nothing and prints no progress."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _rule_name(found: Any) -> str:
    return str(found.expectation_config.meta["rule"])


def _result(rule: Rule, found: Any) -> RuleResult:
    counts = found.result
    if "element_count" not in counts and "observed_value" not in counts:
        raise ImpactError(f"rule {rule.name} ({rule.type}) could not be evaluated on columns {', '.join(rule.columns)}")
    return RuleResult(
        rule.name, rule.type, rule.column, rule.level, rule.severity, bool(found.success), counts.get("element_count"),
        counts.get("missing_count"), counts.get("unexpected_count"), counts.get("observed_value"),
    )  # fmt: skip

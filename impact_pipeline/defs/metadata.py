"""The one builder of materialization metadata: every asset leaves the same facts."""

from __future__ import annotations

from typing import Any

import dagster as dg

from impact_pipeline.reports.markdown import png_markdown
from impact_pipeline.stages.outcome import Outcome

UPSTREAM_SHOWN = 60
DATA_VERSION_TAG = "dagster/data_version"
CODE_VERSION_TAG = "dagster/code_version"


def metadata_of(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """Rows, versions, schema, lineage, upstream versions, duration, and the stage's own facts."""
    shown: dict[str, Any] = {
        "dagster/row_count": outcome.rows,
        "impact/data_version": outcome.data_version,
        "impact/code_version": outcome.code_version,
        "impact/written": outcome.written,
        "impact/seconds": round(seconds, 3),
        "impact/upstream_versions": dg.MetadataValue.json(dict(sorted(outcome.upstream.items())[-UPSTREAM_SHOWN:])),
        "impact/upstream_count": len(outcome.upstream),
        **{f"impact/{name}": value for name, value in outcome.facts.items()},
    }
    if outcome.table_version is not None:
        shown["impact/table_version"] = outcome.table_version
    if outcome.columns:
        columns = [dg.TableColumn(name, type_) for name, type_ in outcome.columns.items()]
        shown["dagster/column_schema"] = dg.TableSchema(columns)
    if outcome.lineage:
        shown["dagster/column_lineage"] = _lineage(outcome)
    if outcome.markdown is not None:
        shown["impact/summary"] = dg.MetadataValue.md(outcome.markdown)
    if outcome.picture is not None:
        shown["impact/picture"] = dg.MetadataValue.md(png_markdown(outcome.picture))
    return shown


def result_of(outcome: Outcome, seconds: float, key: list[str] | None = None) -> dg.MaterializeResult[Any]:
    """The result of an asset that makes one partition."""
    version = dg.DataVersion(outcome.data_version)
    return dg.MaterializeResult(asset_key=key, metadata=metadata_of(outcome, seconds), data_version=version)


def event_of(outcome: Outcome, seconds: float, key: dg.AssetKey, partition: str) -> dg.AssetMaterialization:
    """The event of one partition among those that a batch run makes."""
    tags = {DATA_VERSION_TAG: outcome.data_version, CODE_VERSION_TAG: outcome.code_version}
    return dg.AssetMaterialization(key, partition=partition, metadata=metadata_of(outcome, seconds), tags=tags)


def _lineage(outcome: Outcome) -> dg.TableColumnLineage:
    deps = {
        column: [dg.TableColumnDep(dg.AssetKey(list(asset)), name) for asset, name in sources]
        for column, sources in outcome.lineage.items()
    }
    return dg.TableColumnLineage(deps)

"""The one builder of materialization metadata: every asset leaves the same facts."""

from __future__ import annotations

from typing import Any

import dagster as dg

from impact_pipeline.reports.markdown import png_markdown
from impact_pipeline.stages.outcome import Outcome

UPSTREAM_SHOWN = 60
DATA_VERSION_TAG = "dagster/data_version"


def metadata_of(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """What a reader asks for first stands first: summary, picture, the stage's own facts; then versions and lineage."""
    shown: dict[str, Any] = {}
    if outcome.markdown is not None:
        shown["impact/summary"] = dg.MetadataValue.md(outcome.markdown)
    if outcome.picture is not None:
        shown["impact/picture"] = dg.MetadataValue.md(png_markdown(outcome.picture))
    shown |= {f"impact/{name}": value for name, value in outcome.facts.items()}
    return {**shown, "dagster/row_count": outcome.rows, **_versions(outcome, seconds), **_columns(outcome)}


def _versions(outcome: Outcome, seconds: float) -> dict[str, Any]:
    table = {} if outcome.table_version is None else {"impact/table_version": outcome.table_version}
    return {
        "impact/written": outcome.written,
        "impact/seconds": round(seconds, 3),
        **table,
        "impact/data_version": outcome.data_version,
        "impact/code_version": outcome.code_version,
        "impact/upstream_count": len(outcome.upstream),
        "impact/upstream_versions": dg.MetadataValue.json(dict(sorted(outcome.upstream.items())[-UPSTREAM_SHOWN:])),
    }


def _columns(outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if outcome.columns:
        columns = [dg.TableColumn(name, type_) for name, type_ in outcome.columns.items()]
        shown["dagster/column_schema"] = dg.TableSchema(columns)
    if outcome.lineage:
        shown["dagster/column_lineage"] = _lineage(outcome)
    return shown


def result_of(outcome: Outcome, seconds: float, key: list[str] | None = None) -> dg.MaterializeResult[Any]:
    """The result of an asset that makes one partition."""
    version = dg.DataVersion(outcome.data_version)
    return dg.MaterializeResult(asset_key=key, metadata=metadata_of(outcome, seconds), data_version=version)


def event_of(outcome: Outcome, seconds: float, key: dg.AssetKey, partition: str) -> dg.AssetMaterialization:
    """The event of one partition among those that a batch run makes.

    It carries no code version tag: with one, Dagster takes the versions of all inputs to be recorded as tags too, and
    shows the partition as out of date because they are not.
    """
    tags = {DATA_VERSION_TAG: outcome.data_version}
    return dg.AssetMaterialization(key, partition=partition, metadata=metadata_of(outcome, seconds), tags=tags)


def _lineage(outcome: Outcome) -> dg.TableColumnLineage:
    deps = {
        column: [dg.TableColumnDep(dg.AssetKey(list(asset)), name) for asset, name in sources]
        for column, sources in outcome.lineage.items()
    }
    return dg.TableColumnLineage(deps)

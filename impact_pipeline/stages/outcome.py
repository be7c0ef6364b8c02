"""What a stage made: the facts that every materialization records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from impact_pipeline.lake.tables import LakeTable, Publication

AssetKey = tuple[str, ...]
ColumnLineage = Mapping[str, tuple[tuple[AssetKey, str], ...]]
"""Column -> (asset, column) pairs it is computed from."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data_version` is the content's fingerprint: equal content has equal versions. `written` is False where the
    stage found its product up to date. `upstream` names the version of each input that was read."""

    rows: int
    data_version: str
    code_version: str
    written: bool = True
    table_version: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    lineage: ColumnLineage = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    markdown: str | None = None
    picture: bytes | None = None


def outcome_of(
    table: LakeTable,
    published: Publication,
    code_version: str,
    *,
    lineage: ColumnLineage | None = None,
    upstream: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Outcome:
    """The outcome of a publication to a lake table."""
    return Outcome(
        published.state.rows, published.state.fingerprint, code_version, published.written, published.version,
        columns_of(table.schema()), lineage or {}, upstream or {}, facts or {},
    )  # fmt: skip


def columns_of(schema: pa.Schema) -> dict[str, str]:
    """Column -> type, as text."""
    return {column.name: str(column.type) for column in schema}

"""What an engine does: run one SELECT over named inputs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import pyarrow as pa
from sqlglot import exp


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Exactly these files (absolute paths, no globs); `schema` stands for them when there are none."""

    paths: tuple[str, ...]
    schema: pa.Schema


Input: TypeAlias = ParquetFiles | pa.Table


class Engine(Protocol):
    """`query` is a tree of one SELECT whose table names are keys of `inputs`. Results of integer sums are exact."""

    @property
    def name(self) -> str:
        """Engine and version, as recorded with results: 'duckdb 2.0.0'."""
        ...

    def __hash__(self) -> int: ...

    def table(self, query: exp.Query, inputs: Mapping[str, Input]) -> pa.Table:
        """The whole result; for results that are small."""
        ...

    def batches(
        self, query: exp.Query, inputs: Mapping[str, Input], batch_rows: int = 65_536
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """The result as a stream, in bounded memory; the reader is valid inside the `with`."""
        ...

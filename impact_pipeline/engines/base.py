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


class Session(Protocol):
    """Several SELECTs over the same inputs and over results kept in between; spills to disk where memory ends."""

    def keep(self, name: str, query: exp.Query) -> None:
        """Make the result readable under `name` for later queries, in place of what was kept under it before."""
        ...

    def drop(self, name: str) -> None:
        """Give back the memory of a kept result."""
        ...

    def table(self, query: exp.Query) -> pa.Table:
        """The whole result; for results that are small."""
        ...


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
        self, query: exp.Query, inputs: Mapping[str, Input], batch_rows: int = 65_536, *, joins_as_written: bool = False
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """The result as a stream, in bounded memory; the reader is valid inside the `with`.

        With `joins_as_written` it is the right side of a join that is held in memory, however small the left side is
        thought to be: for rows that are wide on the left, and filtered or grouped so that nobody knows how many.
        """
        ...

    def session(self, inputs: Mapping[str, Input]) -> AbstractContextManager[Session]:
        """A place for queries that build on one another; what was kept is gone when the block ends."""
        ...

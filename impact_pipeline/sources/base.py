"""What a source does: deliver one day of a contracted dataset as a stream, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pyarrow as pa

from impact_pipeline.catalog.contract import Contract
from impact_pipeline.errors import SourceError

UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One day as a source holds it. Values of columns the contract does not know are never read.

    `columns` are the names of all delivered columns, in order. `rows` holds the contracted ones among them.
    `typed` is False when the format carries no types: text then stands for any type.
    """

    columns: tuple[str, ...]
    rows: pa.RecordBatchReader
    typed: bool


class Source(Protocol):
    """Errors are `SourceError` and name the source, never a secret and never a value."""

    def describe(self, dataset: str) -> str:
        """Where the dataset's rows come from, in words that may be shown to anyone."""
        ...

    def read(self, contract: Contract, day: date) -> AbstractContextManager[Delivery]:
        """The rows of the UTC day; valid inside the `with`."""
        ...


def contracted(columns: Iterable[str], contract: Contract, origin: str) -> tuple[str, ...]:
    """Those of the delivered columns that the contract knows, in delivered order."""
    names = list(columns)
    twice = sorted({name for name in names if names.count(name) > 1 and name in contract.by_name})
    if twice:
        raise SourceError(f"{origin}: column '{twice[0]}' is delivered twice; deliver it once")
    known = tuple(name for name in names if name in contract.by_name)
    if not known:
        raise SourceError(
            f"{origin}: none of the {len(names)} delivered columns is in contract '{contract.name}'; "
            "correct the source, or add the missing header line"
        )
    return known

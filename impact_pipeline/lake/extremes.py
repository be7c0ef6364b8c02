"""The largest numbers in a table's columns, read from the statistics in its log and not from its rows."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable


def largest_numbers(table: DeltaTable) -> dict[str, Fraction]:
    """Column -> its largest absolute value over all files; a column without whole statistics is left out."""
    files = pa.table(table.get_add_actions(flatten=True))
    names = [name.removeprefix("max.") for name in files.column_names if name.startswith("max.")]
    return {name: found for name in names if (found := _largest(files, name)) is not None}


def _largest(files: pa.Table, name: str) -> Fraction | None:
    low, high = files[f"min.{name}"], files[f"max.{name}"]
    if not (pa.types.is_integer(high.type) or pa.types.is_decimal(high.type)):
        return None
    empty = pc.equal(files[f"null_count.{name}"], files["num_records"])
    unknown = pc.and_(pc.or_(low.is_null(), high.is_null()), pc.invert(pc.fill_null(empty, False)))
    if pc.any(unknown).as_py():
        return None
    ends = [end for end in (pc.min(low).as_py(), pc.max(high).as_py()) if end is not None]
    return max((abs(Fraction(end)) for end in ends), default=Fraction(0))

"""Sums by group, as the engine returns them, in the shape of cells: codes in words, columns by their part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce
from itertools import combinations_with_replacement

import pyarrow as pa
import pyarrow.compute as pc

from impact_pipeline.outcomes.cells_table import Given, cell_rows
from impact_pipeline.outcomes.group_sums import VALUE, sum_column
from impact_pipeline.outcomes.query import SEGMENT
from impact_pipeline.outcomes.unit_table import ARM, COHORT, Groups
from impact_pipeline.outcomes.unit_totals import bad_column
from impact_pipeline.outcomes.value_buckets import BUCKET
from impact_pipeline.outcomes.variables import ReadingColumns, Variables


def base_rows(
    sums: pa.Table, columns: ReadingColumns, variables: Variables, groups: Groups, uncertain: Collection[str]
) -> pa.Table:
    """Cells of all units of each group; of a quantile over units, d is their number, each with one value."""
    known = _kept(sums, columns, variables.indicators)
    if columns.by_value and columns.reading.form == "quantile":
        known |= {"d": known["n"], "dd": known["n"]}
    totals = dict.fromkeys(total.name for variable in columns.variables for total in variable.totals)
    bad = [_array(sums, bad_column(name)) for name in totals if name in uncertain]
    if bad:
        known["undefined"] = reduce(pc.add, bad)
    return cell_rows(_keys(sums, groups), columns.key, known)


def bucket_rows(sums: pa.Table, columns: ReadingColumns, groups: Groups) -> pa.Table:
    """Cells of the units in each bucket; of a quantile over units, y counts them, each with one value."""
    known = {**_kept(sums, columns, ()), BUCKET: _array(sums, BUCKET)}
    if columns.reading.form == "quantile":
        known |= dict.fromkeys(("y", "yy", "yd"), known["n"])
    return cell_rows(_keys(sums, groups), columns.key, known)


def event_rows(sums: pa.Table, columns: ReadingColumns, groups: Groups) -> pa.Table:
    """Cells of the units with a row in each bucket."""
    parts: dict[str, Given] = {part: _array(sums, part) for part in ("n", "y", "yy", "yd", BUCKET)}
    return cell_rows(_keys(sums, groups), columns.key, {**parts, **_scales(columns)})


def _kept(sums: pa.Table, columns: ReadingColumns, indicators: Collection[str]) -> dict[str, Given]:
    """n, sums, products and scales of one reading."""
    own, x = columns.sums, columns.x

    def summed(first: str, second: str) -> pa.Array:
        return _array(sums, sum_column(first, second, indicators))

    known: dict[str, Given] = {"n": _array(sums, "n")}
    known |= {part: _array(sums, name) for part, name in own.items()}
    pairs = (part for part in ("yy", "dd", "yd") if set(part) <= set(own))
    known |= {part: summed(own[part[0]], own[part[1]]) for part in pairs}
    for part in ("y", "d"):
        known[f"x{part}"] = [summed(own[part], name) for name in x] if part in own else [0] * len(x)
    known["x"] = [_array(sums, name) for name in x]
    known["xx"] = [summed(first, second) for first, second in combinations_with_replacement(x, 2)]
    return {**known, **_scales(columns)}


def _scales(columns: ReadingColumns) -> Mapping[str, Given]:
    d_scale = columns.d.scale if columns.d else 0
    return {"y_scale": columns.y_scale, "d_scale": d_scale, "x_scale": columns.x_scales}


def _keys(sums: pa.Table, groups: Groups) -> dict[str, pa.Array]:
    """The coded groups in words."""
    first = (groups.first_cohort - date(1970, 1, 1)).days
    places = pc.add(_array(sums, SEGMENT), 1)
    starts, values = [0], [""]
    for listed in groups.segments.values():
        starts.append(len(values))
        values += listed
    value = pc.add(pa.array(starts).take(places), _array(sums, VALUE))
    return {
        "cohort_day": pc.add(_array(sums, COHORT), first).cast(pa.int32()).cast(pa.date32()),
        "arm": pa.array(groups.arms, pa.string()).take(_array(sums, ARM)),
        "segment": pa.array(["", *groups.segments], pa.string()).take(places),
        "segment_value": pa.array(values, pa.string()).take(value),
    }


def _array(sums: pa.Table, name: str) -> pa.Array:
    return sums[name].combine_chunks()

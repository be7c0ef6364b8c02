from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from impact_pipeline.engines.duckdb import DuckDBEngine
from impact_pipeline.lake.lake import Lake
from impact_pipeline.outcomes.cells_table import EXACT, SCHEMA, as_reader, cell_rows, read_cells, read_rows

BEYOND_BIGINT = 10**37 - 1
KEYS = {
    "cohort_day": pa.array([2, 1], pa.int32()).cast(pa.date32()), "arm": pa.array(["t", "c"]),
    "segment": pa.array(["", ""]), "segment_value": pa.array(["", ""]),
}  # fmt: skip


def exact(*values: int) -> pa.Array:
    return pa.array(values, EXACT)


def rows() -> pa.Table:
    known = {
        "n": pa.array([3, 4]), "yy": exact(BEYOND_BIGINT, -5), "y_scale": 2, "x_scale": (0, 2),
        "x": [exact(1, 2), exact(3, 4)], "xx": [exact(5, 6), exact(7, 8), exact(9, 10)], "xy": [exact(11, 12), 0],
        "xd": [0, 0],
    }  # fmt: skip
    return cell_rows(KEYS, "revenue", known)


def published(home: Path, *tables: pa.Table) -> Lake:
    lake = Lake(home)
    table = lake.cells("trial")
    table.publish(as_reader(tables), generation="1", input_digest="1", facts={"mixed_units": 7})
    return lake


def test_lists_hold_one_entry_for_each_covariate_row_by_row() -> None:
    first, second = rows().to_pylist()
    assert [[int(entry) for entry in first[name]] for name in ("x", "xx", "xy", "xd")] == [
        [1, 3], [5, 7, 9], [11, 0], [0, 0],
    ]  # fmt: skip
    assert [int(entry) for entry in second["xx"]] == [6, 8, 10]
    assert first["x_scale"] == [0, 2]


def test_what_is_not_known_is_zero_no_bucket_or_an_empty_list() -> None:
    (row, _) = cell_rows(KEYS, "exposed", {"n": pa.array([3, 4])}).to_pylist()
    assert (row["n"], row["y"], row["bucket"], row["x"], row["x_scale"]) == (3, 0, None, [], [])


def test_rows_come_back_whole_and_in_order(tmp_path: Path) -> None:
    buckets = cell_rows(KEYS, "revenue", {"n": pa.array([1, 1]), "bucket": pa.array([20, 10])})
    lake = published(tmp_path, buckets, rows())
    back = read_rows(lake.cells("trial"), DuckDBEngine(threads=1))
    assert back.schema == SCHEMA
    assert [(row["arm"], row["bucket"]) for row in back.to_pylist()] == [("c", 10), ("c", None), ("t", 20), ("t", None)]
    assert [int(row["yy"]) for row in back.to_pylist()] == [0, -5, 0, BEYOND_BIGINT]
    assert [len(row["x"]) for row in back.to_pylist()] == [0, 2, 0, 2]


def test_cells_are_read_with_their_covariates(tmp_path: Path) -> None:
    cells = read_cells(published(tmp_path, rows()).cells("trial"), DuckDBEngine(threads=1))
    found = cells.moments("revenue", "t")
    assert (found.n, found.yy, found.x, found.xx, found.x_scales) == (3, BEYOND_BIGINT, (1, 3), (5, 7, 9), (0, 2))
    assert cells.mixed_units == 7

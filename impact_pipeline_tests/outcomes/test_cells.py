from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.outcomes.cells import ALL_UNITS, EXPOSED, Cell, Cells, integers, stacked
from impact_pipeline.outcomes.cells_table import SCHEMA
from impact_pipeline.stats.moments import Moments, merged
from impact_pipeline_tests.small_studies import START, moments, scaled

DAYS = tuple(date(2026, 3, day) for day in (2, 3, 5))
ARMS = ("control", "treatment")
GROUPS = (ALL_UNITS, ("device", "app"), ("device", "web"))


def as_table(cells: Sequence[Cell]) -> pa.Table:
    """The rows that the lake keeps of them."""
    rows = []
    for cell in cells:
        found = cell.moments
        rows.append(
            {
                "cohort_day": cell.cohort_day, "arm": cell.arm, "segment": cell.segment,
                "segment_value": cell.segment_value, "metric": cell.metric, "bucket": cell.bucket,
                "n": found.n, "undefined": cell.undefined, "y": found.y, "yy": found.yy, "d": found.d, "dd": found.dd,
                "yd": found.yd, "x": found.x, "xx": found.xx, "xy": found.xy, "xd": found.xd,
                "y_scale": found.y_scale, "d_scale": found.d_scale, "x_scale": found.x_scales,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows, SCHEMA)


@st.composite
def some_cells(draw: Any) -> list[Cell]:
    """Of two metrics with one and two covariates; sums of squares pass 64 bits, products are negative too."""
    keys = st.tuples(st.sampled_from(DAYS), st.sampled_from(ARMS), st.sampled_from(GROUPS), st.sampled_from("ab"))
    chosen = draw(st.lists(st.tuples(keys, st.sampled_from([None, -10, 0, 120])), unique=True, max_size=12))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)

    def drawn(metric: str) -> Moments:
        values = rng.integers(-(2**40), 2**40, (4, rng.integers(1, 4)))
        return scaled(moments(values[0], values[1], values[2:] if metric == "b" else values[2]), 2)

    return [
        Cell(day, arm, group[0], group[1], metric, drawn(metric), 1, bucket)
        for (day, arm, group, metric), bucket in chosen
    ]


@given(cells=some_cells())
def test_cells_of_a_table_are_those_written_one_by_one(cells: list[Cell]) -> None:
    read, written = Cells.of_table(as_table(cells), 7), Cells.of(cells, 7)
    assert (read.axes, read.mixed_units) == (written.axes, 7)
    for found, expected in ((read.whole, written.whole), (read.bucketed, written.bucketed)):
        assert set(found) == set(expected)
        for metric, own in expected.items():
            assert columns(found[metric]) == columns(own)
            assert found[metric].moments.scales == own.moments.scales


def columns(found: Any) -> Any:
    sums = [[s.tolist() for s in part] if isinstance(part, tuple) else part.tolist() for part in found.moments.sums]
    places = [getattr(found, name).tolist() for name in ("cohort", "arm", "group", "undefined", "bucket")]
    return sums, places


@given(cells=some_cells(), days=st.sets(st.sampled_from(DAYS)))
def test_moments_are_merged_over_the_cohort_days_asked_for(cells: list[Cell], days: set[date]) -> None:
    found = Cells.of(cells)
    for metric, arm, group in {(c.metric, c.arm, (c.segment, c.segment_value)) for c in cells}:
        own = [c for c in cells if (c.metric, c.arm, (c.segment, c.segment_value)) == (metric, arm, group)]
        whole = [c for c in own if c.bucket is None]
        for chosen, expected in ((None, whole), (days, [c for c in whole if c.cohort_day in days])):
            read = found.moments(metric, arm, group, chosen)
            assert read.sums == merged([c.moments for c in expected]).sums or (not expected and read.n == 0)


def test_moments_of_what_has_no_cell_are_of_no_units() -> None:
    found = Cells.of([Cell(START, "control", *ALL_UNITS, "orders", moments([1, 2]))])
    assert found.moments("visits", "control") == Moments()
    assert found.moments("orders", "other") == Moments()
    assert found.moments("orders", "control", ("device", "web")) == Moments()
    assert found.moments("orders", "control", cohorts=[DAYS[2]]).n == 0
    assert found.exposed("control") == 0


def test_no_cells_at_all_have_no_units() -> None:
    for found in (Cells.of([]), Cells.of_table(SCHEMA.empty_table())):
        assert found.exposed("control") == found.undefined("orders") == found.mixed_units == 0
        assert found.cohort_days() == tuple(found.segments()) == ()
        assert np.asarray(found.dense("orders").n).shape == (0, 0, 1)


def test_disjoint_cells_of_one_key_add_up() -> None:
    parts = [moments([1, 2], x=[3, 4]), moments([5], x=[6])]
    found = Cells.of([Cell(START, "control", *ALL_UNITS, "orders", part) for part in parts])
    assert found.moments("orders", "control") == merged(parts)


def test_exposed_units_are_counted_by_arm_group_and_cohort() -> None:
    found = Cells.of(
        [
            Cell(day, arm, *group, EXPOSED, Moments(n=units))
            for day, arm, group, units in (
                (DAYS[0], "control", ALL_UNITS, 5), (DAYS[1], "control", ALL_UNITS, 7),
                (DAYS[1], "control", GROUPS[1], 3), (DAYS[0], "treatment", ALL_UNITS, 4),
            )
        ]
    )  # fmt: skip
    assert (found.exposed("control"), found.exposed("treatment"), found.exposed("other")) == (12, 4, 0)
    assert found.exposed("control", GROUPS[1]) == 3
    assert found.exposed("control", cohorts=[DAYS[1], DAYS[2]]) == 7
    assert found.exposed_by_group("control", [GROUPS[1], ALL_UNITS]).tolist() == [3, 12]
    assert found.exposed_by_group("other", [ALL_UNITS]).tolist() == [0]
    assert found.cohort_days() == DAYS[:2]


def test_undefined_rows_are_those_of_all_units() -> None:
    sums = moments([1])
    found = Cells.of(
        [
            Cell(DAYS[0], "control", *ALL_UNITS, "orders", sums, 2),
            Cell(DAYS[1], "treatment", *ALL_UNITS, "orders", sums, 1),
            Cell(DAYS[1], "treatment", *GROUPS[1], "orders", sums, 1),
            Cell(DAYS[1], "treatment", *ALL_UNITS, "visits", sums),
        ]
    )
    assert (found.undefined("orders"), found.undefined("visits"), found.undefined("none")) == (3, 0, 0)


def test_segments_are_all_groups_but_everyone_in_order() -> None:
    groups = (("device", "web"), ALL_UNITS, ("country", "z"), ("device", "app"))
    found = Cells.of([Cell(START, "control", *group, "orders", moments([1])) for group in groups])
    assert list(found.segments()) == [("country", "z"), ("device", "app"), ("device", "web")]


def test_clusters_are_no_segments_and_belong_to_the_day_of_their_first_unit() -> None:
    seen = ((DAYS[1], "control", "north"), (DAYS[2], "control", "north"), (DAYS[2], "control", "south"))
    found = Cells.of([Cell(day, arm, CLUSTER, name, EXPOSED, Moments(n=2)) for day, arm, name in seen])
    assert (found.clusters(), tuple(found.segments())) == (("north", "south"), ())
    assert (found.new_clusters("control"), found.new_clusters("treatment")) == (2, 0)
    assert [found.new_clusters("control", [day]) for day in DAYS] == [0, 1, 1]


def test_dense_moments_stand_on_the_axes_with_zeros_between() -> None:
    cells = [
        Cell(DAYS[0], "treatment", *ALL_UNITS, "orders", moments([3, 4])),
        Cell(DAYS[2], "control", *GROUPS[1], "visits", moments([9])),
    ]
    found = Cells.of(cells)
    assert found.axes.cohorts == (DAYS[0], DAYS[2])
    assert np.asarray(found.dense("orders").y).tolist() == [[[0, 0], [7, 0]], [[0, 0], [0, 0]]]
    assert np.asarray(found.dense("visits").y).tolist() == [[[0, 0], [0, 0]], [[0, 9], [0, 0]]]
    assert found.dense("orders") is found.dense("orders")


def test_buckets_are_kept_apart_from_the_whole() -> None:
    whole = Cell(START, "control", *ALL_UNITS, "orders", moments([0, 7, 7]))
    parts = [replace(whole, moments=moments([0]), bucket=0), replace(whole, moments=moments([7, 7]), bucket=7)]
    found = Cells.of([whole, *parts])
    assert found.moments("orders", "control") == whole.moments
    assert (found.bucketed["orders"].bucket.tolist(), found.bucketed["orders"].moments.n.tolist()) == ([0, 7], [1, 2])  # type: ignore[union-attr]


def test_moments_at_different_scales_are_not_of_one_metric() -> None:
    with pytest.raises(ValueError, match="moments at different scales are not of one metric"):
        stacked([Moments(n=1), Moments(n=1, y_scale=2)])


@given(values=st.lists(st.integers(-(10**37), 10**37), max_size=8), skipped=st.integers(0, 3))
def test_decimals_are_read_as_python_integers(values: list[int], skipped: int) -> None:
    column = pa.array(values, pa.decimal128(38, 0)).slice(skipped)
    assert integers(column).tolist() == values[skipped:]
    assert all(type(value) is int for value in integers(column).tolist())

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.analysis.exact_sums import CHUNK, cell_sums
from impact_pipeline.analysis.scaling import WHOLE, scaled

LARGEST = int(WHOLE) - 1
WHOLES = st.integers(-LARGEST, LARGEST)


@given(st.lists(st.tuples(WHOLES, st.integers(-5, 5), st.integers(0, 2)), min_size=1, max_size=40))
def test_sums_and_products_are_those_of_pythons_integers(rows: list[tuple[int, int, int]]) -> None:
    variables = [np.array([float(row[v]) for row in rows]) for v in (0, 1)]
    found = cell_sums(variables, np.array([row[2] for row in rows]), 3)
    for cell in range(3):
        own = [row for row in rows if row[2] == cell]
        assert found.counts[cell] == len(own)
        for v in (0, 1):
            assert found.sums[v, cell] == sum(row[v] for row in own)
            assert [found.products[v, w, cell] for w in (0, 1)] == [sum(row[v] * row[w] for row in own) for w in (0, 1)]


def test_many_rows_of_the_largest_values_add_up() -> None:
    rows = 2 * CHUNK + 17
    found = cell_sums([np.full(rows, float(-LARGEST))], np.zeros(rows, dtype=np.int64), 1)
    assert found.sums[0, 0] == -LARGEST * rows
    assert found.products[0, 0, 0] == LARGEST**2 * rows


def test_more_cells_than_16_bits_hold() -> None:
    cells = np.arange(40_000)[::-1].copy()
    found = cell_sums([cells.astype(np.float64)], cells, 40_000)
    assert found.sums[0].tolist() == list(range(40_000))


@pytest.mark.parametrize(
    ("values", "scale"), [([1.0, 2.0], 0), ([0.1, 2.25], 2), ([1e-20, 3e-20], 20), ([1 / 3, 2.0], 15), ([4e15, 1.0], 0)]
)
def test_values_are_scaled_by_the_least_power_that_holds_them(values: list[float], scale: int) -> None:
    whole, found = scaled(np.array(values))
    assert found == scale
    assert (whole == np.rint(whole)).all()
    assert (whole / 10.0**scale).tolist() == pytest.approx(values, rel=1e-15)


def test_a_late_row_with_more_digits_counts() -> None:
    whole, scale = scaled(np.array([1.0] * 2000 + [0.125]))
    assert (scale, whole[-1]) == (3, 125.0)

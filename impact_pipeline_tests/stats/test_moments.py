from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.moments import Moments, merged
from impact_pipeline_tests.small_studies import moments, scaled

UNIT = st.tuples(*[st.integers(-(10**6), 10**6)] * 3)


@given(units=st.lists(UNIT, min_size=1, max_size=40), groups=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_moments_merged_over_any_partition_equal_moments_of_all_units(
    units: list[tuple[int, int, int]], groups: int, seed: int
) -> None:
    values = np.array(units)
    belongs = np.random.default_rng(seed).integers(0, groups, len(units))
    parts = [moments(*values[belongs == group].T) for group in range(groups)]
    assert reduce(add, parts) == merged(parts) == moments(*values.T)


def test_mean_and_covariance_are_exact_at_the_declared_scale() -> None:
    found = scaled(moments([1, 2, 4], [2, 2, 5], [0, 1, 5]), 1)
    assert found.mean("y") == Fraction(7, 30)
    assert found.covariance("y", "y") == Fraction(7, 300)
    assert found.covariance("x", "d") == found.covariance("d", "x") == Fraction(9, 200)


def test_moments_at_different_scales_are_not_added() -> None:
    with pytest.raises(ValueError, match="moments at different scales do not add up"):
        Moments(n=1, y_scale=2) + Moments(n=1)
    with pytest.raises(ValueError, match="moments at different scales do not add up"):
        merged([Moments(n=1, y_scale=2), Moments(n=1)])


def test_no_moments_merge_to_no_units() -> None:
    assert merged([]) == Moments()

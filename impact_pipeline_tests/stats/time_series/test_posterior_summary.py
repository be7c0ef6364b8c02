from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from impact_pipeline.stats.time_series.posterior_summary import bounds, far_p_value, summary


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=100, max_size=300), st.sampled_from([0.05, 0.1, 0.2]))
def test_p_is_at_most_alpha_exactly_where_the_interval_leaves_out_0(draws: list[float], alpha: float) -> None:
    found = summary(draws, alpha)
    assert (found.p_value <= alpha + 1e-12) == (found.lower > 0 or found.upper < 0)


def test_interval_of_many_draws_is_that_of_quantiles() -> None:
    draws = np.random.default_rng(0).normal(3, 2, size=200_000)
    found = summary(draws, 0.05)
    assert (found.lower, found.upper) == pytest.approx((3 - 3.92, 3 + 3.92), abs=0.05)
    assert (found.mean, found.spread) == pytest.approx((3, 2), abs=0.02)
    assert found.p_value == pytest.approx(2 * 0.0668, abs=0.01)


def test_rows_have_bounds_of_their_own() -> None:
    draws = np.vstack([np.arange(199.0), 10 + np.arange(199.0)])
    lower, upper = bounds(draws, 0.1)
    assert lower.tolist() == [9.0, 19.0]
    assert upper.tolist() == [189.0, 199.0]


@pytest.mark.parametrize("degrees", [8, 40])
def test_far_p_value_is_that_of_the_t_that_was_drawn(degrees: int) -> None:
    draws = 6 + scipy.stats.t(degrees).rvs(size=400_000, random_state=1)
    assert np.log10(far_p_value(draws)) == pytest.approx(np.log10(2 * scipy.stats.t(degrees).sf(6)), abs=0.5)

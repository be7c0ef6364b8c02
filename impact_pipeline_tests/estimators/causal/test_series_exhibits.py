from __future__ import annotations

import numpy as np

from impact_pipeline.estimators.causal.series_exhibits import curve, paths
from impact_pipeline.stats.samples.series import Series


def test_paths_leave_out_periods_without_an_outcome_and_keep_where_the_change_starts() -> None:
    outcome = np.array([1.0, np.nan, 3.0, 4.0])
    found = paths(Series(tuple("abcd"), outcome, 2), np.arange(4.0), np.arange(4.0) - 1, np.arange(4.0) + 1, 0.1)
    assert (found.periods, found.actual, found.starts, found.level) == (("a", "c", "d"), (1.0, 3.0, 4.0), 1, 0.9)
    assert (found.counterfactual, found.lower, found.upper) == ((0.0, 2.0, 3.0), (-1.0, 1.0, 2.0), (1.0, 3.0, 4.0))


def test_curve_counts_periods_from_the_change_on_in_plain_floats() -> None:
    found = curve("pointwise", "Effect", ["x", "y"], (np.ones(2), np.zeros(2), np.full(2, 2.0)), 0.05)
    assert [(point.label, point.position, point.value) for point in found.points] == [("x", 0.0, 1.0), ("y", 1.0, 1.0)]
    assert all(type(point.lower) is float for point in found.points)

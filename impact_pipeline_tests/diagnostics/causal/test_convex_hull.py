from __future__ import annotations

import pytest

from impact_pipeline.diagnostics.causal.convex_hull import ConvexHull
from impact_pipeline_tests.estimators.causal.synthetic_questions import BEFORE, drawn_outcomes, finding


def test_a_mixture_of_donors_lies_among_them() -> None:
    assert finding(ConvexHull(), drawn_outcomes()).passed


@pytest.mark.parametrize(("outside", "passed"), [(4, True), (5, False)])
def test_more_than_a_quarter_of_periods_outside_fails(outside: int, passed: bool) -> None:
    values = drawn_outcomes()
    values[0, :BEFORE] = values[1:, :BEFORE].mean(axis=0)
    values[0, :outside] = values[1:, :outside].max(axis=0) + 1
    found = finding(ConvexHull(), values)
    assert found.passed is passed
    assert found.details["above"] == outside
    assert f"In {outside} of 18 periods" in found.sentence


def test_methods_that_need_no_hull_are_only_told() -> None:
    values = drawn_outcomes()
    values[0] += 50
    for method in ("augmented", "synthetic_difference_in_differences"):
        found = finding(ConvexHull(), values, method=method)
        assert (found.passed, found.statistic) == (None, 1.0)

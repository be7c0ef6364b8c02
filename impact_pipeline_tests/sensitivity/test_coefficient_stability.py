from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.sensitivity.coefficient_stability import CoefficientStability
from impact_pipeline_tests.sensitivity.chosen import chosen, refuted


def test_a_coefficient_that_covariates_hardly_move_passes() -> None:
    found = refuted(CoefficientStability(), chosen(1, effect=2.0)).finding
    assert (found.passed, found.consequence) == (True, "none")
    assert found.statistic is not None
    assert abs(found.statistic) > 1
    assert f"to {found.details['adjusted']:.4g}." in found.sentence


@pytest.mark.parametrize("seed", [0, 4, 5, 6])
def test_a_coefficient_that_covariates_move_almost_to_zero_fails_without_consequence(seed: int) -> None:
    found = refuted(CoefficientStability(), chosen(seed, n=3000, effect=0.0, hidden=0.2)).finding
    assert float(found.details["plain"]) > 3 * float(found.details["controlled"]) > 0
    assert (found.passed, found.consequence) == (False, "none")


def test_delta_is_below_one_exactly_where_it_fails() -> None:
    for seed in range(10):
        found = refuted(CoefficientStability(), chosen(seed, effect=0.15, hidden=0.1)).finding
        assert found.statistic is not None
        assert found.passed is not (0 <= found.statistic < 1)


def test_without_covariates_there_is_nothing_to_compare() -> None:
    found = refuted(CoefficientStability(), replace(chosen(2), covariates={})).finding
    assert (found.passed, found.sentence) == (None, "Not told: no covariate was measured.")


def test_r_squared_of_everything_is_at_most_one() -> None:
    section = chosen(3)
    exact = replace(section, outcome=section.outcome * 0.01 + 5 * section.covariates["x"])
    assert refuted(CoefficientStability(), exact).finding.details["r_squared_max"] == 1.0

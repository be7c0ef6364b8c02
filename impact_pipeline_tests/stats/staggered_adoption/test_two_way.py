from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.two_way import TwoWay, two_way
from impact_pipeline_tests.stats.staggered_adoption.panels import cohorts, counties, drawn, frame_of, panel

SAME_FORMULA = 1e-8
FIRST = [0, 1, 1, 2, 2, 3, 3, 3, 5, 5, 5, 5]


def regressed(first: list[int] = FIRST, **given: object) -> TwoWay:
    found = two_way(drawn(first, 5, seed=2, **given))
    assert isinstance(found, TwoWay)
    return found


def test_value_is_that_of_least_squares_with_dummies_and_weights() -> None:
    units = drawn(FIRST, 5, seed=2, weights=np.linspace(0.5, 2.0, 12))
    frame = frame_of(units, never=99.0)
    treated = (frame["period"] >= frame["g"]).astype(float)
    design = np.column_stack([treated, np.eye(12)[frame["unit"]], np.eye(5)[frame["period"] - 1][:, 1:]])
    fit = sm.WLS(frame["y"], design, weights=frame["weight"]).fit()
    found = two_way(units)
    assert isinstance(found, TwoWay)
    assert found.value == pytest.approx(fit.params["x1"], rel=SAME_FORMULA)


def test_the_clustered_error_is_that_of_statsmodels_on_swept_rows() -> None:
    """With the factors G / (G - 1) and (N - 1) / (N - k): k counts periods and treatment, units are the clusters."""
    units = cohorts(panel(counties()))
    on = (np.arange(5) >= units.first[:, None]).astype(float)
    swept, outcome = (
        (values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()).ravel()
        for values in (on, units.outcome)
    )
    labels = {"groups": np.repeat(np.arange(500), 5), "use_correction": False}
    fit = sm.OLS(outcome, swept).fit(cov_type="cluster", cov_kwds=labels)
    found = two_way(units)
    assert isinstance(found, TwoWay)
    assert found.value == pytest.approx(fit.params[0], rel=SAME_FORMULA)
    factor = np.sqrt(500 / 499 * 2499 / (2500 - 6))
    assert found.std_error == pytest.approx(fit.bse[0] * factor, rel=SAME_FORMULA)


def test_weights_add_up_to_one_and_rebuild_the_value_from_effects() -> None:
    """Were outcomes nothing but effects, by cohort and period, the coefficient is their weighted sum."""
    effects = np.random.default_rng(0).normal(size=(5, 5))
    units = drawn(FIRST, 5)
    for rows, label, row in zip(units.rows, units.labels, effects, strict=True):
        units.outcome[rows] = np.where(np.arange(5) >= label, row, 0.0)
    found = two_way(units)
    assert isinstance(found, TwoWay)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.value == pytest.approx(float((found.weights * effects).sum()), rel=SAME_FORMULA)


def test_late_periods_of_early_adopters_weigh_negatively() -> None:
    found = regressed([1, 1, 4, 4], weights=np.ones(4))
    assert found.negative_count == 1
    assert found.weights[0, 4] == found.negative < 0


def test_without_anybody_to_compare_with_it_is_not_identified() -> None:
    found = two_way(drawn([2, 2, 2], 5))
    assert isinstance(found, Refusal)
    assert found.reason == "not_identified"

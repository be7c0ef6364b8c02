"""Two-way regressions against statsmodels with dummies and linearmodels' PanelOLS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.stats.difference_in_differences.fixed_effects import fixed_effects
from impact_pipeline.stats.difference_in_differences.within_fit import WithinFit, covariance, within_fit
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, dummies

CLOSE = 1e-8

PANELS = {
    "balanced": drawn(covariates=("a", "b")),
    "missing, weighted": drawn(seen=0.8, weighted=True, covariates=("a",)),
    "groups": drawn(groups=2, seen=0.9),
}


def _fit(panel: Panel) -> WithinFit:
    names = ("treated", *panel.covariates)
    columns = np.stack([panel.treated, *panel.covariates.values()])
    found = within_fit(fixed_effects(panel), names, columns, panel.outcome)
    assert isinstance(found, WithinFit)
    return found


def _by_dummies(panel: Panel, **errors: Any) -> Any:
    """statsmodels on as many dummies as are free of each other."""
    import statsmodels.api as sm

    every = dummies(panel)
    kept: list[int] = []
    for place in range(every.shape[1]):
        if np.linalg.matrix_rank(every[:, [*kept, place]]) == len(kept) + 1:
            kept.append(place)
    columns = np.column_stack([panel.treated, *panel.covariates.values(), every[:, kept]])
    weights = np.ones(len(panel)) if panel.weights is None else panel.weights
    return sm.WLS(panel.outcome, columns, weights=weights).fit(**errors)


@pytest.mark.parametrize("name", PANELS)
def test_coefficients_and_classical_errors_are_those_of_dummies(name: str) -> None:
    panel = PANELS[name]
    found, theirs = _fit(panel), _by_dummies(panel)
    k = len(found.names)
    assert found.coefficients == pytest.approx(theirs.params[:k], abs=CLOSE)
    assert found.free_rows == theirs.df_resid
    ours = covariance(found, "classical", panel.unit, nested=True)
    assert np.sqrt(np.diag(ours)) == pytest.approx(theirs.bse[:k], abs=CLOSE)


@pytest.mark.parametrize("name", PANELS)
def test_hc1_is_statsmodels(name: str) -> None:
    panel = PANELS[name]
    found, theirs = _fit(panel), _by_dummies(panel, cov_type="HC1")
    ours = np.sqrt(np.diag(covariance(found, "HC1", panel.unit, nested=True)))
    assert ours == pytest.approx(theirs.bse[: len(found.names)], abs=CLOSE)


@pytest.mark.parametrize("name", PANELS)
def test_cr1_is_statsmodels_where_all_effects_count(name: str) -> None:
    panel = PANELS[name]
    found = _fit(panel)
    theirs = _by_dummies(panel, cov_type="cluster", cov_kwds={"groups": panel.unit})
    ours = np.sqrt(np.diag(covariance(found, "CR1", panel.unit, nested=False)))
    assert ours == pytest.approx(theirs.bse[: len(found.names)], abs=CLOSE)


def test_cr1_is_linearmodels_which_counts_all_effects() -> None:
    from linearmodels.panel import PanelOLS

    panel = PANELS["missing, weighted"]
    frame = pd.DataFrame({"y": panel.outcome, "treated": panel.treated, "w": panel.weights, **panel.covariates})
    frame.index = pd.MultiIndex.from_arrays([panel.unit, panel.period])
    columns = frame.drop(columns=["y", "w"])
    model = PanelOLS(frame.y, columns, entity_effects=True, time_effects=True, weights=frame.w)
    theirs = model.fit(cov_type="clustered", cluster_entity=True, group_debias=True)
    found = _fit(panel)
    ours = np.sqrt(np.diag(covariance(found, "CR1", panel.unit, nested=False)))
    assert found.coefficients == pytest.approx(np.asarray(theirs.params), abs=CLOSE)
    assert ours == pytest.approx(np.asarray(theirs.std_errors), abs=CLOSE)


def test_effects_nested_in_clusters_do_not_count() -> None:
    panel = drawn(clusters=5)
    found = _fit(panel)
    assert panel.cluster is not None
    nested = covariance(found, "CR1", panel.cluster, nested=True)
    counted = covariance(found, "CR1", panel.cluster, nested=False)
    assert counted[0, 0] / nested[0, 0] == pytest.approx((found.free_rows + len(panel.units) - 1) / found.free_rows)


def test_clusters_in_any_order_give_the_same() -> None:
    panel = drawn()
    found = _fit(panel)
    shuffled = np.random.default_rng(0).permutation(len(panel.units))[panel.unit]
    ours = covariance(found, "CR1", shuffled, nested=True)
    assert ours == pytest.approx(covariance(found, "CR1", panel.unit, nested=True), rel=1e-12)


def test_bias_of_a_violation_is_what_it_adds_to_the_coefficients() -> None:
    panel = PANELS["missing, weighted"]
    violation = np.where(panel.unit < 8, panel.period, 0).astype(np.float64)
    names, columns = ("treated", "a"), np.stack([panel.treated, panel.covariates["a"]])
    moved = within_fit(fixed_effects(panel), names, columns, panel.outcome + violation)
    assert isinstance(moved, WithinFit)
    found = _fit(panel)
    assert found.bias_of(violation) == pytest.approx(moved.coefficients - found.coefficients, abs=CLOSE)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"age": lambda p: p.unit.astype(float)}, "'age' does not vary beyond unit and period effects"),
        ({"day": lambda p: p.period.astype(float)}, "'day' does not vary beyond unit and period effects"),
        (
            {"a": lambda p: p.covariates["a"], "twice": lambda p: 2 * p.covariates["a"] + p.unit},
            "'twice' is a combination",
        ),
    ],
)
def test_within_fit_refuses_what_is_determined(columns: dict[str, Any], told: str) -> None:
    panel = PANELS["balanced"]
    made = np.stack([make(panel) for make in columns.values()])
    found = within_fit(fixed_effects(panel), tuple(columns), made, panel.outcome)
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"
    assert told in found.detail


def test_within_fit_refuses_an_outcome_that_is_fitted_exactly() -> None:
    panel = drawn()
    outcome = panel.unit + 2.0 * panel.period + 3 * panel.treated
    found = within_fit(fixed_effects(panel), ("treated",), panel.treated[None, :], outcome)
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"


def test_within_fit_refuses_too_few_rows() -> None:
    panel = drawn(units=2, periods=2, start=1, treated=1)
    found = within_fit(fixed_effects(panel), ("treated",), panel.treated[None, :], panel.outcome)
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_units"

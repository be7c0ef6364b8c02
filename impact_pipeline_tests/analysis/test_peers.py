"""The same rows analysed by independent implementations: tea-tasting, statsmodels, scipy and linearmodels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tea_tasting
from linearmodels.iv import IV2SLS
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact_pipeline.estimators.base import Estimate
from impact_pipeline_tests.analysis.tables import answer_of, estimate, specified, two_arms

SAME_FORMULA = 1e-8
"""Relative: floats added in another order."""
UNITS = 3000


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    arm, x, z = two_arms(rng, UNITS), rng.normal(10, 3, UNITS), rng.gamma(2.0, size=UNITS)
    views = rng.poisson(8, UNITS) + 1
    return pd.DataFrame(
        {
            "arm": arm, "x": x, "z": z, "views": views, "clicks": rng.binomial(views, 0.3 + 0.05 * (arm == "b")),
            "y": 2 + x + 0.5 * z + rng.normal(0, 2, UNITS) * (1 + (arm == "b")) + 0.4 * (arm == "b"),
            "bought": (rng.random(UNITS) < 0.2 + 0.04 * (arm == "b")).astype(np.int64),
            "shop": rng.integers(0, 60, UNITS),
        }
    )  # fmt: skip


def analysed(rows: pd.DataFrame, metric: dict[str, Any], **more: Any) -> Estimate:
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    columns["arm"] = rows["arm"].astype(str).to_numpy(dtype=str)
    return estimate(answer_of(specified(metric, **more), **columns).results[0])


PEERS = {
    "mean": ({"type": "mean", "value": "y"}, tea_tasting.Mean("y")),
    "share": ({"type": "proportion", "value": "bought = 1"}, tea_tasting.Mean("bought")),
    "ratio": (
        {"type": "ratio", "numerator": "clicks", "denominator": "views"},
        tea_tasting.RatioOfMeans("clicks", "views"),
    ),
}


@pytest.mark.parametrize(("metric", "peer"), PEERS.values(), ids=PEERS)
def test_tea_tasting_agrees(rows: pd.DataFrame, metric: dict[str, Any], peer: Any) -> None:
    found = analysed(rows, metric)
    result = tea_tasting.Experiment(m=peer, variant="arm").analyze(rows, control="a")["m"]
    assert found.value == pytest.approx(result.effect_size, rel=SAME_FORMULA)
    assert found.interval.lower == pytest.approx(result.effect_size_ci_lower, rel=SAME_FORMULA)
    assert found.interval.upper == pytest.approx(result.effect_size_ci_upper, rel=SAME_FORMULA)
    assert found.p_value == pytest.approx(result.pvalue, rel=SAME_FORMULA)
    assert found.relative is not None
    assert found.relative.value == pytest.approx(result.rel_effect_size, rel=SAME_FORMULA)


def test_tea_tasting_agrees_on_cuped_up_to_its_slope(rows: pd.DataFrame) -> None:
    found = analysed(rows, {"type": "mean", "value": "y", "covariates": ["x"]})
    result = tea_tasting.Experiment(m=tea_tasting.Mean("y", "x"), variant="arm").analyze(rows, control="a")["m"]
    assert found.value == pytest.approx(result.effect_size, abs=TOTAL_AND_WITHIN * found.std_error)
    half_width = (result.effect_size_ci_upper - result.effect_size_ci_lower) / 2
    assert (found.interval.upper - found.interval.lower) / 2 == pytest.approx(half_width, rel=TOTAL_AND_WITHIN)


TOTAL_AND_WITHIN = 2e-3
"""tea-tasting takes the slope over both arms together, the command within arms: apart by a term of order 1 / n."""


def test_statsmodels_agrees_on_the_effect_of_cuped(rows: pd.DataFrame) -> None:
    found = analysed(rows, {"type": "mean", "value": "y", "covariates": ["x", "z"]})
    columns = np.column_stack([np.ones(UNITS), rows["arm"] == "b", rows["x"], rows["z"]]).astype(float)
    fit = sm.OLS(rows["y"].to_numpy(), columns).fit()
    assert found.value == pytest.approx(fit.params[1], rel=SAME_FORMULA)


def test_scipy_and_statsmodels_agree_on_welch(rows: pd.DataFrame) -> None:
    found = analysed(rows, {"type": "mean", "value": "y"})
    treatment, control = (rows.loc[rows["arm"] == arm, "y"] for arm in "ba")
    test = stats.ttest_ind(treatment, control, equal_var=False)
    assert found.p_value == pytest.approx(test.pvalue, rel=SAME_FORMULA)
    assert found.degrees_of_freedom == pytest.approx(test.df, rel=SAME_FORMULA)
    both = CompareMeans(DescrStatsW(treatment), DescrStatsW(control))
    lower, upper = both.tconfint_diff(usevar="unequal")
    assert (found.interval.lower, found.interval.upper) == pytest.approx((lower, upper), rel=SAME_FORMULA)


@pytest.mark.parametrize("errors", ["classical", "HC0", "HC1", "HC2", "HC3"])
def test_statsmodels_agrees_on_a_regression_of_arm_and_covariates(rows: pd.DataFrame, errors: str) -> None:
    found = analysed(rows, {"type": "mean", "value": "y", "errors": errors, "covariates": ["x", "z"]})
    columns = sm.add_constant(np.column_stack([rows["arm"] == "b", rows["x"], rows["z"]]).astype(float))
    kind = "nonrobust" if errors == "classical" else errors
    fit = sm.OLS(rows["y"].to_numpy(), columns).fit(cov_type=kind, use_t=True)
    assert found.value == pytest.approx(fit.params[1], rel=SAME_FORMULA)
    assert found.std_error == pytest.approx(fit.bse[1], rel=SAME_FORMULA)
    assert found.p_value == pytest.approx(fit.pvalues[1], rel=SAME_FORMULA)


@pytest.mark.parametrize("errors", ["HC1", "HC3"])
def test_statsmodels_agrees_on_a_regression(rows: pd.DataFrame, errors: str) -> None:
    design = {"type": "regression", "treatments": ["x", "z"], "errors": errors}
    columns = {name: rows[name].to_numpy() for name in ("x", "y", "z")}
    found = answer_of(specified({"type": "mean", "value": "y"}, design=design), **columns).coefficients
    fit = sm.OLS(rows["y"], sm.add_constant(rows[["x", "z"]])).fit(cov_type=errors, use_t=True)
    assert [c.name for c in found] == ["intercept", "x", "z"]
    assert [c.value for c in found] == pytest.approx(fit.params.tolist(), rel=SAME_FORMULA)
    assert [c.std_error for c in found] == pytest.approx(fit.bse.tolist(), rel=SAME_FORMULA)
    assert [c.p_value for c in found] == pytest.approx(fit.pvalues.tolist(), rel=SAME_FORMULA, abs=1e-300)


def test_linearmodels_agrees_on_clustered_errors(rows: pd.DataFrame) -> None:
    design = {"type": "regression", "treatments": ["x"], "clusters": ["shop"], "errors": "CR1"}
    columns = {name: rows[name].to_numpy() for name in ("x", "y", "shop")}
    found = answer_of(specified({"type": "mean", "value": "y"}, design=design), **columns).coefficients
    fit = IV2SLS(rows["y"], sm.add_constant(rows[["x"]]), None, None).fit(
        cov_type="clustered", clusters=rows["shop"], debiased=True
    )
    assert [c.value for c in found] == pytest.approx(fit.params.tolist(), rel=SAME_FORMULA)
    assert [c.std_error for c in found] == pytest.approx(fit.std_errors.tolist(), rel=SAME_FORMULA)


def test_aggregated_rows_give_the_numbers_of_their_units(rows: pd.DataFrame) -> None:
    whole = rows.assign(y=rows["y"].round(2))
    summed = (
        whole.assign(yy=whole["y"] ** 2, n=1).groupby(["arm", "shop"], as_index=False)[["n", "y", "yy", "bought"]].sum()
    )
    by_unit = analysed(whole, {"type": "mean", "value": "y"})
    by_row = analysed(summed, {"type": "summed_mean", "units": "n", "sum": "y", "sum_of_squares": "yy"})
    for name in ("value", "std_error", "p_value", "degrees_of_freedom"):
        assert getattr(by_row, name) == pytest.approx(getattr(by_unit, name), rel=SAME_FORMULA)
    shares = analysed(whole, {"type": "proportion", "value": "bought = 1"})
    counted = analysed(summed, {"type": "counted_proportion", "units": "n", "successes": "bought"})
    assert (counted.value, counted.std_error, counted.p_value) == (shares.value, shares.std_error, shares.p_value)

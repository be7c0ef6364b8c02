"""Against statsmodels, the whole way from cells: regressions, proportions, corrections."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from impact_pipeline.catalog.plan import Correction
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline_tests.oracles.same_units import SAME_FORMULA, UNITS, estimate, rows
from impact_pipeline_tests.small_studies import START, Array, Group, cells, mean_metric, moments, study

N_LESS_ONE = UNITS / (UNITS - 1)
"""Of a variance over n - 1 to one over n."""

SLOPES_KNOWN = 0.01
"""Relative: HC2 knows that slopes were estimated, which changes a variance by a part of 1 / n."""


def fitted(frame: pd.DataFrame, *columns: Array, errors: str = "HC2") -> sm.regression.linear_model.RegressionResults:
    """`y` on a constant and these columns."""
    return sm.OLS(frame["y"].to_numpy(), np.column_stack([np.ones(len(frame)), *columns])).fit(cov_type=errors)


@pytest.mark.parametrize("metric", ["mean", "composite", "days_of_use"])
def test_means_are_compared_with_unequal_variances(metric: str) -> None:
    """`CompareMeans.ttest_ind(usevar="unequal")`: Welch's t, and its interval."""
    found, frame = estimate(metric), rows(metric)
    own = (DescrStatsW(frame.loc[frame["arm"] == arm, "y"]) for arm in ("treatment", "control"))
    both = CompareMeans(*own)
    _, p_value, degrees = both.ttest_ind(usevar="unequal")
    assert (found.p_value, found.degrees_of_freedom) == pytest.approx((p_value, degrees), rel=SAME_FORMULA)
    bounds = both.tconfint_diff(usevar="unequal")
    assert (found.interval.lower, found.interval.upper) == pytest.approx(bounds, rel=SAME_FORMULA)


def test_a_difference_in_proportions_has_walds_variance() -> None:
    """`p_t (1 - p_t) / n_t + p_c (1 - p_c) / n_c`, here over n - 1; with Student's quantile in place of the normal."""
    found, frame = estimate("proportion"), rows("proportion")
    counts = [int(frame.loc[frame["arm"] == arm, "y"].sum()) for arm in ("treatment", "control")]
    lower, upper = confint_proportions_2indep(counts[0], UNITS, counts[1], UNITS, method="wald", compare="diff")
    assert found.value == pytest.approx((lower + upper) / 2, rel=SAME_FORMULA)
    wald = (upper - lower) / 2 / NORMAL
    assert found.std_error == pytest.approx(wald * sqrt(N_LESS_ONE), rel=SAME_FORMULA)


NORMAL = 1.959963984540054


def test_a_rate_is_that_of_a_poisson_regression_with_robust_errors() -> None:
    """`log E(y) = a + b arm + log d`: `exp(b)` is the ratio of rates, HC0 its delta variance with n for n - 1."""
    found, frame = estimate("rate"), rows("rate")
    seen = frame[frame["d"] > 0]
    model = sm.GLM(seen["y"], sm.add_constant(seen["treated"]), sm.families.Poisson(), exposure=seen["d"])
    fit = model.fit(cov_type="HC0", tol=1e-14)
    control, treatment = np.exp(fit.params["const"]), np.exp(fit.params.sum())
    assert found.relative is not None
    assert found.relative.value == pytest.approx(np.expm1(fit.params["treated"]), rel=SAME_FORMULA)
    gradient = np.array([treatment - control, treatment])
    error = sqrt(gradient @ fit.cov_params().to_numpy() @ gradient * N_LESS_ONE)
    assert found.std_error == pytest.approx(error, rel=SAME_FORMULA)


@pytest.mark.parametrize("metric", ["mean_one_covariate", "mean_two_covariates"])
def test_cuped_is_the_regression_on_arm_and_covariates(metric: str) -> None:
    """Its slopes are theta, its coefficient the value; HC2 of `y - theta x` on the arm alone is Welch's variance."""
    found, frame = estimate(metric), rows(metric)
    x = frame.filter(like="x").to_numpy()
    fit = fitted(frame, frame["treated"], x)
    assert found.method == "cuped"
    assert found.value == pytest.approx(fit.params[1], rel=SAME_FORMULA)
    left = frame.assign(y=frame["y"] - x @ fit.params[2:])
    after, before = fitted(left, frame["treated"]), fitted(frame, frame["treated"])
    assert found.std_error == pytest.approx(after.bse[1], rel=SAME_FORMULA)
    assert found.std_error == pytest.approx(fit.bse[1], rel=SLOPES_KNOWN)
    assert found.variance_ratio == pytest.approx((after.bse[1] / before.bse[1]) ** 2, rel=SAME_FORMULA)


def test_slopes_by_arm_are_lins_interacted_regression() -> None:
    """`y ~ arm + (x - xbar) + arm (x - xbar)`: the coefficient of the arm. Lin (2013)."""
    uses = [{"metric": "mean_two_covariates", "role": "success", "estimator": "regression_adjustment"}]
    found, frame = estimate("mean_two_covariates", metrics=uses), rows("mean_two_covariates")
    x = frame.filter(like="x").to_numpy()
    centred = x - x.mean(axis=0)
    fit = fitted(frame, frame["treated"], centred, frame[["treated"]].to_numpy() * centred)
    assert found.method == "regression_adjustment"
    assert found.value == pytest.approx(fit.params[1], rel=SAME_FORMULA)
    assert found.std_error == pytest.approx(fit.bse[1], rel=SLOPES_KNOWN)


SHARES = {"a": 0.3, "b": 0.7}
"""Of treatment in each stratum."""


def test_post_stratification_is_the_saturated_regression() -> None:
    """`sum of w_k (ybar_tk - ybar_ck)` from `y ~ arm x stratum`, w_k the strata's shares of all units, with HC2."""
    rng, frames = np.random.default_rng(21), []
    for n, (name, share) in zip((400, 1100), SHARES.items(), strict=True):
        treated = rng.random(n) < share
        y = rng.poisson(20 + 30 * (name == "b") + 4 * treated)
        frames.append(pd.DataFrame({"stratum": name, "treated": treated.astype(float), "y": y}))
    frame = pd.concat(frames, ignore_index=True)
    found = _stratified(frame)
    second = (frame["stratum"] == "b").astype(float)
    fit = fitted(frame, frame["treated"], second, frame["treated"] * second)
    contrast = fit.t_test([0.0, 1.0, 0.0, float(second.mean())])
    assert found.method == "difference_in_means, post-stratified by site"
    assert found.value == pytest.approx(float(contrast.effect[0]), rel=SAME_FORMULA)
    assert found.std_error == pytest.approx(float(contrast.sd.item()), rel=SAME_FORMULA)


def _stratified(frame: pd.DataFrame) -> Estimate:
    by_site: dict[str, Any] = {"segments": {"site": {"type": "column", "column": "site"}}, "post_stratify": "site"}
    groups = []
    for treated, own in frame.groupby("treated"):
        arm = "treatment" if treated else "control"
        groups.append(Group(arm, {"orders": moments(own["y"].to_numpy())}))
        for name, part in own.groupby("stratum"):
            groups.append(Group(arm, {"orders": moments(part["y"].to_numpy())}, segment=("site", str(name))))
    results = estimate_study(study(mean_metric(), **by_site), cells(*groups), START, final=True, plan_digest="").results
    assert isinstance(results[0], Estimate)
    return results[0]


CORRECTIONS: dict[Correction, str] = {
    "holm": "holm", "hochberg": "simes-hochberg", "bonferroni": "bonferroni", "benjamini_hochberg": "fdr_bh",
    "benjamini_yekutieli": "fdr_by",
}  # fmt: skip


@pytest.mark.parametrize(("correction", "peer"), CORRECTIONS.items())
def test_success_metrics_are_corrected_as_one_family(correction: Correction, peer: str) -> None:
    rng = np.random.default_rng(22)
    metrics = [mean_metric(f"orders_{i}") for i in range(6)]
    groups = [
        Group(
            arm, {m.name: moments(rng.poisson(30 + i * (arm == "treatment") / 3, 400)) for i, m in enumerate(metrics)}
        )
        for arm in ("control", "treatment")
    ]
    rule = {"alpha": 0.05, "correction": correction, "min_units_per_arm": 2}
    found = estimate_study(study(*metrics, decision=rule), cells(*groups), START, final=True, plan_digest="")
    p_values = [result.p_value for result in found.results if isinstance(result, Estimate)]
    rejected, adjusted, *_ = multipletests(p_values, 0.05, method=peer)
    assert [member.adjusted_p_value for member in found.family] == pytest.approx(adjusted.tolist(), rel=SAME_FORMULA)
    assert [member.rejected for member in found.family] == rejected.tolist()
    assert 0 < rejected.sum() < len(metrics)

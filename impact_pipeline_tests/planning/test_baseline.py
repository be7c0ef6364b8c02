from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.estimators.clustered_means import ClusteredMeans
from impact_pipeline.estimators.question import two_arms
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.planning.baseline import Baseline, baseline_of
from impact_pipeline.stats.moments import as_exact
from impact_pipeline.stats.power import NoPlan
from impact_pipeline_tests.planning.pasts import BY_SHOP, Units, past_cells
from impact_pipeline_tests.small_studies import (
    Group,
    cells,
    mean_metric,
    moments,
    proportion_metric,
    quantile_metric,
    ratio_metric,
    study,
)

EXACT = 1e-9
"""Sums of the same squares in another order."""

RNG = np.random.default_rng(4)
Y, D, X = RNG.poisson(6, 500), 1 + RNG.poisson(3, 500), RNG.poisson(4, 500)
LINKED = Y + 2 * X


def read(found: Study, past: Cells) -> Baseline:
    baseline = baseline_of(found, past, found.uses[0])
    assert isinstance(baseline, Baseline), baseline
    return baseline


def refused(found: Study, past: Cells) -> str:
    baseline = baseline_of(found, past, found.uses[0])
    assert isinstance(baseline, NoPlan), baseline
    return baseline.detail


def test_the_baseline_of_a_mean_is_its_mean_and_sample_variance() -> None:
    found = read(study(mean_metric("orders")), past_cells({"orders": Units(Y)}))
    assert (found.method, found.units, found.mean) == ("difference_in_means", 500, Y.mean())
    assert found.variance == pytest.approx(Y.var(ddof=1), rel=EXACT)
    assert (found.variance_ratio, found.r_squared, found.student, found.share) == (None, None, True, False)
    assert found.covariate_variance == pytest.approx(0.0, abs=EXACT)


def test_the_baseline_of_a_proportion_is_known_as_one() -> None:
    bought = (Y > 6).astype(int)
    found = read(study(proportion_metric("buyers")), past_cells({"buyers": Units(bought)}))
    assert found.share
    p = bought.mean()
    assert found.variance == pytest.approx(p * (1 - p) * 500 / 499, rel=EXACT)
    under = found.comparison(1000, (0.5, 0.5), 0.05)
    assert under.treatment_variance / under.control_variance == pytest.approx((p + 0.05) * (0.95 - p) / (p * (1 - p)))


def test_the_baseline_of_a_ratio_has_the_delta_methods_variance() -> None:
    found = read(study(ratio_metric("clicks")), past_cells({"clicks": Units(Y, D)}))
    ratio = Y.sum() / D.sum()
    assert found.mean == pytest.approx(ratio, rel=EXACT)
    assert found.variance == pytest.approx(np.var(Y - ratio * D, ddof=1) / D.mean() ** 2, rel=EXACT)


def test_covariates_leave_one_less_the_squared_correlation() -> None:
    found = read(study(mean_metric("orders", covariates=["before"])), past_cells({"orders": Units(LINKED, x=X)}))
    r_squared = np.corrcoef(LINKED, X)[0, 1] ** 2
    assert found.method == "cuped"
    assert found.r_squared == pytest.approx(r_squared, rel=EXACT)
    assert found.variance == pytest.approx(LINKED.var(ddof=1) * (1 - r_squared), rel=EXACT)
    assert found.covariate_variance == pytest.approx(LINKED.var(ddof=1) * r_squared, rel=EXACT)


def test_a_constant_covariate_leaves_the_plain_variance_and_no_ratio() -> None:
    past = past_cells({"orders": Units(Y, x=np.ones(500, dtype=int))})
    found = read(study(mean_metric("orders", covariates=["before"])), past)
    assert found.variance_ratio is None
    assert found.variance == pytest.approx(Y.var(ddof=1), rel=EXACT)


def test_the_estimator_that_a_plan_names_is_the_one_that_is_read() -> None:
    metric = mean_metric("orders", covariates=["before"])
    uses = [{"metric": "orders", "role": "success", "estimator": "regression_adjustment"}]
    found = read(study(metric, uses=uses), past_cells({"orders": Units(LINKED, x=X)}))
    assert found.method == "regression_adjustment"


def test_the_variance_of_a_quantile_is_that_of_its_share_over_the_squared_density() -> None:
    drawn = np.rint(1e5 + 1e4 * np.random.default_rng(2).standard_normal(200_000)).astype(int)
    found = read(study(quantile_metric("median", digits=6)), past_cells({"median": Units(drawn)}, {"median": 6}))
    density = stats.norm.pdf(0) / 1e4
    assert found.mean == pytest.approx(1e5, rel=0.001)
    assert not found.student
    assert sqrt(found.variance) == pytest.approx(0.5 / density, rel=0.1)


def test_strata_of_the_plan_leave_what_varies_within_them() -> None:
    split: dict[str, Any] = {
        "segments": {"country": {"type": "column", "column": "country"}},
        "post_stratify": "country",
    }
    y = np.where(np.arange(500) % 2 == 0, Y, Y + 20)
    inside = {value: y[np.arange(500) % 2 == place] for place, value in enumerate("ab")}
    groups = [Group("control", {"orders": moments(part)}, segment=("country", v)) for v, part in inside.items()]
    found = read(study(mean_metric("orders"), **split), cells(Group("control", {"orders": moments(y)}), *groups))
    assert found.mean == pytest.approx(y.mean())
    assert found.variance == pytest.approx(sum(part.var(ddof=1) for part in inside.values()) / 2, rel=EXACT)
    assert found.variance < 0.2 * y.var()


def clustered(rng: np.random.Generator, d: bool = False) -> Units:
    shop = np.repeat(np.arange(24), 10 + rng.integers(0, 20, 24))
    y = np.rint(1000 + 150 * rng.standard_normal(24)[shop] + 100 * rng.standard_normal(len(shop))).astype(int)
    return Units(y, 1 + rng.poisson(2, len(y)) if d else None, cluster=shop)


@pytest.mark.parametrize("ratio", [False, True])
def test_a_cluster_design_plans_with_about_the_error_that_its_estimator_has(ratio: bool) -> None:
    """Over many pasts, since an ICC of 24 clusters is rough; not below 0, it errs upward where it is about 0."""
    rng = np.random.default_rng(7)
    metric = ratio_metric("money") if ratio else mean_metric("money")
    planned, estimated = [], []
    for _ in range(100):
        units = clustered(rng, ratio)
        baseline = read(study(metric, design=BY_SHOP), past_cells({"money": units}))
        assert baseline.clusters is not None
        assert baseline.clusters.clusters == 24
        planned.append(baseline.comparison(len(units), (0.5, 0.5)).std_error(len(units)) ** 2)
        estimated.append(by_estimator(units, ratio) ** 2)
    assert np.mean(planned) == pytest.approx(np.mean(estimated), rel=0.05)


def by_estimator(units: Units, ratio: bool) -> float:
    assert units.cluster is not None
    arms = [units.take(units.cluster % 2 == arm) for arm in (0, 1)]
    treatment, control = (_by_cluster(arm) for arm in arms)
    asked = two_arms("ratio" if ratio else "mean", treatment=treatment, control=control, by_cluster=True)
    return float(np.ravel(ClusteredMeans().answer(asked).means.error()[0])[0])


def _by_cluster(arm: Units) -> Any:
    assert arm.cluster is not None
    parts = [arm.take(arm.cluster == shop) for shop in range(24)]
    found = [moments(part.y, () if part.d is None else part.d) for part in parts]
    columns = zip(*([m.n, m.y, m.yy, m.d, m.dd, m.yd] for m in found), strict=True)
    n, y, yy, d, dd, yd = (as_exact(list(column)) for column in columns)
    return replace(moments([]), n=n, y=y, yy=yy, d=d, dd=dd, yd=yd)


def test_more_units_in_the_same_clusters_are_larger_clusters() -> None:
    found = read(study(mean_metric("money"), design=BY_SHOP), past_cells({"money": clustered(RNG)}))
    assert found.cluster_size(24_000) == 1000
    assert found.cluster_size(5) == 1.0
    assert found.design_effect(24_000) > 10 * found.design_effect(240)
    error = [found.comparison(n, (0.5, 0.5)).std_error(n) for n in (2_400, 24_000, 24_000_000)]
    assert error[2] > 0.9 * error[1]


def test_covariates_are_taken_out_of_clusters_too() -> None:
    shop = np.repeat(np.arange(30), 20)
    before = np.rint(100 * RNG.standard_normal(30)).astype(int)[shop] + RNG.poisson(50, 600)
    units = Units(2 * before + RNG.poisson(30, 600), x=before, cluster=shop)
    plain = read(study(mean_metric("money"), design=BY_SHOP), past_cells({"money": replace(units, x=None)}))
    adjusting = study(mean_metric("money", covariates=["before"]), design=BY_SHOP)
    adjusted = read(adjusting, past_cells({"money": units}))
    assert adjusted.method == "clustered_cuped"
    assert plain.clusters is not None
    assert plain.clusters.icc > 0.5
    assert adjusted.variance < 0.01 * plain.variance


def test_a_baseline_refuses_what_has_no_variance_or_no_units() -> None:
    found = study(mean_metric("orders"))
    assert refused(found, past_cells({"orders": Units(np.full(9, 3))})) == "no unit of history differs from another"
    few = "history has fewer than two units whose windows have closed"
    assert refused(found, past_cells({"orders": Units(np.array([1]))})) == few
    assert refused(found, cells(Group("control", {}, exposed=5))) == few


def test_a_baseline_refuses_rows_without_a_value() -> None:
    past = cells(Group("control", {"orders": moments(Y)}, undefined=2))
    told = "2 rows of history have no finite value of it; filter such rows or mend the measure"
    assert refused(study(mean_metric("orders")), past) == told


def test_a_baseline_refuses_as_its_estimator_does() -> None:
    nothing = past_cells({"clicks": Units(Y, np.zeros(500, dtype=int))})
    assert "the mean denominator of 'history' is not above 0" in refused(study(ratio_metric("clicks")), nothing)
    many = past_cells({"median": Units(np.full(500, 7))}, {"median": 3})
    assert "'history'" in refused(study(quantile_metric("median")), many)


def test_a_baseline_refuses_what_no_estimator_takes() -> None:
    past = past_cells({"median": replace(clustered(RNG))}, {"median": 3})
    told = refused(study(quantile_metric("median"), design=BY_SHOP), past)
    assert told == "no estimator takes a quantile metric under a cluster_randomized design"


def test_a_cluster_design_refuses_one_cluster() -> None:
    past = past_cells({"money": Units(Y, cluster=np.zeros(500, dtype=int))})
    told = "history has 1 cluster; two are the fewest that differ"
    assert refused(study(mean_metric("money"), design=BY_SHOP), past) == told
    assert refused(study(mean_metric("money"), design=BY_SHOP), past_cells({"money": Units(Y)})) == (
        "history keeps no clusters apart"
    )

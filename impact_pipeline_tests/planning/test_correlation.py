from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.outcomes.cross_products import CrossProducts
from impact_pipeline.outcomes.variables import ReadingColumns, variables_of
from impact_pipeline.planning.correlation import Compared, correlation_of
from impact_pipeline.stats.moments import as_exact
from impact_pipeline_tests.planning.pasts import Ints
from impact_pipeline_tests.small_studies import mean_metric, quantile_metric, ratio_metric, study

EXACT = 1e-9
RNG = np.random.default_rng(6)
X = RNG.poisson(5, 400)
Y, Z, D = X + RNG.poisson(3, 400), 2 * X + RNG.poisson(9, 400), 1 + RNG.poisson(3, 400)
TOTAL = {"fact": "orders", "measure": "amount"}


def together(columns: Mapping[str, Ints]) -> CrossProducts:
    rows = np.array(list(columns.values()))
    sums = [int(n) for n in rows.sum(1)]
    return CrossProducts(tuple(columns), rows.shape[1], as_exact(sums), as_exact(rows @ rows.T))


def columns_of(found: Study) -> dict[str, ReadingColumns]:
    return {one.metric.name: one for one in variables_of(found).columns if one.reading.variant == ""}


def two(better: int = 1, *, adjusts: bool = False, ratio: bool = False) -> float:
    """Of a mean of y and a second metric of z (over d, if a ratio)."""
    later: dict[str, Any] = {
        "numerator": TOTAL | {"filter": "amount > 1"},
        "denominator": TOTAL | {"filter": "amount > 2"},
    }
    covariates: dict[str, Any] = {"covariates": ["before"]} if adjusts else {}
    second = (
        ratio_metric("second", **later, **covariates)
        if ratio
        else mean_metric("second", value=TOTAL | {"filter": "amount > 1"}, **covariates)
    )
    known = columns_of(study(mean_metric("first", **covariates), second))
    first, other = known["first"], known["second"]
    made = {first.sums["y"]: Y, other.sums["y"]: Z}
    made |= {other.sums["d"]: D} if ratio else {}
    made |= {"covariate_before": X} if adjusts else {}
    found = correlation_of([Compared(first, adjusts, 1), Compared(other, adjusts, better)], together(made))
    assert found.diagonal().tolist() == [1.0, 1.0]
    return float(found[0, 1])


def residuals(values: np.ndarray) -> np.ndarray:
    slope = np.cov(values, X)[0, 1] / X.var(ddof=1)
    return np.asarray(values - slope * X)


def test_means_correlate_as_their_outcomes_do() -> None:
    assert two() == pytest.approx(np.corrcoef(Y, Z)[0, 1], rel=EXACT)


def test_a_metric_of_which_less_is_better_correlates_the_other_way() -> None:
    assert two(better=-1) == pytest.approx(-np.corrcoef(Y, Z)[0, 1], rel=EXACT)


def test_a_ratio_correlates_as_its_linearised_outcome_does() -> None:
    linear = Z - Z.sum() / D.sum() * D
    assert two(ratio=True) == pytest.approx(np.corrcoef(Y, linear)[0, 1], rel=EXACT)


def test_adjusted_metrics_correlate_as_what_covariates_leave() -> None:
    assert two(adjusts=True) == pytest.approx(np.corrcoef(residuals(Y), residuals(Z))[0, 1], rel=EXACT)
    linear = Z - Z.sum() / D.sum() * D
    found = two(adjusts=True, ratio=True)
    assert found == pytest.approx(np.corrcoef(residuals(Y), residuals(linear))[0, 1], rel=EXACT)


def test_quantiles_and_constants_are_taken_to_be_independent() -> None:
    known = columns_of(study(mean_metric("first"), quantile_metric("second")))
    first, other = known["first"], known["second"]
    compared = [Compared(first, False, 1), Compared(other, False, 1)]
    assert correlation_of(compared, together({first.sums["y"]: Y})).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    constant = [Compared(first, False, 1), Compared(first, False, 1)]
    assert correlation_of(constant, together({first.sums["y"]: np.ones(5, dtype=int)})).tolist() == [[1, 0], [0, 1]]

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from pydantic import ValidationError

from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.estimators.causal.linear_regression import LinearRegression
from impact_pipeline.estimators.causal.registry import causal_estimator
from impact_pipeline.stats.refusal import Refusal, RefusalReason
from impact_pipeline.stats.samples.cross_section import CrossSection

SAME_FORMULA = 1e-9
N = 300


def sample(*, dose: bool = False, clusters: int = 0) -> CrossSection:
    rng = np.random.default_rng(1)
    x, u, e = rng.normal(size=(2, N)), rng.normal(size=N), rng.normal(size=N)
    cluster = rng.integers(clusters, size=N) if clusters else None
    index = x[0] + u
    d = index if dose else (index > 0).astype(np.float64)
    return CrossSection(2 * d + x[0] - x[1] + e * (1 + x[0] ** 2), d, {"a": x[0], "b": x[1]}, cluster=cluster)


def asked(section: CrossSection, **settings: Any) -> Effects:
    design = Observational.model_validate({"type": "observational", "estimator": "linear_regression", **settings})
    estimator = causal_estimator(design)
    assert isinstance(estimator, LinearRegression)
    return estimator.effects(Question(section, design))


def effect(found: Effect | Refusal) -> Effect:
    assert isinstance(found, Effect), found
    return found


@pytest.mark.parametrize("dose", [False, True])
@pytest.mark.parametrize(("errors", "by"), [("classical", "nonrobust"), ("HC1", "HC1"), ("cluster", "cluster")])
def test_effect_is_that_of_statsmodels(errors: str, by: str, dose: bool) -> None:
    section = sample(dose=dose, clusters=20)
    columns = np.column_stack([np.ones(N), section.treatment, *section.covariates.values()])
    options = {"cov_kwds": {"groups": section.cluster}} if errors == "cluster" else {}
    oracle = sm.OLS(section.outcome, columns).fit(cov_type=by, use_t=True, **options)
    found = effect(asked(section, errors=errors).main)
    expected = (oracle.params[1], oracle.bse[1], *oracle.conf_int()[1])
    assert (found.value, found.std_error, found.lower, found.upper) == pytest.approx(expected, rel=SAME_FORMULA)
    assert found.p_value == pytest.approx(oracle.pvalues[1], rel=1e-6)


def test_automatic_errors_are_by_cluster_where_there_are_some() -> None:
    assert effect(asked(sample()).main).method == "least squares, HC1"
    assert effect(asked(sample(clusters=20)).main).method == "least squares, cluster"


def test_means_are_told_of_two_arms() -> None:
    section = sample()
    found = effect(asked(section).main)
    assert found.treated == pytest.approx(section.outcome[section.treatment == 1].mean())
    assert found.treated - (found.untreated or 0) == pytest.approx(found.value)
    assert effect(asked(sample(dose=True)).main).treated is None


def test_crude_effect_is_the_difference_of_means() -> None:
    section = sample()
    on = section.treatment == 1
    found = effect(asked(section).others["crude"])
    assert found.value == pytest.approx(section.outcome[on].mean() - section.outcome[~on].mean())


LINE = np.arange(50.0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"outcome": np.ones(50)}, "zero_variance"),
        ({"treatment": np.ones(50)}, "collinear"),
        ({"treatment": LINE, "covariates": {"a": LINE}}, "collinear"),
        ({"covariates": {"a": LINE, "b": 2 * LINE}}, "collinear"),
        ({"outcome": np.where(LINE < 1, np.nan, LINE)}, "measure_undefined"),
        ({"covariates": {f"x{j}": np.sin(j * LINE) for j in range(1, 49)}}, "too_few_units"),
        ({"cluster": np.zeros(50, dtype=np.intp)}, "too_few_clusters"),
    ],
)
def test_a_sample_without_an_answer_is_refused(changed: dict[str, Any], reason: RefusalReason) -> None:
    y, d = np.random.default_rng(1).normal(size=(2, 50))
    found = asked(CrossSection(**{"outcome": y, "treatment": d, **changed})).main
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_errors_belong_to_linear_regression() -> None:
    with pytest.raises(ValidationError, match="errors: belongs to `estimator: linear_regression`"):
        Observational.model_validate({"type": "observational", "errors": "HC1"})

"""Logit and probit against statsmodels, and covariates that separate the arms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.stats.propensity.binary_model import BinaryFit, Link, binary_model
from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.stats.propensity.published_samples import births

OPTIMUM = 1e-8
"""Both stop within this of the maximum."""


def _columns(covariates: dict[str, Any]) -> Columns:
    found = columns_of(covariates, len(next(iter(covariates.values()))))
    assert isinstance(found, Columns)
    return found


@pytest.mark.parametrize(("link", "oracle"), [("logit", sm.Logit), ("probit", sm.Probit)])
def test_scores_and_information_are_those_of_statsmodels(link: Link, oracle: Any) -> None:
    sample = births()
    columns = _columns(dict(sample.covariates))
    found = binary_model(columns, sample.treatment, np.ones(len(sample)), link)
    theirs = oracle(sample.treatment, columns.matrix).fit(disp=0, tol=1e-12)
    assert isinstance(found, BinaryFit)
    np.testing.assert_allclose(found.coefficients, theirs.params, atol=OPTIMUM)
    np.testing.assert_allclose(found.scores, theirs.predict(), atol=OPTIMUM)
    np.testing.assert_allclose(found.inverse, theirs.cov_params(), rtol=1e-6)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_weight_of_two_is_a_unit_twice(link: Link) -> None:
    rng = np.random.default_rng(1)
    x, d = rng.normal(size=60), (rng.random(60) < 0.4) * 1.0
    twice = np.arange(60) < 20
    weighted = binary_model(_columns({"x": x}), d, 1.0 + twice, link)
    copied = binary_model(_columns({"x": np.r_[x, x[twice]]}), np.r_[d, d[twice]], np.ones(80), link)
    assert isinstance(weighted, BinaryFit)
    assert isinstance(copied, BinaryFit)
    np.testing.assert_allclose(weighted.scores, copied.scores[:60], atol=OPTIMUM)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_a_covariate_that_separates_the_arms_is_named(link: Link) -> None:
    noise = np.random.default_rng(2).normal(size=40)
    x, d = np.arange(40.0), (np.arange(40) >= 25) * 1.0
    found = binary_model(_columns({"noise": noise, "amount": x}), d, np.ones(40), link)
    assert isinstance(found, Refusal)
    assert found.reason == "no_overlap"
    assert found.detail.startswith("covariate 'amount' alone tells treated from untreated units")


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_separation_of_some_units_is_refused(link: Link) -> None:
    rng = np.random.default_rng(2)
    member = (np.arange(300) < 60) * 1.0
    d = np.where(member == 1, 1.0, (rng.random(300) < 0.5) * 1.0)
    found = binary_model(_columns({"member": member, "noise": rng.normal(size=300)}), d, np.ones(300), link)
    assert isinstance(found, Refusal)
    assert found.reason == "no_overlap"
    assert "'member'" in found.detail


def test_separation_by_two_covariates_together_is_refused() -> None:
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=200), rng.normal(size=200)
    found = binary_model(_columns({"one": one, "two": two}), (one + two > 0.3) * 1.0, np.ones(200))
    assert isinstance(found, Refusal)
    assert "and those beside it tell some units' treatment with certainty" in found.detail


def test_strong_covariates_that_overlap_are_fitted() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=3_000)
    d = (rng.random(3_000) < 1 / (1 + np.exp(-5 * x))) * 1.0
    found = binary_model(_columns({"x": x}), d, np.ones(3_000))
    assert isinstance(found, BinaryFit)
    assert found.coefficients[1] == pytest.approx(5, abs=0.6)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from diff_diff import SyntheticControl
from pysyncon import Synth

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import counterfactual, given_weights
from impact_pipeline.stats.synthetic_control.period_means import with_period_means
from impact_pipeline.stats.synthetic_control.predictors import LEAST_SHARE, with_predictors
from impact_pipeline.stats.synthetic_control.simplex import kkt_gap, simplex_weights
from impact_pipeline_tests.stats.synthetic_control.panels import PUBLISHED as PUBLISHED_FOLDER
from impact_pipeline_tests.stats.synthetic_control.panels import block, california_with_covariates, drawn

PUBLISHED = {"Utah": 0.334, "Nevada": 0.234, "Montana": 0.199, "Colorado": 0.164, "Connecticut": 0.069}
"""Abadie, Diamond, Hainmueller (2010), JASA 105, Table 2."""
PUBLISHED_ROWS = PUBLISHED_FOLDER / "sc_adh_weights.csv.gz"
WEIGHT = 0.01
"""Weights printed to three digits, of a solution that depends on how far the search for V went."""


def _asked() -> Block:
    panel = california_with_covariates()
    covariates = dict.fromkeys(("lnincome", "retprice", "age15to24"), (1980, 1988)) | {"beer": (1984, 1988)}
    found = with_period_means(block(panel), panel, covariates, (1975, 1980, 1988))
    assert isinstance(found, Block), found
    return found


def test_with_predictors_finds_the_published_weights() -> None:
    whole = _asked()
    found = with_predictors(whole)
    weights = dict(zip(whole.donor_names, found.weights, strict=True))
    assert {name for name, weight in weights.items() if weight > 0.005} == set(PUBLISHED)
    for name, weight in PUBLISHED.items():
        assert weights[name] == pytest.approx(weight, abs=WEIGHT)
    assert found.pre_mspe <= 3.5
    assert -28 < found.gaps[-1] < -23
    assert found.effect == pytest.approx(-18.97, abs=0.02)


def test_published_weights_have_the_published_fit() -> None:
    found = given_weights(block(california_with_covariates()), PUBLISHED)
    assert found.pre_mspe == pytest.approx(3.09, abs=0.05)
    assert found.gaps[-1] == pytest.approx(-25.7, abs=1.0)
    assert found.effect == pytest.approx(-19.0, abs=0.8)


@pytest.mark.parametrize("seed", range(3))
def test_with_predictors_fits_no_worse_than_pysyncons_predictor_weights_do(seed: int) -> None:
    """Its donors' weights are not those of its predictors' weights: its inner optimiser stops short of them."""
    whole = drawn(seed, donors=10)
    predictors = np.column_stack([whole.outcomes[:, 3], whole.outcomes[:, 8], whole.outcomes[:, :14].mean(axis=1)])
    whole = replace(whole, predictors=predictors)
    oracle = Synth()
    oracle.fit(
        X0=pd.DataFrame(predictors[1:].T), X1=pd.Series(predictors[0], name="t"),
        Z0=pd.DataFrame(whole.donors[:, :14].T), Z1=pd.Series(whole.target[:14], name="t"),
        optim_options={"maxiter": 100},
    )  # fmt: skip
    scaled = predictors / predictors.std(axis=0, ddof=1) * np.sqrt(oracle.V)
    exact = counterfactual(whole, simplex_weights(scaled[1:], scaled[0]))
    assert kkt_gap(scaled[1:], scaled[0], oracle.W) > kkt_gap(scaled[1:], scaled[0], exact.weights)
    assert with_predictors(whole).pre_mspe <= exact.pre_mspe


def test_predictors_shares_add_up_and_none_is_switched_off() -> None:
    shares = [value for name, value in with_predictors(_asked()).numbers.items() if name.startswith("v ")]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= LEAST_SHARE * max(shares) * (1 - 1e-9)


def test_a_single_predictor_needs_no_search_and_constant_ones_do_no_harm() -> None:
    whole = drawn(0)
    one = replace(whole, predictors=whole.outcomes[:, :14].mean(axis=1, keepdims=True))
    both = replace(whole, predictors=np.column_stack([one.predictors[:, 0], np.ones(len(whole.outcomes))]))
    assert with_predictors(one).numbers == {"v 0": 1.0}
    assert with_predictors(both).effect == pytest.approx(with_predictors(one).effect, abs=1e-3)


@pytest.mark.slow
def test_with_predictors_agrees_with_diff_diff_on_california() -> None:
    """Its weights of predictors have no floor: it comes to 3.077, ours to 3.105."""
    rows = pd.read_csv(PUBLISHED_ROWS)
    rows["on"] = ((rows["state"] == "California") & (rows["year"] >= 1989)).astype(int)
    eighties = list(range(1980, 1989))
    means = [(name, eighties, "mean") for name in ("lnincome", "retprice", "age15to24")]
    means += [("beer", eighties[4:], "mean"), *(("cigsale", [year], "mean") for year in (1975, 1980, 1988))]
    theirs = SyntheticControl(seed=0).fit(
        rows, "cigsale", "on", "state", "year", special_predictors=means
    )  # fmt: skip
    ours = with_predictors(_asked())
    assert ours.effect == pytest.approx(theirs.att, abs=0.05)
    assert ours.pre_rmspe == pytest.approx(theirs.pre_rmspe, abs=0.02)

"""CUPED with a learnt feature in a simulated world whose outcome bends with what was known: no bias, and less variance.

Each trial is a world of its own: inputs as of the training day, totals since, inputs as of the day of exposure, and
what came after it in two arms with a planted effect. Values are scaled integers and moments exact, as in the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from impact_pipeline.stats.cross_fitting import folds_by_key
from impact_pipeline.stats.cuped import adjusted, pooled_slopes
from impact_pipeline.stats.fold_models import FoldModels, fit_folds
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.stratified import StratumPair, summarise
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.small_studies import moments, scaled

FOLDS, SCALE, EFFECT = 5, 3, 0.5
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trial:
    """Arms, outcomes after exposure, the three inputs and the learnt value as of it; all as integers at SCALE."""

    treated: NDArray[np.bool_]
    outcome: Whole
    inputs: Whole
    learnt: Whole


@dataclass(frozen=True, slots=True)
class Gains:
    bias_in_errors: float
    coverage: float
    learnt_ratio: float
    linear_ratio: float


def expected(x: Array) -> Array:
    """What a unit does in a horizon: nothing below a threshold of activity, and the middle of a range most."""
    return 3.0 * (x[:, 0] > 1) + 2.0 * np.cos(1.5 * x[:, 1])


def trial(rng: np.random.Generator, n: int) -> Trial:
    """Units keep a level, and their inputs wander about it from the training day to the day of exposure."""
    level = rng.normal(size=(n, 3)) * 1.2
    then, now = (level + 0.2 * rng.normal(size=(n, 3)) for _ in range(2))
    since = expected(level) + rng.normal(size=n)
    folds = folds_by_key(map(str, range(n)), FOLDS)
    models = fit_folds(then, since, folds, FOLDS, rng)
    assert isinstance(models, FoldModels), models
    treated = rng.random(n) < 0.5
    after = expected(level) + rng.normal(size=n) + EFFECT * treated
    return Trial(treated, _whole(after), _whole(now), _whole(models.predict(now, folds)))


def estimate(of: Trial, *covariates: Whole) -> TwoMeans:
    """CUPED by moments of scaled integers."""
    arms = (
        scaled(moments(of.outcome[rows], x=[values[rows] for values in covariates]), SCALE)
        for rows in (of.treated, ~of.treated)
    )
    pair = StratumPair(1.0, *(summarise(arm, covariates=True) for arm in arms))
    return adjusted([pair], pooled_slopes([pair]))


def simulated(trials: int, n: int = 800, seed: int = 8) -> Gains:
    rng = np.random.default_rng(seed)
    values, covered = [], 0
    variances = np.zeros(3)
    for _ in range(trials):
        one = trial(rng, n)
        means = estimate(one, one.learnt)
        found = difference(means, 0.05, float(n))
        values.append(float(found.value))
        covered += bool(found.lower <= EFFECT <= found.upper)
        plain, linear = estimate(one, np.ones(n, dtype=np.int64)), estimate(one, *one.inputs.T)
        variances += [float(np.asarray(of.variance())) for of in (means, linear, plain)]
    bias = (np.mean(values) - EFFECT) / (np.std(values) / trials**0.5)
    return Gains(float(bias), covered / trials, variances[0] / variances[2], variances[1] / variances[2])


def _whole(values: Array) -> Whole:
    return np.rint(values * 10**SCALE).astype(np.int64)


def shown(found: Gains) -> str:
    return (
        f"\nbias {found.bias_in_errors:+.2f} se, coverage {found.coverage:.3f}, "
        f"variance over plain: learnt {found.learnt_ratio:.3f}, inputs as linear covariates {found.linear_ratio:.3f}"
    )


def test_a_learnt_feature_is_unbiased_covers_and_beats_its_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    """100 trials: three standard errors of the coverage are .065."""
    found = simulated(100)
    with capsys.disabled():
        print(shown(found))  # noqa: T201
    assert abs(found.bias_in_errors) < 3
    assert abs(found.coverage - 0.95) < 0.065
    assert found.learnt_ratio < 0.6 < 0.8 < found.linear_ratio


@pytest.mark.slow
def test_a_learnt_feature_at_length(capsys: pytest.CaptureFixture[str]) -> None:
    """2,000 trials: three standard errors of the coverage are .015."""
    found = simulated(2000)
    with capsys.disabled():
        print(shown(found))  # noqa: T201
    assert abs(found.bias_in_errors) < 3
    assert abs(found.coverage - 0.95) < 0.015
    assert found.learnt_ratio < 0.6 < 0.8 < found.linear_ratio

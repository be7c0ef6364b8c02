"""What held-out units say of predicted effects: against least squares, by hand, and by simulation of its size."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.api import OLS, add_constant

from impact_pipeline.stats.heterogeneous_effects.average_effect import signals
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.learners import LearnerName
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.heterogeneous_effects.unit_effects import EffectModel, Prediction, doubly_robust_learner
from impact_pipeline.stats.heterogeneous_effects.validation import Fold, Validation, validated
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import Places

SAME_FORMULA = 1e-10
ALPHA = 0.05


def as_given(_: NDArray[np.bool_]) -> EffectModel:
    """A model whose predicted effect is the first column."""
    return lambda x: Prediction(x[:, 0])


def read(x: Array, signal: Array, fold: Places, cluster: Places | None = None) -> Validation:
    return validated(x, signal, fold, as_given, np.random.default_rng(0), cluster)


def test_slope_and_statistic_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1))
    signal = 0.5 * x[:, 0] + rng.normal(size=300)
    found = read(x, signal, np.repeat([0, 1], 150))
    held = OLS(signal[150:], add_constant(x[150:, 0])).fit(cov_type="HC2", use_t=True)
    assert found.slope == pytest.approx(held.params[1], rel=SAME_FORMULA)
    assert found.p_value == pytest.approx(held.pvalues[1] / 2, rel=1e-8)


def test_statistics_of_folds_add_up_over_the_root_of_their_number() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 1))
    signal, fold = x[:, 0] + rng.normal(size=400), np.arange(400) % 4
    alone = [read(x, signal, np.where(fold == k, 1, 0)).statistic for k in (1, 2, 3)]
    assert read(x, signal, fold).statistic == pytest.approx(sum(alone) / np.sqrt(3), rel=SAME_FORMULA)


def test_groups_are_fifths_by_predicted_effect() -> None:
    x = np.concatenate([np.zeros(10), np.arange(10.0)])[:, None]
    signal = np.concatenate([np.zeros(10), 10 * np.arange(10.0)])
    found = read(x, signal, np.repeat([0, 1], 10))
    assert [group.value for group in found.groups] == [5.0, 25.0, 45.0, 65.0, 85.0]
    assert [group.std_error for group in found.groups] == pytest.approx([5.0] * 5)
    assert found.spread.value == 80.0
    assert found.spread.std_error == pytest.approx(np.sqrt(50))


def test_targeting_is_the_mean_gain_over_all_shares() -> None:
    signal = np.array([1.0, 2.0, 6.0, 3.0, 8.0])
    fold = Fold(np.arange(5.0), signal, None)
    gains = [np.mean(signal[::-1][:count]) - 4 for count in (1, 2, 3, 4, 5)]
    x = np.concatenate([np.zeros(5), np.arange(5.0)])[:, None]
    found = read(x, np.concatenate([np.zeros(5), signal]), np.repeat([0, 1], 5))
    assert found.targeting.value == pytest.approx(np.mean(gains))
    assert found.curve[3].gain.value == pytest.approx(gains[1])
    assert found.curve[-1].gain.value == pytest.approx(0)
    assert fold.slope()[2].value == pytest.approx(np.polyfit(fold.predicted, signal, 1)[0])


def test_clusters_of_equal_signals_count_once() -> None:
    rng = np.random.default_rng(4)
    x, signal = rng.normal(size=(200, 1)), rng.normal(size=200)
    fold = np.repeat([0, 1], 100)
    alone = read(x, signal, fold, np.arange(200))
    copied = read(np.repeat(x, 5, 0), np.repeat(signal, 5), np.repeat(fold, 5), cluster=np.repeat(np.arange(200), 5))
    assert copied.spread.std_error == pytest.approx(alone.spread.std_error, rel=SAME_FORMULA)
    assert copied.statistic == pytest.approx(alone.statistic, rel=SAME_FORMULA)


def test_a_prediction_that_is_right_to_the_last_digit_has_a_finite_statistic() -> None:
    x = np.tile(np.arange(10.0), 2)[:, None]
    found = read(x, x[:, 0], np.repeat([0, 1], 10))
    assert np.isfinite(found.statistic)
    assert found.slope == pytest.approx(1)
    assert found.p_value < 1e-50


def test_equal_predictions_are_no_heterogeneity() -> None:
    rng = np.random.default_rng(2)
    found = read(np.ones((100, 1)), rng.normal(size=100), np.arange(100) % 5)
    assert (found.slope, found.statistic, found.p_value) == (0.0, 0.0, 0.5)


def explored(seed: int, n: int, effect: float, learner: LearnerName) -> Validation:
    """A randomised experiment of even arms in which the effect goes by the first of five columns, or by none."""
    rng = np.random.default_rng([77, seed])
    x = rng.normal(size=(n, 5))
    d = rng.permutation(np.arange(n) % 2).astype(np.float64)
    y = x[:, 1] + d * (1 + effect * x[:, 0]) + rng.normal(size=n)
    fold = drawn_folds(d, 5, rng)
    fitted = cross_fitted_nuisances(x, d, y, fold, learner, seed, score=np.full(n, 0.5))
    assert isinstance(fitted, Nuisances)
    signal = signals(fitted, d, y).effect
    return validated(x, signal, fold, doubly_robust_learner(x, signal, learner, seed), rng)


def claimed(draws: int, n: int, effect: float, learner: LearnerName) -> float:
    return float(np.mean([explored(seed, n, effect, learner).p_value <= ALPHA for seed in range(draws)]))


def test_no_heterogeneity_is_claimed_at_the_stated_rate() -> None:
    draws = 100
    assert claimed(draws, 300, 0.0, "linear") <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / draws)


def test_planted_heterogeneity_is_claimed() -> None:
    assert claimed(20, 600, 1.0, "linear") > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("learner", "n", "draws"), [("linear", 500, 2000), ("boosted_trees", 1000, 400)])
def test_no_heterogeneity_is_claimed_at_the_stated_rate_in_many_draws(learner: LearnerName, n: int, draws: int) -> None:
    share = claimed(draws, n, 0.0, learner)
    print(f"{learner}: heterogeneity claimed in {share:.4f} of {draws} draws without any")  # noqa: T201
    assert share <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / draws)

"""Double machine learning against doubleml on the same predictions, and by simulation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from impact_pipeline.stats.heterogeneous_effects.average_effect import (
    doubly_robust_means,
    over_repeats,
    partially_linear,
    signals,
)
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.nuisances import Nuisances, cross_fitted_nuisances
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import Estimand, std_error
from impact_pipeline.stats.refusal import Refusal

SAME_FORMULA = 1e-10
"""Relative: the same formula on the same predictions."""

EFFECT = 1.5


def drawn(rng: np.random.Generator, n: int) -> tuple[Array, Array, Array]:
    x = rng.normal(size=(n, 3))
    d = (rng.random(n) < 1 / (1 + np.exp(-0.8 * x[:, 0]))).astype(np.float64)
    return x, d, EFFECT * d + x[:, 0] + x[:, 1] + rng.normal(size=n)


@pytest.fixture(scope="module")
def fitted() -> tuple[Array, Array, Array, Nuisances]:
    rng = np.random.default_rng(11)
    x, d, y = drawn(rng, 600)
    found = cross_fitted_nuisances(x, d, y, drawn_folds(d, 4, rng), "linear", 0)
    assert isinstance(found, Nuisances)
    return x, d, y, found


def doubleml(kind: str, data: tuple[Array, Array, Array], predictions: dict[str, Array], **asked: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import doubleml
        from doubleml.utils import DMLDummyClassifier, DMLDummyRegressor

        x, d, y = data
        frame = doubleml.DoubleMLData.from_arrays(x, y, d)
        if kind == "IRM":
            model = doubleml.DoubleMLIRM(frame, DMLDummyRegressor(), DMLDummyClassifier(), **asked)
        else:
            model = doubleml.DoubleMLPLR(frame, DMLDummyRegressor(), DMLDummyRegressor(), **asked)
        return model.fit(external_predictions={"d": {name: v[:, None] for name, v in predictions.items()}})


@pytest.mark.parametrize(("estimand", "score"), [("ATE", "ATE"), ("ATT", "ATTE")])
def test_doubly_robust_means_agree_with_doubleml(
    fitted: tuple[Array, Array, Array, Nuisances], estimand: Estimand, score: str
) -> None:
    x, d, y, found = fitted
    ours = doubly_robust_means(found, d, y, np.ones(len(y)), estimand)
    predictions = {"ml_g0": found.untreated, "ml_g1": found.treated, "ml_m": found.score}
    theirs = doubleml("IRM", (x, d, y), predictions, score=score)
    assert ours.effect == pytest.approx(theirs.coef[0], rel=SAME_FORMULA)
    assert std_error(ours.influence) == pytest.approx(theirs.se[0], rel=SAME_FORMULA)


def test_partially_linear_agrees_with_doubleml(fitted: tuple[Array, Array, Array, Nuisances]) -> None:
    x, d, y, found = fitted
    ours = partially_linear(found, d, y, np.ones(len(y)))
    assert not isinstance(ours, Refusal)
    theirs = doubleml("PLR", (x, d, y), {"ml_l": found.outcome, "ml_m": found.score})
    assert ours[0] == pytest.approx(theirs.coef[0], rel=SAME_FORMULA)
    assert std_error(ours[1]) == pytest.approx(theirs.se[0], rel=SAME_FORMULA)


def test_weights_count_a_unit_as_often(fitted: tuple[Array, Array, Array, Nuisances]) -> None:
    _, d, y, found = fitted
    twice = np.arange(len(y)) < 100
    rows = np.concatenate([np.arange(len(y)), np.flatnonzero(twice)])
    weighted = doubly_robust_means(found, d, y, (1 + twice).astype(np.float64), "ATT")
    repeated = doubly_robust_means(
        Nuisances(found.fold[rows], found.score[rows], found.untreated[rows], found.treated[rows]),
        d[rows], y[rows], np.ones(len(rows)), "ATT",
    )  # fmt: skip
    assert weighted.effect == pytest.approx(repeated.effect, rel=SAME_FORMULA)


def test_signals_are_right_if_either_model_is() -> None:
    """With the true score and no outcome model, or the true outcome and a flat score, the mean is the effect."""
    rng = np.random.default_rng(5)
    x, d, y = drawn(rng, 40_000)
    fold, true_score, flat = np.zeros(len(y), dtype=np.intp), 1 / (1 + np.exp(-0.8 * x[:, 0])), np.zeros(len(y))
    mean = x[:, 0] + x[:, 1]
    for nuisances in (Nuisances(fold, true_score, flat, flat), Nuisances(fold, flat + 0.5, mean, mean + EFFECT)):
        found = signals(nuisances, d, y).effect
        assert abs(found.mean() - EFFECT) < 4 * found.std() / np.sqrt(len(y))


def test_partially_linear_refuses_treatment_that_scores_tell() -> None:
    d, y = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    found = partially_linear(Nuisances(np.zeros(2, dtype=np.intp), d, y, y), d, y, np.ones(2))
    assert isinstance(found, Refusal)
    assert found.reason == "no_overlap"


def test_over_repeats_adds_the_spread_between_draws() -> None:
    assert over_repeats([2.0], [0.5]) == (2.0, 0.5)
    value, error = over_repeats([1.0, 2.0, 3.0], [0.1, 0.1, 0.1])
    assert value == 2.0
    assert error == pytest.approx(np.sqrt(1.01))


def covered(draws: int, n: int) -> float:
    hits = 0
    for seed in range(draws):
        rng = np.random.default_rng([31, seed])
        x, d, y = drawn(rng, n)
        found = cross_fitted_nuisances(x, d, y, drawn_folds(d, 5, rng), "linear", seed)
        assert isinstance(found, Nuisances)
        means = doubly_robust_means(found, d, y, np.ones(n), "ATE")
        hits += abs(means.effect - EFFECT) < 1.96 * std_error(means.influence)
    return hits / draws


def test_intervals_cover_the_planted_effect() -> None:
    draws = 100
    assert abs(covered(draws, 300) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / draws)


@pytest.mark.slow
def test_intervals_cover_the_planted_effect_in_many_draws() -> None:
    draws = 2000
    share = covered(draws, 500)
    print(f"coverage {share:.4f} of {draws} draws")  # noqa: T201
    assert abs(share - 0.95) < 4 * np.sqrt(0.95 * 0.05 / draws)

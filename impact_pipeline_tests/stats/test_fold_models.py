from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.fold_models import FoldModels, fit_folds
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

FOLDS = np.arange(600) % 3


def curve(seed: int = 1, n: int = 600) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(n, 2))
    return x, 3 * x[:, 0] ** 2 + 0.1 * rng.normal(size=n)


def fitted(x: Array, y: Array, *, rounds: int = 100) -> FoldModels:
    found = fit_folds(x, y, FOLDS, 3, np.random.default_rng(0), rounds=rounds)
    assert isinstance(found, FoldModels), found
    return found


def test_a_rows_own_outcome_is_not_in_its_prediction() -> None:
    x, y = curve()
    moved = y.copy()
    moved[4] += 100
    before, after = fitted(x, y).predict(x, FOLDS), fitted(x, moved).predict(x, FOLDS)
    own = FOLDS[4] == FOLDS
    assert before[own].tobytes() == after[own].tobytes()
    assert (before[~own] != after[~own]).any()


def test_a_new_row_is_predicted_by_the_model_of_its_fold() -> None:
    x, y = curve()
    found = fitted(x, y)
    new = np.array([[0.5, 0.0], [0.5, 0.0]])
    assert found.predict(new, [1, 2]).tolist() == [float(found.models[fold].predict(new)[0]) for fold in (1, 2)]


def test_a_share_explained_is_one_less_the_squared_error_over_the_variance() -> None:
    x, y = curve()
    found = fitted(x, y)
    error = np.mean((y - found.predict(x, FOLDS)) ** 2)
    assert found.out_of_fold_r2 == pytest.approx(1 - error / np.var(y), rel=1e-12)
    assert found.out_of_fold_r2 < found.in_sample_r2 < 1


def test_without_rounds_a_curve_is_not_followed() -> None:
    x, y = curve()
    assert fitted(x, y, rounds=0).out_of_fold_r2 < 0.1 < 0.9 < fitted(x, y).out_of_fold_r2


def test_noise_is_learnt_of_the_rows_seen_only() -> None:
    rng = np.random.default_rng(2)
    found = fitted(rng.normal(size=(600, 4)), rng.normal(size=600))
    assert found.out_of_fold_r2 < 0.02 < found.in_sample_r2


def test_importances_are_shares_of_the_columns_parts() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(600, 3))
    found = fitted(x, 2 * x[:, 0] + x[:, 1], rounds=0).importances
    assert sum(found) == pytest.approx(1)
    assert found == pytest.approx((0.8, 0.2, 0.0), abs=0.03)


def test_constant_columns_predict_the_mean_and_have_no_importance() -> None:
    y = np.arange(600.0)
    found = fitted(np.ones((600, 1)), y)
    assert found.importances == (0.0,)
    assert found.predict(np.ones((1, 1)), [0])[0] == pytest.approx(y[FOLDS != 0].mean())


def test_the_same_seed_gives_the_same_bits() -> None:
    x, y = curve()
    first, second = (fitted(x, y).predict(x, FOLDS).tobytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("rows", "outcome", "reason", "detail"),
    [
        (74, np.arange(74.0), "too_few_units", "a model would see 49 units; it needs at least 50"),
        (0, np.arange(0.0), "too_few_units", "a model would see 0 units; it needs at least 50"),
        (600, np.ones(600), "zero_variance", "the outcome is the same for every unit; there is nothing to learn"),
    ],
)
def test_what_cannot_be_learnt_is_refused(rows: int, outcome: Array, reason: str, detail: str) -> None:
    found = fit_folds(np.zeros((rows, 1)), outcome, FOLDS[:rows], 3, np.random.default_rng(0))
    assert found == Refusal(reason, detail)  # type: ignore[arg-type]

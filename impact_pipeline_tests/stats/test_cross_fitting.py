from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from impact_pipeline.stats.cross_fitting import Learner, cross_fitted_prediction, folds_by_key
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.lin_adjustment import ancova, lin_adjusted
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline_tests.stats.linear_models import refused

TRUE_EFFECT = 0.2
FOLDS = 4


def predicted(x: Array, y: Array, folds: Array, seed: int = 0, model: Learner | None = None) -> Array:
    found = cross_fitted_prediction(x, y, folds, np.random.default_rng(seed), model=model)
    assert isinstance(found, np.ndarray), found
    return found


def test_folds_repeat_and_are_about_equal() -> None:
    keys = [f"user-{i}" for i in range(10_000)]
    folds = folds_by_key(keys, FOLDS, salt="checkout")
    assert folds[:50].tolist() == folds_by_key(keys[:50], FOLDS, salt="checkout").tolist()
    assert folds.tolist() != folds_by_key(keys, FOLDS, salt="search").tolist()
    assert all(abs(count - 2500) < 150 for count in Counter(folds.tolist()).values())


def test_a_rows_own_outcome_never_reaches_its_prediction() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(400, 2)), rng.normal(size=400)
    folds = np.arange(400) % FOLDS
    changed = y.copy()
    changed[folds == 2] += 1000.0
    before, after = predicted(x, y, folds), predicted(x, changed, folds)
    assert before[folds == 2].tolist() == after[folds == 2].tolist()
    assert not np.allclose(before[folds == 1], after[folds == 1])


def test_the_same_generator_gives_the_same_bits() -> None:
    rng = np.random.default_rng(2)
    x, y, folds = rng.normal(size=(300, 2)), rng.normal(size=300), np.arange(300) % FOLDS
    assert predicted(x, y, folds).tobytes() == predicted(x, y, folds).tobytes()


@dataclass
class MeanOfNeighbours:
    """What scikit-learn's regressors look like; counts its fits on itself, so that a shared copy would show."""

    fits: int = 0

    def fit(self, x: Array, y: Array) -> MeanOfNeighbours:
        self.fits += 1
        assert self.fits == 1
        self.cuts = np.quantile(x[:, 0], [0.25, 0.5, 0.75])
        groups = np.searchsorted(self.cuts, x[:, 0])
        self.means = np.array([y[groups == group].mean() for group in range(4)])
        return self

    def predict(self, x: Array) -> Array:
        return np.asarray(self.means[np.searchsorted(self.cuts, x[:, 0])])


def test_any_learner_with_fit_and_predict_serves_and_is_fitted_anew_for_each_fold() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 1))
    model = MeanOfNeighbours()
    found = predicted(x, np.abs(x[:, 0]), np.arange(400) % FOLDS, model=model)
    assert np.corrcoef(found, np.abs(x[:, 0]))[0, 1] > 0.6
    assert model.fits == 0


@dataclass(frozen=True, slots=True)
class Gains:
    bias_in_errors: float
    coverage: float
    variance_ratio: float
    linear_ratio: float


def simulated(reps: int, n: int = 800) -> Gains:
    """An outcome that bends with what was known before: a learnt covariate and a line, each against no covariate."""
    rng = np.random.default_rng(4)
    values, plain, line, covered = [], [], [], 0
    folds = folds_by_key((str(i) for i in range(n)), FOLDS)
    for _ in range(reps):
        x = rng.normal(size=(n, 2))
        arms = rng.choice(["c", "t"], size=n)
        y = TRUE_EFFECT * (arms == "t") + 1.5 * np.cos(2 * x[:, 0]) + x[:, 1] ** 2 + rng.normal(size=n)
        learnt = cross_fitted_prediction(x, y, folds, rng)
        assert isinstance(learnt, np.ndarray)
        found = difference(_treated(lin_adjusted(y, arms, "c", learnt)), 0.05, float(n))
        values.append(float(found.value))
        plain.append(float(_treated(ancova(y, arms, "c")).change))
        line.append(float(_treated(lin_adjusted(y, arms, "c", x)).change))
        covered += bool(found.lower <= TRUE_EFFECT <= found.upper)
    bias = (np.mean(values) - TRUE_EFFECT) / (np.std(values) / reps**0.5)
    return Gains(
        float(bias), covered / reps, float(np.var(values) / np.var(plain)), float(np.var(line) / np.var(plain))
    )


def _treated(found: object) -> TwoMeans:
    assert isinstance(found, dict), found
    means = found["t"]
    assert isinstance(means, TwoMeans), means
    return means


def shown(found: Gains) -> str:
    return (
        f"\nbias {found.bias_in_errors:+.2f} se, coverage {found.coverage:.3f}, "
        f"variance over plain: learnt {found.variance_ratio:.3f}, linear {found.linear_ratio:.3f}"
    )


def test_a_learnt_covariate_is_unbiased_covers_and_beats_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """120 trials: three standard errors of the coverage are .06."""
    found = simulated(120)
    with capsys.disabled():
        print(shown(found))  # noqa: T201
    assert abs(found.bias_in_errors) < 3
    assert abs(found.coverage - 0.95) < 0.06
    assert found.variance_ratio < 0.6 < found.linear_ratio


@pytest.mark.slow
def test_a_learnt_covariate_at_length(capsys: pytest.CaptureFixture[str]) -> None:
    found = simulated(2000)
    with capsys.disabled():
        print(shown(found))  # noqa: T201
    assert abs(found.bias_in_errors) < 3
    assert abs(found.coverage - 0.95) < 0.015
    assert found.variance_ratio < 0.5 < 0.9 < found.linear_ratio


@pytest.mark.parametrize("column", [0, 1])
def test_values_that_are_not_finite_are_refused(column: int) -> None:
    x, y = np.zeros((200, 1)), np.zeros(200)
    (x[:, 0], y)[column][7] = np.nan
    found = refused(cross_fitted_prediction(x, y, np.arange(200) % 2, np.random.default_rng(0)))
    assert (found.reason, found.detail) == (
        "measure_undefined",
        "1 of 200 rows have a value that is not finite; fill it first",
    )


@pytest.mark.parametrize(("folds", "least"), [(np.arange(60) % 2, 30), (np.zeros(60), 0)])
def test_too_few_rows_to_learn_from_are_refused(folds: Array, least: int) -> None:
    found = cross_fitted_prediction(np.zeros((60, 1)), np.zeros(60), folds, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert (found.reason, found.detail) == ("too_few_units", f"a learner would see {least} rows; it needs at least 50")


def test_rows_must_match() -> None:
    with pytest.raises(ValueError, match="rows do not match"):
        cross_fitted_prediction(np.zeros((60, 1)), np.zeros(59), np.zeros(60), np.random.default_rng(0))

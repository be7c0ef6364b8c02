from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.boosted_stumps import BoostedStumps
from impact_pipeline.stats.least_squares import Array


def wave(rng: np.random.Generator, n: int = 2000) -> tuple[Array, Array]:
    x = rng.normal(size=(n, 3))
    return x, np.sin(2 * x[:, 0]) + x[:, 1] ** 2 + rng.normal(size=n)


def learner(seed: int = 0, **options: object) -> BoostedStumps:
    return BoostedStumps(np.random.default_rng(seed), **options)  # type: ignore[arg-type]


def error_left(found: BoostedStumps, x: Array, y: Array) -> float:
    return float(np.mean((y - found.predict(x)) ** 2) / np.var(y))


def test_curves_are_learnt_that_a_line_cannot_follow() -> None:
    rng = np.random.default_rng(1)
    (x, y), (new_x, new_y) = wave(rng), wave(rng)
    line = error_left(learner(rounds=0).fit(x, y), new_x, new_y)
    assert line > 0.9
    assert error_left(learner().fit(x, y), new_x, new_y) < 0.45


def test_without_rounds_it_is_a_line() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 2))
    y = 3 + 2 * x[:, 0] - x[:, 1]
    found = learner(rounds=0, penalty=0.0).fit(x, y).predict(x)
    assert found == pytest.approx(y, rel=1e-9)


def test_noise_is_hardly_learnt() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2000, 5)), rng.normal(size=2000)
    assert error_left(learner().fit(x, y), rng.normal(size=(2000, 5)), rng.normal(size=2000)) < 1.1


def test_the_same_seed_gives_the_same_bits() -> None:
    x, y = wave(np.random.default_rng(4), 500)
    first, second = (learner(7).fit(x, y).predict(x).tobytes() for _ in range(2))
    assert first == second


def test_columns_that_never_vary_change_nothing() -> None:
    x, y = wave(np.random.default_rng(5), 500)
    padded = np.column_stack([x, np.full(500, 3.0)])
    assert learner().fit(padded, y).predict(padded) == pytest.approx(learner().fit(x, y).predict(x), rel=1e-12)


def test_a_category_of_few_codes_is_split() -> None:
    rng = np.random.default_rng(6)
    code = rng.integers(4, size=(1000, 1)).astype(float)
    y = np.array([0.0, 5.0, 1.0, -3.0])[code[:, 0].astype(int)] + 0.1 * rng.normal(size=1000)
    assert error_left(learner().fit(code, y), code, y) < 0.02


def test_too_few_rows_for_a_split_leave_the_line() -> None:
    x = np.arange(30.0)[:, None]
    found = learner().fit(x, x[:, 0] ** 2)
    assert found.predict(x) == pytest.approx(learner(rounds=0).fit(x, x[:, 0] ** 2).predict(x))

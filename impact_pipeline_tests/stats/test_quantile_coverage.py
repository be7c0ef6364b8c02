"""Quantiles of simulated units: coverage, size, and the error of a cluster bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.quantiles import Quantile, Weighted, difference, quantile_of

Draw = Callable[[Generator, float], tuple[Weighted, Weighted]]
"""Treatment, its values multiplied by a factor, and control."""

BETWEEN, WITHIN = 0.6, 0.5
"""Spread of log latency between users, and between the requests of one."""


def latencies(rng: Generator, n: int, factor: float = 1.0, requests: int = 10) -> tuple[NDArray[Any], NDArray[Any]]:
    """Requests of each of n users, one or more, and how many milliseconds each took."""
    unit = np.repeat(np.arange(n), 1 + rng.negative_binomial(1, 1 / requests, n))
    own, noise = BETWEEN * rng.standard_normal(n)[unit], WITHIN * rng.standard_normal(len(unit))
    return unit, np.round(250 * factor * np.exp(own + noise))


def cents(rng: Generator, n: int, factor: float = 1.0) -> Distribution:
    return Distribution.from_events(range(n), np.round(3_000 * factor * np.exp(rng.standard_normal(n))), digits=3)


def of_users(rng: Generator, n: int, factor: float = 1.0, requests: int = 10) -> Distribution:
    return Distribution.from_events(*latencies(rng, n, factor, requests), digits=3)


def of_requests(rng: Generator, n: int, factor: float = 1.0) -> Distribution:
    """The same requests, taken for independent units."""
    values = latencies(rng, n, factor)[1]
    return Distribution.from_events(range(len(values)), values, digits=3)


def spent(n: int) -> Draw:
    return lambda rng, factor: ([(1.0, cents(rng, n, factor))], [(1.0, cents(rng, n))])


def waited(n: int, *, clustered: bool = True) -> Draw:
    one_arm = of_users if clustered else of_requests
    return lambda rng, factor: ([(1.0, one_arm(rng, n, factor))], [(1.0, one_arm(rng, n))])


def ramp(rng: Generator, factor: float) -> tuple[Weighted, Weighted]:
    """A quiet phase at 10 %, and a busy one at 50 % whose requests are more and twice as slow."""
    quiet = of_users(rng, 100, factor, 4), of_users(rng, 900, 1.0, 4)
    busy = of_users(rng, 500, 2 * factor, 12), of_users(rng, 500, 2.0, 12)
    return [(0.5, quiet[0]), (0.5, busy[0])], [(0.5, quiet[1]), (0.5, busy[1])]


@dataclass(frozen=True, slots=True)
class Case:
    """`truth` is the control's quantile; `naive` draws what a test of independent events would see."""

    name: str
    draw: Draw
    probability: float
    truth: float
    naive: Draw | None = None


def normal_quantile(probability: float) -> float:
    return float(stats.norm.ppf(probability))


def ramp_quantile(probability: float) -> float:
    """Of requests, 1 in 4 from the quiet phase and 3 in 4 from the busy one."""
    spread = sqrt(BETWEEN**2 + WITHIN**2)

    def excess(log_ratio: float) -> float:
        shares = [float(stats.norm.cdf(log_ratio / spread)), float(stats.norm.cdf((log_ratio - np.log(2)) / spread))]
        return (shares[0] + 3 * shares[1]) / 4 - probability

    return float(250 * np.exp(brentq(excess, -9, 9)))


P95_LATENCY = float(250 * np.exp(normal_quantile(0.95) * sqrt(BETWEEN**2 + WITHIN**2)))
CASES = (
    Case("median spent", spent(400), 0.5, 3_000.0),
    Case("p95 spent", spent(1_000), 0.95, float(3_000 * np.exp(normal_quantile(0.95)))),
    Case("p95 latency", waited(400), 0.95, P95_LATENCY, waited(400, clustered=False)),
    Case("p90 latency, ramp", ramp, 0.9, ramp_quantile(0.9)),
)
BY_NAME = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@dataclass(frozen=True, slots=True)
class Performance:
    coverage: float
    coverage_of_control: float
    rejected: float
    std_error_ratio: float


def performance(draw: Draw, case: Case, factor: float, reps: int, seed: int) -> Performance:
    rng, true = np.random.default_rng(seed), case.truth * (factor - 1)
    arms = [tuple(estimated(arm, case.probability) for arm in draw(rng, factor)) for _ in range(reps)]
    found = [difference(treatment, control, 0.95) for treatment, control in arms]
    return Performance(
        coverage=float(np.mean([f.lower <= true <= f.upper for f in found])),
        coverage_of_control=float(np.mean([control.lower <= case.truth <= control.upper for _, control in arms])),
        rejected=float(np.mean([f.p_value < 0.05 for f in found])),
        std_error_ratio=float(np.mean([f.std_error for f in found]) / np.std([f.value for f in found], ddof=1)),
    )


def estimated(arm: Weighted, probability: float) -> Quantile:
    found = quantile_of(arm, probability, 0.95, ties="rounded")
    assert isinstance(found, Quantile)
    return found


def monte_carlo(share: float, reps: int) -> float:
    """3.3 standard errors of a simulated share."""
    return 3.3 * sqrt(share * (1 - share) / reps)


@BY_NAME
def test_a_planted_difference_is_covered(case: Case) -> None:
    reps = 300
    found = performance(case.draw, case, 1.1, reps, seed=20)
    assert found.coverage == pytest.approx(0.95, abs=monte_carlo(0.95, reps))
    assert found.coverage_of_control == pytest.approx(0.95, abs=monte_carlo(0.95, reps))


@BY_NAME
def test_no_difference_is_rejected_as_often_as_alpha_says(case: Case) -> None:
    reps = 300
    assert performance(case.draw, case, 1.0, reps, 21).rejected == pytest.approx(0.05, abs=monte_carlo(0.05, reps))


def test_clustered_events_taken_for_independent_ones_are_rejected_far_too_often() -> None:
    case = CASES[2]
    assert case.naive is not None
    assert performance(case.naive, case, 1.0, 200, seed=21).rejected > 0.3


def test_error_is_that_of_a_cluster_bootstrap() -> None:
    """1,000 resamples of 300 clusters: their spread is itself known to about 3 %, and Woodruff's to about 15 %."""
    rng = np.random.default_rng(8)
    unit, values = latencies(rng, 300)
    by_unit = np.split(values, np.flatnonzero(np.diff(unit)) + 1)
    chosen = (rng.integers(0, 300, 300) for _ in range(1_000))
    resampled = [np.quantile(np.concatenate([by_unit[i] for i in drawn]), 0.9) for drawn in chosen]
    clustered, alone = (
        estimated([(1.0, Distribution.from_events(units, values, digits=3))], 0.9)
        for units in (unit, range(len(values)))
    )
    assert clustered.std_error == pytest.approx(np.std(resampled), rel=0.2)
    assert alone.std_error < 0.5 * np.std(resampled)


@pytest.mark.slow
@BY_NAME
def test_performance_over_many_draws(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    reps = 3_000
    lifted = performance(case.draw, case, 1.1, reps, seed=30)
    null = performance(case.draw, case, 1.0, reps, seed=31)
    naive = performance(case.naive, case, 1.0, 1_000, seed=32).rejected if case.naive else None
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{case.name:17} coverage {lifted.coverage:.4f} (control's own {lifted.coverage_of_control:.4f}),"
            f" size {null.rejected:.4f}, se / sd {null.std_error_ratio:.3f}"
            + (f"; size of the test of independent events {naive:.3f}" if naive else "")
        )
    assert lifted.coverage == pytest.approx(0.955, abs=0.015)
    assert lifted.coverage_of_control == pytest.approx(0.95, abs=0.015)
    assert 0.03 <= null.rejected <= 0.062
    assert 0.96 <= null.std_error_ratio <= 1.1

"""Every estimator on simulated units whose effect is known: bias, coverage of both intervals, size under no effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pytest
from numpy.random import Generator

from impact_pipeline.catalog.metrics.readings import Form
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.question import Estimator
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums
from impact_pipeline.estimators.regression_adjustment import RegressionAdjustment
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.estimators.questions import estimated, question
from impact_pipeline_tests.small_studies import moments

Strata = tuple[tuple[Moments, Moments], ...]
"""Treatment and control of each stratum."""

Draw = Callable[[Generator, float], Strata]


def revenue(rng: Generator, lift: float) -> Strata:
    return ((_cents(rng, 300, 1 + lift), _cents(rng, 500, 1)),)


def _cents(rng: Generator, n: int, factor: float) -> Moments:
    return moments(np.round(factor * rng.gamma(1.5, 2000, n)))


def buyers(rng: Generator, lift: float) -> Strata:
    return ((moments(rng.random(600) < 0.2 * (1 + lift)), moments(rng.random(600) < 0.2)),)


def click_rate(rng: Generator, lift: float) -> Strata:
    return ((_clicks(rng, 1 + lift), _clicks(rng, 1)),)


def _clicks(rng: Generator, factor: float, users: int = 500) -> Moments:
    """Views, clicks at each user's own rate (0.2 on average) times the factor, and clicks from before exposure."""
    views, own_rate = rng.poisson(5, users) + 1, rng.beta(2, 8, users)
    return moments(rng.binomial(views, np.minimum(factor * own_rate, 1)), views, rng.binomial(20, own_rate))


def orders(rng: Generator, lift: float) -> Strata:
    return ((_orders(rng, 400, 1 + lift), _orders(rng, 400, 1)),)


def _orders(rng: Generator, n: int, factor: float, base: float = 2.0) -> Moments:
    rate = rng.gamma(2, base, n)
    return moments(rng.poisson(factor * rate), x=rng.poisson(rate))


def ramp(rng: Generator, lift: float) -> Strata:
    """A quiet phase at 10 % and a busy one at 50 %: pooled, the busy units are mostly treated."""
    quiet = _orders(rng, 100, 1 + lift, 1.0), _orders(rng, 900, 1, 1.0)
    return quiet, (_orders(rng, 500, 1 + lift, 4.0), _orders(rng, 500, 1, 4.0))


def two_covariates(rng: Generator, lift: float) -> Strata:
    """Orders and visits from before exposure, which tell of the rate each in its own way."""
    return ((_known(rng, 300, 1 + lift), _known(rng, 500, 1)),)


def _known(rng: Generator, n: int, factor: float) -> Moments:
    rate = rng.gamma(2, 2, n)
    return moments(rng.poisson(factor * rate), x=[rng.poisson(rate), rng.poisson(3 * rate + 2)])


def heavy_users(rng: Generator, lift: float) -> Strata:
    """The effect falls on users who ordered much before, and few of the units are treated."""
    return ((_loyal(rng, 300, lift), _loyal(rng, 1200, 0.0)),)


def _loyal(rng: Generator, n: int, lift: float) -> Moments:
    """Rates of 4 on average, raised in proportion to their square (24 on average): by the lift times 4."""
    rate = rng.gamma(2, 2, n)
    return moments(rng.poisson(rate + lift * rate**2 / 6), x=[rng.poisson(rate), rng.poisson(2 * rate)])


@dataclass(frozen=True, slots=True)
class Scenario:
    """`control` is the control mean: the true difference is `control * lift`."""

    name: str
    estimator: Estimator
    form: Form
    draw: Draw
    control: float


SCENARIOS = (
    Scenario("mean", DifferenceInMeans(), "mean", revenue, 3000.0),
    Scenario("proportion", DifferenceInMeans(), "mean", buyers, 0.2),
    Scenario("ratio", RatioOfSums(), "ratio", click_rate, 0.2),
    Scenario("mean, ramp", DifferenceInMeans(), "mean", ramp, 5.0),
    Scenario("cuped mean", Cuped(), "mean", orders, 4.0),
    Scenario("cuped ratio", Cuped(), "ratio", click_rate, 0.2),
    Scenario("cuped mean, ramp", Cuped(), "mean", ramp, 5.0),
    Scenario("cuped, two covariates", Cuped(), "mean", two_covariates, 4.0),
    Scenario("lin mean", RegressionAdjustment(), "mean", orders, 4.0),
    Scenario("lin ratio", RegressionAdjustment(), "ratio", click_rate, 0.2),
    Scenario("lin mean, ramp", RegressionAdjustment(), "mean", ramp, 5.0),
    Scenario("lin, two covariates", RegressionAdjustment(), "mean", two_covariates, 4.0),
    Scenario("lin, effect by user", RegressionAdjustment(), "mean", heavy_users, 4.0),
)
BY_NAME = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@dataclass(frozen=True, slots=True)
class Performance:
    bias_in_se: float
    coverage: float
    lift_coverage: float
    rejected: float
    std_error_ratio: float


def performance(scenario: Scenario, lift: float, reps: int, seed: int) -> Performance:
    rng = np.random.default_rng(seed)
    truth = scenario.control * lift
    found = [_estimate(scenario, scenario.draw(rng, lift)) for _ in range(reps)]
    errors = np.array([e.value - truth for e in found])
    spread = float(errors.std(ddof=1))
    return Performance(
        bias_in_se=float(errors.mean()) / (spread / sqrt(reps)),
        coverage=float(np.mean([e.interval.lower <= truth <= e.interval.upper for e in found])),
        lift_coverage=float(np.mean([_covers_lift(e, lift) for e in found])),
        rejected=float(np.mean([e.p_value < 0.05 for e in found])),
        std_error_ratio=float(np.mean([e.std_error for e in found])) / spread,
    )


def _estimate(scenario: Scenario, drawn: Strata) -> Estimate:
    return estimated(scenario.estimator, question(scenario.form, *drawn))


def _covers_lift(found: Estimate, lift: float) -> bool:
    assert found.relative is not None
    return found.relative.interval.lower <= lift <= found.relative.interval.upper


def monte_carlo(share: float, reps: int) -> float:
    """3.3 standard errors of a simulated share."""
    return 3.3 * sqrt(share * (1 - share) / reps)


@BY_NAME
def test_a_planted_lift_is_found_without_bias_and_covered(scenario: Scenario) -> None:
    reps = 200
    found = performance(scenario, 0.1, reps, seed=5)
    assert abs(found.bias_in_se) < 3.3
    assert found.coverage == pytest.approx(0.95, abs=monte_carlo(0.95, reps))
    assert found.lift_coverage == pytest.approx(0.95, abs=monte_carlo(0.95, reps))
    assert found.std_error_ratio == pytest.approx(1, abs=3.3 / sqrt(2 * reps))


@BY_NAME
def test_no_effect_is_rejected_as_often_as_alpha_says(scenario: Scenario) -> None:
    reps = 200
    assert performance(scenario, 0.0, reps, seed=6).rejected == pytest.approx(0.05, abs=monte_carlo(0.05, reps))


def test_cuped_at_a_correlation_of_seven_tenths() -> None:
    rng = np.random.default_rng(1)
    ratios, covered = [], 0
    scenario = Scenario("cuped", Cuped(), "mean", revenue, 1.0)
    for _ in range(100):
        treatment, control = (_correlated(rng, effect) for effect in (50, 0))
        found = _estimate(scenario, ((treatment, control),))
        assert found.variance_ratio is not None
        ratios.append(found.variance_ratio)
        covered += found.interval.lower <= 50 <= found.interval.upper
    assert 0.46 <= np.mean(ratios) <= 0.56
    assert 0.92 <= covered / 100 <= 0.98


def _correlated(rng: Generator, effect: int) -> Moments:
    x, noise = rng.standard_normal((2, 10_000))
    return moments(np.round(1000 * (0.7 * x + sqrt(0.51) * noise)) + effect, x=np.round(1000 * x))


def test_slopes_by_arm_are_worth_it_where_few_are_treated_and_the_effect_depends_on_them() -> None:
    rng = np.random.default_rng(3)
    lin, cuped = (Scenario("", estimator, "mean", heavy_users, 4.0) for estimator in (RegressionAdjustment(), Cuped()))
    drawn = [heavy_users(rng, 0.5) for _ in range(30)]
    widths = [[_estimate(scenario, strata).std_error for strata in drawn] for scenario in (lin, cuped)]
    assert np.mean(widths[0]) < 0.97 * np.mean(widths[1])


def test_clicks_per_view_keep_their_size_where_the_binomial_test_does_not() -> None:
    rng = np.random.default_rng(2)
    scenario = SCENARIOS[2]
    delta, naive, reps = 0, 0, 500
    for _ in range(reps):
        treatment, control = (_clicks(rng, 1, users=1000) for _ in range(2))
        delta += _estimate(scenario, ((treatment, control),)).p_value < 0.05
        pooled = (treatment.y + control.y) / (treatment.d + control.d)
        se = sqrt(pooled * (1 - pooled) * (1 / treatment.d + 1 / control.d))
        naive += abs(treatment.y / treatment.d - control.y / control.d) > 1.96 * se
    assert 0.035 - 0.01 <= delta / reps <= 0.068
    assert 0.07 <= naive / reps <= 0.2


@pytest.mark.slow
@BY_NAME
def test_performance_over_many_draws(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    reps = 6000
    lifted, null = performance(scenario, 0.1, reps, seed=30), performance(scenario, 0.0, reps, seed=31)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{scenario.name:21} bias {lifted.bias_in_se:+.2f} se, coverage {lifted.coverage:.4f}"
            f" (lift {lifted.lift_coverage:.4f}), size {null.rejected:.4f}, se / sd {lifted.std_error_ratio:.3f}"
        )
    assert abs(lifted.bias_in_se) < 3.5
    assert lifted.coverage == pytest.approx(0.95, abs=0.012)
    assert lifted.lift_coverage == pytest.approx(0.95, abs=0.012)
    assert null.rejected == pytest.approx(0.05, abs=0.012)
    assert lifted.std_error_ratio == pytest.approx(1, abs=0.04)

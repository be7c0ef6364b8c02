"""What is planned comes true: studies of the planned size find the planned effect as often as planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, exp, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from impact_pipeline.stats.comparison import Comparison, against_relative_margin, proportions
from impact_pipeline.stats.confidence_sequence import critical_value
from impact_pipeline.stats.cuped import adjusted, pooled_slopes
from impact_pipeline.stats.delta_method import linearised
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.non_inferiority import relative_margin_test
from impact_pipeline.stats.power import NoPlan
from impact_pipeline.stats.sample_size import WELCH, Rejection, power_at, units_needed
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise
from impact_pipeline.stats.two_means import TwoMeans
from impact_pipeline.stats.unit_variance import cuped_variance, design_effect, ratio_unit_variance

POWER = 0.8
POINTS = 0.02
"""By how much a plan may miss its power: skewed outcomes are not quite normal, plans know no estimated slope."""

BATCH = 500_000
"""Units drawn at a time."""

Ints = NDArray[np.int64]
Studies = Callable[[Generator, int, int, int], TwoMeans]
"""Many studies at once: (rng, studies, treated, controls) -> their two means."""


def summed(y: Ints, d: Ints | None = None, x: Ints | None = None) -> Moments:
    """Moments of each study (row) over its units (columns)."""
    parts = [y, y * y] if d is None else [y, y * y, d, d * d, y * d]
    sums: list[Any] = [as_exact(part.sum(1)) for part in parts]
    products = {} if x is None else {"x": x, "xx": x * x, "xy": x * y}
    known: dict[str, Any] = {name: (as_exact(part.sum(1)),) for name, part in products.items()}
    return Moments(as_exact(np.full(len(y), y.shape[1])), *sums, **known)


def of_means(treatment: Moments, control: Moments) -> TwoMeans:
    return post_stratified([StratumPair(1.0, summarise(treatment), summarise(control))])


def of_ratios(treatment: Moments, control: Moments) -> TwoMeans:
    [t], [c] = linearised([(1.0, treatment)]), linearised([(1.0, control)])
    return post_stratified([StratumPair(1.0, t, c)])


def of_adjusted_means(treatment: Moments, control: Moments) -> TwoMeans:
    pair = StratumPair(1.0, *(summarise(arm, covariates=True) for arm in (treatment, control)))
    return adjusted([pair], pooled_slopes([pair]))


def revenue(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    """Log-normal cents, 8 % more under treatment."""
    t, c = (np.exp(rng.standard_normal((studies, n))) for n in (treated, controls))
    return of_means(summed(np.rint(1080 * t).astype(int)), summed(np.rint(1000 * c).astype(int)))


def buyers(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    drawn = [(rng.random((studies, n)) < p).astype(int) for p, n in ((0.13, treated), (0.1, controls))]
    return of_means(*map(summed, drawn))


def click_rate(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    """Views 1 + Poisson(5), clicks at each user's own rate, Beta(2, 8), 8 % higher under treatment."""
    arms = []
    for factor, n in ((1.08, treated), (1.0, controls)):
        views = 1 + rng.poisson(5, (studies, n))
        arms.append(summed(rng.binomial(views, np.minimum(1, factor * rng.beta(2, 8, (studies, n)))), views))
    return of_ratios(*arms)


def click_variance(factor: float) -> float:
    """E(N) = 6, E(N^2) = 41, E(p) = .2, Var(p) = .16 / 11; `E(N) E(p - p^2) + Var(N p)` for the clicks."""
    p, spread = 0.2 * factor, 0.16 / 11 * factor**2
    clicks = 6 * (p - p**2 - spread) + 41 * (spread + p**2) - 36 * p**2
    return ratio_unit_variance(6 * p, 6.0, clicks, 5.0, 5 * p)


def orders(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    """Normal, variance 1, with a covariate of correlation 0.7; one tenth more under treatment."""
    arms = []
    for effect, n in ((100, treated), (0, controls)):
        x, noise = rng.standard_normal((2, studies, n))
        y = np.rint(1000 * (0.7 * x + sqrt(0.51) * noise)).astype(int) + effect
        arms.append(summed(y, x=np.rint(1000 * x).astype(int)))
    return of_adjusted_means(*arms)


def shops(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    """The mean of customers, who come in shops of 2 + Poisson(18) and correlate within them by 0.1; effect 0.25."""
    arms = []
    for effect, n in ((0.25, treated // 20), (0.0, controls // 20)):
        sizes = 2 + rng.poisson(18, (studies, n))
        means = 5 + effect + sqrt(0.1) * rng.standard_normal(sizes.shape)
        sums = sizes * means + np.sqrt(0.9 * sizes) * rng.standard_normal(sizes.shape)
        arms.append(summed(np.rint(1000 * sums).astype(int), sizes))
    return of_ratios(*arms)


def unmoved(rng: Generator, studies: int, treated: int, controls: int) -> TwoMeans:
    arms = [summed(rng.poisson(4, (studies, n))) for n in (treated, controls)]
    return of_means(*arms)


def two_sided(means: TwoMeans, units: int) -> NDArray[np.bool_]:
    return np.asarray(difference(means, 0.05, float(units)).p_value) < 0.05


def within_margin(means: TwoMeans, units: int) -> NDArray[np.bool_]:
    found: Any = relative_margin_test(means, 0.06, 0.05, float(units), better=1)
    return np.asarray(found.p_value) < 0.05


def by_sequence(means: TwoMeans, units: int) -> NDArray[np.bool_]:
    """The confidence sequence tuned for these units, at its last look."""
    return np.asarray(np.abs(means.change) / means.error()[0] > SEQUENCE)


SEQUENCE = float(critical_value(1.0, 1.0, 0.05))


@dataclass(frozen=True, slots=True)
class Scenario:
    """`whole` units make a cluster: arms hold whole clusters of it."""

    name: str
    draw: Studies
    effect: float
    comparison: Comparison
    rejection: Rejection = WELCH
    finds: Callable[[TwoMeans, int], NDArray[np.bool_]] = two_sided
    whole: int = 1


LOG_NORMAL = 1e6 * (exp(1) - 1) * exp(1)
MARGIN, WITHIN = against_relative_margin(Comparison(4.0, 4.0), 4.0, 0.06)
LEFT = cuped_variance(1e6, 0.7)
SHOP = 1000**2 * design_effect(20.0, 0.1, sqrt(18) / 20)

SCENARIOS = (
    Scenario("mean, log-normal", revenue, 80 * exp(0.5), Comparison(1.08**2 * LOG_NORMAL, LOG_NORMAL)),
    Scenario("proportion", buyers, 0.03, proportions(0.13, 0.1)),
    Scenario("arms 1 : 4", buyers, 0.03, proportions(0.13, 0.1, 0.2, 0.8)),
    Scenario("ratio", click_rate, 0.016, Comparison(click_variance(1.08), click_variance(1.0))),
    Scenario("CUPED", orders, 100.0, Comparison(LEFT, LEFT)),
    Scenario("clusters", shops, 250.0, Comparison(SHOP, SHOP, cluster_size=20.0), whole=20),
    Scenario("relative margin", unmoved, MARGIN, WITHIN, Rejection(sides=1), within_margin),
    Scenario("sequence", orders, 100.0, Comparison(LEFT, LEFT), Rejection(critical_value=SEQUENCE), by_sequence),
)
BY_NAME = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@dataclass(frozen=True, slots=True)
class Outcome:
    planned: float
    found: float
    units: int


def outcome(scenario: Scenario, studies: int, seed: int) -> Outcome:
    """The share of simulated studies of the planned size that find the effect; planned power after rounding units."""
    needed = units_needed(scenario.effect, scenario.comparison, POWER, scenario.rejection)
    assert not isinstance(needed, NoPlan), needed
    shares = scenario.comparison.treatment_share, scenario.comparison.control_share
    treated, controls = (scenario.whole * ceil(needed * share / scenario.whole) for share in shares)
    rng, units, hits = np.random.default_rng(seed), treated + controls, 0
    for start in range(0, studies, batch := max(1, BATCH // units)):
        drawn = scenario.draw(rng, min(batch, studies - start), treated, controls)
        hits += int(np.count_nonzero(scenario.finds(drawn, units)))
    exact = replace(scenario.comparison, treatment_share=treated / units, control_share=controls / units)
    return Outcome(power_at(units, scenario.effect, exact, scenario.rejection), hits / studies, units)


@BY_NAME
def test_the_planned_effect_is_found_as_often_as_planned(scenario: Scenario) -> None:
    studies = 1500
    found = outcome(scenario, studies, seed=7)
    assert found.planned == pytest.approx(POWER, abs=0.01)
    assert found.found == pytest.approx(found.planned, abs=POINTS + 2 * sqrt(POWER * (1 - POWER) / studies))


@pytest.mark.slow
@BY_NAME
def test_power_as_planned_over_many_studies(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcome(scenario, 20_000, seed=70)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{scenario.name:17} {found.units:6} units, planned {found.planned:.3f}, found {found.found:.3f}"
        )
    assert found.found == pytest.approx(found.planned, abs=POINTS)

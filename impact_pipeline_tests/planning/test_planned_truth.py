"""What is planned from a history comes true in studies drawn from it, through the estimators that will judge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.estimators.question import Arm, Question, Stratum
from impact_pipeline.estimators.registry import estimator_for
from impact_pipeline.planning.baseline import Baseline, baseline_of
from impact_pipeline.planning.enrolment import Enrolment, enrolment_of
from impact_pipeline.planning.metric_plan import metric_test
from impact_pipeline.planning.metric_test import MetricTest
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline_tests.planning.pasts import BY_SHOP, Ints, Units, past_cells
from impact_pipeline_tests.small_studies import (
    TWO_ARMS,
    mean_metric,
    proportion_metric,
    quantile_metric,
    ratio_metric,
    study,
)

POWER = 0.8
FAST, MANY = (8, 125), (40, 100)
"""How many pasts, and studies drawn from each: one past by itself knows a quantile's error to some per cent only."""

FAST_POINTS, MANY_POINTS = 0.04, 0.02
"""Three standard errors of a share of 0.8 in so many studies."""

PAST, PLANNED = 6_000, 1_400
"""Units of history, and of each study."""

SHOPS = 60


@dataclass(frozen=True, slots=True)
class Scenario:
    """A metric, its past, and how a treated unit's outcome changes by an effect of this amount."""

    name: str
    metric: Metric
    past: Callable[[Generator], Units]
    planted: Callable[[Units, float, Generator], Units]
    design: Mapping[str, Any] = field(default_factory=lambda: TWO_ARMS)
    digits: int | None = None


def shifted(units: Units, effect: float, rng: Generator) -> Units:
    """Every outcome by the effect; a whole number of it on average."""
    return replace(units, y=np.add(units.y, _whole(np.full(len(units), effect), rng)))


def more_often(units: Units, effect: float, rng: Generator) -> Units:
    """So many more of all units as the effect says, from among those without."""
    chance = effect / (1 - units.y.mean())
    return replace(units, y=np.where((units.y == 0) & (rng.random(len(units)) < chance), 1, units.y))


def per_denominator(units: Units, effect: float, rng: Generator) -> Units:
    assert units.d is not None
    return replace(units, y=np.add(units.y, _whole(effect * units.d, rng)))


def revenue(rng: Generator) -> Units:
    return Units(np.rint(1000 * rng.gamma(4.0, 1.0, PAST)).astype(np.int64))


def orders(rng: Generator) -> Units:
    """Correlated by 0.7 with what was before."""
    x, noise = rng.standard_normal((2, PAST))
    y, before = (np.rint(5000 + 1000 * z).astype(np.int64) for z in (0.7 * x + sqrt(0.51) * noise, x))
    return Units(y, x=before)


def clicks(rng: Generator) -> Units:
    views = 1 + rng.poisson(5, PAST)
    rates = rng.beta(2, 8, PAST)
    return Units(100 * rng.binomial(views, rates), views)


def customers(rng: Generator) -> Units:
    """Alike within shops by 0.05; every shop is of its own size."""
    shop = np.repeat(np.arange(SHOPS), 40 + rng.integers(0, 60, SHOPS))
    own = sqrt(0.05) * rng.standard_normal(SHOPS)
    noise = sqrt(0.95) * rng.standard_normal(len(shop))
    return Units(np.rint(5000 + 1000 * (own[shop] + noise)).astype(np.int64), cluster=shop)


def buyers(rng: Generator) -> Units:
    return Units((rng.random(PAST) < 0.12).astype(np.int64))


SCENARIOS = (
    Scenario("mean", mean_metric("money"), revenue, shifted),
    Scenario("arms 1 : 4", mean_metric("money"), revenue, shifted,
             {"type": "randomized", "arms": {"control": 0.8, "treatment": 0.2}, "control": "control"}),
    Scenario("proportion", proportion_metric("money"), buyers, more_often),
    Scenario("ratio", ratio_metric("money"), clicks, per_denominator),
    Scenario("CUPED", mean_metric("money", covariates=["before"]), orders, shifted),
    Scenario("quantile", quantile_metric("money", digits=6), revenue, shifted, digits=6),
    Scenario("clusters", mean_metric("money"), customers, shifted, BY_SHOP),
)  # fmt: skip
BY_NAME = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@BY_NAME
def test_an_effect_as_large_as_the_minimal_one_is_found_as_often_as_planned(scenario: Scenario) -> None:
    assert found_share(scenario, FAST, seed=11) == pytest.approx(POWER, abs=FAST_POINTS)


@pytest.mark.slow
@BY_NAME
def test_power_as_planned_over_many_studies(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    found = found_share(scenario, MANY, seed=110)
    with capsys.disabled():
        print(f"\n{scenario.name:12} planned {POWER:.3f}, found {found:.3f}")  # noqa: T201
    assert found == pytest.approx(POWER, abs=MANY_POINTS)


def found_share(scenario: Scenario, repeated: tuple[int, int], seed: int) -> float:
    """The share of studies, drawn from their past, whose estimator finds the minimal effect planted in them."""
    rng = np.random.default_rng(seed)
    pasts, studies = repeated
    return float(np.mean([_found(scenario, scenario.past(rng), studies, rng) for _ in range(pasts)]))


def _found(scenario: Scenario, past: Units, studies: int, rng: Generator) -> float:
    test, enrolment = planned(scenario, past)
    effect = test.minimal_effect(enrolment.planned)
    assert isinstance(effect, float), effect
    return significant(scenario, *drawn(scenario, past, effect, studies, enrolment, rng))


def planned(scenario: Scenario, past: Units) -> tuple[MetricTest, Enrolment]:
    found = study(scenario.metric, design=scenario.design, days=7)
    cells = past_cells({"money": past}, {} if scenario.digits is None else {"money": scenario.digits})
    baseline = baseline_of(found, cells, found.uses[0])
    enrolment = enrolment_of(found.plan, [(len(past) if past.cluster is not None else PLANNED) // 7] * 7)
    assert isinstance(baseline, Baseline), baseline
    assert isinstance(enrolment, Enrolment)
    return metric_test(found, found.uses[0], baseline, enrolment), enrolment


def drawn(
    scenario: Scenario, past: Units, effect: float, studies: int, enrolment: Enrolment, rng: Generator
) -> tuple[Arm, Arm]:
    """Treatment and control of many studies at once."""
    shares = enrolment.planned.shares
    chosen = by_shop if past.cluster is not None else one_by_one
    treatment = [scenario.planted(units, effect, rng) for units in chosen(past, shares[0], studies, rng)]
    control = list(chosen(past, shares[1], studies, rng))
    return arm_of(treatment, scenario.digits), arm_of(control, scenario.digits)


def one_by_one(past: Units, share: float, studies: int, rng: Generator) -> list[Units]:
    count = round(PLANNED * share)
    return [past.take(rng.integers(0, len(past), count)) for _ in range(studies)]


def by_shop(past: Units, share: float, studies: int, rng: Generator) -> list[Units]:
    """Whole shops, each under a name of its own."""
    assert past.cluster is not None
    inside = [np.flatnonzero(past.cluster == shop) for shop in range(SHOPS)]
    count = round(SHOPS * share)
    found = []
    for _ in range(studies):
        shops = rng.integers(0, SHOPS, count)
        names = np.repeat(np.arange(count), [len(inside[shop]) for shop in shops])
        found.append(replace(past.take(np.concatenate([inside[shop] for shop in shops])), cluster=names))
    return found


def arm_of(studies: list[Units], digits: int | None) -> Arm:
    whole = summed([(units, np.zeros(len(units), dtype=np.int64)) for units in studies], 1)
    merged = whole.each(lambda sums: sums[:, 0])
    if digits is not None:
        values = tuple(Distribution.from_events(np.arange(len(u)), u.y, digits) for u in studies)
        return Arm(Moments(n=merged.n, d=merged.n, dd=merged.n), values)
    if studies[0].cluster is None:
        return Arm(merged)
    shops = 1 + max(int(u.cluster.max()) for u in studies if u.cluster is not None)
    return Arm(merged, clusters=summed([(u, u.cluster) for u in studies if u.cluster is not None], shops))


def summed(studies: list[tuple[Units, Ints]], groups: int) -> Moments:
    """Moments by study (rows) and group of its units."""

    def total(value: Callable[[Ints, Ints, Ints], Ints]) -> NDArray[np.object_]:
        rows = [np.bincount(group, value(*_columns(units)), groups) for units, group in studies]
        return as_exact(np.rint(rows).astype(np.int64))

    n, y, yy = total(lambda y, d, x: y * 0 + 1), total(lambda y, d, x: y), total(lambda y, d, x: y * y)
    d, dd, yd = total(lambda y, d, x: d), total(lambda y, d, x: d * d), total(lambda y, d, x: y * d)
    if studies[0][0].x is None:
        return Moments(n, y, yy, d, dd, yd)
    x, xx = total(lambda y, d, x: x), total(lambda y, d, x: x * x)
    xy, xd = total(lambda y, d, x: x * y), total(lambda y, d, x: x * d)
    return Moments(n, y, yy, d, dd, yd, (x,), (xx,), (xy,), (xd,))


def _columns(units: Units) -> tuple[Ints, Ints, Ints]:
    nothing = np.zeros(len(units), dtype=np.int64)
    return units.y, nothing if units.d is None else units.d, nothing if units.x is None else units.x


def significant(scenario: Scenario, treatment: Arm, control: Arm) -> float:
    found = study(scenario.metric, design=scenario.design)
    reading, *_ = found.readings_of(scenario.metric)
    estimator = estimator_for(found.plan.design.type, scenario.metric, reading)
    assert estimator is not None
    studies = np.size(treatment.moments.n)
    stratum = Stratum("all units", treatment, control, np.ones(studies))
    question = Question(reading, Contrast("treatment", "control"), (stratum,), 0.05)
    means = estimator.answer(question).means
    n = np.add(*question.units)
    return float(np.mean(np.asarray(difference(means, 0.05, n).p_value) < 0.05))


def _whole(amounts: NDArray[Any], rng: Generator) -> Ints:
    """Rounded up or down by chance, so that nothing is lost on average."""
    return np.asarray(np.floor(amounts + rng.random(len(amounts))), dtype=np.int64)

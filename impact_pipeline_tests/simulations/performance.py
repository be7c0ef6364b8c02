"""How each metric does under each inference on drawn studies whose truth is known: rows of a table that is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from impact_pipeline.estimators.bayesian_reading import BayesianReading, read_bayesian
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential
from impact_pipeline_tests.simulations.cells_of_draws import cells
from impact_pipeline_tests.simulations.events import arms
from impact_pipeline_tests.simulations.looks_at_draws import Critical, Floats, Looked, final_estimates, looked_at
from impact_pipeline_tests.simulations.shop import study
from impact_pipeline_tests.simulations.truths import TRUTHS

NIGHTS, UNITS = 60, 10
"""Nights on which units are exposed, and units in each arm on each."""

LIFT, ALPHA = 0.1, 0.05
PRIOR_SPREAD = 0.1
"""Of true lifts around 0, in the draws for the Bayesian reading and in its prior."""

FOUR_LOOKS = (15, 30, 45, 60)
CHUNK = 100
"""Studies drawn at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric under one inference.

    `bias` is in Monte-Carlo standard errors, at the last look. `coverage` is the share of draws with a lift whose
    interval holds the true difference at all looks; `lift_coverage`, the true lift. `size` is the share of draws
    without an effect that are rejected at any look. `exact` where the inference promises both, else at least and at
    most. Of the Bayesian reading `lift_coverage` is that of the credible interval under its prior; a size it has none.
    """

    metric: str
    inference: str
    looks: int
    draws: int
    bias: float
    lift_coverage: float
    coverage: float | None = None
    size: float | None = None
    exact: bool = True

    def __str__(self) -> str:
        shares = (f"{share:9.4f}" if share is not None else f"{'-':>9}" for share in self._shares)
        return (
            f"{self.metric:20} {self.inference:28} {self.looks:5d} {self.draws:6d} {self.bias:+7.2f}{''.join(shares)}"
        )

    @property
    def _shares(self) -> tuple[float | None, ...]:
        return self.coverage, self.lift_coverage, self.size


def table(rows: Iterable[Row]) -> str:
    head = f"{'metric':20} {'inference':28} {'looks':>5} {'draws':>6} {'bias/se':>7}"
    return "\n".join([f"{head}{'coverage':>9}{'of lift':>9}{'size':>9}", *map(str, rows)])


@dataclass(frozen=True, slots=True)
class Plan:
    """An inference as a plan asks for it, at some of the looks (by number of nights)."""

    name: str
    inference: Critical
    looks: tuple[int, ...]
    exact: bool


def plans(looks: Sequence[int]) -> tuple[Plan, ...]:
    """`looks` are those of the nightly plan."""
    sequence = AlwaysValid(2 * UNITS * NIGHTS, ALPHA)
    shares = tuple(look / NIGHTS for look in FOUR_LOOKS)
    spent = [GroupSequential(shares[:place], "obrien_fleming") for place in range(1, len(shares) + 1)]
    return (
        Plan("fixed", FixedHorizon(), (NIGHTS,), True),
        Plan("fixed, read nightly (naive)", FixedHorizon(), tuple(looks), False),
        Plan("always_valid", sequence, (NIGHTS,), False),
        Plan("always_valid, nightly", sequence, tuple(looks), False),
        Plan("group_sequential", spent, FOUR_LOOKS, True),
    )


def rows_of(metric: str, draws: int, seed: int, looks: Sequence[int]) -> Iterator[Row]:
    """Rows of one metric under every inference, from as many draws with a lift and without."""
    lifted, null = (looked(metric, draws, seed + i, looks, lift) for i, lift in enumerate((LIFT, 0.0)))
    truth = LIFT * TRUTHS[metric].control(LIFT)
    places = {look: place for place, look in enumerate(looks)}
    for plan in plans(looks):
        chosen = [places[look] for look in plan.looks]
        with_lift, without = lifted.at(chosen), null.at(chosen)
        error = np.asarray(with_lift.means.change)[-1] - truth
        yield Row(
            metric, plan.name, len(chosen), draws, _in_errors(error),
            lift_coverage=_share(with_lift.lift_holds(LIFT, plan.inference)),
            coverage=_share(with_lift.holds(truth, plan.inference)),
            size=1 - _share(without.holds(0.0, plan.inference)), exact=plan.exact,
        )  # fmt: skip
    yield _bayesian(metric, draws, seed + 2)


def _share(by_look: Iterable[Iterable[bool]]) -> float:
    """Of draws for which it is so at all looks."""
    return float(np.all(np.asarray(by_look), axis=0).mean())


def _in_errors(errors: Floats) -> float:
    return float(errors.mean() / (errors.std(ddof=1) / sqrt(len(errors))))


def looked(metric: str, draws: int, seed: int, looks: Sequence[int], lift: float) -> Looked:
    rng, plan = np.random.default_rng(seed), study(metric, NIGHTS)
    found = []
    for size in _chunks(draws):
        drawn = arms(rng, np.full(size, lift), TRUTHS[metric].world, nights=NIGHTS, units=UNITS)
        found.append(looked_at(cells(drawn, metric), plan, looks, size))
    return Looked.joined(found)


def _chunks(draws: int) -> list[int]:
    return [min(CHUNK, draws - start) for start in range(0, draws, CHUNK)]


def readings_under_the_prior(metric: str, draws: int, seed: int) -> tuple[Floats, list[BayesianReading]]:
    """True lifts, and what the last look of each draw says of them."""
    rng = np.random.default_rng(seed)
    prior = {"mean_lift": 0.0, "lift_std_dev": PRIOR_SPREAD}
    plan = study(metric, NIGHTS, prior=prior)
    lifts = PRIOR_SPREAD * rng.standard_normal(draws)
    found: list[BayesianReading] = []
    for own in np.split(lifts, np.cumsum(_chunks(draws))[:-1]):
        drawn = arms(rng, own, TRUTHS[metric].world, nights=NIGHTS, units=UNITS)
        results = final_estimates(cells(drawn, metric), plan, len(own))
        readings = read_bayesian(plan, [replace(result, segment=ALL_UNITS) for result in results], ())
        found += [reading for reading in readings if isinstance(reading, BayesianReading)]
    return lifts, found


def _bayesian(metric: str, draws: int, seed: int) -> Row:
    lifts, readings = readings_under_the_prior(metric, draws, seed)
    bounds = np.array([(r.interval.lower, r.interval.upper) for r in readings])
    covered = float(np.mean((bounds[:, 0] <= lifts) & (lifts <= bounds[:, 1])))
    error = np.array([r.mean for r in readings]) - lifts
    return Row(metric, "bayesian", 1, draws, _in_errors(error), covered)


@dataclass(frozen=True, slots=True)
class Effort:
    """Draws of metrics that are sums, and of those read from buckets of values, which are looked at on some nights."""

    sums: int
    bucketed: int
    bucketed_looks: tuple[int, ...]

    def rows(self, metric: str) -> list[Row]:
        seed = 10 * list(TRUTHS).index(metric)
        if metric in BUCKETED:
            return list(rows_of(metric, self.bucketed, seed, self.bucketed_looks))
        return list(rows_of(metric, self.sums, seed, range(1, NIGHTS + 1)))


BUCKETED = ("mean_percentile_cap", "quantile", "event_quantile")
FAST = Effort(200, 40, tuple(range(5, NIGHTS + 1, 5)))
FULL = Effort(5000, 600, tuple(range(1, NIGHTS + 1)))

"""Units before and after one change, with trends that are parallel, or broken in the ways that matter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.difference_in_differences import DifferenceInDifferences
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline.stats.samples.panel import Panel, panel_of

UNITS, PERIODS, START = 80, 12, 8
EFFECT = 1.0
CARRIED = 0.4
"""Share of an error that carries over to the next period."""
CITIES = 50
ROWS = 1000


def parallel_trends(rng: np.random.Generator) -> Drawn:
    """
    >>> drawn = parallel_trends(np.random.default_rng(0))
    >>> len(drawn.sample), drawn.truth
    (960, 1.0)
    """
    return Drawn(_panel(_noise(rng) + EFFECT * _treated()), EFFECT)


def no_effect(rng: np.random.Generator) -> Drawn:
    return Drawn(_panel(_noise(rng)), 0.0)


def few_units(rng: np.random.Generator) -> Drawn:
    """Six treated units of twenty."""
    treated = _treated(units=20, share=0.3)
    return Drawn(_panel(_noise(rng, units=20) + EFFECT * treated, treated), EFFECT)


def missing_at_random(rng: np.random.Generator) -> Drawn:
    """One cell in five is not seen, and a covariate moves the outcome."""
    covariate = rng.normal(size=(UNITS, PERIODS)) + 0.3 * _treated()
    panel = _panel(_noise(rng) + EFFECT * _treated() + covariate, covariates={"covariate": covariate.ravel()})
    return Drawn(panel.keep(rng.random(len(panel)) < 0.8), EFFECT)


def cities(rng: np.random.Generator) -> Drawn:
    """Whole cities are treated, and have shocks of their own."""
    units = 4 * CITIES
    city = np.arange(units) % CITIES
    treated = (city % 2 == 0)[:, None] & (np.arange(PERIODS) >= START)
    shocks = _carried(0.5 * rng.normal(size=(CITIES, PERIODS)))[city]
    outcome = _noise(rng, units=units) + shocks + EFFECT * treated
    return Drawn(_panel(outcome, treated, cluster=np.repeat(city, PERIODS).tolist()), EFFECT)


def repeated_cross_sections(rng: np.random.Generator) -> Drawn:
    """Other units are seen before and after; their make-up differs by group, and is known."""
    group, after = (rng.random(ROWS) < 0.4).astype(np.float64), (rng.random(ROWS) < 0.5).astype(np.float64)
    age = rng.normal(size=ROWS) + 0.5 * group - 0.3 * after * group
    outcome = rng.normal(size=ROWS) * (1 + group) + 0.7 * group + 0.4 * after + age + EFFECT * group * after
    return Drawn(CrossSection(outcome, group, {"age": age}, after=after), EFFECT)


def own_trend(rng: np.random.Generator) -> Drawn:
    trend = 0.3 * np.arange(PERIODS) * _ever()[:, None]
    return Drawn(_panel(_noise(rng) + trend), 0.0)


def reaction_before(rng: np.random.Generator) -> Drawn:
    """The treated hold back in the two periods before: measured from there, what comes looks better than it is."""
    dip = _ever()[:, None] * np.isin(np.arange(PERIODS), (START - 2, START - 1)) * -1.3
    return Drawn(_panel(_noise(rng) + dip), 0.0)


def chosen_when_low(rng: np.random.Generator) -> Drawn:
    """Those who did worst in the period before are treated, and would have recovered by themselves."""
    outcome = _noise(rng)
    recent = outcome[:, START - 1] - outcome[:, :START].mean(axis=1)
    low = recent <= np.median(recent)
    return Drawn(_panel(outcome, low[:, None] & (np.arange(PERIODS) >= START)), 0.0)


def growing_in_turns(rng: np.random.Generator) -> Drawn:
    """Half of the treated start earlier, and effects grow."""
    starts = np.where(np.arange(UNITS) % 4 == 0, 3, np.where(np.arange(UNITS) % 4 == 1, START, PERIODS))
    since = np.arange(PERIODS) - starts[:, None]
    effect = np.where(since >= 0, 0.5 * (1.0 + since), 0.0)
    return Drawn(_panel(_noise(rng) + effect, since >= 0), float(effect[since >= 0].mean()))


def leaving(rng: np.random.Generator) -> Drawn:
    """The change makes treated units miss periods in which they would have done badly."""
    outcome = _noise(rng)
    bad = outcome - outcome[:, :START].mean(axis=1, keepdims=True) < -0.5
    panel = _panel(outcome)
    return Drawn(panel.keep(~(bad & (_treated() > 0)).ravel()), 0.0)


def one_treated(rng: np.random.Generator) -> Drawn:
    """One treated unit of forty, with errors that ask for many."""
    treated = _treated(units=40, share=1 / 40)
    return Drawn(_panel(_noise(rng, units=40), treated), 0.0)


def control_outcome(rng: np.random.Generator) -> Drawn:
    """An effect, and beside it an outcome that the change does not move."""
    return Drawn(_panel(_noise(rng) + EFFECT * _treated()), EFFECT, {"control": _panel(_noise(rng))})


def same_time(rng: np.random.Generator) -> Drawn:
    """Something else happens to the treated at the time of the change: no period before it can tell."""
    event = _treated()
    return Drawn(_panel(_noise(rng) + event), 0.0, {"control": _panel(_noise(rng) + event)})


def _ever(units: int = UNITS, share: float = 0.5) -> Array:
    return (np.arange(units) < round(share * units)).astype(np.float64)


def _treated(units: int = UNITS, share: float = 0.5) -> Array:
    return _ever(units, share)[:, None] * (np.arange(PERIODS) >= START)


def _carried(errors: Array) -> Array:
    for period in range(1, errors.shape[1]):
        errors[:, period] += CARRIED * errors[:, period - 1]
    return errors


def _noise(rng: np.random.Generator, units: int = UNITS) -> Array:
    """Effects of units and periods, and errors that carry over from one period to the next."""
    errors = _carried(rng.normal(size=(units, PERIODS)))
    return np.asarray(errors + 2 * rng.normal(size=(units, 1)) + rng.normal(size=PERIODS))


def _panel(outcome: Array, treated: ArrayLike | None = None, **given: Any) -> Panel:
    units = len(outcome)
    on = _treated(units) if treated is None else np.asarray(treated, dtype=np.float64)
    unit, period = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(PERIODS), units)
    return panel_of(unit.tolist(), period.tolist(), outcome.ravel(), on.ravel(), **given)


def _design(**settings: object) -> DifferenceInDifferences:
    return DifferenceInDifferences.model_validate({"type": "difference_in_differences", **settings})


_TRENDS = ("pre_trends", "placebo_period", "honest_did")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("parallel_trends", "Parallel trends, an effect", _design(), parallel_trends),
    Scenario("no_effect", "Parallel trends without an effect", _design(), no_effect),
    Scenario("few_units", "Six treated units of twenty", _design(), few_units),
    Scenario("missing_at_random", "Missing cells and a covariate", _design(), missing_at_random),
    Scenario("cities", "Whole cities are treated", _design(), cities),
    Scenario(
        "repeated_cross_sections", "Other units before and after", _design(estimator="group_means"),
        repeated_cross_sections,
    ),
    Scenario("control_outcome", "An effect, and a negative control", _design(), control_outcome),
    Scenario(
        "own_trend", "The treated have a trend of their own", _design(), own_trend,
        "trends are not parallel: the treated grow before the change", _TRENDS,
    ),
    Scenario(
        "reaction_before", "The treated react before the change", _design(), reaction_before,
        "anticipation: the treated hold back in the periods before", _TRENDS,
    ),
    Scenario(
        "chosen_when_low", "Those who did worst are treated", _design(), chosen_when_low,
        "confounding: units are treated because of what they would recover from", _TRENDS,
    ),
    Scenario(
        "same_time", "Something else happens to the treated", _design(), same_time,
        "another event at the time of the change moves the outcome, and one that the change cannot move",
        ("negative_control",),
    ),
    Scenario(
        "growing_in_turns", "Treated in turns, with effects that grow", _design(), growing_in_turns,
        "units that start late are compared with units treated already", ("common_start",),
    ),
    Scenario(
        "leaving", "The change makes units leave", _design(), leaving,
        "attrition: treated units are missing when they do badly", ("missing_cells",),
    ),
    Scenario(
        "one_treated", "One treated unit, errors for many", _design(errors="CR1"), one_treated,
        "one cluster's fortune is taken for an effect, with errors that do not know it", ("few_clusters",),
    ),
)  # fmt: skip

"""One or few treated units whose factors donors share, and the ways in which a synthetic control can go wrong."""

from __future__ import annotations

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.synthetic_control import SyntheticControl
from impact_pipeline.stats.samples.panel import Panel, panel_of
from impact_pipeline.stats.synthetic_control.simplex import Floats

DONORS, BEFORE, AFTER, FACTORS, PATHS = 19, 20, 8, 3, 4
MANY_DONORS = 40
NEIGHBOURS, NEAR = 6, 0.2
"""Donors that the change spills over to, and their distance from the treated unit."""
EFFECT = 2.0


def effect(rng: np.random.Generator) -> Drawn:
    """
    >>> drawn = effect(np.random.default_rng(0))
    >>> len(drawn.sample), drawn.truth
    (560, 2.0)
    """
    outcomes = _units(rng, DONORS)
    outcomes[0, BEFORE:] += EFFECT
    return Drawn(_panel(outcomes), EFFECT)


def no_effect(rng: np.random.Generator) -> Drawn:
    return Drawn(_panel(_units(rng, DONORS)), 0.0)


def growing_effect(rng: np.random.Generator) -> Drawn:
    """The effect of a period grows from 1 to 3; its mean is what counts."""
    outcomes = _units(rng, DONORS)
    outcomes[0, BEFORE:] += np.linspace(1.0, 3.0, AFTER)
    return Drawn(_panel(outcomes), 2.0)


def own_levels(rng: np.random.Generator) -> Drawn:
    """Three treated units far above all donors, which differences take out."""
    outcomes = _units(rng, DONORS + 2)
    outcomes[:3] += 15.0
    outcomes[:3, BEFORE:] += EFFECT
    return Drawn(_panel(outcomes, treated=3), EFFECT)


def outside_the_hull(rng: np.random.Generator) -> Drawn:
    """The treated unit is above all donors."""
    outcomes = _units(rng, DONORS)
    outcomes[0] = outcomes.max(axis=0) + 3.0 + np.abs(rng.normal(size=BEFORE + AFTER))
    return Drawn(_panel(outcomes), 0.0)


def own_trend(rng: np.random.Generator) -> Drawn:
    """From the middle of the time before on the treated unit grows as no donor does."""
    outcomes = _units(rng, DONORS)
    outcomes[0] += 1.0 * np.clip(np.arange(BEFORE + AFTER) - BEFORE // 2, 0, None)
    return Drawn(_panel(outcomes), 0.0)


def anticipation(rng: np.random.Generator) -> Drawn:
    """The effect begins six periods before the change is written down."""
    outcomes = _units(rng, DONORS)
    outcomes[0, BEFORE - 6 :] += 5.0
    return Drawn(_panel(outcomes), 5.0)


def spillover(rng: np.random.Generator) -> Drawn:
    """Six neighbours that are much like the treated unit lose three times what it wins."""
    outcomes = _units(rng, MANY_DONORS, noise=NEAR)
    middle = 0.75 * outcomes[0] + 0.25 * outcomes.mean(axis=0)
    near = middle + NEAR * rng.normal(size=(1 + NEIGHBOURS, BEFORE + AFTER))
    outcomes[0], near = near[0], near[1:]
    outcomes[0, BEFORE:] += EFFECT
    near[:, BEFORE:] -= 3 * EFFECT
    return Drawn(_panel(np.vstack([outcomes[:1], near, outcomes[1:]])), EFFECT)


def _units(rng: np.random.Generator, donors: int, noise: float = 1.0) -> Floats:
    """Treated unit and donors alike, (1 + donors, T): mixtures of four paths, on a common walk, with noise.

    A path is a level and loadings on factors that carry over from period to period.
    """
    periods = BEFORE + AFTER
    factors = rng.normal(size=(FACTORS, periods))
    for period in range(1, periods):
        factors[:, period] += 0.7 * factors[:, period - 1]
    paths = 3 * rng.normal(size=(PATHS, 1)) + 1.5 * rng.normal(size=(PATHS, FACTORS)) @ factors
    signal = rng.dirichlet(np.ones(PATHS), size=1 + donors) @ paths
    return np.asarray(signal + np.cumsum(rng.normal(size=periods)) + noise * rng.normal(size=signal.shape))


def _panel(outcomes: Floats, treated: int = 1) -> Panel:
    units, periods = outcomes.shape
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    on = (unit < treated) & (period >= BEFORE)
    return panel_of(unit.tolist(), period.tolist(), outcomes.ravel(), on.astype(np.float64))


OUTCOME_ONLY = SyntheticControl(type="synthetic_control")
CONFORMAL = SyntheticControl(type="synthetic_control", inference="conformal")
DIFFERENCES = SyntheticControl(type="synthetic_control", method="synthetic_difference_in_differences", draws=60)
AUGMENTED = SyntheticControl(type="synthetic_control", method="augmented")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("synthetic_control_effect", "A mixture of donors, with an effect", OUTCOME_ONLY, effect),
    Scenario("synthetic_control_no_effect", "A mixture of donors, without an effect", OUTCOME_ONLY, no_effect),
    Scenario("synthetic_control_growing", "An effect that grows", OUTCOME_ONLY, growing_effect),
    Scenario("synthetic_control_conformal", "An effect, by permuted periods", CONFORMAL, effect, quick=5),
    Scenario("augmented_synthetic_control", "An effect, with ridge", AUGMENTED, effect, quick=5),
    Scenario("synthetic_differences", "Three treated units at a level of their own", DIFFERENCES, own_levels, quick=5),
    Scenario("synthetic_differences_no_effect", "No effect, by differences", DIFFERENCES, no_effect),
    Scenario(
        "synthetic_control_outside", "Above all donors", OUTCOME_ONLY, outside_the_hull,
        broken="no mixture of donors reaches the treated unit", expects=("convex_hull", "pre_fit"),
    ),
    Scenario(
        "synthetic_control_trend", "A trend of its own", OUTCOME_ONLY, own_trend,
        broken="the treated unit grows as no donor does", expects=("pre_fit", "placebo_in_time"),
    ),
    Scenario(
        "synthetic_differences_trend", "A trend of its own, by differences", DIFFERENCES, own_trend,
        broken="the treated unit grows as no donor does", expects=("pre_fit", "placebo_in_time"),
    ),
    Scenario(
        "synthetic_control_anticipation", "An effect before the change", OUTCOME_ONLY, anticipation,
        broken="the effect begins before the change is written down", expects=("pre_fit", "placebo_in_time"),
    ),
    Scenario(
        "synthetic_control_spillover", "Neighbours lose what the treated unit wins", OUTCOME_ONLY, spillover,
        broken="the change reaches donors", expects=("donor_spillover",), quick=5,
    ),
)  # fmt: skip

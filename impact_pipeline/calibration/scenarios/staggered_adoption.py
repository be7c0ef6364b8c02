"""Units that adopt at different times, with trends that are parallel, or broken in the ways that matter."""

from __future__ import annotations

from typing import Any

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.staggered_adoption import StaggeredAdoption
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.samples.panel import Panel, Places, panel_of

UNITS, PERIODS, REGIONS = 300, 8, 60
COHORTS = ((3, 0.3, 1.0), (5, 0.3, 0.4))
"""Place of adoption, share of units, and growth of the effect per period; the others never adopt."""
LAST = 6
"""Place at which the others adopt where everybody does."""


def growing_effects(rng: np.random.Generator) -> Drawn:
    """
    >>> drawn = growing_effects(np.random.default_rng(0))
    >>> len(drawn.sample), round(drawn.truth, 3)
    (2400, 2.175)
    """
    first = _first(rng.random(UNITS))
    return Drawn(_panel(first, _noise(rng) + _effects(first)), _truth())


def no_effect(rng: np.random.Generator) -> Drawn:
    return Drawn(_panel(_first(rng.random(UNITS)), _noise(rng)), 0.0)


def everybody_adopts(rng: np.random.Generator) -> Drawn:
    first = _first(rng.random(UNITS), others=LAST)
    return Drawn(_panel(first, _noise(rng) + _effects(first)), _truth(horizon=LAST))


def regions(rng: np.random.Generator) -> Drawn:
    """Whole regions adopt, and have shocks of their own."""
    region = np.arange(UNITS) % REGIONS
    first = _first(rng.random(REGIONS))[region]
    shocks = 0.5 * rng.normal(size=(REGIONS, PERIODS))
    cluster = np.repeat(region, PERIODS).tolist()
    return Drawn(_panel(first, _noise(rng) + _effects(first) + shocks[region], cluster=cluster), _truth())


def sized_trends(rng: np.random.Generator) -> Drawn:
    """Large units grow faster and adopt earlier; size is known."""
    first, outcome, size = _sized(rng)
    return Drawn(_panel(first, outcome, covariates={"size": np.repeat(size, PERIODS)}), _truth())


def hidden_size(rng: np.random.Generator) -> Drawn:
    first, outcome, _ = _sized(rng)
    return Drawn(_panel(first, outcome), _truth())


def own_trend(rng: np.random.Generator) -> Drawn:
    first = _first(rng.random(UNITS))
    trend = 0.35 * np.arange(PERIODS) * (first < PERIODS)[:, None]
    return Drawn(_panel(first, _noise(rng) + trend), 0.0)


def reaction_before(rng: np.random.Generator) -> Drawn:
    """Adopters hold back in the period before: effects measured from it look better than they are."""
    first = _first(rng.random(UNITS))
    dip = np.where(np.arange(PERIODS) == first[:, None] - 1, -0.9, 0.0)
    return Drawn(_panel(first, _noise(rng) + dip), 0.0)


def spillover(rng: np.random.Generator) -> Drawn:
    """From the first adoption on, units that never adopt lose what others win."""
    first = _first(rng.random(UNITS))
    lost = np.where((np.arange(PERIODS) >= COHORTS[0][0]) & (first == PERIODS)[:, None], -0.9, 0.0)
    return Drawn(_panel(first, _noise(rng) + lost), 0.0)


def _first(luck: Array, others: int = PERIODS) -> Places:
    """A place of adoption from a draw between 0 and 1."""
    places = np.array([*(place for place, _, _ in COHORTS), others])
    return np.asarray(places[np.searchsorted(np.cumsum([share for _, share, _ in COHORTS]), luck)])


def _effects(first: Places) -> Array:
    """`rate x (1 + periods since adoption)`: effects that grow, in each cohort at a rate of its own."""
    since = np.arange(PERIODS) - first[:, None]
    rates = np.select([first == place for place, _, _ in COHORTS], [rate for _, _, rate in COHORTS], 0.5)
    return np.where(since >= 0, rates[:, None] * (1.0 + since), 0.0)


def _truth(horizon: int = PERIODS) -> float:
    """Of the simple average, in the population that cohorts are drawn from."""
    cells = [(share, rate * (1.0 + e)) for place, share, rate in COHORTS for e in range(horizon - place)]
    return sum(share * effect for share, effect in cells) / sum(share for share, _ in cells)


def _noise(rng: np.random.Generator) -> Array:
    """Effects of units and periods, and errors that carry over from one period to the next."""
    errors = rng.normal(size=(UNITS, PERIODS))
    for period in range(1, PERIODS):
        errors[:, period] += 0.4 * errors[:, period - 1]
    return np.asarray(errors + rng.normal(size=(UNITS, 1)) + np.sin(np.arange(PERIODS)))


def _sized(rng: np.random.Generator) -> tuple[Places, Array, Array]:
    from scipy.special import ndtr

    size = rng.normal(size=UNITS)
    first = _first(ndtr((rng.normal(size=UNITS) - 0.5 * size) / np.hypot(1.0, 0.5)))
    return first, _noise(rng) + _effects(first) + 0.5 * size[:, None] * np.arange(PERIODS), size


def _panel(first: Places, outcome: Array, **given: Any) -> Panel:
    unit, period = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
    treated = (np.arange(PERIODS) >= first[:, None]).astype(np.float64)
    return panel_of(unit.tolist(), period.tolist(), outcome.ravel(), treated.ravel(), **given)


def _design(**settings: object) -> StaggeredAdoption:
    return StaggeredAdoption.model_validate({"type": "staggered_adoption", "aggregation": "simple", **settings})


_TRENDS = ("group_time_pre_trends", "anticipation", "estimators_agree")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("staggered", "Staggered adoption, effects that grow", _design(), growing_effects),
    Scenario("staggered_no_effect", "Staggered adoption without an effect", _design(), no_effect),
    Scenario("staggered_everybody", "Everybody adopts", _design(comparison="not_yet_treated"), everybody_adopts),
    Scenario("staggered_regions", "Whole regions adopt", _design(), regions),
    Scenario("staggered_given_size", "Trends and adoption depend on a known covariate", _design(), sized_trends),
    Scenario(
        "staggered_hidden_size", "Trends and adoption depend on a covariate that is not known", _design(), hidden_size,
        "confounding: large units grow faster and adopt earlier", _TRENDS,
    ),
    Scenario(
        "staggered_own_trend", "Adopters have a trend of their own", _design(), own_trend,
        "trends are not parallel: adopters grow before they adopt", _TRENDS,
    ),
    Scenario(
        "staggered_reaction_before", "Adopters react before they adopt", _design(), reaction_before,
        "anticipation: adopters hold back in the period before", _TRENDS,
    ),
    Scenario(
        "staggered_spillover", "Adoption spills over to those who never adopt", _design(), spillover,
        "interference: those who never adopt lose what adopters win", _TRENDS,
    ),
)  # fmt: skip

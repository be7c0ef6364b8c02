"""What a series would have been: level, season and controls of the time before a change, drawn on into the time after.

Brodersen, Gallusser, Koehler, Remy, Scott (2015), Annals of Applied Statistics 9, with a normal prior on controls whose
width the series tells, where they have spikes and slabs, and a season that does not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.innovations import innovations
from impact_pipeline.stats.time_series.level_draws import LevelDraws, level_draws
from impact_pipeline.stats.time_series.level_likelihood import MostLikely, most_likely
from impact_pipeline.stats.time_series.level_path import LevelPath, LocalLevel, LocalLinearTrend
from impact_pipeline.stats.time_series.level_posterior import LevelSpread, level_posterior
from impact_pipeline.stats.time_series.level_regression import Observed, not_identified
from impact_pipeline.stats.time_series.posterior_summary import bounds
from impact_pipeline.stats.time_series.time_axis import Places

Level = Literal["local_level", "local_linear_trend", "fixed"]

STEP, CONSTANT = "step", "level"
LEAST_DEGREES = 3
"""Periods beyond the directions without a prior, below which spreads are guesswork."""
NOTHING_LEFT = 1e-12
"""Variance, as a share of the outcome's, below which what the columns leave is rounding."""


@dataclass(frozen=True, slots=True)
class StructuralModel:
    """`level_spread` as in `LevelSpread`, in spreads of the outcome before the change."""

    level: Level = "local_level"
    step: bool = False
    level_spread: float | None = None

    @property
    def prior(self) -> LevelSpread | None:
        return None if self.level_spread is None else LevelSpread(self.level_spread)


@dataclass(frozen=True, slots=True, eq=False)
class StructuralFit:
    """`after` are the places under the change that have an outcome; `step` (draws,) is in units of the outcome.

    Without the change, `expected` is the mean of each period's draws, (periods,), and `predicted` the draws of outcomes
    of those under it, (periods under the change, draws).
    """

    places: Places
    outcome: Array
    starts: int
    after: Places
    expected: Array
    predicted: Array
    step: Array | None
    draws: LevelDraws
    likely: MostLikely
    centre: float
    scale: float

    def effects(self) -> Array:
        """Draws of the effect on each period under the change that has an outcome, (after, draws)."""
        if self.step is not None:
            return np.tile(self.step, (len(self.after), 1))
        return np.asarray(self.outcome[self.after, None] - self.predicted[self.after - self.starts])

    def band(self, alpha: float) -> tuple[Array, Array]:
        """Bounds of what each period would have been: of its outcome, or with a step of its level, (periods,)."""
        early, late = self.draws.before, self.draws.after
        before, after = self.places[: self.starts], self.places[self.starts :] - self.places[self.starts]
        if self.step is None:
            parts = bounds(early.outcome[before], alpha), bounds(late.outcome[after], alpha)
        else:
            moved = late.expected[after] - self.step / self.scale
            parts = bounds(early.expected[before], alpha), bounds(moved, alpha)
        (low, high), (late_low, late_high) = parts
        lower, upper = np.concatenate([low, late_low]), np.concatenate([high, late_high])
        return self.centre + self.scale * lower, self.centre + self.scale * upper

    def innovations(self) -> Array:
        """White where the model is right, for each step of the axis; see `innovations.innovations`."""
        observed, likely = self.likely.observed, self.likely
        left = (observed.outcome - observed.columns @ likely.coefficients.mean) * observed.seen
        if observed.path is None:
            return np.where(observed.seen > 0, left / np.sqrt(likely.irregular), np.nan)
        return innovations(left, observed.seen, likely.ratios) / float(np.sqrt(likely.irregular))

    def likely_without_step(self) -> MostLikely | None:
        """The same series with no step in it, where one was fitted."""
        observed = self.likely.observed
        if self.step is None:
            return None
        kept = [place for place, name in enumerate(observed.names) if name != STEP]
        names = tuple(observed.names[place] for place in kept)
        return most_likely(replace(observed, columns=observed.columns[:, kept], names=names))

    def most_likely_effect(self) -> tuple[float, float]:
        """Average effect and its standard error with spreads taken as known at their maximum likelihood."""
        observed = self.likely.observed
        if self.step is not None:
            place = observed.names.index(STEP)
            error = float(np.sqrt(self.likely.irregular * np.sum(self.likely.coefficients.root[place] ** 2)))
            return float(self.likely.coefficients.mean[place]) * self.scale, error * self.scale
        periods = np.zeros(len(observed.outcome))
        periods[self.places[self.after]] = 1.0
        value, variance = self.likely.average(periods)
        error = float(np.sqrt(self.likely.irregular * (variance + 1 / len(self.after))))
        return float(self.outcome[self.after].mean()) - self.centre - value * self.scale, error * self.scale


def structural_series(
    places: Places,
    outcome: ArrayLike,
    starts: int,
    model: StructuralModel,
    draws: int,
    rng: np.random.Generator,
    *,
    season: Mapping[str, Array] | None = None,
    controls: Mapping[str, Array] | None = None,
) -> StructuralFit | Refusal:
    """Periods in order at their places on the axis, NaN where no outcome was seen; gaps are periods that were not seen.

    >>> rng = np.random.default_rng(1)
    >>> y = np.concatenate([rng.normal(size=60), 5 + rng.normal(size=10)])
    >>> found = structural_series(np.arange(70), y, 60, StructuralModel(), 200, rng)
    >>> bool(abs(found.effects().mean() - 5) < 1)
    True
    """
    values, named = np.asarray(outcome, dtype=np.float64), dict(controls or {})
    seen = np.isfinite(values)
    before, after = np.flatnonzero(seen[:starts]), np.flatnonzero(seen[starts:]) + starts
    if refusal := _not_enough(values, before, after):
        return refusal
    centre, scale = float(values[before].mean()), float(values[before].std())
    columns = _columns(len(values), starts, before, model, dict(season or {}), named)
    if isinstance(columns, Refusal):
        return columns
    used = seen if model.step else seen & (np.arange(len(values)) < starts)
    observed = _observed(places, np.where(used, (values - centre) / scale, 0.0), used, columns, len(named), model)
    if refusal := _too_rich(observed) or not_identified(observed):
        return refusal
    likely = most_likely(observed)
    if likely.irregular + sum(likely.steps) <= NOTHING_LEFT:
        return Refusal("zero_variance", "the outcome before the change does not vary beyond what the columns determine")
    drawn = level_draws(level_posterior(observed, model.prior), draws, rng, full_from=int(places[starts]))
    step = drawn.coefficients[:, list(columns).index(STEP)] * scale if model.step else None
    return _fit(places, values, starts, after, step, drawn, likely, centre, scale)


def _fit(
    places: Places,
    values: Array,
    starts: int,
    after: Places,
    step: Array | None,
    drawn: LevelDraws,
    likely: MostLikely,
    centre: float,
    scale: float,
) -> StructuralFit:
    later = places[starts:] - places[starts]
    moved = 0.0 if step is None else step / scale
    means = (drawn.before.expected[places[:starts]].mean(axis=1), (drawn.after.expected[later] - moved).mean(axis=1))
    expected = centre + scale * np.concatenate(means)
    predicted = centre + scale * (drawn.after.outcome[later] - moved)
    return StructuralFit(places, values, starts, after, expected, predicted, step, drawn, likely, centre, scale)


def _columns(
    length: int,
    starts: int,
    before: Places,
    model: StructuralModel,
    season: dict[str, Array],
    controls: dict[str, Array],
) -> dict[str, Array] | Refusal:
    """Flat columns first, then controls in spreads about their means before the change."""
    found = {CONSTANT: np.ones(length)} if model.level == "fixed" else {}
    if model.step:
        found[STEP] = (np.arange(length) >= starts).astype(np.float64)
    found |= season
    for name, control in controls.items():
        spread = float(control[before].std())
        if not spread > 0:
            return Refusal(
                "collinear", f"'{name}' does not vary before the change, so nothing tells what it does: drop it"
            )
        found[name] = (control - control[before].mean()) / spread
    return found


def _observed(
    places: Places,
    outcome: Array,
    used: NDArray[np.bool_],
    columns: dict[str, Array],
    controls: int,
    model: StructuralModel,
) -> Observed:
    """Everything on the whole axis."""
    length = int(places[-1]) + 1
    values, seen, wide = np.zeros(length), np.zeros(length), np.zeros((length, len(columns)))
    values[places], seen[places] = outcome, used
    for place, column in enumerate(columns.values()):
        wide[places, place] = column
    paths: dict[Level, LevelPath | None] = {
        "local_level": LocalLevel(length),
        "local_linear_trend": LocalLinearTrend(length),
        "fixed": None,
    }
    return Observed(values, seen, wide, tuple(columns), controls, paths[model.level])


def _not_enough(values: Array, before: Places, after: Places) -> Refusal | None:
    if len(before) == 0:
        return Refusal("no_pre_period", "no period before the change has an outcome: nothing to foretell from")
    if len(after) == 0:
        return Refusal("too_few_periods", "no period under the change has an outcome yet")
    if len(before) > 1 and not values[before].std() > 0:
        return Refusal("zero_variance", f"the outcome is {values[before[0]]:g} in all periods before the change")
    return None


def _too_rich(observed: Observed) -> Refusal | None:
    if observed.degrees_of_freedom_unshrunk < LEAST_DEGREES:
        asked = int(observed.seen.sum() - observed.degrees_of_freedom_unshrunk) + LEAST_DEGREES
        detail = f"{int(observed.seen.sum())} periods with an outcome; this level, season and controls need {asked}"
        return Refusal("too_few_periods", f"{detail}: take a simpler model or wait for a longer past")
    return None

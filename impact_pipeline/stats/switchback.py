"""Switchback experiments: units (regions, lines) that change arm from block to block of time.

A block's outcome is the mean over its events that count; wash-out, dropping the events just after a switch, happens
before. Blocks count alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impact_pipeline.stats.cluster_robust import clustered, contrast_refusal, covariance, satterthwaite
from impact_pipeline.stats.least_squares import Array, Fit, least_squares, summed
from impact_pipeline.stats.newey_west import newey_west, small_sample, usual_lags
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_means import Contribution, TwoMeans

ENOUGH_UNITS = 6
"""Units from which errors are clustered by unit; with fewer they are taken as a series over time."""
LEAST_PERIODS = 10
"""Periods that a series needs before its errors over time can be estimated at all."""

Effects = Literal["none", "unit", "unit_and_period"]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks sorted by unit and order. `order` counts a unit's blocks: neighbours differ by 1, a gap by more.

    `period` labels what blocks of different units, or of different weeks, have in common; by default the order.
    """

    unit: NDArray[np.str_]
    order: NDArray[np.int64]
    period: NDArray[np.generic]
    treated: NDArray[np.bool_]
    outcome: Array

    @property
    def previous(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The arm of each block's predecessor, and whether it has one."""
        follows = (self.unit[1:] == self.unit[:-1]) & (self.order[1:] == self.order[:-1] + 1)
        return np.concatenate([[False], self.treated[:-1]]), np.concatenate([[False], follows])


@dataclass(frozen=True, slots=True)
class SwitchbackMeans:
    """Means of the two arms over blocks, how their errors were found, and what a reader should know of them."""

    means: TwoMeans
    errors: Literal["clustered_by_unit", "newey_west"]
    notes: tuple[str, ...]


def blocks(
    unit: ArrayLike,
    order: ArrayLike,
    treated: ArrayLike,
    numerator: ArrayLike,
    denominator: ArrayLike,
    period: ArrayLike | None = None,
) -> Blocks | Refusal:
    """Blocks from sums over their events; a block without events is refused, for its mean is not there.

    >>> blocks(["a", "a"], [1, 0], [1, 0], [6.0, 4.0], [3, 4]).outcome.tolist()
    [1.0, 2.0]
    """
    units, times = np.asarray(unit).astype(np.str_), np.asarray(order, dtype=np.int64)
    sums, counts = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    if empty := int(np.count_nonzero(~(counts > 0))):
        return Refusal("measure_undefined", f"{empty} of {len(counts)} blocks have no events; leave them out")
    place = np.lexsort((times, units))
    units, times = units[place], times[place]
    if ((units[1:] == units[:-1]) & (times[1:] == times[:-1])).any():
        raise ValueError("a unit has two blocks of the same order")
    labels = times if period is None else np.asarray(period)[place]
    arms = np.asarray(treated, dtype=np.float64).astype(bool)[place]
    return Blocks(units, times, labels, arms, (sums / counts)[place])


def block_means(of: Blocks) -> TwoMeans | Refusal:
    """The arms' means over blocks as independent samples (Welch): for blocks whose arms were drawn independently.

    >>> found = block_means(blocks(["a"] * 4, range(4), [0, 1, 0, 1], [1.0, 4.0, 3.0, 6.0], [1, 1, 1, 1]))
    >>> found.treatment, found.control, found.variance()
    (5.0, 2.0, 2.0)
    """
    if refusal := _too_few(of.treated):
        return refusal
    treatment, control = of.outcome[of.treated], of.outcome[~of.treated]
    t, c = (float(np.var(arm, ddof=1)) / len(arm) for arm in (treatment, control))
    if not t + c > 0:
        return Refusal("zero_variance", "block means do not vary within an arm")
    parts = (Contribution(t, 0.0, 0.0, len(treatment) - 1), Contribution(0.0, c, 0.0, len(control) - 1))
    return TwoMeans(float(treatment.mean()), float(control.mean()), parts)


def adjusted_means(
    of: Blocks, effects: Effects = "unit_and_period", *, lags: int | None = None
) -> SwitchbackMeans | Refusal:
    """The arms' means with the units' (and periods') own levels taken out, by least squares on their effects.

    From `ENOUGH_UNITS` units on, errors are clustered by unit (CR2, Satterthwaite's df); with fewer they are
    Newey-West's over periods (by default `usual_lags`), divided by their share of the truth in small samples, with the
    degrees of freedom of `small_sample`. Period effects need units that switch at different times. The variances are
    those given these units and periods.

    >>> rng = np.random.default_rng(3)
    >>> unit, order = np.repeat(list("abcdef"), 8), np.tile(np.arange(8), 6)
    >>> treated = rng.integers(2, size=48)
    >>> found = adjusted_means(blocks(unit, order, treated, 5 + treated + rng.normal(size=48), np.ones(48)))
    >>> found.errors, bool(abs(found.means.change - 1) < 0.6)
    ('clustered_by_unit', True)
    """
    if refusal := _too_few(of.treated):
        return refusal
    return _estimated(of, of.treated, _effect_columns(of, effects), "treated", lags)


def carry_over(
    of: Blocks, effects: Effects = "unit_and_period", *, lags: int | None = None
) -> SwitchbackMeans | Refusal:
    """Probe: what the previous block's arm adds to a block's outcome, its own arm held fixed; `means.change` is it.

    Blocks without a predecessor are left out. Where arms alternate strictly the two cannot be told apart, and the
    probe is refused. A wash-out that works leaves nothing to find. Bojinov, Simchi-Levi, Zhao (2023), Management
    Science 69, test the order of carry-over.

    >>> found = carry_over(blocks(["a"] * 12, range(12), [0, 1] * 6, np.arange(12.0) ** 2, np.ones(12)), "unit")
    >>> found.reason
    'collinear'
    """
    before, known = of.previous
    kept = Blocks(of.unit[known], of.order[known], of.period[known], of.treated[known], of.outcome[known])
    if refusal := _too_few(before[known]) or _too_few(kept.treated):
        return refusal
    columns, names = _effect_columns(kept, effects)
    held = np.column_stack([columns, kept.treated])
    return _estimated(kept, before[known], (held, (*names, "treated")), "the previous block's arm", lags)


def variance_of_blocks(of: Blocks, effects: Effects = "unit_and_period") -> float | Refusal:
    """One block's, in the sense that n blocks compared by `adjusted_means` give one arm's number a variance of it / n.

    `n RSS / (n - k)^2` of the outcome's regression on k levels: the residual variance, over the share of the blocks
    that is left to compare. Of blocks whose arms are drawn one by one, and have no effect.

    >>> rng = np.random.default_rng(2)
    >>> unit, order = np.repeat(list("abcdef"), 200), np.tile(np.arange(200), 6)
    >>> past = blocks(unit, order, np.zeros(1200), 3 * rng.normal(size=1200), np.ones(1200))
    >>> round(variance_of_blocks(past) * 5 / 6 * 199 / 200)
    9
    """
    columns, names = _effect_columns(of, effects)
    fit = least_squares(columns, of.outcome, names=names)
    if isinstance(fit, Refusal):
        return fit
    return fit.n * float(summed("i,i->", fit.residuals, fit.residuals)) / (fit.n - fit.k) ** 2


def _estimated(
    of: Blocks, arm: NDArray[np.bool_], effects: tuple[Array, tuple[str, ...]], name: str, lags: int | None
) -> SwitchbackMeans | Refusal:
    columns, names = effects
    fit = least_squares(np.column_stack([columns, arm]), of.outcome, names=(*names, name))
    if isinstance(fit, Refusal):
        return fit
    control = np.concatenate([columns.mean(axis=0), [0.0]])
    change = np.zeros(fit.k)
    change[-1] = 1.0
    pair = np.stack([control + change, control])
    units = len(np.unique(of.unit))
    found = _by_unit(fit, of, change) if units >= ENOUGH_UNITS else _over_time(fit, of, change, lags)
    if isinstance(found, Refusal):
        return found
    spread, degrees, note = found
    variances = summed("ai,ij,bj->ab", pair, spread, pair)
    part = Contribution(float(variances[0, 0]), float(variances[1, 1]), float(variances[0, 1]), degrees)
    if not part.variance() > 0:
        return Refusal("zero_variance", f"the error of {name} is not above 0")
    treatment, base = (float(mean) for mean in summed("ai,i->a", pair, fit.coefficients))
    errors: Literal["clustered_by_unit", "newey_west"] = "clustered_by_unit" if units >= ENOUGH_UNITS else "newey_west"
    return SwitchbackMeans(TwoMeans(treatment, base, (part,)), errors, (note,))


def _by_unit(fit: Fit, of: Blocks, change: Array) -> tuple[Array, float, str] | Refusal:
    rows = clustered(fit, of.unit)
    if isinstance(rows, Refusal):
        return rows
    if refusal := contrast_refusal(rows, change):
        return refusal
    degrees = satterthwaite(rows, change)
    return covariance(rows, "CR2"), degrees, f"errors clustered by {rows.count} units, {degrees:.1f} degrees of freedom"


def _over_time(fit: Fit, of: Blocks, change: Array, lags: int | None) -> tuple[Array, float, str] | Refusal:
    periods = len(np.unique(of.order))
    if periods < LEAST_PERIODS:
        detail = f"{len(np.unique(of.unit))} units over {periods} periods; errors need {ENOUGH_UNITS} units"
        return Refusal("too_few_clusters", f"{detail} or {LEAST_PERIODS} periods")
    chosen = usual_lags(periods) if lags is None else lags
    share, degrees = small_sample(fit, of.order, chosen, change)
    note = f"errors over {periods} periods with {chosen} lags, {degrees:.1f} degrees of freedom"
    return newey_west(fit, of.order, chosen) / share, degrees, note


def _effect_columns(of: Blocks, effects: Effects) -> tuple[Array, tuple[str, ...]]:
    columns, names = [np.ones(len(of.outcome))], ["mean"]
    for kind, labels in (("unit", of.unit), ("period", of.period)):
        if kind in effects:
            for label in np.unique(labels)[1:]:
                columns.append((labels == label).astype(np.float64))
                names.append(f"{kind} {label}")
    return np.column_stack(columns), tuple(names)


def _too_few(treated: NDArray[np.bool_]) -> Refusal | None:
    for arm, count in (("treatment", int(treated.sum())), ("control", int((~treated).sum()))):
        if count < 2:
            return Refusal(
                "too_few_units" if count else "empty_arm",
                f"'{arm}' has {count} block{'s' * (count != 1)}; it needs 2 or more",
            )
    return None

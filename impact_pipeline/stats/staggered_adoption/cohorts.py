"""A balanced panel whose units stand in order of the period in which they adopt the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel, Places

LARGEST_DROPPED_SHARE = 0.5
"""Share of units that may lack a period and be left out; beyond it the units that are left are another population."""


@dataclass(frozen=True, eq=False)
class Cohorts:
    """n units over T periods. `first` is the place of a unit's first treated period, T if it has none, and ascends.

    `outcome` is (n, T); `weights` add up to anything; `unit` says which units of the panel these are; `covariates`
    are (n, T) by name. `notes` say what was left out.
    """

    periods: tuple[str, ...]
    unit: Places
    first: Places
    outcome: Array
    weights: Array
    cluster: Places | None = None
    covariates: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        return len(self.first)

    @property
    def horizon(self) -> int:
        """T, the number of periods; also the place at which units that are never treated stand."""
        return len(self.periods)

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """Places at which a cohort adopts, ascending; the last is T where some are never treated."""
        return tuple(int(place) for place in np.unique(self.first))

    @property
    def adopting(self) -> tuple[int, ...]:
        """Labels of cohorts that are treated at some time."""
        return tuple(place for place in self.labels if place < self.horizon)

    @cached_property
    def rows(self) -> tuple[slice, ...]:
        """Rows of each cohort, in the order of `labels`."""
        edges = np.searchsorted(self.first, [*self.labels, self.horizon + 1])
        return tuple(slice(int(start), int(stop)) for start, stop in pairwise(edges))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Units of each cohort, in the order of `labels`."""
        return tuple(rows.stop - rows.start for rows in self.rows)

    @cached_property
    def totals(self) -> Array:
        """Sum of weights of each cohort, in the order of `labels`."""
        return np.array([self.weights[rows].sum() for rows in self.rows])

    @cached_property
    def means(self) -> Array:
        """Weighted mean outcome of each cohort by period, (cohorts, T)."""
        found = [summed("i,it->t", self.weights[rows], self.outcome[rows]) for rows in self.rows]
        return np.asarray(found) / self.totals[:, None]

    @cached_property
    def clusters(self) -> Places:
        """The cluster of each unit; units are their own where none was given."""
        return np.arange(self.n) if self.cluster is None else np.unique(self.cluster, return_inverse=True)[1]

    @cached_property
    def cluster_count(self) -> int:
        return int(self.clusters.max()) + 1

    def keep(self, units: NDArray[np.bool_], note: str = "", *, horizon: int | None = None) -> Cohorts:
        """Some units, over the first periods only if `horizon` is given: who adopts later is then never treated."""
        end = self.horizon if horizon is None else horizon
        return Cohorts(
            self.periods[:end], self.unit[units], np.minimum(self.first[units], end),
            np.ascontiguousarray(self.outcome[units, :end]), self.weights[units],
            None if self.cluster is None else self.cluster[units],
            {name: values[units, :end] for name, values in self.covariates.items()},
            (*self.notes, note) if note else self.notes,
        )  # fmt: skip

    def squared(self, errors: Array) -> float:
        """Sum of the squared sums by cluster of the units' shares in an error: the variance of what they add up to.

        With clusters times `C / (C - 1)` for their number C.
        """
        if self.cluster is None:
            return float(summed("i,i->", errors, errors))
        added = np.bincount(self.clusters, errors, self.cluster_count)
        return float(added @ added) * self.cluster_count / (self.cluster_count - 1)


def cohorts_of(panel: Panel) -> Cohorts | Refusal:
    """Cohorts of a panel in which treatment, once begun, stays on.

    Units without a finite value in some period are left out with a note, and refused as `missing_cells` where that
    takes more than half of them. Weights of a unit are averaged over its periods.

    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> panel = panel_of(["b", "b", "a", "a"], [1, 2, 1, 2], [1.0, 2.0, 3.0, 5.0], [0, 0, 0, 1])
    >>> found = cohorts_of(panel)
    >>> found.labels, found.periods, found.means.tolist()
    ((1, 2), ('1', '2'), [[3.0, 5.0], [1.0, 2.0]])
    """
    if refusal := _not_usable(panel):
        return refusal
    seen = np.isfinite(panel.outcome)
    for values in panel.covariates.values():
        seen &= np.isfinite(values)
    kept = np.bincount(panel.unit[seen], minlength=len(panel.units)) == len(panel.periods)
    dropped = int(len(kept) - kept.sum())
    if dropped > LARGEST_DROPPED_SHARE * len(kept):
        return _missing(panel, seen, dropped)
    first = panel.treated_from
    if not (first[kept] < len(panel.periods)).any():
        return Refusal("empty_arm", "no unit with a value in every period is ever treated")
    note = f"{dropped} of {len(kept)} units lack a value in some period and are left out" if dropped else ""
    return _ordered(panel, first, kept, (note,) if note else ())


def _ordered(panel: Panel, first: Places, kept: NDArray[np.bool_], notes: tuple[str, ...]) -> Cohorts | Refusal:
    chosen = np.flatnonzero(kept)
    order = chosen[np.argsort(first[chosen], kind="stable")]
    cluster = None
    if panel.cluster is not None:
        matrix = _matrix(panel, panel.cluster.astype(np.float64))[order]
        if (matrix != matrix[:, :1]).any():
            unit = panel.units[order[int((matrix != matrix[:, :1]).any(axis=1).argmax())]]
            return Refusal("mixed_clusters", f"unit '{unit}' lies in more than one cluster; give each unit one")
        cluster = matrix[:, 0].astype(np.intp)
    weights = np.ones(len(order)) if panel.weights is None else _matrix(panel, panel.weights)[order].mean(axis=1)
    outcome = _matrix(panel, panel.outcome)[order]
    if not np.ptp(outcome) > 0:
        return Refusal("zero_variance", "the outcome is the same in every unit and period")
    covariates = {name: _matrix(panel, values)[order] for name, values in panel.covariates.items()}
    return Cohorts(panel.periods, order, first[order], outcome, weights, cluster, covariates, notes)


def _matrix(panel: Panel, values: Array) -> Array:
    """(units, periods), without a copy where every unit was seen in every period."""
    return values.reshape(len(panel.units), -1) if panel.is_balanced else panel.matrix(values)


def _not_usable(panel: Panel) -> Refusal | None:
    if len(panel.periods) < 2:
        return Refusal("too_few_periods", f"{len(panel.periods)} period; a change over time needs at least two")
    if off := panel.switches_off:
        return Refusal(
            "treatment_switches_off",
            f"treatment ends or falls in {len(off)} of {len(panel.units)} units, such as '{off[0]}'; group-time effects"
            " take it to stay on: leave these units out, or cut their rows at the first period without it",
        )
    if panel.weights is not None and not (np.isfinite(panel.weights) & (panel.weights > 0)).all():
        return Refusal("measure_undefined", "weights are not all above 0; leave out rows that should not count")
    return None


def _missing(panel: Panel, seen: NDArray[np.bool_], dropped: int) -> Refusal:
    by_period = np.bincount(panel.period[seen], minlength=len(panel.periods))
    worst = int(by_period.argmin())
    return Refusal(
        "missing_cells",
        f"{dropped} of {len(panel.units)} units lack a value in some period (period '{panel.periods[worst]}' has only"
        f" {by_period[worst]}); leave out sparse periods or fill the rows, so that most units are seen in all",
    )

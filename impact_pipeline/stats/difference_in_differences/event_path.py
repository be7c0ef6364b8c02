"""Effects before and after a reference period, one period after the other: what bounds on trends are put on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.event_study import EventStudy

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EventPath:
    """`before` effects up to the reference and `after` it, both in order of time, the reference (0) not among them.

    `covariance` is theirs, (before + after) twice. `target` weighs the effects after: `target . after` is asked about.
    """

    before: Floats
    after: Floats
    covariance: Floats
    target: Floats

    @property
    def values(self) -> Floats:
        return np.concatenate([self.before, self.after])

    @property
    def weights(self) -> Floats:
        """Of the target over all effects."""
        return np.concatenate([np.zeros(len(self.before)), self.target])

    @property
    def value(self) -> float:
        return float(self.target @ self.after)

    @property
    def std_error(self) -> float:
        return float(np.sqrt(self.weights @ self.covariance @ self.weights))

    @property
    def changes(self) -> Floats:
        """From one period to the next, as rows over all effects, (before + after, before + after)."""
        k, before = len(self.values), len(self.before)
        levels = np.insert(np.eye(k), before, 0.0, axis=0)
        return np.diff(levels, axis=0)


def event_path(study: EventStudy) -> EventPath | None:
    """The study's effects around its reference as far as no period is missing; None without one before or after.

    A first lead that holds several periods is left out. The target is the mean effect over treated rows.
    """
    seen = np.array(study.times)
    usable = seen[1:] if study.binned[0] else seen
    first = last = study.reference
    while first - 1 in usable:
        first -= 1
    while last + 1 in usable:
        last += 1
    before = np.flatnonzero((seen >= first) & (seen < study.reference))
    after = np.flatnonzero((seen > study.reference) & (seen <= last))
    if not len(before) or not (seen[after] >= 0).any():
        return None
    places = np.concatenate([before, after])
    since = np.minimum(study.rows.since[study.rows.is_treated], seen.max())
    counts = np.array([np.count_nonzero(since == k) if k >= 0 else 0 for k in seen[after]], dtype=np.float64)
    spread = study.covariance[np.ix_(places, places)]
    return EventPath(study.values[before], study.values[after], spread, counts / counts.sum())

"""How the estimates of different metrics move together: the correlation of what they compare, unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.outcomes.cross_products import CrossProducts
from impact_pipeline.outcomes.variables import ReadingColumns

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compared:
    """A metric's columns, whether its estimator uses covariates, and its better direction (1 or -1)."""

    columns: ReadingColumns
    adjusts: bool
    better: int


def correlation_of(compared: Sequence[Compared], together: CrossProducts) -> Array:
    """Of `y`, or of the linearised ratio `y - R d`, less CUPED's slopes times covariates; in better directions.

    Estimates of one study are means of these, so they correlate alike. Caps at a percentile are left out of account,
    and a quantile, which is no mean of them, is taken to be independent.
    """
    covariance = together.covariance()
    weights = np.array([_weights(one, together, covariance) for one in compared])
    joint = weights @ covariance @ weights.T
    spread = np.sqrt(np.maximum(np.diag(joint), 0.0))
    known = spread > 0
    outer = np.multiply.outer(np.where(known, spread, 1.0), np.where(known, spread, 1.0))
    found = np.where(np.logical_and.outer(known, known), joint / outer, 0.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1.0, 1.0))


def _weights(one: Compared, together: CrossProducts, covariance: Array) -> Array:
    """What each column counts for; nothing of a quantile."""
    place = {name: index for index, name in enumerate(together.names)}
    found, sums = np.zeros(len(place)), one.columns.sums
    if one.columns.reading.form == "quantile" or not set(sums.values()) <= set(place):
        return found
    found[place[sums["y"]]] = 1.0
    if "d" in sums:
        found[place[sums["d"]]] -= float(together.sums[place[sums["y"]]] / max(1, together.sums[place[sums["d"]]]))
    x = [place[name] for name in one.columns.x]
    if one.adjusts and x:
        found[x] = -np.linalg.lstsq(covariance[np.ix_(x, x)], covariance[x] @ found, rcond=None)[0]
    return one.better * found

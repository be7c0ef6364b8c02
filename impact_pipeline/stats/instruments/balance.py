"""How covariates differ between units that an instrument pushes and units that it does not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array


def differences(instrument: Array, covariates: Mapping[str, Array], weights: Array | None = None) -> dict[str, float]:
    """Means above the instrument's median less the others', in standard deviations (pooled, as of two arms).

    Of a 0/1 instrument: of units with 1 less units with 0. A covariate that does not vary differs by 0; an instrument
    that does not vary has nothing to compare.

    >>> differences(np.array([0.0, 0.0, 1.0, 1.0]), {"age": np.array([1.0, 3.0, 2.0, 4.0])})
    {'age': 0.7071067811865475}
    """
    middle = np.median(instrument)
    pushed = instrument > middle if (instrument > middle).any() else instrument >= middle
    if pushed.all():
        return {}
    weighed = np.ones(len(instrument)) if weights is None else weights
    return {name: _difference(values, pushed, weighed) for name, values in covariates.items()}


def _difference(values: Array, pushed: NDArray[np.bool_], weights: Array) -> float:
    sides = [(values[rows], weights[rows]) for rows in (pushed, ~pushed)]
    means = [float(np.average(own, weights=weighed)) for own, weighed in sides]
    spreads = [
        float(np.average((own - mean) ** 2, weights=weighed)) * len(own) / max(len(own) - 1, 1)
        for (own, weighed), mean in zip(sides, means, strict=True)
    ]
    spread = (sum(spreads) / 2) ** 0.5
    return (means[0] - means[1]) / spread if spread else 0.0

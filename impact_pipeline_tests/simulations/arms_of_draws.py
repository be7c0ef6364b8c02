"""Many studies of two arms as one question: arrays of moments, one entry for each draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.catalog.metrics.readings import Form
from impact_pipeline.estimators.conclusion import Effects, effects_of
from impact_pipeline.estimators.question import Answer, Estimator, two_arms
from impact_pipeline.stats.moments import Moments, as_exact, of_sums

Ints = NDArray[np.int64]


def whole(values: NDArray[np.float64], scale: int = 3) -> Ints:
    """As integers at a scale."""
    return np.asarray(np.rint(values * 10**scale), dtype=np.int64)


def moments(y: Ints, d: Ints | None = None, x: Sequence[Ints] = (), counted: Ints | None = None) -> Moments:
    """Sums over the last axis, the units; those not `counted` (0, not 1) have to be 0 in everything else."""

    def summed(*parts: Ints) -> Any:
        return as_exact(np.prod(parts, axis=0).sum(axis=-1))

    d = np.zeros_like(y) if d is None else d
    pairs = tuple(summed(one, other) for one, other in combinations_with_replacement(x, 2))
    of_x = tuple(map(summed, x)), pairs, tuple(summed(one, y) for one in x), tuple(summed(one, d) for one in x)
    n = np.ones_like(y) if counted is None else counted
    own = (summed(n), summed(y), summed(y, y), summed(d), summed(d, d), summed(y, d))
    return of_sums([*own, *of_x], (0, 0, tuple(0 for _ in x)))


def asked(
    estimator: Estimator, form: Form, treatment: Moments, control: Moments, *, by_cluster: bool = False
) -> tuple[Answer, Effects]:
    """What the estimator answers, and the numbers of a fixed look at alpha 0.05."""
    question = two_arms(form, treatment=treatment, control=control, by_cluster=by_cluster)
    answer = estimator.answer(question)
    return answer, effects_of(question, answer)

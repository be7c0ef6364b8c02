"""Synthetic control from outcomes alone: the convex combination of donors nearest to the target before the change."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, counterfactual
from impact_pipeline.stats.synthetic_control.frank_wolfe import (
    SMALLEST_RIDGE,
    first_difference_noise,
    search_early_stopped,
)
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places, nearest_to_origin, simplex_weights


def outcome_only(block: Block, *, early_stopped: bool = False, held_out: bool = False) -> Counterfactual:
    """Weights that minimise the squared gaps over the judged periods before the change.

    Exact by default. `early_stopped` is the search of Arkhangelsky et al. (2021) instead, whose weights on California's
    tobacco control give -19.62 where the optimum has -19.51 (see `frank_wolfe`). With `held_out` the error of periods
    that are left out of the fit is found, too: many donors fit few periods better than they foretell others.

    Assumes donors that the change did not touch and whose mixture follows what moves the target. Abadie, Diamond,
    Hainmueller (2010), JASA 105; Doudchenko, Imbens (2016).

    >>> from impact_pipeline.stats.synthetic_control.block import block_of_arrays
    >>> outcomes = np.array([[2.0, 3.0, 4.0, 9.0], [1.0, 1.0, 4.0, 2.0], [3.0, 5.0, 4.0, 6.0]])
    >>> found = outcome_only(block_of_arrays(outcomes, 1, 3))
    >>> found.weights.round(6).tolist(), round(found.effect, 6)
    ([0.5, 0.5], 5.0)
    """
    points = block.donors[:, : block.starts][:, block.judged]
    target = block.target[: block.starts][block.judged]
    weights = _weights(block, points, target, early_stopped=early_stopped)
    error = held_out_mspe(points, target, np.flatnonzero(weights)) if held_out and len(target) > 1 else None
    return counterfactual(block, weights, held_out_mspe=error)


def held_out_mspe(points: Floats, target: Floats, start: Places) -> float:
    """The mean squared gap in periods of (J, k) points that the exact weights were found without, one at a time.

    >>> held_out_mspe(np.array([[0.0, 4.0], [4.0, 0.0]]), np.array([1.0, 1.0]), np.array([0]))
    4.0
    """
    away = points - target
    gram = away @ away.T
    gaps = [nearest_to_origin(gram - np.outer(one, one), start) @ one for one in away.T]
    return float(np.mean(np.square(gaps)))


def _weights(block: Block, points: Floats, target: Floats, *, early_stopped: bool) -> Floats:
    if early_stopped:
        noise = first_difference_noise(block)
        return search_early_stopped(points, target, SMALLEST_RIDGE * noise, noise)
    return simplex_weights(points, target)

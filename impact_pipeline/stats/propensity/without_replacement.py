"""Pairs of units that are used once each, nearest first in the order of the treated units' scores."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.neighbours_in_space import Lists
from impact_pipeline.stats.samples.cross_section import Places


def nearest_unused(asked: Array, donors: Array, neighbours: int, *, caliper: float = np.inf) -> Lists:
    """Greedy: the highest asked score chooses first (MatchIt's order), in as many rounds as neighbours are wanted.

    >>> nearest_unused(np.array([0.5, 0.9]), np.array([0.6, 0.1]), 1).donors.tolist()
    [1, 0]
    """
    order = np.argsort(donors, kind="stable")
    ranked = donors[order].tolist()
    below, above = list(range(len(ranked) + 1)), list(range(len(ranked) + 1))
    chosen: list[list[int]] = [[] for _ in range(len(asked))]
    by_score = np.argsort(-asked, kind="stable").tolist()
    places = np.searchsorted(donors[order], asked).tolist()
    for _ in range(neighbours):
        for unit in by_score:
            score, place = float(asked[unit]), places[unit]
            low, high = _free(below, place) - 1, _free(above, place)
            taken = _nearer(ranked, score, low, high)
            if taken is None or abs(ranked[taken] - score) > caliper:
                continue
            chosen[unit].append(int(order[taken]))
            below[taken + 1], above[taken] = taken, taken + 1
    counts = np.array([len(one) for one in chosen], dtype=np.intp)
    flat: Places = np.array([donor for one in chosen for donor in one], dtype=np.intp)
    return Lists(flat, counts, len(donors))


def _nearer(ranked: list[float], score: float, low: int, high: int) -> int | None:
    has_low, has_high = low >= 0, high < len(ranked)
    if has_low and has_high:
        return low if score - ranked[low] <= ranked[high] - score else high
    return low if has_low else high if has_high else None


def _free(following: list[int], place: int) -> int:
    """The first place from here on that is its own follower; paths are halved on the way."""
    while following[place] != place:
        following[place] = following[following[place]]
        place = following[place]
    return place

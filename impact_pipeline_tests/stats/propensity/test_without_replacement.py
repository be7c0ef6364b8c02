"""Greedy pairs against a search through all who are left."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.without_replacement import nearest_unused
from impact_pipeline.stats.samples.cross_section import Floats


def _brute(asked: Floats, donors: Floats, caliper: float) -> dict[int, float]:
    free, chosen = set(range(len(donors))), {}
    for unit in np.argsort(-asked, kind="stable"):
        if not free:
            break
        best = min(free, key=lambda donor: abs(donors[donor] - asked[unit]))
        if abs(donors[best] - asked[unit]) <= caliper:
            chosen[int(unit)] = float(donors[best])
            free.remove(best)
    return chosen


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("caliper", [np.inf, 0.05])
@pytest.mark.parametrize("donors", [15, 60])
def test_pairs_are_those_of_a_full_search(seed: int, caliper: float, donors: int) -> None:
    rng = np.random.default_rng(seed)
    asked, others = rng.random(30), rng.random(donors)
    found = nearest_unused(asked, others, 1, caliper=caliper)
    chosen = dict(zip(np.flatnonzero(found.counts).tolist(), others[found.donors].tolist(), strict=True))
    assert chosen == _brute(asked, others, caliper)


def test_nobody_is_used_twice_in_several_rounds() -> None:
    rng = np.random.default_rng(1)
    found = nearest_unused(rng.random(10), rng.random(40), 3)
    assert len(set(found.donors.tolist())) == 30
    assert found.counts.tolist() == [3] * 10

from __future__ import annotations

import warnings

import numpy as np
import pytest
from diff_diff import BaconDecomposition
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.staggered_adoption.goodman_bacon import decomposition, forbidden_share
from impact_pipeline.stats.staggered_adoption.two_way import TwoWay, two_way
from impact_pipeline_tests.stats.staggered_adoption.panels import cohorts, counties, drawn, panel

EXACT = 1e-9


@given(
    first=st.lists(st.integers(0, 5), min_size=3, max_size=12).filter(lambda places: len(set(places)) > 1),
    seed=st.integers(0, 10_000),
)
def test_pairs_add_up_to_the_regression(first: list[int], seed: int) -> None:
    """With units that are always, never, and at any time treated, and with weights."""
    weights = np.random.default_rng(seed).uniform(0.5, 2.0, len(first))
    units = drawn(first, 5, seed=seed, weights=weights)
    whole = two_way(units)
    if not isinstance(whole, TwoWay):
        return
    pairs = decomposition(units)
    assert sum(pair.weight for pair in pairs) == pytest.approx(1.0)
    assert all(pair.weight > 0 for pair in pairs)
    assert sum(pair.weight * pair.estimate for pair in pairs) == pytest.approx(whole.value, rel=EXACT, abs=EXACT)


def test_pairs_are_those_of_diff_diff() -> None:
    units = cohorts(panel(counties()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = BaconDecomposition().fit(counties(), outcome="lemp", unit="countyreal", time="year", first_treat="g")
    told = {
        (c.treated_group, 0 if c.control_group == "never_treated" else c.control_group): (c.estimate, c.weight)
        for c in other.comparisons
    }
    years = [*map(int, units.periods), 0]
    ours = {(years[p.cohort], years[p.control]): (p.estimate, p.weight) for p in decomposition(units)}
    assert set(ours) == set(told)
    for pair, numbers in ours.items():
        assert numbers == pytest.approx(told[pair], rel=EXACT)


def test_comparisons_with_treated_units_are_forbidden() -> None:
    kinds = {pair.kind: pair.is_forbidden for pair in decomposition(drawn([0, 1, 3, 5], 5))}
    assert kinds == {
        "treated_vs_always": True, "later_vs_earlier": True, "earlier_vs_later": False, "treated_vs_never": False,
    }  # fmt: skip


def test_one_cohort_and_never_treated_units_leave_nothing_forbidden() -> None:
    assert forbidden_share(decomposition(drawn([2, 2, 5, 5], 5))) == 0.0

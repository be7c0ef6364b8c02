from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.outcomes.cells import stacked
from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.stratified import StratumPair, covariates_of, post_stratified, summarise, unit_weights
from impact_pipeline_tests.small_studies import moments

DOUBLE = 1e-14
"""Some roundings of doubles."""


def successes(n: int, count: int) -> Moments:
    return Moments(n=n, y=count, yy=count)


FRIDAY = successes(10_000, 230), successes(990_000, 20_000)
SATURDAY = successes(500_000, 6_000), successes(500_000, 5_000)


def test_a_ramp_that_reverses_the_pooled_effect_is_read_within_its_days() -> None:
    treatment, control = FRIDAY[0] + SATURDAY[0], FRIDAY[1] + SATURDAY[1]
    pooled = float(treatment.mean("y") - control.mean("y"))
    pairs = [
        StratumPair(weight, summarise(day[0]), summarise(day[1]))
        for weight, day in zip(unit_weights([1_000_000, 1_000_000]), (FRIDAY, SATURDAY), strict=True)
    ]
    found = difference(post_stratified(pairs), 0.05, 2_000_000.0)
    assert round(100 * pooled, 2) == -0.46
    assert round(100 * float(found.value), 2) == 0.24
    assert found.p_value < 0.005


def test_variance_weighs_each_stratum_by_its_squared_share() -> None:
    pairs = [
        StratumPair(0.25, summarise(successes(5, 2)), summarise(successes(9, 3))),
        StratumPair(0.75, summarise(successes(4, 2)), summarise(successes(4, 1))),
    ]
    expected = Fraction(1, 16) * (Fraction(3, 10) / 5 + Fraction(1, 4) / 9) + Fraction(9, 16) * (
        Fraction(1, 3) / 4 + Fraction(1, 4) / 4
    )
    assert post_stratified(pairs).variance() == pytest.approx(float(expected), rel=DOUBLE)


def test_identical_strata_give_the_mean_of_one() -> None:
    one = StratumPair(1.0, summarise(successes(5, 2)), summarise(successes(9, 3)))
    half = StratumPair(0.5, one.treatment, one.control)
    assert post_stratified([half, half]).treatment == post_stratified([one]).treatment
    assert post_stratified([half, half]).variance() == pytest.approx(post_stratified([one]).variance() / 2, rel=DOUBLE)


UNITS = st.lists(st.integers(-(10**9), 10**9), max_size=6)


FOUR_SAMPLES = st.lists(UNITS, min_size=4, max_size=4)
"""Treatment and control of one stratum, then of the other."""


@given(groups=st.lists(st.tuples(FOUR_SAMPLES, st.integers(0, 2)), min_size=1, max_size=5))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(groups: list[tuple[list[list[int]], int]]) -> None:
    """Strata of weight 0 included: they leave no trace."""
    counted = [[(i != left) * (len(s[2 * i]) + len(s[2 * i + 1])) for i in (0, 1)] for s, left in groups]
    weights = unit_weights([as_exact(units) for units in zip(*counted, strict=True)])
    samples = [summarise(stacked([moments(group[i]) for group, _ in groups])) for i in range(4)]
    together = post_stratified([StratumPair(weights[i], *samples[2 * i : 2 * i + 2]) for i in (0, 1)])
    for place, ((group, _), units) in enumerate(zip(groups, counted, strict=True)):
        known = [i for i in (0, 1) if units[i]]
        own = unit_weights([units[i] for i in known])
        alone = post_stratified(
            [
                StratumPair(weight, summarise(moments(group[2 * i])), summarise(moments(group[2 * i + 1])))
                for weight, i in zip(own, known, strict=True)
            ]
        )
        assert (np.asarray(together.change) + 0.0)[place] == alone.change
        assert [np.asarray(number)[place] for number in together.error()] == list(alone.error())


def test_covariates_are_summarised_beside_the_outcome() -> None:
    units = np.random.default_rng(4).integers(0, 40, (4, 25))
    y, d, *x = units
    found = covariates_of(moments(y, d, x), "d")
    expected = np.cov(np.stack([*x, d]))
    assert found.means == pytest.approx([float(covariate.mean()) for covariate in x], rel=DOUBLE)
    assert found.covariances == pytest.approx([expected[0, 0], expected[0, 1], expected[1, 1]], rel=1e-12)
    assert found.with_outcome == pytest.approx([expected[0, 2], expected[1, 2]], rel=1e-12)


def test_a_covariate_can_be_the_outcome() -> None:
    x = [[1, 2, 6], [0, 0, 9]]
    found = summarise(moments([0, 0, 0], x=x), "x", index=1)
    assert (found.n, found.mean, found.variance) == (3.0, 3.0, 27.0)


def test_a_sample_of_one_or_none_has_one_degree_of_freedom() -> None:
    found = summarise(stacked([moments([]), moments([4]), moments([4, 6, 8])]))
    assert np.asarray(found.degrees_of_freedom).tolist() == [1.0, 1.0, 2.0]
    assert summarise(moments([4])).degrees_of_freedom == 1.0


def test_strata_without_units_have_no_weight() -> None:
    assert unit_weights([0, 0]) == (0.0, 0.0)
    assert [np.asarray(w).tolist() for w in unit_weights([as_exact([0, 3]), as_exact([0, 1])])] == [
        [0.0, 0.75],
        [0.0, 0.25],
    ]

"""One method gives the interval and the p-value: they say the same, on random inputs, for every inference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from impact_pipeline.stats.inference import (
    AlwaysValid,
    FixedHorizon,
    GroupSequential,
    Inference,
    quantile,
    upper_tail,
)
from impact_pipeline.stats.intervals import NoLift, difference, lift
from impact_pipeline.stats.moments import Real
from impact_pipeline.stats.non_inferiority import MarginTest, absolute_margin_test, relative_margin_test
from impact_pipeline.stats.two_means import Contribution, TwoMeans

EDGE = 1e-7
"""How near a p-value may lie to alpha and yet be told apart from it: group-sequential ones are found by bisection."""

LOOKS = ((1.0,), (0.3, 1.0), (0.2, 0.45, 0.8), (0.5, 0.75, 1.0))
INFERENCES: tuple[Inference, ...] = (
    FixedHorizon(),
    AlwaysValid(5_000.0),
    AlwaysValid(5_000.0, tuned_at=0.05),
    *(GroupSequential(looks, "obrien_fleming") for looks in LOOKS),
    *(GroupSequential(looks, "pocock") for looks in LOOKS),
)
NUMBERS = st.floats(0.01, 5.0)
UNITS = st.floats(2.0, 1e5)
ALPHAS = st.sampled_from([0.2, 0.05, 0.01])


@st.composite
def two_means(draw: Callable[..., float]) -> TwoMeans:
    """A treatment near a control well above 0, each with a variance of its own and one that they share."""
    of_treatment, of_control, size = draw(NUMBERS), draw(NUMBERS), draw(st.floats(-0.9, 0.9))
    shared = Contribution(of_treatment, of_control, size * (of_treatment * of_control) ** 0.5, draw(UNITS))
    own = Contribution(draw(NUMBERS), 0.0, 0.0, draw(UNITS))
    control = draw(st.floats(60.0, 100.0))
    return TwoMeans(control + draw(st.floats(-15.0, 15.0)), control, (shared, own))


EACH = pytest.mark.parametrize("inference", INFERENCES, ids=str)


def told_apart(p_value: Real, alpha: float) -> bool:
    return abs(float(p_value) / alpha - 1) > EDGE


@EACH
@settings(max_examples=25)
@given(means=two_means(), alpha=ALPHAS, n=UNITS)
def test_intervals_leave_out_zero_exactly_where_p_is_at_most_alpha(
    inference: Inference, means: TwoMeans, alpha: float, n: float
) -> None:
    change = difference(means, alpha, n, inference)
    relative = lift(means, change.critical_value)
    assume(told_apart(change.p_value, alpha))
    significant = change.p_value <= alpha
    assert (change.lower > 0 or change.upper < 0) == significant
    if relative.refused == NoLift.NONE:
        assert (relative.lower > 0 or relative.upper < 0) == significant


@EACH
@settings(max_examples=25)
@given(means=two_means(), alpha=ALPHAS, n=UNITS, better=st.sampled_from([1, -1]), margin=st.floats(0.01, 0.3))
def test_bounds_lie_within_the_margin_exactly_where_p_is_at_most_alpha(
    inference: Inference, means: TwoMeans, alpha: float, n: float, better: int, margin: float
) -> None:
    absolute = absolute_margin_test(means, 50 * margin, alpha, n, better=better, inference=inference)
    relative = relative_margin_test(means, margin, alpha, n, better=better, inference=inference)
    assume(told_apart(absolute.p_value, alpha) and told_apart(relative.p_value, alpha))
    assert (better * absolute.bound > -50 * margin) == (absolute.p_value <= alpha)
    assert (better * relative.bound > -margin) == (relative.p_value <= alpha)


def together(found: Sequence[TwoMeans]) -> TwoMeans:
    parts = [
        Contribution(*(np.array([getattr(part, name) for part in same]) for name in Contribution.__slots__))
        for same in zip(*(means.contributions for means in found), strict=True)
    ]
    return TwoMeans(np.array([m.treatment for m in found]), np.array([m.control for m in found]), tuple(parts))


def same(found: Real, place: int, alone: Real) -> bool:
    return np.array_equal(np.asarray(found)[place], alone, equal_nan=True)


@EACH
@settings(max_examples=10)
@given(groups=st.lists(st.tuples(two_means(), UNITS), min_size=1, max_size=4))
def test_an_array_of_groups_has_the_bits_of_each_group_alone(
    inference: Inference, groups: list[tuple[TwoMeans, float]]
) -> None:
    means, n = together([one for one, _ in groups]), np.array([units for _, units in groups])
    change = difference(means, 0.05, n, inference)

    def margin(of: TwoMeans, units: Real) -> MarginTest:
        return relative_margin_test(of, 0.1, 0.05, units, better=1, inference=inference)

    for place, (one, units) in enumerate(groups):
        alone = difference(one, 0.05, units, inference)
        for name in ("value", "std_error", "lower", "upper", "p_value"):
            assert same(getattr(change, name), place, getattr(alone, name)), name
        for name in ("p_value", "bound"):
            assert same(getattr(margin(means, n), name), place, getattr(margin(one, units), name)), name


@pytest.mark.parametrize("degrees", [1.5, 30.2, 5000.7, inf])
def test_quantile_and_tail_are_those_of_scipy(degrees: float) -> None:
    reference = stats.norm() if degrees == inf else stats.t(degrees)
    assert quantile(0.975, degrees) == pytest.approx(reference.ppf(0.975), rel=1e-13)
    assert upper_tail(2.5, degrees) == pytest.approx(reference.sf(2.5), rel=1e-13)


def test_sequences_are_wider_than_a_fixed_look_and_narrowest_about_the_planned_units() -> None:
    widths = [float(AlwaysValid(5_000.0).critical_value(0.05, inf, n)) for n in (500.0, 5_000.0, 50_000.0)]
    assert min(widths) == widths[1] > quantile(0.975, inf)


def test_a_level_other_than_the_tuned_one_keeps_the_sequence() -> None:
    """Intervals of a corrected level belong to the same sequence, whose p-values do not depend on the level asked."""
    tuned, other = AlwaysValid(5_000.0, tuned_at=0.05), AlwaysValid(5_000.0)
    assert tuned.critical_value(0.05, inf, 900.0) == other.critical_value(0.05, inf, 900.0)
    assert tuned.p_value(3.5, inf, 900.0, 0.01) == tuned.p_value(3.5, inf, 900.0, 0.05)
    assert other.p_value(3.5, inf, 900.0, 0.01) != other.p_value(3.5, inf, 900.0, 0.05)


def test_the_first_looks_of_a_group_sequential_plan_are_stricter_than_the_last() -> None:
    early, late = (GroupSequential(looks, "obrien_fleming").critical_value(0.05, inf, 1.0) for looks in LOOKS[2:0:-1])
    assert early > late > quantile(0.975, inf)
    assert GroupSequential((1.0,), "pocock").critical_value(0.05, inf, 1.0) == pytest.approx(quantile(0.975, inf))


def test_a_sequence_has_no_interval_without_units() -> None:
    found = AlwaysValid(5_000.0)
    assert np.isnan(found.critical_value(0.05, inf, 0.0))
    assert np.isnan(found.upper_critical_value(0.05, inf, np.array([0.0, 1.0]))).tolist() == [True, False]


def test_a_look_that_may_spend_nothing_excludes_nothing() -> None:
    means = TwoMeans(80.0, 60.0, (Contribution(1.0, 1.0, 0.0, 50.0),))
    nothing = GroupSequential((1e-6,), "obrien_fleming")
    change = difference(means, 0.05, 100.0, nothing)
    assert (change.lower, change.upper) == (-inf, inf)
    assert change.p_value > 0.05
    assert lift(means, change.critical_value).refused == NoLift.UNBOUNDED
    assert absolute_margin_test(means, 1.0, 0.05, 100.0, better=1, inference=nothing).bound == -inf
    assert np.isnan(relative_margin_test(means, 0.1, 0.05, 100.0, better=1, inference=nothing).bound)


def test_undefined_statistics_have_undefined_p_values() -> None:
    nothing = TwoMeans(3.0, 2.0, (Contribution(0.0, 0.0, 0.0, 9.0),))
    for inference in INFERENCES:
        assert np.isnan(difference(nothing, 0.05, 10.0, inference).p_value)

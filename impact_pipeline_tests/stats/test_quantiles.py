from __future__ import annotations

import csv
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from impact_pipeline.stats.buckets import Ties
from impact_pipeline.stats.distribution import Distribution, merged
from impact_pipeline.stats.quantiles import NoQuantile, Quantile, _curve, _share_error, difference, quantile_of

DATA = Path(__file__).parent / "data"
ROUNDING = 1e-12
"""The same formula in another order of operations."""
PRINTED = 1e-9
"""R prints ten digits."""

SCHOOLS = {"E": 4421, "H": 755, "M": 1018}
"""Schools of California by type: elementary, high, middle."""


def units(values: Any, digits: int = 4, scale: int = 0) -> Distribution:
    return Distribution.from_events(range(len(values)), values, digits, scale)


def found_of(strata: Sequence[tuple[float, Distribution]], probability: float, **options: Any) -> Quantile:
    found = quantile_of(strata, probability, options.pop("level", 0.95), **options)
    assert isinstance(found, Quantile)
    return found


def refused_of(strata: Sequence[tuple[float, Distribution]], probability: float, **options: Any) -> NoQuantile:
    found = quantile_of(strata, probability, options.pop("level", 0.95), **options)
    assert isinstance(found, NoQuantile)
    return found


def rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open() as lines:
        return list(csv.DictReader(lines))


def districts(column: str) -> Distribution:
    """Schools of 15 sampled districts, which are the units."""
    found = rows("api_districts.csv")
    return Distribution.from_events([r["district"] for r in found], [int(r[column]) for r in found], digits=4)


def school_types() -> list[tuple[float, Distribution]]:
    """Sampled schools by type, weighted by how many schools there are of it."""
    found = rows("api_school_types.csv")
    scores = {kind: [int(r["api00"]) for r in found if r["school_type"] == kind] for kind in SCHOOLS}
    return [(SCHOOLS[kind] / sum(SCHOOLS.values()), units(scores[kind])) for kind in SCHOOLS]


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.25, (552, 492, 627, 31.47166)), (0.5, (652, 561, 714, 35.66788)), (0.75, (719, 696, 777, 18.88300))],
)
def test_quartiles_of_a_cluster_sample_are_those_of_the_survey_vignette(
    probability: float, expected: tuple[float, ...]
) -> None:
    """Lumley, "A survey analysis example", R package survey: 15 of 757 districts, t with 14 degrees of freedom.

    R brackets the share at the quantile found, which lies above the probability by a part of one value's share.
    """
    scores, t, sampled = districts("api00"), stats.t.ppf(0.975, 14), sqrt(1 - 15 / 757)
    share = scores.share_at(int(scores.quantile(probability))).value
    found = found_of([(1.0, scores)], share, critical_value=t * sampled)
    assert (found.value, found.lower, found.upper) == expected[:3]
    assert found.std_error * sampled == pytest.approx(expected[3], abs=5e-6)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.25, (352, 302, 381, 20.15343155)),
        (0.5, (462, 388, 516, 32.65366124)),
        (0.75, (602, 525, 818, 74.74627144)),
        (0.8, (641, 564, 954, 99.49162410)),
    ],
)
def test_quantiles_of_clusters_are_those_of_survey_in_r(probability: float, expected: tuple[float, ...]) -> None:
    """R survey 4.1-1: svyquantile(~enroll, svydesign(~dnum, weights = ~pw, data = apiclus1), df = Inf)."""
    pupils = districts("enroll")
    found = found_of([(1.0, pupils)], pupils.share_at(int(pupils.quantile(probability))).value)
    assert (found.value, found.lower, found.upper) == expected[:3]
    assert found.std_error == pytest.approx(expected[3], rel=PRINTED)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (0.1, (501, 476, 521, 11.47980278)),
        (0.25, (565, 535, 597, 15.81661716)),
        (0.5, (668, 642, 694, 13.26554988)),
        (0.75, (756, 726, 778, 13.26554988)),
        (0.9, (836, 806, 865, 15.05129698)),
    ],
)
def test_post_stratified_quantiles_are_those_of_survey_in_r(probability: float, expected: tuple[float, ...]) -> None:
    """R survey 4.1-1: svyquantile(~api00, svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat), df = Inf)."""
    strata = school_types()
    value = int(found_of(strata, probability).value)
    found = found_of(strata, sum(weight * part.share_at(value).value for weight, part in strata))
    assert (found.value, found.lower, found.upper) == expected[:3]
    assert found.std_error == pytest.approx(expected[3], rel=PRINTED)


@pytest.mark.parametrize("n", [60, 400, 5000])
@pytest.mark.parametrize("probability", [0.2, 0.5, 0.9])
def test_interval_is_within_one_order_statistic_of_the_binomial_one(n: int, probability: float) -> None:
    ranks = np.arange(1, n + 1)
    found = found_of([(1.0, units(ranks))], probability)
    exact = stats.quantile_test(ranks, q=0, p=probability).confidence_interval(0.95)
    assert found.value == stats.quantile(ranks, probability, method="inverted_cdf")
    assert abs(found.lower - exact.low) <= 1
    assert abs(found.upper - exact.high) <= 1


@given(
    values=st.lists(st.integers(0, 10**5), min_size=120, max_size=160),
    percent=st.integers(10, 90),
    groups=st.integers(1, 3),
)
def test_strata_weighted_by_their_units_have_the_quantile_of_all_units(
    values: list[int], percent: int, groups: int
) -> None:
    parts = [units(values[group::groups], digits=6) for group in range(groups)]
    strata = [(part.n / len(values), part) for part in parts]
    found = quantile_of(strata, percent / 100, 0.95)
    if isinstance(found, Quantile):
        assert found.value == merged(parts).quantile(percent / 100)


def drawn_strata(seed: int) -> tuple[list[tuple[float, Distribution]], list[tuple[NDArray[Any], NDArray[Any]]]]:
    """Two strata of units with unequal numbers of events: distributions, and (unit, value) rows."""
    rng = np.random.default_rng(seed)
    drawn = []
    for n, level in ((40, 5.0), (60, 6.0)):
        unit = np.repeat(np.arange(n), rng.poisson(4, n) + 1)
        drawn.append((unit, np.round(np.exp(level + rng.standard_normal(n)[unit] + rng.standard_normal(len(unit))))))
    return [(w, Distribution.from_events(*d, digits=9)) for w, d in zip((0.7, 0.3), drawn, strict=True)], drawn


@pytest.mark.parametrize("seed", range(5))
def test_error_of_a_post_stratified_share_is_that_of_a_combined_ratio_on_rows(seed: int) -> None:
    strata, drawn = drawn_strata(seed)
    value = found_of(strata, 0.6).value
    arms = [(np.bincount(unit, values <= value), np.bincount(unit)) for unit, values in drawn]
    weights = [weight for weight, _ in strata]
    mean_events = sum(w * events.mean() for w, (_, events) in zip(weights, arms, strict=True))
    share = sum(w * at.mean() for w, (at, _) in zip(weights, arms, strict=True)) / mean_events
    spread = [np.var(at - share * events, ddof=1) / len(at) for at, events in arms]
    expected = sqrt(sum(w**2 * s for w, s in zip(weights, spread, strict=True))) / mean_events
    assert _share_error(_curve(strata, "discrete"), 0.6) == pytest.approx(expected, rel=ROUNDING)


def test_error_of_one_stratum_is_the_delta_method_at_the_quantile() -> None:
    _, [(unit, values), _] = drawn_strata(9)
    events = Distribution.from_events(unit, values, digits=9)
    expected = sqrt(events.share_at(int(events.quantile(0.8))).variance)
    assert _share_error(_curve([(1.0, events)], "discrete"), 0.8) == pytest.approx(expected, rel=ROUNDING)


def test_error_inside_a_wide_bucket_of_one_event_a_unit_is_binomial() -> None:
    wide = units(np.repeat([1_200, 1_300, 1_400], 40), digits=2)
    assert _share_error(_curve([(1.0, wide)], "discrete"), 0.6) == pytest.approx(sqrt(0.24 / 119), rel=ROUNDING)


def test_wide_buckets_and_narrow_ones_agree_within_a_bucket() -> None:
    values = np.round(np.exp(9 + np.random.default_rng(5).standard_normal(4_000)))
    fine, coarse = (found_of([(1.0, units(values, digits))], 0.9) for digits in (9, 3))
    assert coarse.value == pytest.approx(fine.value, rel=0.01)
    assert coarse.std_error == pytest.approx(fine.std_error, rel=0.05)


def test_values_are_at_their_scale() -> None:
    cents, euros = units(range(0, 20_000, 100)), units(range(0, 20_000, 100), scale=2)
    found, whole = found_of([(1.0, euros)], 0.5), found_of([(1.0, cents)], 0.5)
    assert (found.value, found.lower, found.upper) == (whole.value / 100, whole.lower / 100, whole.upper / 100)
    assert found.variance == pytest.approx(whole.variance / 10_000, rel=ROUNDING)


def test_ties_that_are_rounded_readings_have_a_quantile_between_them() -> None:
    """4 million readings in whole milliseconds: discrete, the quantile moves by whole ones or, mostly, not at all."""
    latency = np.random.default_rng(6).normal(250.3, 40, 400_000)
    read = merged([units(np.round(latency), digits=3)] * 10)
    assert refused_of([(1.0, read)], 0.5).reason == "zero_variance"
    found = found_of([(1.0, read)], 0.5, ties="rounded")
    assert found.value == pytest.approx(np.median(latency), abs=0.05)
    assert found.std_error == pytest.approx(sqrt(np.pi / 2) * 40 / sqrt(4_000_000), rel=0.05)


def test_no_unit_or_one_is_refused() -> None:
    assert refused_of([(0.5, units([1, 2])), (0.5, units([3]))], 0.5) == NoQuantile(
        "too_few_units", "units: 1, in the whole arm or one stratum of it; a variance needs 2"
    )


def test_units_without_events_are_refused() -> None:
    none = np.array([], dtype=np.int64)
    silent = Distribution(9, 0, 0, none, none, none, none, digits=3)
    assert refused_of([(1.0, silent)], 0.5) == NoQuantile("no_events", "no unit has an event, so there are no values")


@pytest.mark.parametrize("ties", ["discrete", "rounded"])
def test_one_value_throughout_is_refused(ties: Ties) -> None:
    found = refused_of([(1.0, units([7] * 50))], 0.5, ties=ties)
    assert found == NoQuantile("zero_variance", "all values are in one bucket; a quantile has no uncertainty")


def test_an_interval_inside_one_tie_is_refused() -> None:
    found = refused_of([(1.0, units([0] * 900 + list(range(100)), scale=2))], 0.5)
    assert found == NoQuantile("zero_variance", "the quantile's whole interval is the one value 0")


def test_a_quantile_that_jumps_between_ties_is_refused() -> None:
    found = refused_of([(1.0, units([1] * 101 + [2] * 99))], 0.5)
    assert found.reason == "tied_values"
    assert found.detail.startswith(
        "50.50 % of values are exactly 1, more than the 3.54 % that the share at or below it is"
    )


@pytest.mark.parametrize(
    ("n", "probability", "level"), [(60, 0.95, 0.95), (60, 0.05, 0.95), (100, 0.95, 0.99), (300, 0.99, 0.95)]
)
def test_a_quantile_beyond_the_data_is_refused(n: int, probability: float, level: float) -> None:
    """Where Wald's interval of the share stays within 0..1, the order statistics of the binomial interval exist too."""
    found = refused_of([(1.0, units(range(n)))], probability, level=level)
    assert found.reason == "beyond_the_data"
    assert found.detail.startswith(
        f"{n} units are too few for the quantile at {probability:g}: its interval at level {level:g} needs values at"
    )
    assert isinstance(quantile_of([(1.0, units(range(2 * n)))], probability, level), Quantile)


def test_strata_in_different_buckets_are_no_arm() -> None:
    with pytest.raises(ValueError, match="buckets of the same digits and scale"):
        quantile_of([(0.5, units([1, 2], 3)), (0.5, units([1, 2], 2))], 0.5, 0.95)


@given(
    values=st.tuples(*[st.floats(-50, 50)] * 2),
    errors=st.tuples(*[st.floats(0.1, 9)] * 2),
    level=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_interval_leaves_out_zero_exactly_when_the_p_value_is_small(
    values: tuple[float, float], errors: tuple[float, float], level: float
) -> None:
    treatment, control = (Quantile(v, e, v, v, 9) for v, e in zip(values, errors, strict=True))
    found, opposite = difference(treatment, control, level), difference(control, treatment, level)
    assert (found.lower > 0 or found.upper < 0) == (found.p_value < 1 - level)
    assert (opposite.lower, opposite.upper, opposite.p_value) == (-found.upper, -found.lower, found.p_value)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.value) / found.std_error), rel=ROUNDING)

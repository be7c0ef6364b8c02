"""What a specification can ask of arms: strata, units, clusters, caps, ties, looks, priors, corrections."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.bayesian_reading import BayesianReading
from impact_pipeline.stats.bayesian import NormalPrior, posterior
from impact_pipeline.stats.inference import GroupSequential
from impact_pipeline_tests.analysis.tables import answer_of, estimate, specified, two_arms

SAME_NUMBER = 1e-12
"""Relative: equal but for the order of a few floats."""
FRIDAY_AND_SATURDAY = {
    "day": ["fri", "fri", "sat", "sat"], "arm": ["a", "b", "a", "b"],
    "users": [990_000, 10_000, 500_000, 500_000], "orders": [20_000, 230, 5000, 6000],
}  # fmt: skip
ORDERS = {"type": "counted_proportion", "units": "users", "successes": "orders"}


def test_a_ramp_has_the_sign_of_its_strata() -> None:
    """Better on each day and worse pooled: the fixture of the ramp."""
    by_day = {"type": "randomized", "arm": "arm", "control": "a", "strata": ["day"]}
    pooled = estimate(answer_of(specified(ORDERS), **FRIDAY_AND_SATURDAY).results[0])
    stratified = estimate(answer_of(specified(ORDERS, design=by_day), **FRIDAY_AND_SATURDAY).results[0])
    assert pooled.value == pytest.approx(-0.0046, abs=5e-5)
    assert stratified.value == pytest.approx(0.0024, abs=5e-5)
    assert stratified.method == "difference_in_means, post-stratified by day"


def test_the_sample_ratio_is_read_over_all_and_in_each_stratum() -> None:
    shares = {"a": 0.5, "b": 0.5}
    design = {"type": "randomized", "arm": "arm", "control": "a", "strata": ["day"], "shares": shares}
    found = answer_of(specified(ORDERS, design=design), **FRIDAY_AND_SATURDAY).sample_ratio
    assert [(ratio.stratum, ratio.counts["b"]) for ratio in found] == [
        (None, 510_000),
        ("fri", 10_000),
        ("sat", 500_000),
    ]
    assert [ratio.p_value < 0.001 for ratio in found] == [True, True, False]


def test_units_are_counted_once_whatever_their_rows() -> None:
    columns = {"arm": ["a", "a", "b", "a", "b", "b"], "u": [1, 1, 2, 3, 4, 4], "y": [0.1, 0.2, 1.0, 2.0, 0.7, 0.1]}
    shares = {"type": "randomized", "arm": "arm", "control": "a", "shares": {"a": 0.5, "b": 0.5}}
    asked = specified(
        {"type": "mean", "value": "y"}, {"type": "proportion", "value": "y > 0.5"}, unit="u", design=shares
    )
    found = answer_of(asked, **columns)
    added = answer_of(specified({"type": "mean", "value": "y"}), arm=["a", "a", "b", "b"], y=[0.3, 2.0, 1.0, 0.8])
    assert found.units == {"a": 2, "b": 2}
    assert found.results[0] == added.results[0]
    assert [reading.value for reading in found.arms[2:]] == [0.5, 1.0]


def test_the_sample_ratio_of_events_counts_units() -> None:
    columns = {"arm": ["a"] * 90 + ["b"] * 10, "u": [0] * 90 + list(range(1, 11))}
    design = {"type": "randomized", "arm": "arm", "control": "a", "shares": {"a": 0.1, "b": 0.9}}
    [found] = answer_of(specified(design=design, unit="u"), **columns).sample_ratio
    assert found.counts == {"a": 1, "b": 10}


def test_a_ratio_of_clusters_is_that_of_their_totals() -> None:
    rng = np.random.default_rng(5)
    shop = rng.integers(0, 40, 2000)
    arm, y, d = np.array(["a", "b"])[shop % 2], rng.poisson(3, 2000), rng.poisson(9, 2000) + 1
    by_shop = {"type": "randomized", "arm": "arm", "control": "a", "cluster": "shop"}
    asked = {"type": "ratio", "numerator": "y", "denominator": "d"}
    found = estimate(answer_of(specified(asked, design=by_shop), arm=arm, y=y, d=d, shop=shop).results[0])
    totals = {"arm": np.array(["a", "b"])[np.arange(40) % 2], "y": np.bincount(shop, y), "d": np.bincount(shop, d)}
    assert found == estimate(answer_of(specified(asked), **totals).results[0])
    assert found.n_per_arm == {"a": 20, "b": 20}


def test_few_clusters_are_read_by_satterthwaite_or_by_the_wild_bootstrap() -> None:
    rng = np.random.default_rng(6)
    shop = np.repeat(np.arange(10), 50)
    columns = {
        "shop": shop,
        "arm": np.array(["a", "b"])[shop % 2],
        "y": rng.normal(size=500) + rng.normal(size=10)[shop],
    }
    by_shop = {"type": "randomized", "arm": "arm", "control": "a", "cluster": "shop"}
    bootstrap = {"type": "mean", "value": "y", "errors": "wild_bootstrap"}
    asked = specified({"type": "mean", "value": "y"}, bootstrap, design=by_shop, correction="none", seed=3)
    found = answer_of(asked, **columns)
    robust, wild = (estimate(result) for result in found.results)
    assert robust.degrees_of_freedom == pytest.approx(8.0)
    assert robust.value == pytest.approx(wild.value, rel=SAME_NUMBER)
    assert wild.method == "difference_in_means by clusters, wild bootstrap"
    assert wild.interval.lower < 0 < wild.interval.upper
    assert wild.p_value == pytest.approx(robust.p_value, abs=0.05)
    assert all(reading.std_error is None for reading in found.arms)
    assert answer_of(asked, **columns) == found


def test_the_wild_bootstrap_reads_regressions() -> None:
    rng = np.random.default_rng(7)
    shop, x = np.repeat(np.arange(12), 20), rng.normal(size=240)
    design = {"type": "regression", "treatments": ["x"], "clusters": ["shop"], "errors": "wild_bootstrap"}
    y = x + rng.normal(size=240) + rng.normal(size=12)[shop]
    found = answer_of(specified({"type": "mean", "value": "y"}, design=design), shop=shop, x=x, y=y).coefficients
    assert [c.method for c in found] == ["least squares, wild cluster bootstrap"] * 2
    assert found[1].interval is not None
    assert 0 < found[1].interval.lower < 1 < found[1].interval.upper
    alone = answer_of(
        specified({"type": "mean", "value": "y"}, design=design), shop=[1, 1, 1], x=[1, 2, 4], y=[1, 3, 1]
    )
    assert {c.reason for c in alone.coefficients} == {"too_few_clusters"}


def test_caps_are_pooled_and_stored() -> None:
    y = np.array([float(i) for i in range(99)] + [10_000.0])
    columns = {"arm": ["a", "b"] * 50, "y": y}
    found = estimate(answer_of(specified({"type": "mean", "value": "y", "cap_percentile": 0.98}), **columns).results[0])
    cut = {**columns, "y": np.minimum(y, 97.0)}
    assert found.cap == 97.0
    assert found.value == estimate(answer_of(specified({"type": "mean", "value": "y"}), **cut).results[0]).value


def test_readings_rounded_to_whole_steps_have_an_error() -> None:
    rng = np.random.default_rng(8)
    arm = two_arms(rng, 6000)
    ms = np.rint(rng.normal(20, 2, 6000) + (arm == "b"))
    median = {"type": "quantile", "value": "ms"}
    asked = specified(median, {**median, "ties": "rounded"}, correction="none")
    answer = answer_of(asked, arm=arm, ms=ms)
    plain, rounded = answer.results
    assert not isinstance(plain, Estimate)
    assert plain.reason == "zero_variance"
    assert estimate(rounded).value == pytest.approx(1.0, abs=4 * estimate(rounded).std_error)
    assert [reading.value for reading in answer.arms[2:]] == pytest.approx([20, 21], abs=0.3)


def test_events_of_a_quantile_are_clustered_by_their_unit() -> None:
    rng = np.random.default_rng(9)
    user = np.repeat(np.arange(400), 20)
    ms = np.rint(1000 * np.exp(rng.normal(size=400)[user] + 0.1 * rng.normal(size=8000)))
    columns = {"arm": np.array(["a", "b"])[user % 2], "user": user, "ms": ms}
    median = {"type": "quantile", "value": "ms"}
    rows = estimate(answer_of(specified(median), **columns).results[0])
    users = estimate(answer_of(specified(median, unit="user"), **columns).results[0])
    assert rows.value == users.value
    assert users.std_error > 3 * rows.std_error
    assert users.n_per_arm == {"a": 200, "b": 200}


def test_a_group_sequential_look_takes_its_critical_value() -> None:
    columns = {"arm": ["a", "b"] * 500, "y": np.random.default_rng(10).normal(size=1000)}
    looks = {"type": "group_sequential", "information": [0.25, 0.5], "spending": "pocock"}
    found = estimate(answer_of(specified({"type": "mean", "value": "y"}, looks=looks), **columns).results[0])
    critical = GroupSequential((0.25, 0.5), "pocock").critical_value(0.05, np.inf, 1000.0)
    assert (found.interval.upper - found.value) / found.std_error == pytest.approx(float(critical), rel=1e-9)
    assert found.inference == "group_sequential"


def test_a_stated_prior_is_updated_by_each_lift() -> None:
    columns = {"arm": ["a", "b"] * 500, "y": np.random.default_rng(11).normal(10, 1, 1000)}
    answer = answer_of(specified({"type": "mean", "value": "y"}, prior={"lift_std_dev": 0.02}), **columns)
    result = estimate(answer.results[0])
    [reading] = answer.bayesian
    assert isinstance(reading, BayesianReading)
    assert result.relative is not None
    half_width = (result.relative.interval.upper - result.relative.interval.lower) / 2
    error = half_width / ((result.interval.upper - result.interval.lower) / 2) * result.std_error
    expected = posterior(result.relative.value, error, NormalPrior(0.0, 0.02))
    assert (reading.mean, reading.probability_better) == (expected.mean, expected.probability_better())


def test_no_lift_gives_no_reading() -> None:
    columns = {"arm": ["a", "b"] * 50, "y": np.random.default_rng(12).normal(-10, 1, 100)}
    answer = answer_of(specified({"type": "mean", "value": "y"}, prior={"lift_std_dev": 0.02}), **columns)
    assert [reading.type for reading in answer.bayesian] == ["no_bayesian_reading"]


def test_a_margin_is_tested_one_sided() -> None:
    columns = {"arm": ["a", "b"] * 500, "y": np.random.default_rng(13).normal(10, 1, 1000)}
    metric = {"type": "mean", "value": "y", "margin": {"relative": 0.05}}
    found = estimate(answer_of(specified(metric), **columns).results[0])
    assert found.non_inferiority is not None
    assert found.non_inferiority.p_value < 0.05
    assert found.non_inferiority.bound is not None
    assert found.non_inferiority.bound > -0.05


@pytest.mark.parametrize("correction", ["none", "holm", "bonferroni", "benjamini_hochberg"])
def test_intervals_of_a_family_are_read_anew_at_its_level(correction: str) -> None:
    rng = np.random.default_rng(14)
    columns = {"arm": np.array(["a", "b", "c"])[rng.integers(0, 3, 900)], "y": rng.normal(size=900)}
    answer = answer_of(specified({"type": "mean", "value": "y"}, correction=correction), **columns)
    assert [own.contrast.treatment for own in answer.corrected] == ["b", "c"]
    alpha = 0.05 if correction == "none" else 0.025
    levels = answer_of(specified({"type": "mean", "value": "y"}, alpha=alpha), **columns).results
    for own, result in zip(answer.corrected, levels, strict=True):
        assert own.interval == estimate(result).interval


def test_rows_without_a_number_are_dropped_when_asked_for() -> None:
    asked = specified({"type": "mean", "value": "y", "missing": "drop"})
    found = answer_of(asked, arm=["a", "a", "a", "b", "b"], y=[1.0, None, 3.0, 2.0, 5.0])
    assert found.dropped == {"m0": 1}
    assert estimate(found.results[0]).value == 1.5


def test_columns_of_truth_values_and_keywords_are_read() -> None:
    columns = {"arm": ["a", "b"] * 20, "select": [True, False, False, True] * 10, "order": list(range(40))}
    asked = specified({"type": "proportion", "value": "select"}, {"type": "mean", "value": '"order" * 2 + 1'})
    found = answer_of(asked, **columns)
    assert [reading.value for reading in found.arms] == [0.5, 0.5, 39.0, 41.0]


def test_segments_are_compared() -> None:
    rng = np.random.default_rng(15)
    arm, country = two_arms(rng, 4000), np.array(["de", "fr"])[rng.integers(0, 2, 4000)]
    y = rng.normal(size=4000) + 0.5 * ((arm == "b") & (country == "fr"))
    answer = answer_of(specified({"type": "mean", "value": "y"}, segments=["country"]), arm=arm, country=country, y=y)
    assert [result.segment for result in answer.results] == [("", ""), ("country", "de"), ("country", "fr")]
    [comparison] = answer.segment_comparisons
    assert comparison.p_value < 0.001
    assert comparison.worst == "de"
    alone = answer_of(specified({"type": "mean", "value": "y"}), arm=arm[country == "fr"], y=y[country == "fr"])
    assert estimate(alone.results[0]).value == estimate(answer.results[2]).value

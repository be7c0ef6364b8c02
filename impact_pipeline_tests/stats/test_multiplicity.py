from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri
from statsmodels.stats.multitest import multipletests

from impact_pipeline.stats.multiplicity import Corrected, Procedure, corrected, holm, simultaneous_level
from impact_pipeline_tests.small_studies import Array

ROUNDING = 1e-12
"""The same sums and products, in another order."""

MONTE_CARLO = 4.0
"""Standard errors of a simulated rate that it may lie above the rate promised."""

REFERENCES: dict[Procedure, str] = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "benjamini_hochberg": "fdr_bh",
    "benjamini_yekutieli": "fdr_by",
}
FEW = [0.03, 0.001, 0.04, 0.012, 0.012, 0.7]
MANY = (np.random.default_rng(0).uniform(0, 1, 40) ** 3).tolist()
FAMILY_WISE: tuple[Procedure, ...] = ("bonferroni", "holm", "hochberg")
FALSE_DISCOVERIES: tuple[Procedure, ...] = ("benjamini_hochberg", "benjamini_yekutieli")


@pytest.mark.parametrize("seed", range(3))
def test_holm_equals_statsmodels(seed: int) -> None:
    p_values = np.random.default_rng(seed).uniform(0, 0.2, 7).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1].tolist(), rel=1e-15)


def test_one_test_keeps_its_p_value_and_none_none() -> None:
    assert holm([0.04]) == (0.04,)
    assert holm([]) == ()


@pytest.mark.parametrize("procedure", REFERENCES)
@pytest.mark.parametrize("p_values", [[0.04], [0.0, 1.0, 1.0, 0.0], [0.02] * 5, FEW, MANY])
def test_corrected_equals_statsmodels(p_values: list[float], procedure: Procedure) -> None:
    rejected, adjusted, *_ = multipletests(p_values, alpha=0.05, method=REFERENCES[procedure])
    found = corrected(p_values, 0.05, procedure)
    assert found.adjusted == pytest.approx(adjusted.tolist(), rel=ROUNDING)
    assert found.rejected == tuple(rejected.tolist())


@pytest.mark.parametrize(
    ("procedure", "rejected", "level"),
    [
        ("none", 3, 0.95),
        ("bonferroni", 1, 1 - 0.05 / 4),
        ("holm", 2, 1 - 0.05 / 4),
        ("hochberg", 2, 1 - 0.05 / 4),
        ("benjamini_hochberg", 3, 1 - 3 * 0.05 / 4),
        ("benjamini_yekutieli", 1, 1 - 0.05 / (4 * 25 / 12)),
    ],
)
def test_corrected_gives_the_level_of_the_matching_intervals(procedure: Procedure, rejected: int, level: float) -> None:
    found = corrected([0.001, 0.016, 0.3, 0.0374], 0.05, procedure)
    assert sum(found.rejected) == rejected
    assert found.interval_level == pytest.approx(level, rel=ROUNDING)


@pytest.mark.parametrize("procedure", FALSE_DISCOVERIES)
def test_without_a_rejection_no_interval_leaves_out_zero(procedure: Procedure) -> None:
    found = corrected([0.03, 0.04], 0.05 / 4, procedure)
    assert not any(found.rejected)
    assert found.interval_level >= 1 - 0.03


@pytest.mark.parametrize("procedure", ["none", *REFERENCES])
def test_corrected_of_no_tests_is_empty(procedure: Procedure) -> None:
    assert corrected([], 0.05, procedure) == Corrected((), 0.95, ())


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_corrected_refuses_what_is_no_p_value(p: float) -> None:
    with pytest.raises(ValueError, match=r"p-values must lie in 0\.\.1"):
        corrected([0.5, p], 0.05, "holm")


def test_simultaneous_level_of_one_interval_is_its_own() -> None:
    assert simultaneous_level(0.1, 1) == simultaneous_level(0.1, 0) == 0.9


Z = st.lists(st.floats(-6, 6), min_size=1, max_size=12)


def _leaves_out_zero(z: Array, found: Corrected) -> list[bool]:
    return list(np.abs(z) > ndtri((1 + found.interval_level) / 2))


@pytest.mark.parametrize("procedure", ["none", "bonferroni", *FALSE_DISCOVERIES])
@given(z=Z)
def test_an_interval_leaves_out_zero_exactly_where_the_test_rejects(procedure: Procedure, z: list[float]) -> None:
    found = corrected(2 * ndtr(-np.abs(z)), 0.05, procedure)
    assume(all(abs(p - 0.05) > 1e-9 for p in found.adjusted))
    assert _leaves_out_zero(np.array(z), found) == list(found.rejected)


@pytest.mark.parametrize("procedure", ["holm", "hochberg"])
@given(z=Z)
def test_an_interval_of_a_step_procedure_leaves_out_zero_only_where_it_rejects(
    procedure: Procedure, z: list[float]
) -> None:
    found = corrected(2 * ndtr(-np.abs(z)), 0.05, procedure)
    assume(all(abs(p - 0.05) > 1e-9 for p in found.adjusted))
    assert all(
        rejected for rejected, out in zip(found.rejected, _leaves_out_zero(np.array(z), found), strict=True) if out
    )


@dataclass(frozen=True)
class Errors:
    """Shares over repetitions: a false rejection, an interval that misses; mean shares among the rejected of both."""

    family_wise: float
    any_miss: float
    false_discovery: float
    false_coverage: float


def simulated(procedure: Procedure, effects: Array, correlation: float, repetitions: int, seed: int) -> Errors:
    """Estimates with standard error 1, normal and equally correlated."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((repetitions, 1)) * sqrt(correlation)
    estimates = effects + shared + rng.standard_normal((repetitions, len(effects))) * sqrt(1 - correlation)
    rows = []
    for estimate, p_values in zip(estimates, 2 * ndtr(-np.abs(estimates)), strict=True):
        found = corrected(p_values.tolist(), 0.05, procedure)
        rejected = np.array(found.rejected)
        false = rejected & (effects == 0)
        missed = np.abs(estimate - effects) > ndtri((1 + found.interval_level) / 2)
        count = max(1, int(rejected.sum()))
        rows.append((false.any(), missed.any(), false.sum() / count, (missed & rejected).sum() / count))
    return Errors(*np.mean(np.array(rows, dtype=float), axis=0))


PLANTED = np.array([0.0] * 6 + [1.0, 2.0, 3.0, 4.0])


def promised(rate: float, repetitions: int) -> float:
    return rate + MONTE_CARLO * sqrt(rate * (1 - rate) / repetitions)


def check_family_wise(procedure: Procedure, correlation: float, repetitions: int) -> None:
    errors = simulated(procedure, PLANTED, correlation, repetitions, seed=1)
    assert errors.family_wise <= promised(0.05, repetitions)
    assert errors.any_miss <= promised(0.05, repetitions)


def check_false_discoveries(procedure: Procedure, correlation: float, repetitions: int) -> None:
    errors = simulated(procedure, PLANTED, correlation, repetitions, seed=2)
    assert errors.false_discovery <= promised(0.05 * 6 / 10, repetitions)
    assert errors.false_coverage <= promised(0.05, repetitions)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("procedure", FAMILY_WISE)
def test_family_wise_error_and_joint_coverage_hold(procedure: Procedure, correlation: float) -> None:
    check_family_wise(procedure, correlation, 2_000)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize("procedure", FALSE_DISCOVERIES)
def test_false_discovery_and_false_coverage_rates_hold(procedure: Procedure, correlation: float) -> None:
    check_false_discoveries(procedure, correlation, 2_000)


def test_without_correction_both_rates_break() -> None:
    errors = simulated("none", PLANTED, 0.0, 2_000, seed=3)
    assert errors.family_wise > 0.2
    assert errors.any_miss > 0.3
    assert errors.false_coverage > 0.08


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("procedure", FAMILY_WISE)
def test_family_wise_error_holds_in_many_repetitions(procedure: Procedure, correlation: float) -> None:
    check_family_wise(procedure, correlation, 40_000)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("procedure", FALSE_DISCOVERIES)
def test_false_coverage_rate_holds_in_many_repetitions(procedure: Procedure, correlation: float) -> None:
    check_false_discoveries(procedure, correlation, 40_000)

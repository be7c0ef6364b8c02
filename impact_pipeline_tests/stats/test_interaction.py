from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant

from impact_pipeline.stats.chi_square import ChiSquare
from impact_pipeline.stats.interaction import CellMean, Interaction, NoInteraction, association, interaction
from impact_pipeline_tests.small_studies import Array

ROUNDING = 1e-9
"""Cell means against a regression solved by its normal equations."""

SIZES = [[40, 25], [30, 12]]


def drawn(rng: np.random.Generator, means: Array, deviations: Array) -> list[list[Array]]:
    """Outcomes of the units in each arm of A (rows) and of B (columns)."""
    return [[rng.normal(means[a][b], deviations[a][b], SIZES[a][b]) for b in (0, 1)] for a in (0, 1)]


def read(outcomes: list[list[Array]], level: float = 0.95) -> Interaction:
    cells = [[CellMean(len(y), float(y.mean()), float(y.var(ddof=1))) for y in arm] for arm in outcomes]
    found = interaction(cells, level)
    assert isinstance(found, Interaction)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_interaction_is_the_products_coefficient_with_its_hc2_error(seed: int) -> None:
    outcomes = drawn(np.random.default_rng(seed), np.array([[1, 2], [3, 5]]), np.array([[1, 2], [1, 4]]))
    y = np.concatenate([cell for arm in outcomes for cell in arm])
    a = np.repeat([0, 0, 1, 1], [len(cell) for arm in outcomes for cell in arm])
    b = np.repeat([0, 1, 0, 1], [len(cell) for arm in outcomes for cell in arm])
    fit = OLS(y, add_constant(np.column_stack([a, b, a * b]))).fit(cov_type="HC2")
    found = read(outcomes)
    assert found.difference.value == pytest.approx(fit.params[3], rel=ROUNDING)
    assert found.difference.std_error == pytest.approx(fit.bse[3], rel=ROUNDING)
    assert found.within_control.value == pytest.approx(fit.params[1], rel=ROUNDING)
    assert found.within_control.std_error == pytest.approx(fit.bse[1], rel=ROUNDING)


@pytest.mark.parametrize("arm_of_b", [0, 1])
def test_effects_within_arms_are_welchs(arm_of_b: int) -> None:
    outcomes = drawn(np.random.default_rng(5), np.array([[1, 2], [3, 5]]), np.array([[1, 2], [1, 4]]))
    reference = stats.ttest_ind(outcomes[1][arm_of_b], outcomes[0][arm_of_b], equal_var=False)
    found = read(outcomes, 0.9)
    within = (found.within_control, found.within_treatment)[arm_of_b]
    assert within.p_value == pytest.approx(reference.pvalue, rel=ROUNDING)
    assert (within.lower, within.upper) == pytest.approx(reference.confidence_interval(0.9), rel=ROUNDING)


def rejections(means: Array, repetitions: int) -> float:
    """How often the interaction is found at 5 %, with standard deviations that differ between cells."""
    rng = np.random.default_rng(6)
    deviations = np.array([[1.0, 2.0], [1.5, 4.0]])
    return float(np.mean([read(drawn(rng, means, deviations)).difference.p_value < 0.05 for _ in range(repetitions)]))


ADDITIVE = np.array([[1.0, 3.0], [2.0, 4.0]])
CROSSED = np.array([[1.0, 3.0], [2.0, 9.0]])


def test_interaction_keeps_its_size_where_effects_add_up_and_finds_a_planted_one() -> None:
    assert rejections(ADDITIVE, 2_000) == pytest.approx(0.05, abs=0.02)
    assert rejections(CROSSED, 200) > 0.9


@pytest.mark.slow
def test_interaction_keeps_its_size_in_many_repetitions() -> None:
    assert rejections(ADDITIVE, 30_000) == pytest.approx(0.05, abs=0.006)


def test_interaction_of_a_cell_with_one_unit_is_refused() -> None:
    full = CellMean(10, 1.0, 1.0)
    refused = NoInteraction("each of the four cells needs 2 units at least, one has 1")
    assert interaction([[full, CellMean(1, 1.0, 0.0)], [full, full]], 0.95) == refused


def test_interaction_of_constant_outcomes_is_refused() -> None:
    full, constant = CellMean(10, 1.0, 1.0), CellMean(10, 1.0, 0.0)
    refused = NoInteraction("the outcome does not vary among the units of one of B's arms")
    assert interaction([[full, constant], [full, constant]], 0.95) == refused


@pytest.mark.parametrize(
    "counts", [[[50, 60], [70, 40]], [[50, 60, 10], [70, 40, 20]], [[500, 500], [480, 530], [30, 20]]]
)
def test_association_equals_scipy(counts: list[list[int]]) -> None:
    reference = stats.chi2_contingency(counts, correction=False)
    found = association(counts)
    assert isinstance(found, ChiSquare)
    assert float(found.statistic) == pytest.approx(reference.statistic, rel=1e-12)
    assert found.degrees_of_freedom == reference.dof
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-10)


def test_association_leaves_out_arms_without_units() -> None:
    assert association([[50, 0, 60], [0, 0, 0], [70, 0, 40]]) == association([[50, 60], [70, 40]])


def test_association_of_many_units_does_not_overflow() -> None:
    counts = np.array([[2_500_000, 2_490_000], [2_480_000, 2_500_000]], dtype=np.int64)
    found = association(list(counts))
    assert isinstance(found, ChiSquare)
    assert float(found.statistic) == pytest.approx(stats.chi2_contingency(counts, correction=False).statistic, rel=1e-9)


@pytest.mark.parametrize("counts", [[[0, 0], [0, 0]], [[5, 6], [0, 0]], [[5, 0], [7, 0]], [[5]]])
def test_association_without_two_arms_of_each_is_refused(counts: list[list[int]]) -> None:
    detail = "each study needs units in two of its arms, among the units that are in both studies"
    assert association(counts) == NoInteraction(detail)


def association_size(shared: float, repetitions: int) -> float:
    """How often the test rejects where a share of B's units took their arm from A, of 1,000 units 9:1 and 1:1."""
    rng = np.random.default_rng(7)
    p_values = []
    for _ in range(repetitions):
        a = rng.random(1_000) < 0.1
        b = np.where(rng.random(1_000) < shared, a, rng.random(1_000) < 0.5)
        found = association([[int(np.sum((a == i) & (b == j))) for j in (0, 1)] for i in (0, 1)])
        assert isinstance(found, ChiSquare)
        p_values.append(found.p_value)
    return float(np.mean(np.array(p_values) < 0.05))


def test_association_keeps_its_size_and_finds_a_shared_assignment() -> None:
    assert association_size(0.0, 1_500) == pytest.approx(0.05, abs=0.023)
    assert association_size(0.3, 100) > 0.95

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import panel_of
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts, cohorts_of

UNITS = list("aaabbbccc")
PERIODS = [1, 2, 3] * 3
OUTCOMES = [1.0, 2.0, 4.0, 0.0, 1.0, 0.0, 3.0, 3.0, 5.0]
TREATED = [0, 0, 1, 0, 0, 0, 0, 1, 1]


def found(**changes: object) -> Cohorts | Refusal:
    given = {"unit": UNITS, "period": PERIODS, "outcome": OUTCOMES, "treated": TREATED, **changes}
    return cohorts_of(panel_of(**given))  # type: ignore[arg-type]


def ordered(**changes: object) -> Cohorts:
    cohorts = found(**changes)
    assert isinstance(cohorts, Cohorts)
    return cohorts


def refused(**changes: object) -> Refusal:
    refusal = found(**changes)
    assert isinstance(refusal, Refusal)
    return refusal


def test_cohorts_stand_in_order_of_adoption() -> None:
    cohorts = ordered()
    assert cohorts.labels == (1, 2, 3)
    assert cohorts.adopting == (1, 2)
    assert cohorts.unit.tolist() == [2, 0, 1]
    assert cohorts.sizes == (1, 1, 1)
    assert cohorts.means.tolist() == [[3.0, 3.0, 5.0], [1.0, 2.0, 4.0], [0.0, 1.0, 0.0]]


def test_rows_may_come_in_any_order() -> None:
    order = np.random.default_rng(0).permutation(9)
    shuffled = [np.array(values)[order].tolist() for values in (UNITS, PERIODS, OUTCOMES, TREATED)]
    cohorts = ordered(**dict(zip(("unit", "period", "outcome", "treated"), shuffled, strict=True)))
    assert cohorts.outcome.tolist() == ordered().outcome.tolist()


def test_means_are_weighted_and_weights_averaged_over_periods() -> None:
    weights = np.array([1.0, 1, 1, 1, 2, 3, 4, 4, 4])
    cohorts = ordered(treated=[0] * 6 + [0, 1, 1], weights=weights)
    assert cohorts.weights.tolist() == [4.0, 1.0, 2.0]
    assert cohorts.means[1].tolist() == pytest.approx([1 / 3, 4 / 3, 4 / 3])


def test_units_without_a_value_in_some_period_are_left_out_with_a_note() -> None:
    cohorts = ordered(outcome=[1.0, 2.0, float("nan"), *OUTCOMES[3:]])
    assert cohorts.unit.tolist() == [2, 1]
    assert cohorts.notes == ("1 of 3 units lack a value in some period and are left out",)


def test_a_missing_row_or_covariate_counts_as_a_missing_cell() -> None:
    short = {"unit": UNITS[1:], "period": PERIODS[1:], "outcome": OUTCOMES[1:], "treated": TREATED[1:]}
    assert ordered(**short).n == 2
    size = np.array([float("nan"), *range(8)])
    assert ordered(covariates={"size": size}).n == 2


def test_too_many_missing_cells_are_refused_with_the_sparsest_period() -> None:
    refusal = refused(outcome=[float("nan"), 2.0, 4.0, float("nan"), *OUTCOMES[4:]])
    assert refusal.reason == "missing_cells"
    assert refusal.detail.startswith("2 of 3 units lack a value in some period (period '1' has only 1)")


def test_a_treatment_that_switches_off_is_refused_with_a_unit() -> None:
    refusal = refused(treated=[0, 1, 0, *TREATED[3:]])
    assert refusal.reason == "treatment_switches_off"
    assert "in 1 of 3 units, such as 'a'" in refusal.detail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outcome": [1.0] * 9}, "zero_variance"),
        ({"treated": [0] * 9}, "empty_arm"),
        ({"weights": np.array([0.0, *[1.0] * 8])}, "measure_undefined"),
        ({"cluster": list("xyyzzzwww")}, "mixed_clusters"),
    ],
)
def test_bad_input_is_refused(changes: dict[str, object], reason: str) -> None:
    assert refused(**changes).reason == reason


def test_one_period_is_refused() -> None:
    single = panel_of(["a", "b"], [1, 1], [1.0, 2.0], [0, 1])
    refusal = cohorts_of(single)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too_few_periods"


def test_errors_add_up_within_clusters() -> None:
    errors = np.array([1.0, -1.0, 2.0])
    assert ordered().squared(errors) == 6.0
    assert ordered(cluster=list("xxxyyyxxx")).squared(errors) == pytest.approx(2 * 4.0)

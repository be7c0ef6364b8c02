from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.decisions.sentences import amount, effect_sentence, margin_phrase, percent
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, NonInferiority, Relative
from impact_pipeline_tests.small_studies import mean_metric

METRIC = mean_metric("orders", label="Orders per user", unit="orders")
ESTIMATE = Estimate(
    "orders", Contrast("treatment", "control"), ("", ""), "difference_in_means", "ATE",
    0.1, 0.02, Interval(0.06, 0.14, 0.95),
    1e-6, 900.0, {"control": 2.0, "treatment": 2.1}, {"control": 500, "treatment": 500},
    Relative(0.051, Interval(0.022, 0.0804, 0.95)),
)  # fmt: skip


def test_an_effect_is_told_in_per_cent_of_control() -> None:
    assert effect_sentence(METRIC, ESTIMATE) == "Orders per user rose by 5.1 % (95 % interval 2.2 % to 8.0 %)"


def test_a_fall_is_told_as_a_fall() -> None:
    fall = replace(ESTIMATE, relative=Relative(-0.02, Interval(-0.05, 0.01, 0.9)))
    assert effect_sentence(METRIC, fall) == "Orders per user fell by 2.0 % (90 % interval -5.0 % to 1.0 %)"


def test_without_a_lift_the_metrics_unit_is_used() -> None:
    found = effect_sentence(METRIC, replace(ESTIMATE, relative=None))
    assert found == "Orders per user rose by 0.1 orders (95 % interval 0.06 orders to 0.14 orders)"


def test_no_change_is_told_as_such() -> None:
    same = replace(ESTIMATE, relative=Relative(0.0, Interval(-0.01, 0.01, 0.95)))
    assert effect_sentence(METRIC, same) == "Orders per user did not change (95 % interval -1.0 % to 1.0 %)"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (NonInferiority(0.02, True, 0.01, -0.004, 0.95), "its margin of 2 % (at worst -0.4 %)"),
        (NonInferiority(0.02, True, 0.01, None, 0.95), "its margin of 2 %"),
        (NonInferiority(0.5, False, 0.01, -0.25, 0.95), "its margin of 0.5 orders (at worst -0.25 orders)"),
    ],
)
def test_a_margin_is_told_with_the_worst_not_excluded(test: NonInferiority, expected: str) -> None:
    assert margin_phrase(METRIC, test) == expected


def test_small_numbers_keep_two_figures() -> None:
    assert [percent(0.0), percent(0.00034), percent(-1.5), amount(1234.5, "EUR")] == [
        "0.0 %",
        "0.034 %",
        "-150.0 %",
        "1,234 EUR",
    ]

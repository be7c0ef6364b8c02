from __future__ import annotations

import numpy as np

from impact_pipeline.diagnostics.causal.weight_concentration import WeightConcentration
from impact_pipeline_tests.estimators.causal.synthetic_questions import drawn_outcomes, finding


def test_an_average_of_donors_passes() -> None:
    found = finding(WeightConcentration(), drawn_outcomes())
    assert found.passed
    assert float(found.details["effective_donors"]) > 1.5


def test_a_twin_of_one_donor_fails_by_name() -> None:
    values = drawn_outcomes()
    values[0] = values[7] + 0.01 * np.random.default_rng(0).normal(size=24)
    found = finding(WeightConcentration(), values)
    assert found.passed is False
    assert found.details["donor"] == "u07"


def test_equal_weights_pass() -> None:
    assert finding(WeightConcentration(), drawn_outcomes(), method="difference_in_differences").passed

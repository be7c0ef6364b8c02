"""One draw through the whole assessment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.calibration.scenario import Drawn
from impact_pipeline.calibration.trial import trial
from impact_pipeline.stats.samples.series import Series
from impact_pipeline_tests.calibration.made_up import drawn, scenario
from impact_pipeline_tests.calibration.made_up import trial as made_up


def test_a_draw_is_the_same_on_repeat_and_another_for_another_number() -> None:
    first, again, other = trial(scenario(), 3, 1), trial(scenario(), 3, 1), trial(scenario(), 4, 1)
    assert first == again
    assert first.value != other.value


def test_a_planted_effect_is_found_and_covered() -> None:
    found = [trial(scenario(), number, 1) for number in range(10)]
    assert sum(one.covered for one in found) >= 8
    assert all(one.significant for one in found)


def test_a_refusal_counts_as_caught_and_keeps_its_reason() -> None:
    def empty(rng: np.random.Generator) -> Drawn:
        return Drawn(Series(("1", "2"), np.array([1.0, 2.0]), 0), 0.0)

    found = trial(scenario(draw=empty), 0, 1)
    assert (found.value, found.caught, found.covered) == (None, True, False)
    assert found.reason


def test_an_expected_check_that_fails_catches_the_draw() -> None:
    def wandering(rng: np.random.Generator) -> Drawn:
        walk = np.cumsum(rng.normal(0, 1, 120))
        return Drawn(Series(tuple(map(str, range(120))), walk, 80), 0.0)

    found = [trial(scenario(draw=wandering, broken="a walk", expects=("placebo_date",)), n, 1) for n in range(8)]
    assert all(one.caught == ("placebo_date" in one.failed or one.value is None) for one in found)


@pytest.mark.parametrize(
    ("given", "misleads"),
    [
        ({}, False),
        ({"truth": 0.0}, True),
        ({"truth": -1.0}, True),
        ({"truth": 0.0, "grade": "D"}, False),
        ({"truth": 0.0, "p_value": 0.2}, False),
        ({"truth": 0.0, "value": None}, False),
    ],
)
def test_a_confident_false_claim_misleads(given: dict[str, Any], misleads: bool) -> None:
    assert made_up(**given).misleads is misleads


def test_the_made_up_sample_is_what_it_says() -> None:
    sample = drawn(np.random.default_rng(1)).sample
    assert isinstance(sample, Series)
    assert sample.outcome[40:].mean() - sample.outcome[:40].mean() == pytest.approx(5, abs=1)

"""The closed forms against many units, counted."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from impact_pipeline_tests.simulations.events import Units, arms
from impact_pipeline_tests.simulations.performance import LIFT
from impact_pipeline_tests.simulations.truths import TRUTHS
from impact_pipeline_tests.simulations.unit_values import UNIT_VALUES, item_prices

CHANCE = 3.5
"""Standard errors of a mean of 300,000 units."""

UNITS = 300_000


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, Units]]:
    worlds = {truth.world for truth in TRUTHS.values()}
    rng = np.random.default_rng(12)
    return {world: arms(rng, np.array([LIFT]), world, nights=1, units=UNITS) for world in sorted(worlds)}


MEANS = [name for name in TRUTHS if "quantile" not in name and "percentile" not in name]


@pytest.mark.parametrize("metric", MEANS)
def test_means_and_ratios_are_what_they_are_said_to_be(metric: str, drawn: dict[str, dict[str, Units]]) -> None:
    truth = TRUTHS[metric]
    for arm, factor in (("control", 1.0), ("treatment", 1 + LIFT)):
        values = UNIT_VALUES[metric](drawn[truth.world][arm])
        y = values.y.ravel() / 10**values.y_scale
        d = np.ones_like(y) if values.d is None else values.d.ravel()
        ratio = y.mean() / d.mean()
        error = np.std(y - ratio * d) / d.mean() / sqrt(UNITS)
        assert ratio == pytest.approx(factor * truth.control(LIFT), abs=CHANCE * error)


@pytest.mark.parametrize(("metric", "probability"), [("quantile", 0.8), ("event_quantile", 0.9)])
def test_quantiles_are_what_they_are_said_to_be(
    metric: str, probability: float, drawn: dict[str, dict[str, Units]]
) -> None:
    for arm, factor in (("control", 1.0), ("treatment", 1 + LIFT)):
        units = drawn["dearer"][arm]
        values = UNIT_VALUES["quantile"](units).y if metric == "quantile" else item_prices(units)[units.ordered]
        share = np.mean(values / 100 <= factor * TRUTHS[metric].control(LIFT))
        assert share == pytest.approx(probability, abs=CHANCE * sqrt(probability * (1 - probability) / 150_000))


def test_the_capped_mean_is_that_of_the_percentile_of_both_arms(drawn: dict[str, dict[str, Units]]) -> None:
    both = [UNIT_VALUES["mean"](drawn["awake"][arm]).y.ravel() / 100 for arm in ("control", "treatment")]
    cap = np.quantile(np.concatenate(both), 0.98)
    for values, factor in zip(both, (1.0, 1 + LIFT), strict=True):
        capped = np.minimum(values, cap)
        expected = factor * TRUTHS["mean_percentile_cap"].control(LIFT)
        assert capped.mean() == pytest.approx(expected, abs=2 * CHANCE * capped.std() / sqrt(UNITS))

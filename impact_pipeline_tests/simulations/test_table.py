"""Bias, coverage and size of every metric type under every inference, and that plans read their looks so."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.registry import METRIC_TYPES
from impact_pipeline.estimators.base import NotEstimable, Result
from impact_pipeline.estimators.look import look_at, results_of
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline_tests.simulations.cells_of_draws import cells
from impact_pipeline_tests.simulations.events import Units, arms
from impact_pipeline_tests.simulations.looks_at_draws import looked_at, night_of, subject_of
from impact_pipeline_tests.simulations.performance import (
    ALPHA,
    FAST,
    FOUR_LOOKS,
    FULL,
    NIGHTS,
    UNITS,
    Row,
    plans,
    readings_under_the_prior,
    table,
)
from impact_pipeline_tests.simulations.shop import METRICS, study
from impact_pipeline_tests.simulations.table import main
from impact_pipeline_tests.simulations.truths import TRUTHS

RARE = 1e-5
"""Chance that a binomial count lies beyond its bound: the table has about 250 of them, so once in 200 tables."""

CHANCE = 4.2
"""Standard errors of a mean that are as rare."""

APPROXIMATE = 0.008
"""What normal limits miss a level by at 1,200 units: outcomes are skewed, and Woodruff's errors a little too long."""

SAME_FORMULA = 1e-9
"""Relative: the same sums, divided in another order."""

BY_METRIC = pytest.mark.parametrize("metric", METRICS)


SECOND_ORDER = 0.1
"""Of the spread of its errors, what a posterior mean may be off: a lift's standard error grows with the lift."""


def assert_sound(row: Row) -> None:
    """Shares lie where the inference says, but for chance; the naive test errs far more often than it says."""
    assert abs(row.bias) < CHANCE + (SECOND_ORDER * sqrt(row.draws) if row.inference == "bayesian" else 0.0), row
    missed = [1 - share for share in (row.coverage, row.lift_coverage) if share is not None]
    errors = [*missed, *([] if row.size is None else [row.size])]
    if "naive" in row.inference:
        assert max(errors) > 2 * ALPHA, row
        return
    fewest, most = (float(at(RARE, row.draws, ALPHA)) / row.draws for at in (binom.ppf, binom.isf))
    near = APPROXIMATE if row.exact else 0.0
    assert max(errors) <= most + near, row
    if row.exact:
        assert min(errors) >= fewest - near, row


def shown(rows: Sequence[Row]) -> None:
    print("\n" + table(rows))  # noqa: T201


@BY_METRIC
def test_every_inference_keeps_its_promise(metric: str) -> None:
    rows = FAST.rows(metric)
    shown(rows)
    for row in rows:
        assert_sound(row)


@pytest.mark.slow
@BY_METRIC
def test_every_inference_keeps_its_promise_over_many_draws(metric: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = FULL.rows(metric)
    with capsys.disabled():
        shown(rows)
    for row in rows:
        assert_sound(row)


def test_the_table_has_every_metric_type_of_the_registry() -> None:
    types = {type(found) for metric in METRICS for found in study(metric, NIGHTS).metrics}
    assert types == set(METRIC_TYPES)
    assert set(METRICS) == set(TRUTHS)


def test_the_probability_of_being_better_is_what_it_says() -> None:
    """Of lifts said to be better with a probability between two bounds, as many are."""
    lifts, readings = readings_under_the_prior("count", 1000, seed=77)
    said = np.array([reading.probability_better for reading in readings])
    for lower, upper in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        chosen = (lower <= said) & (said < upper)
        error = sqrt(float((said[chosen] * (1 - said[chosen])).sum())) / chosen.sum()
        assert np.mean(lifts[chosen] > 0) == pytest.approx(said[chosen].mean(), abs=CHANCE * error)


LOOKS: dict[str, dict[str, Any] | None] = {
    "fixed": None,
    "always_valid": {"type": "always_valid", "planned_units": 2 * UNITS * NIGHTS},
    "group_sequential": {
        "type": "group_sequential", "planned_units": 2 * UNITS * NIGHTS,
        "on": [night_of(look) for look in FOUR_LOOKS[:-1]],
    },
}  # fmt: skip


@BY_METRIC
def test_a_plan_reads_its_looks_as_the_table_does(metric: str) -> None:
    drawn = arms(np.random.default_rng(5), np.array([0.3]), TRUTHS[metric].world, nights=NIGHTS, units=UNITS)
    looked = looked_at(cells(drawn, metric), study(metric, NIGHTS), FOUR_LOOKS, 1)
    rules = {rule.name: rule for rule in plans(FOUR_LOOKS)}
    for name, looks in LOOKS.items():
        rule = rules["always_valid, nightly" if name == "always_valid" else name]
        critical = looked.at([3] if name == "fixed" else range(4)).critical(rule.inference, ALPHA)
        for place, look in list(enumerate(FOUR_LOOKS))[-len(critical) :]:
            result = _read(drawn, metric, study(metric, NIGHTS, looks), look)
            assert isinstance(result, NotEstimable) == looked.refused[place, 0]
            if isinstance(result, NotEstimable):
                continue
            half_width = critical[place - 4, 0] * float(np.asarray(looked.means.error()[0])[place, 0])
            assert result.value == pytest.approx(float(np.asarray(looked.means.change)[place, 0]), rel=SAME_FORMULA)
            assert result.interval.upper - result.value == pytest.approx(half_width, rel=SAME_FORMULA)
            assert result.inference == ("fixed_horizon" if name == "fixed" else name)
            assert (result.p_value <= ALPHA) == (not result.interval.lower <= 0 <= result.interval.upper)


def _read(drawn: dict[str, Units], metric: str, under: Study, look: int) -> Result:
    """What the study's own look says, of the units whose windows have closed by then."""
    closed = cells({arm: units.of_nights(look) for arm, units in drawn.items()}, metric)
    [result] = results_of(look_at(under, closed, night_of(look)), subject_of(under), [ALL_UNITS])
    return result


def test_the_command_prints_the_rows_of_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    main(["count"])
    assert capsys.readouterr().out == table(FAST.rows("count")) + "\n"

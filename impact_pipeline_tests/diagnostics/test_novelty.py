from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.novelty import ALPHA, Novelty
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.diagnostics.false_alarms import assert_kept, assert_uniform_below_half, tell_rates
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    cells,
    mean_metric,
    moments,
    proportion_metric,
    ratio_metric,
    study,
)

DAYS = 7
WEEK = study(mean_metric(days=DAYS))
EXPOSURE_DAY_IS_BUSY = np.array([2.0, 0.4, 0.4, 0.5, 0.5, 0.3, 0.3])
"""Events of a unit by day since exposure: it was exposed because it came."""

NEXT = START + timedelta(days=1)


def of_days(values: Array) -> dict[str, Moments]:
    """The trend's cells of units x days."""
    weights = 2 * np.arange(DAYS) - DAYS + 1
    return {"orders~trend": moments(values @ weights, d=values.sum(axis=1)), "orders": moments(values.sum(axis=1))}


def group(arm: str, values: Array, day: date = START) -> Group:
    return Group(arm, of_days(values), day)


def checked(found: Study, *groups: Group) -> Finding:
    return Novelty().check(found, Evidence(cells(*groups), START, {}))


def drawn(rng: np.random.Generator, units: int, lift: float | Sequence[float] | Array = 0.0) -> Array:
    """Poisson events of units that differ, with a lift by day."""
    taste = rng.gamma(2.0, 0.5, (units, 1))
    events: Array = rng.poisson(taste * EXPOSURE_DAY_IS_BUSY * (1 + np.asarray(lift)))
    return events


def test_a_lift_that_stays_passes_though_the_day_of_exposure_is_busier_than_others() -> None:
    rng = np.random.default_rng(1)
    found = checked(WEEK, group("control", drawn(rng, 20_000)), group("treatment", drawn(rng, 20_000, 0.3)))
    assert (found.passed, found.consequence, found.threshold) == (True, "lower_grade", ALPHA)
    assert found.sentence.startswith("No effect wears off within its window; that of treatment on Orders goes from 0.")
    first, last = (float(found.details[f"{end}_day orders treatment"]) for end in ("first", "last"))
    assert first == pytest.approx(0.3 * EXPOSURE_DAY_IS_BUSY.mean(), abs=0.04)
    assert last == pytest.approx(first, abs=0.06)


def test_a_lift_that_wears_off_costs_the_grade_and_is_told() -> None:
    rng = np.random.default_rng(2)
    fading = np.linspace(0.4, 0.0, DAYS)
    found = checked(WEEK, group("control", drawn(rng, 20_000)), group("treatment", drawn(rng, 20_000, fading)))
    assert (found.passed, found.consequence) == (False, "lower_grade")
    assert found.sentence.startswith("The effect of treatment on Orders fades by 0.0")
    assert "EUR a day on day 0 to " in found.sentence
    assert found.sentence.endswith("on day 6 after exposure (p = " + f"{found.statistic:.2g}"
                                   + "). The average over the window is not what lasts.")  # fmt: skip


def test_a_line_is_found_exactly_where_control_is_level() -> None:
    """Control 10 a day; treatment 10 + 8 - day: 18, 17, .. 12; half the units one more on a day and one less, half the
    other way round."""
    level, line = np.full(DAYS, 10), 18 - np.arange(DAYS)
    jitter = np.array([[1, -1, 0, 0, 0, 0, 0], [-1, 1, 0, 0, 0, 0, 0]])
    arms = {arm: np.tile(profile + jitter, (200, 1)) for arm, profile in (("control", level), ("treatment", line))}
    found = checked(WEEK, *(group(arm, values) for arm, values in arms.items()))
    assert found.details["first_day orders treatment"] == pytest.approx(8.0, rel=1e-12)
    assert found.details["last_day orders treatment"] == pytest.approx(2.0, rel=1e-12)
    line_told = "fades by 1 a day within the window: from 8 EUR a day on day 0 to 2 on day 6 after exposure"
    assert line_told in found.sentence


@pytest.mark.parametrize(
    ("lift", "passed", "said"),
    [(np.linspace(0.0, 0.5, DAYS), True, "grows"), (np.linspace(-0.1, 0.6, DAYS), True, "grows"),
     (np.linspace(-0.4, 0.0, DAYS), False, "fades")],
)  # fmt: skip
def test_an_effect_that_grows_passes_and_a_harm_that_fades_does_not(lift: Array, passed: bool, said: str) -> None:
    rng = np.random.default_rng(3)
    values = {"control": np.zeros(DAYS), "treatment": lift}
    groups = [Group(arm, of_days(rng.poisson(2.0 * (1 + change), (20_000, DAYS)))) for arm, change in values.items()]
    found = checked(WEEK, *groups)
    assert (found.passed, said in found.sentence) == (passed, True)


def test_the_trend_of_a_ratio_is_told_of_its_numerator() -> None:
    rng = np.random.default_rng(9)
    of_ratio = study(ratio_metric("orders", days=DAYS))
    fading = np.linspace(0.4, 0.0, DAYS)
    found = checked(of_ratio, group("control", drawn(rng, 20_000)), group("treatment", drawn(rng, 20_000, fading)))
    assert found.sentence.startswith("The effect of treatment on Orders (numerator) fades by 0.0")
    assert " a day on day 0 to " in found.sentence
    assert "EUR" not in found.sentence


def test_holm_corrects_over_metrics_and_arms() -> None:
    rng = np.random.default_rng(4)
    design = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
    sound = study(mean_metric(days=DAYS), design=design)
    found = checked(sound, *(group(arm, drawn(rng, 500)) for arm in ("control", "new", "best")))
    alone = min(float(found.details[f"p_value orders {arm}"]) for arm in ("new", "best"))
    assert found.statistic == pytest.approx(min(1.0, 2 * alone), rel=1e-12)


def test_phases_are_compared_within() -> None:
    """Users of the first phase buy late, and the treatment gets few of them."""
    rng = np.random.default_rng(5)
    phases = [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ]
    ramp = study(mean_metric(days=DAYS), days=2,
                 design={"type": "staged_rollout", "control": "control", "phases": phases})  # fmt: skip
    late, early = np.linspace(0.2, 3, DAYS), np.linspace(3, 0.2, DAYS)
    found = checked(
        ramp,
        group("control", rng.poisson(late, (9000, DAYS))), group("treatment", rng.poisson(late, (1000, DAYS))),
        group("control", rng.poisson(early, (5000, DAYS)), NEXT),
        group("treatment", rng.poisson(early, (5000, DAYS)), NEXT),
    )  # fmt: skip
    assert found.passed is True


@pytest.mark.parametrize(
    "found",
    [study(mean_metric(days=2)), study(proportion_metric(days=DAYS)), WEEK,
     study(mean_metric(days=DAYS), mean_metric("other"),
           uses=[{"metric": "other", "role": "success"}, {"metric": "orders", "role": "exploratory"}])],
)  # fmt: skip
def test_without_a_trend_nothing_is_judged(found: Study) -> None:
    result = checked(found, Group("control", {"orders": moments([1, 2])}), Group("treatment", {"orders": moments([2])}))
    told = "No success metric has a trend over days since exposure that can be told yet."
    assert (result.passed, result.statistic, result.sentence) == (None, None, told)


def test_a_total_near_zero_has_no_trend_that_could_be_told() -> None:
    rng = np.random.default_rng(6)
    groups = [group(arm, rng.integers(-5, 6, (400, DAYS))) for arm in ("control", "treatment")]
    assert checked(WEEK, *groups).passed is None


def p_values(rng: np.random.Generator, draws: int, units: int = 1000, lift: float = 0.2) -> Array:
    """Of studies with the same lift on every day."""
    found = [
        checked(WEEK, group("control", drawn(rng, units)), group("treatment", drawn(rng, units, lift)))
        for _ in range(draws)
    ]
    return np.array([finding.statistic for finding in found], dtype=float)


def test_a_lasting_lift_fails_no_more_often_than_promised() -> None:
    p = p_values(np.random.default_rng(7), 400)
    assert_kept(p, 0.05, ALPHA)
    assert_uniform_below_half(p)


@pytest.mark.slow
def test_rates_of_failures_of_a_lasting_lift(capsys: pytest.CaptureFixture[str]) -> None:
    p = p_values(np.random.default_rng(8), 10_000)
    tell_rates(capsys, {"a lasting lift": p}, (0.05, ALPHA, 0.001))

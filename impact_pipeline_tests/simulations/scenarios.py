"""Scenarios of looks, shares and power: each a line of measured rates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

import numpy as np
import pyarrow as pa
from scipy.stats import chi2

from impact_pipeline.diagnostics.base import Evidence
from impact_pipeline.diagnostics.sample_ratio import ALPHA as MISMATCH_ALPHA
from impact_pipeline.diagnostics.sample_ratio import SampleRatio
from impact_pipeline.estimators.look import effects_by_look, look_at
from impact_pipeline.outcomes.cells import EXPOSED, Cells
from impact_pipeline.outcomes.cells_table import cell_rows
from impact_pipeline.stats.comparison import Comparison, against_relative_margin
from impact_pipeline.stats.confidence_sequence import critical_value
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, Inference
from impact_pipeline.stats.sample_size import WELCH, Rejection, power_at, units_needed
from impact_pipeline_tests.simulations.cells_of_draws import cells, group
from impact_pipeline_tests.simulations.events import Ints, arms
from impact_pipeline_tests.simulations.lines import Line
from impact_pipeline_tests.simulations.looks_at_draws import Floats, looked_at, night_of, subject_of
from impact_pipeline_tests.simulations.performance import ALPHA, NIGHTS, UNITS, looked
from impact_pipeline_tests.simulations.shop import study
from impact_pipeline_tests.simulations.truths import TRUTHS
from impact_pipeline_tests.simulations.unit_values import UNIT_VALUES, Values
from impact_pipeline_tests.small_studies import START, mean_metric
from impact_pipeline_tests.small_studies import study as small_study

WINDOWS_DRAWN = 100_000
"""Units from which a plan learns what one unit varies by."""

BATCH = 60_000
"""Units of an arm drawn at once."""


def nightly_looks(draws: int, seed: int) -> Line:
    """False positives over 60 nightly looks at an A/A study, of the sequence and of the t test read as if alone."""
    found = looked("count", draws, seed, range(1, NIGHTS + 1), 0.0)
    rules: dict[str, Inference] = {"sequence": AlwaysValid(2 * UNITS * NIGHTS, ALPHA), "naive test": FixedHorizon()}
    rates = {name: 1 - float(found.holds(0.0, rule).all(axis=0).mean()) for name, rule in rules.items()}
    return Line("false positives, 60 nightly looks", draws, rates)


def mismatch_alarms(
    draws: int, seed: int, shares: tuple[float, ...] = (0.5, 0.5), *, days: int = 30, units: int = 2000
) -> Line:
    """False alarms of the diagnostic over 30 nightly looks, and of Pearson's test looked at as often."""
    rng, weights = np.random.default_rng(seed), dict(zip(("control", "treatment", "paused"), shares, strict=False))
    planned = small_study(
        mean_metric(), days=days, design={"type": "randomized", "arms": weights, "control": "control"}
    )
    counts = rng.multinomial(units, shares, size=(draws, days))
    checked = [SampleRatio().check(planned, Evidence(exposed(weights, one), START, {})) for one in counts]
    p = np.array([finding.statistic for finding in checked], dtype=float)
    rates = {f"diagnostic at {alpha:g}": float(np.mean(p <= alpha)) for alpha in (0.05, 0.01, MISMATCH_ALPHA)}
    pearson = _pearson(counts.cumsum(axis=1)[..., :2]).min(axis=1)
    rates |= {f"chi-square at {alpha:g}": float(np.mean(pearson <= alpha)) for alpha in (0.05, 0.01)}
    failed = np.array([finding.passed is False for finding in checked])
    rates["invalid studies"] = float(failed.mean())
    return Line(f"sample ratio, {days} looks, shares {shares}", draws, rates)


def exposed(arms: dict[str, float], counts: Ints) -> Cells:
    """Cells of counts by day and arm; an arm that nobody came to has none."""
    seen = [(day, arm) for day in range(len(counts)) for arm in range(len(arms)) if counts[day, arm]]
    names = list(arms)
    keys = {
        "cohort_day": pa.array([START + timedelta(days=day) for day, _ in seen], pa.date32()),
        "arm": pa.array([names[arm] for _, arm in seen], pa.string()),
        "segment": pa.repeat("", len(seen)), "segment_value": pa.repeat("", len(seen)),
    }  # fmt: skip
    return Cells.of_table(cell_rows(keys, EXPOSED, {"n": pa.array([int(counts[place]) for place in seen])}))


def _pearson(counts: Ints) -> Floats:
    """p-values of two arms with even shares."""
    half = counts.sum(axis=-1, keepdims=True) / 2
    return np.asarray(chi2.sf(((counts - half) ** 2 / half).sum(axis=-1), 1))


def planned_power(metric: str, draws: int, seed: int, *, lift: float = 0.25, rule: str = "fixed") -> Line:
    """Studies of the planned size: the share that finds the planned lift, and the power that they were planned for."""
    rng, truth = np.random.default_rng(seed), TRUTHS[metric]
    past = arms(rng, np.array([lift]), truth.world, nights=1, units=WINDOWS_DRAWN)
    variances = {arm: _unit_variance(UNIT_VALUES[metric](units)) for arm, units in past.items()}
    comparison = Comparison(variances["treatment"], variances["control"])
    sequence = float(critical_value(1.0, 1.0, ALPHA))
    rejection = WELCH if rule == "fixed" else Rejection(critical_value=sequence)
    effect = lift * truth.control(lift)
    wanted = units_needed(effect, comparison, 0.8, rejection)
    assert isinstance(wanted, float), wanted
    units = ceil(wanted / 2)
    inference = FixedHorizon() if rule == "fixed" else AlwaysValid(2 * units, ALPHA)
    rejected = 0
    for size in _batches(draws, units):
        drawn = arms(rng, np.full(size, lift), truth.world, nights=1, units=units)
        found = looked_at(cells(drawn, metric), study(metric, 1), (1,), size)
        rejected += int(np.count_nonzero(~found.holds(0.0, inference)))
    planned = power_at(2 * units, effect, comparison, rejection)
    measured = {"units": 2.0 * units, "planned": planned, "found": rejected / draws}
    return Line(f"power, {metric}, {rule}", draws, measured)


def planned_margin(draws: int, seed: int, margin: float = 0.2) -> Line:
    """Studies of the planned size: the share of unmoved guardrails that are shown to be within their margin."""
    rng, truth = np.random.default_rng(seed), TRUTHS["count"]
    past = arms(rng, np.zeros(1), truth.world, nights=1, units=WINDOWS_DRAWN)["control"]
    variance = _unit_variance(UNIT_VALUES["count"](past))
    effect, within = against_relative_margin(Comparison(variance, variance), truth.control(0.0), margin)
    one_sided = Rejection(sides=1)
    wanted = units_needed(effect, within, 0.8, one_sided)
    assert isinstance(wanted, float), wanted
    units = ceil(wanted / 2)
    guarded = study("count", 1, metrics=[{"metric": "count", "role": "guardrail", "margin": {"relative": margin}}])
    shown = 0
    for size in _batches(draws, units):
        found = cells(arms(rng, np.zeros(size), truth.world, nights=1, units=units), "count")
        look = look_at(guarded, found, guarded.planned_look)
        [asked] = effects_by_look(look, [subject_of(guarded)], [night_of(1)], [group(d) for d in range(size)])
        assert asked.effects.margin is not None
        shown += int(np.count_nonzero(np.asarray(asked.effects.margin.p_value) <= ALPHA))
    measured = {"units": 2.0 * units, "planned": power_at(2 * units, effect, within, one_sided)}
    return Line("power, count within its margin", draws, {**measured, "found": shown / draws})


def _unit_variance(values: Values) -> float:
    """Of one unit's outcome; of a ratio made linear, and of one adjusted less what its covariates explain."""
    y = values.y.ravel() / 10**values.y_scale
    if values.d is not None:
        d = values.d.ravel()
        y = (y - y.mean() / d.mean() * d) / d.mean()
    x = np.array([one.ravel() for one in values.x], dtype=float)
    if len(x):
        slopes = np.linalg.solve(np.atleast_2d(np.cov(x)), [np.cov(one, y)[0, 1] for one in x])
        y = y - slopes @ x
    return float(y.var(ddof=1))


def _batches(draws: int, units: int) -> Iterator[int]:
    size = max(1, BATCH // units)
    yield from (min(size, draws - start) for start in range(0, draws, size))

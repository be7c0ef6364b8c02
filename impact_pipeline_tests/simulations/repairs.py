"""Scenarios of what estimators repair or refuse to: variance, ramps, tails, controls near zero, clusters, segments."""

from __future__ import annotations

from datetime import timedelta
from math import exp, sqrt

import numpy as np
from scipy.stats import norm

from impact_pipeline.diagnostics.base import Evidence
from impact_pipeline.diagnostics.novelty import Novelty
from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.clustered_means import ClusteredMeans
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.segment_comparison import compare_segments
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.stats.intervals import NoLift
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.simulations.arms_of_draws import asked, moments, whole
from impact_pipeline_tests.simulations.lines import Line
from impact_pipeline_tests.small_studies import START, Array, Group, by_bucket, cells, mean_metric, study
from impact_pipeline_tests.small_studies import moments as moments_of

BATCH = 1_000_000
"""Numbers drawn at once."""

NEXT = START + timedelta(days=1)


def variance_left(draws: int, seed: int, rho: float, units: int = 1000) -> Line:
    """By a covariate of correlation rho: what the estimator says, and what the spread of its estimates shows."""
    rng, effect = np.random.default_rng(seed), 0.05
    ratios, adjusted, plain = [], [], []
    for size in _batches(draws, 4 * units):
        arms = []
        for shift in (effect, 0.0):
            x, noise = rng.standard_normal((2, size, units))
            y = rho * x + sqrt(1 - rho**2) * noise + shift
            arms.append(moments(whole(y), x=[whole(x)]))
        answer, effects = asked(Cuped(), "mean", *arms)
        ratios.append(np.asarray(answer.variance_ratio))
        adjusted.append(np.asarray(effects.difference.value))
        plain.append(np.asarray(asked(DifferenceInMeans(), "mean", *arms)[1].difference.value))
    told, spread = np.concatenate(ratios), np.var(np.concatenate(adjusted)) / np.var(np.concatenate(plain))
    measured = {"1 - rho^2": 1 - rho**2, "told": float(told.mean()), "seen": float(spread)}
    return Line(f"variance left by CUPED, rho {rho:g}", draws, {**measured, "sd of told": float(told.std())})


PHASES = [
    {"starts": START, "arms": {"control": 0.99, "treatment": 0.01}},
    {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
]
FRIDAY, SATURDAY = {"control": (20_000, 990_000), "treatment": (230, 10_000)}, {
    "control": (5_000, 500_000), "treatment": (6_000, 500_000),
}  # fmt: skip


def ramp() -> Line:
    """Treatment is better on each day and worse pooled: read as the ramp it was, and as if shares had stayed."""
    metric = mean_metric()
    counted = [(day, arm, n) for day, own in ((START, FRIDAY), (NEXT, SATURDAY)) for arm, n in own.items()]
    found = cells(*(Group(arm, {"orders": Moments(n=n, y=y, yy=y)}, day) for day, arm, (y, n) in counted))
    staged = study(metric, days=2, design={"type": "staged_rollout", "control": "control", "phases": PHASES})
    read, pooled = (_only(estimate_study(one, found, NEXT, final=True, plan_digest="").results)
                    for one in (staged, study(metric, days=2)))  # fmt: skip
    return Line("ramp of 1 % and 50 %, percentage points", 1,
                {"by phase": 100 * read.value, "lower": 100 * read.interval.lower, "pooled": 100 * pooled.value,
                 "upper": 100 * pooled.interval.upper})  # fmt: skip


def heavy_tail(units: int, seed: int, lift: float = 0.05, spread: float = 1.5, percentile: float = 0.995) -> Line:
    """A lift of a log-normal, capped at a percentile of both arms: the arms hold the same units, one dearer."""
    rng = np.random.default_rng(seed)
    y = np.exp(spread * rng.standard_normal(units))
    arms = {"control": whole(y), "treatment": whole((1 + lift) * y)}
    metric = mean_metric(cap={"percentile": percentile, "digits": 3})
    groups = (
        Group(arm, {"orders": moments_of(v), "orders~uncapped": moments_of(v)}, buckets={"orders": by_bucket(v, 3)})
        for arm, v in arms.items()
    )
    found = estimate_study(study(metric), cells(*groups), START, final=True, plan_digest="")
    capped, uncapped = _only(found.results), _only(found.beside)
    assert capped.relative is not None
    assert uncapped.relative is not None
    z = float(norm.ppf(percentile))
    below = exp(spread**2 / 2) * float(norm.cdf(z - spread))
    elastic = below / (below + exp(spread * z) * (1 - percentile))
    return Line("heavy tail, lift in % of 5 %", 1, {
        "capped": 100 * capped.relative.value, "in theory": 100 * ((1 + lift) ** elastic - 1),
        "uncapped": 100 * uncapped.relative.value,
    })  # fmt: skip


def control_near_zero(draws: int, seed: int, errors: float = 2.5, lift: float = 0.5, units: int = 100) -> Line:
    """A control mean of so many standard errors: Fieller's intervals, unbounded sets told as such, and the delta's."""
    rng, control = np.random.default_rng(seed), errors / sqrt(units)
    arms = [moments(whole(rng.normal(mean, 1, (draws, units)))) for mean in ((1 + lift) * control, control)]
    answer, effects = asked(DifferenceInMeans(), "mean", *arms)
    found = effects.lift
    unbounded = np.asarray(found.refused) != NoLift.NONE
    held = unbounded | ((np.asarray(found.lower) <= lift) & (lift <= np.asarray(found.upper)))
    ratio = np.asarray(answer.means.treatment) / np.asarray(answer.means.control)
    of_treatment, of_control, _ = answer.means.covariances()
    delta = 1.96 * np.sqrt(of_treatment + ratio**2 * of_control) / np.abs(answer.means.control)
    return Line(f"lift over a control of {errors:g} standard errors", draws, {
        "held": float(held.mean()), "no interval": float(unbounded.mean()),
        "held of those with one": float(held[~unbounded].mean()),
        "delta method": float((np.abs(ratio - 1 - lift) <= delta).mean()),
    })  # fmt: skip


def few_clusters(draws: int, seed: int, clusters: int, units: int = 30) -> Line:
    """A/A tests of clusters that differ for good and in size: CR2 with Satterthwaite's t, and units taken for free."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(units // 3, units + 1, (draws, clusters))
    counted = (np.arange(units) < sizes[..., None]).astype(np.int64)
    level = rng.normal(0, 0.5, (draws, clusters, 1))
    y = whole(level + rng.standard_normal((draws, clusters, units))) * counted
    treated = (np.arange(clusters) % 2).astype(np.int64)[:, None]
    arms = [moments(y * own, counted=counted * own) for own in (treated, 1 - treated)]
    _, effects = asked(ClusteredMeans(), "mean", *arms, by_cluster=True)
    whole_arms = [arm.each(lambda sums: sums.sum(axis=-1)) for arm in arms]
    _, naive = asked(DifferenceInMeans(), "mean", *whole_arms)
    p = [np.asarray(one.difference.p_value) for one in (effects, naive)]
    degrees = float(np.mean(effects.difference.degrees_of_freedom))
    rates = {"CR2": float(np.mean(p[0] <= 0.05)), "units": float(np.mean(p[1] <= 0.05)), "mean df": degrees}
    return Line(f"size, {clusters} clusters", draws, rates)


def segments(draws: int, seed: int, differ: float = 0.0, values: int = 4, units: int = 100) -> Line:
    """Whether effects differ between the values of a segment; each draw is a segment of one look."""
    rng, measured = np.random.default_rng(seed), []
    for arm in ("control", "treatment"):
        y = rng.gamma(2, 500, (draws, values, units))
        if arm == "treatment":
            y = y + 100 + differ * np.arange(values)[:, None]
        each = moments(whole(y, 0))
        for draw, value in np.ndindex(draws, values):
            own = _at(each, draw, value)
            measured.append(Group(arm, {"orders": own}, segment=(f"draw {draw:05}", f"value {value}")))
        total = each.each(lambda sums: int(sums.sum()))
        measured.append(Group(arm, {"orders": total}))
    found = estimate_study(study(mean_metric()), cells(*measured), START, final=True, plan_digest="")
    p = np.array([one.p_value for one in compare_segments({"orders": True}, found.results)])
    assert len(p) == draws
    return Line(f"interaction with a segment, {differ:g} apart", draws, {"found": float(np.mean(p <= 0.05))})


def _at(each: Moments, *place: int) -> Moments:
    return each.each(lambda sums: int(sums[place]))


def novelty(draws: int, seed: int, fading: bool, units: int = 4000, days: int = 7) -> Line:
    """A lift of 20 % on average that lasts, or falls to nothing within the week; told at the diagnostic's level."""
    rng, week = np.random.default_rng(seed), study(mean_metric(days=days))
    lift = np.linspace(0.4, 0.0, days) if fading else np.full(days, 0.2)
    told = 0
    for _ in range(draws):
        arms = {arm: _events(rng, units, change) for arm, change in (("control", 0 * lift), ("treatment", lift))}
        groups = (Group(arm, _with_trend(values)) for arm, values in arms.items())
        finding = Novelty().check(week, Evidence(cells(*groups), START, {}))
        told += finding.passed is False
    return Line(f"a lift that {'fades' if fading else 'lasts'}", draws, {"told": told / draws})


def _events(rng: np.random.Generator, units: int, lift: Array) -> Array:
    taste, by_day = rng.gamma(2.0, 0.5, (units, 1)), np.linspace(1.2, 0.8, len(lift))
    return np.asarray(rng.poisson(taste * by_day * (1 + lift)))


def _with_trend(values: Array) -> dict[str, Moments]:
    days = values.shape[1]
    weights, total = 2 * np.arange(days) - days + 1, values.sum(axis=1)
    return {"orders": moments_of(total), "orders~trend": moments_of(values @ weights, d=total)}


def _only(results: tuple[object, ...]) -> Estimate:
    [result] = results
    assert isinstance(result, Estimate)
    return result


def _batches(draws: int, numbers: int) -> list[int]:
    size = max(1, BATCH // numbers)
    return [min(size, draws - start) for start in range(0, draws, size)]

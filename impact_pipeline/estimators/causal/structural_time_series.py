"""A series against what its own past and its control series foretold, by draws from a state space model."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from impact_pipeline.catalog.causal.structural_time_series import StructuralTimeSeries as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.exhibits import Exhibit
from impact_pipeline.causal.series_fits import structural_fit
from impact_pipeline.estimators.causal.series_exhibits import curve, paths
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.series import Series
from impact_pipeline.stats.time_series.level_likelihood import MostLikely
from impact_pipeline.stats.time_series.posterior_summary import bounds, summary
from impact_pipeline.stats.time_series.structural_series import StructuralFit

AVERAGE = "average effect per period"


class StructuralTimeSeries:
    """`effect_t = outcome_t - draw of what it would have been`, averaged and summed over the time under the change.

    Assumes that level, season and the relation to controls go on as before, and that the change moved no control.
    Brodersen et al. (2015). "maximum likelihood" takes the spreads as known where they are most likely.
    """

    name: ClassVar[str] = "structural_time_series"
    designs: ClassVar[frozenset[str]] = frozenset({"structural_time_series"})

    def fits(self, design: Any) -> bool:
        return True

    def effects(self, question: Question[Series, Design]) -> Effects:
        """
        >>> rng = np.random.default_rng(1)
        >>> y = 20 + np.concatenate([rng.normal(size=60), 5 + rng.normal(size=10)])
        >>> series = Series(tuple(map(str, range(70))), y, 60)
        >>> found = StructuralTimeSeries().effects(Question(series, Design(type="structural_time_series")))
        >>> found.main.lower < 5 < found.main.upper, list(found.others)
        (True, ['cumulative', 'relative', 'maximum likelihood'])
        """
        fit = structural_fit(question.sample, question.design, question.rng("structural series"))
        if isinstance(fit, Refusal):
            return Effects(fit)
        counts = {"periods before": len(fit.outcome[: fit.starts]), "periods under the change": len(fit.after)}
        others = _others(fit, question.alpha)
        numbers, exhibits = _numbers(question.sample, fit), _exhibits(question, fit)
        return Effects(_main(fit, question.alpha), others, counts, numbers, exhibits, _notes(fit), fit)


def _main(fit: StructuralFit, alpha: float) -> Effect:
    actual = float(fit.outcome[fit.after].mean())
    return _effect(fit.effects().mean(axis=0), alpha, AVERAGE, actual)


def _effect(draws: Array, alpha: float, estimand: str, actual: float | None = None) -> Effect:
    found = summary(draws, alpha)
    method, untreated = f"{len(draws)} posterior draws", None if actual is None else actual - found.mean
    return Effect(
        found.mean, found.spread, found.lower, found.upper, found.p_value, method, estimand, None, actual, untreated
    )


def _others(fit: StructuralFit, alpha: float) -> dict[str, Effect | Refusal]:
    total = fit.effects().sum(axis=0)
    found: dict[str, Effect | Refusal] = {"cumulative": _effect(total, alpha, "cumulated effect")}
    without = float(fit.outcome[fit.after].sum()) - total
    if (without > 0).all():
        found["relative"] = _effect(total / without, alpha, "effect as a share of the outcome without the change")
    value, error = fit.most_likely_effect()
    half, p_value = quantile(1 - alpha / 2, np.inf) * error, 2 * upper_tail(abs(value) / error, np.inf)
    found["maximum likelihood"] = Effect(
        value, error, float(value - half), float(value + half), float(p_value), "maximum likelihood", AVERAGE
    )
    return found


def _numbers(series: Series, fit: StructuralFit) -> dict[str, float]:
    before = np.flatnonzero(np.isfinite(fit.outcome[: fit.starts]))
    found = _variances(fit.likely, fit.scale, "")
    if unchanged := fit.likely_without_step():
        found |= _variances(unchanged, fit.scale, " without the step")
    if fit.draws.ratios.shape[1]:
        found["level spread, posterior median"] = float(
            np.median(fit.draws.ratios[:, 0] * fit.draws.spread) * fit.scale
        )
    actual = fit.outcome[before]
    if (actual != 0).all():
        gaps = np.abs((actual - fit.expected[before]) / actual)
        found["pre-period MAPE"] = float(gaps.mean())
    for name, control in series.controls.items():
        own = fit.draws.coefficients[:, fit.likely.observed.names.index(name)]
        found[f"coefficient of {name}"] = float(own.mean() * fit.scale / control[before].std())
    return found


def _variances(likely: MostLikely, scale: float, suffix: str) -> dict[str, float]:
    """Most likely ones, in squares of the outcome."""
    named = zip(("irregular", "level", "slope"), (likely.irregular, *likely.steps), strict=False)
    return {f"{name} variance{suffix}": variance * scale**2 for name, variance in named}


def _exhibits(question: Question[Series, Design], fit: StructuralFit) -> tuple[Exhibit, ...]:
    alpha, effects = question.alpha, fit.effects()
    labels = [question.sample.periods[place] for place in fit.after]
    cumulated = np.cumsum(effects, axis=0)
    return (
        paths(question.sample, fit.expected, *fit.band(alpha), alpha),
        curve("pointwise", "Effect by period", labels, (effects.mean(axis=1), *bounds(effects, alpha)), alpha),
        curve("cumulative", "Cumulated effect", labels, (cumulated.mean(axis=1), *bounds(cumulated, alpha)), alpha),
    )


def _notes(fit: StructuralFit) -> tuple[str, ...]:
    missing = int((~np.isfinite(fit.outcome)).sum())
    return (f"{missing} periods have no outcome and were left out",) if missing else ()

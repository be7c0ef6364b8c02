"""What stands beside a cross-fitted effect: groups by predicted effect, what held-out units say of it, pictures."""

from __future__ import annotations

import numpy as np

from impact_pipeline.catalog.causal.cross_fitting import CrossFitting
from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import Curve, CurvePoint, Exhibit, Histogram
from impact_pipeline.stats.heterogeneous_effects.fit import CrossFittedFit
from impact_pipeline.stats.heterogeneous_effects.unit_effects import by_importance
from impact_pipeline.stats.heterogeneous_effects.validation import Reading
from impact_pipeline.stats.inference import quantile, upper_tail

EXPLORATORY = "exploratory, read on held-out folds"
IMPORTANCES_TOLD = 10
SMALLEST_P_TOLD = 0.001
BINS = 20


def others(fit: CrossFittedFit, alpha: float) -> dict[str, Effect]:
    """Mean effects of the fifths of units by predicted effect, the last less the first, and the gain of targeting."""
    found = fit.exploration.validation
    groups = {f"group {place}": _effect(one, alpha, "GATE") for place, one in enumerate(found.groups, 1)}
    return {
        **groups,
        f"group {len(groups)} less group 1": _effect(found.spread, alpha, "GATE difference"),
        "targeting": _effect(found.targeting, alpha, "RATE (AUTOC)"),
    }


def numbers(fit: CrossFittedFit, asked: CrossFitting) -> dict[str, float]:
    found, units = fit.exploration.validation, fit.exploration.units
    largest = list(by_importance(fit.exploration.names, units.importances).items())[:IMPORTANCES_TOLD]
    return {
        "scores held at a bound": float(np.sum(fit.nuisances.beyond(asked.score_bound))),
        "heterogeneity slope": found.slope,
        "heterogeneity statistic": found.statistic,
        "heterogeneity p-value": found.p_value,
        "standard deviation of unit effects": float(np.std(units.effects)),
        **{f"importance of {name}": share for name, share in largest},
    }


def notes(fit: CrossFittedFit, asked: CrossFitting, left_out: int, alpha: float) -> tuple[str, ...]:
    """Who was left out or held, and how far effects of groups and units may be believed."""
    told = [f"{left_out} units are left out by their learnt score: the effect is that of the others."] * (left_out > 0)
    held = int(np.sum(fit.nuisances.beyond(asked.score_bound)))
    bound = f"{asked.score_bound:g} of 0 or 1"
    told += [f"{held} of {len(fit.nuisances.score)} learnt scores lie within {bound} and are held there."] * (held > 0)
    p_value = fit.exploration.validation.p_value
    shown = "differ more than by chance" if p_value <= alpha else "are not told from chance"
    size = "p < 0.001" if p_value < SMALLEST_P_TOLD else f"p = {p_value:.2g}"
    told.append(f"Effects of units and groups are exploratory; on held-out units they {shown} ({size}).")
    return tuple(told)


def exhibits(fit: CrossFittedFit, alpha: float) -> tuple[Exhibit, ...]:
    found, critical = fit.exploration.validation, _critical(alpha)
    groups = tuple(_point(f"{place}", place, one, critical) for place, one in enumerate(found.groups, 1))
    gains = tuple(_point(f"{one.share:.0%}", one.share, one.gain, critical) for one in found.curve)
    return (
        Curve("groups", "Effect by group of predicted effect (exploratory)", "fifth of units", groups, level=1 - alpha),
        Curve("targeting", "Gain over treating all (exploratory)", "share of units treated", gains, level=1 - alpha),
        _scores(fit),
    )  # fmt: skip


def _effect(found: Reading, alpha: float, estimand: str) -> Effect:
    reach = _critical(alpha) * found.std_error
    p_value = float(2 * upper_tail(abs(found.value / found.std_error), np.inf)) if found.std_error > 0 else None
    lower, upper = found.value - reach, found.value + reach
    return Effect(found.value, found.std_error, lower, upper, p_value, EXPLORATORY, estimand)


def _point(label: str, position: float, found: Reading, critical: float) -> CurvePoint:
    reach = critical * found.std_error
    return CurvePoint(label, float(position), found.value, found.value - reach, found.value + reach)


def _critical(alpha: float) -> float:
    return float(quantile(1 - alpha / 2, np.inf))


def _scores(fit: CrossFittedFit) -> Histogram:
    score, treated, edges = fit.nuisances.score, fit.treated_rows, np.linspace(0, 1, BINS + 1)
    groups = tuple(
        (name, tuple(float(v) for v in np.histogram(score[rows], edges)[0] / np.count_nonzero(rows)))
        for name, rows in (("untreated", ~treated), ("treated", treated))
    )
    title = "Share of each arm by its learnt chance to be treated"
    return Histogram("learnt scores", title, "score", tuple(float(edge) for edge in edges), groups)

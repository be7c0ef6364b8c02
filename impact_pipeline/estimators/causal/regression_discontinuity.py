"""Regression discontinuity: the jump at a cut-off by local polynomials, or by means within a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.regression_discontinuity import RegressionDiscontinuity as Design
from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.causal.discontinuity import (
    Fit,
    Reading,
    cutoff_rows,
    first_stage,
    fit_at_cutoff,
    is_mirrored,
    main_jump,
    main_reading,
    robust_reading,
    strength_of,
    window_errors,
)
from impact_pipeline.estimators.causal.discontinuity_exhibit import discontinuity_exhibit
from impact_pipeline.stats.discontinuity.bandwidths import Pair
from impact_pipeline.stats.discontinuity.robust import Discontinuous
from impact_pipeline.stats.discontinuity.window import Difference, WindowFit
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection

FEW_CLUSTERS = 30
"""Clusters below which the normal law flatters errors of local polynomials."""


class RegressionDiscontinuity:
    """What treatment does to units exactly at the cut-off (to those whom the cut-off moves, where it is fuzzy).

    Right where units cannot choose their side exactly and nothing else changes at the cut-off. The value is that of
    the conventional fit; interval and p-value are the robust bias-corrected ones of Calonico, Cattaneo, Titiunik
    (2014), Econometrica 82, which are not centred at it.
    """

    name: ClassVar[str] = "regression_discontinuity"
    designs: ClassVar[frozenset[str]] = frozenset({"regression_discontinuity"})

    def fits(self, design: Design) -> bool:
        return True

    def effects(self, question: Question[CrossSection, Design]) -> Effects:
        """
        >>> rng = np.random.default_rng(0)
        >>> score = rng.uniform(-1, 1, 1000)
        >>> sample = CrossSection(score + 2 * (score >= 0) + rng.normal(size=1000), (score >= 0) * 1.0, score=score)
        >>> found = RegressionDiscontinuity().effects(Question(sample, Design(type="regression_discontinuity")))
        >>> round(found.main.value), found.main.method
        (2, 'local linear, robust bias-corrected')
        """
        sample, design, alpha = question.sample, question.design, question.alpha
        fit = fit_at_cutoff(sample, design, alpha)
        if isinstance(fit, Refusal):
            return Effects(fit, counts=_all_counts(sample, design))
        if isinstance(fit, WindowFit):
            return _of_window(fit, design, alpha)
        rows = cutoff_rows(sample, design)
        shown = () if isinstance(rows, Refusal) else (discontinuity_exhibit(fit, rows, design),)
        numbers = _numbers(fit, mirrored=is_mirrored(design))
        counts = {side: int(numbers[f"effective n {side}"]) for side in ("left", "right")}
        return Effects(_main(fit, alpha), _others(fit, alpha), counts, numbers, shown, _notes(fit), fit)


def _estimand(fit: Fit) -> str:
    fuzzy = fit.treatment is not None if isinstance(fit, WindowFit) else fit.recipe.fuzzy
    return "LATE at the cut-off" if fuzzy else "ATE at the cut-off"


def _main(fit: Discontinuous, alpha: float) -> Effect:
    """With the outcome on both sides of the cut-off where nothing but the side enters."""
    found = _effect(main_reading(fit, alpha), _method(fit, "robust bias-corrected"), _estimand(fit))
    if fit.combinations.size > 1:
        return found
    untreated = float(fit.left.values()[0][0])
    return replace(found, treated=untreated + found.value, untreated=untreated)


def _method(fit: Discontinuous, errors: str) -> str:
    orders = {0: "constant", 1: "linear", 2: "quadratic", 3: "cubic"}
    return f"local {orders[fit.recipe.order]}, {errors}"


def _effect(
    reading: Reading, method: str, estimand: str, treated: float | None = None, untreated: float | None = None
) -> Effect:
    return Effect(
        reading.value, reading.std_error, reading.lower, reading.upper, reading.p_value, method, estimand,
        reading.degrees_of_freedom, treated, untreated,
    )  # fmt: skip


def _others(fit: Discontinuous, alpha: float) -> dict[str, Effect | Refusal]:
    jump, estimand = main_jump(fit), _estimand(fit)
    pairs = {
        "conventional": (jump.conventional, jump.std_error),
        "bias-corrected": (jump.corrected, jump.std_error),
        "robust": (jump.corrected, jump.robust_error),
    }
    found: dict[str, Effect | Refusal] = {
        name: _effect(_plain(value, error, alpha), _method(fit, name), estimand)
        for name, (value, error) in pairs.items()
    }
    if fit.recipe.fuzzy:
        errors = _method(fit, "robust bias-corrected")
        found["first stage"] = _effect(first_stage(fit, alpha), errors, "effect on the treatment")
        found["reduced form"] = _effect(robust_reading(fit.jump(0), alpha), errors, "ITT at the cut-off")
    return found


def _plain(value: float, error: float, alpha: float) -> Reading:
    half = float(quantile(1 - alpha / 2, np.inf)) * error
    return Reading(value, error, value - half, value + half, float(2 * upper_tail(abs(value) / error, np.inf)))


def _numbers(fit: Discontinuous, *, mirrored: bool) -> Mapping[str, float]:
    jump, widths = main_jump(fit), fit.bandwidths
    pairs = {
        "bandwidth": widths.main,
        "bias bandwidth": widths.bias,
        "effective n": (len(fit.left.main), len(fit.right.main)),
        "effective n of bias": (len(fit.left.bias), len(fit.right.bias)),
        "n": (len(fit.left.rows.side), len(fit.right.rows.side)),
        "distinct scores": (fit.left.main.near.distinct, fit.right.main.near.distinct),
    }
    found = {
        f"{name} {side}": float(value)
        for name, pair in pairs.items()
        for side, value in zip(("left", "right"), _ordered(pair, mirrored), strict=True)
    }
    found["bias"] = jump.conventional - jump.corrected
    if fit.recipe.fuzzy:
        found["first stage F"] = strength_of(first_stage(fit, 0.05))
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _ordered(pair: Pair | tuple[int, int], mirrored: bool) -> tuple[float, float]:
    """In the order of the score itself."""
    return (pair[1], pair[0]) if mirrored else (pair[0], pair[1])


def _notes(fit: Discontinuous) -> tuple[str, ...]:
    found = []
    reading = robust_reading(main_jump(fit), 0.05)
    if not reading.lower <= reading.value <= reading.upper:
        found.append("The conventional value lies outside the robust interval: its bias is larger than its noise.")
    if fit.left.rows.errors.clustered:
        clusters = [np.unique(side.rows.clusters(len(side.main))) for side in (fit.left, fit.right)]
        count = len(np.unique(np.concatenate(clusters)))
        if count < FEW_CLUSTERS:
            found.append(f"Errors rest on {count} clusters near the cut-off; below {FEW_CLUSTERS} they come out small.")
    return tuple(found)


def _of_window(fit: WindowFit, design: Design, alpha: float) -> Effects:
    errors = window_errors(design)
    method = f"difference in means within {design.window:g}, {'CR1' if errors == 'cluster' else errors}"
    main = _effect(main_reading(fit, alpha), method, _estimand(fit))
    if fit.treatment is None and not design.adjust:
        main = replace(main, untreated=fit.means[0], treated=fit.means[1])
    others: dict[str, Effect | Refusal] = {}
    numbers = {"window": float(design.window or 0.0)}
    if fit.treatment is not None:
        others["first stage"] = _effect(first_stage(fit, alpha), method, "effect on the treatment")
        others["reduced form"] = _effect(_of_difference(fit.outcome, alpha), method, "ITT at the cut-off")
        strength = strength_of(first_stage(fit, alpha))
        numbers |= {"first stage F": strength} if np.isfinite(strength) else {}
    counts = {"untreated": fit.counts[0], "treated": fit.counts[1]}
    return Effects(main, others, counts, numbers, (), (), fit)


def _of_difference(found: Difference, alpha: float) -> Reading:
    return Reading(found.value, found.std_error, *found.interval(alpha), found.p_value, found.degrees_of_freedom)


def _all_counts(sample: CrossSection, design: Design) -> Mapping[str, int]:
    if sample.score is None:
        return {}
    above = int(np.sum(sample.score >= design.cutoff))
    return {"left": len(sample) - above, "right": above}

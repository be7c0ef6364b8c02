"""Whether the change reached the donors that stand for the treated units."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import numpy as np

from impact_pipeline.causal.base import Effect, Effects, Question
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.fitted import Fitted
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.placebo import (
    enough_placebos,
    is_exact,
    placebo_groups,
    placebos,
    ratio_test,
)
from impact_pipeline.stats.synthetic_control.synthetic_differences import synthetic_differences

HELD = 0.8


class DonorSpillover:
    """Fails where the donors that hold most of the weight moved at the change, beside those least like the treated.

    The weighted mean of the donors that together hold four fifths of the weight takes the treated units' place. Its
    donors are the half that was farthest from the treated units before the change, less those with weight, and its gap
    after the change is ranked among theirs at the question's alpha. Donors with weight are those most like the treated
    units: neighbours, rivals, regions that share customers; a change that spills over reaches them first, and what it
    does to them is taken off the effect. A pass cannot rule out that all donors moved alike.
    """

    name: ClassVar[str] = "donor_spillover"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})
    asks: ClassVar[str] = "Did the change reach the donors that stand for the treated units?"
    pass_means: ClassVar[str] = "Donors with weight moved as distant ones did; all may still have moved alike."
    needs_fit: ClassVar[bool] = True

    def check(self, question: Question[Any, Any], effects: Effects | None) -> Checked:
        fitted = effects.fit if effects is not None else None
        main = effects.main if effects is not None else None
        if not isinstance(fitted, Fitted) or not isinstance(main, Effect):
            return Checked(Finding(self.name, None, None, None, "There is no effect to judge.", "none", {}))
        heavy = heavy_donors(fitted)
        names = ", ".join(f"'{fitted.block.donor_names[place]}'" for place in heavy[:4])
        told = f"Most of the weight is with {names}{' and others' if len(heavy) > 4 else ''}"
        moved = _moved(fitted, heavy, question.alpha)
        half = 2 * main.value
        if isinstance(moved, Refusal):
            sentence = f"{told}. Had the change moved them by half of what it did, the effect would be {half:.4g}."
            return Checked(Finding(self.name, None, None, None, sentence, "none", {"if_half_spilled": half}))
        gap, p_value = moved
        sentence = (
            f"{told}; from the change on they lie {gap:.4g} off what distant donors foretell (p = {p_value:.3g})."
        )
        details = {"gap": gap, "if_half_spilled": half}
        passed = p_value > question.alpha
        return Checked(Finding(self.name, passed, p_value, question.alpha, sentence, "never_ship", details))


def heavy_donors(fitted: Fitted) -> list[int]:
    """Places of the donors, heaviest first, that together hold most of the weight."""
    weights = np.clip(fitted.found.weights, 0.0, None)
    order = np.argsort(-weights, kind="stable")
    held = np.cumsum(weights[order]) / weights.sum()
    return [int(place) for place in order[: int(np.searchsorted(held, HELD - 1e-12)) + 1]]


def far_donors(fitted: Fitted) -> list[int]:
    """Places of the half of donors that was farthest from the treated units' path before the change."""
    block = fitted.block
    away = block.donors[:, : block.starts] - block.target[: block.starts]
    if fitted.has_levels:
        away = away - away.mean(axis=1, keepdims=True)
    order = np.argsort(-np.mean(away**2, axis=1), kind="stable")
    return sorted(int(place) for place in order[: (len(order) + 1) // 2])


def _moved(fitted: Fitted, heavy: list[int], alpha: float) -> tuple[float, float] | Refusal:
    """The gap of the heavy donors' mean after the change, and its p-value among distant donors."""
    whole, weights = fitted.block, fitted.found.weights
    rest = [place for place in far_donors(fitted) if place not in heavy]
    if refused := enough_placebos(len(rest), alpha, "distant donors"):
        return refused
    mean = weights[heavy] @ whole.donors[heavy] / weights[heavy].sum()
    block = _block(whole, mean, rest)
    method = synthetic_differences if fitted.has_levels else partial(outcome_only, held_out=True)
    found = method(block)
    others = placebos(block, method, placebo_groups(len(rest), 1, len(rest), np.random.default_rng(0)))
    if is_exact(block, found):
        return Refusal("poor_fit", "distant donors fit them exactly")
    values, scales = np.array([one.effect for one in others]), np.array([one.error for one in others])
    return found.effect, ratio_test(found.effect, found.error, values, scales, alpha).p_value


def _block(whole: Block, mean: np.ndarray[tuple[int], np.dtype[np.float64]], rest: list[int]) -> Block:
    kept = whole.rows(np.array([0, *(whole.treated_count + place for place in rest)]), 1)
    return kept.with_outcomes(np.vstack([mean, kept.donors]), whole.starts)

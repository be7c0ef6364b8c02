"""Synthetic control: a weighted average of untreated units in the place of what the treated ones would have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from impact_pipeline.catalog.causal.synthetic_control import DIFFERENCES, SyntheticControl
from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.estimators.causal.synthetic_block import (
    SyntheticQuestion,
    asked_block,
    asked_method,
    predictor_names,
)
from impact_pipeline.estimators.causal.synthetic_cross_checks import ESTIMAND, cross_checks
from impact_pipeline.estimators.causal.synthetic_exhibits import synthetic_exhibits
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.augmented import augmented
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.conformal import (
    conformal_effect,
    drawn_orders,
    enough_periods,
    moving_blocks,
)
from impact_pipeline.stats.synthetic_control.counterfactual import Counterfactual, Method, given_weights
from impact_pipeline.stats.synthetic_control.fitted import Fitted
from impact_pipeline.stats.synthetic_control.placebo import (
    Permuted,
    enough_placebos,
    is_exact,
    placebo_groups,
    placebos,
    ratio_test,
    rmspe_p_value,
    rmspe_ratio,
)
from impact_pipeline.stats.synthetic_control.simplex import Floats, Places


class SyntheticControlEstimator:
    """The mean gap after the change between treated units and their synthetic control, with permutation inference.

    Assumes that the change touched no donor, that nothing else happened to the treated units alone, and that donors
    which follow them before would have after. The interval and p-value are of one test: the mean gap relative to the
    error before, ranked among donors' (placebo), or the sum of gaps among those of permuted periods (conformal). The
    error is that of periods held out of the fit, one after the other, unless the design asks for that of the fit.
    Abadie, Diamond, Hainmueller (2010), JASA 105; Chernozhukov, Wuthrich, Zhu (2021), JASA 116.
    """

    name: ClassVar[str] = "synthetic_control"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})

    def fits(self, design: SyntheticControl) -> bool:
        return design.method not in DIFFERENCES

    def effects(self, question: SyntheticQuestion) -> Effects:
        block = asked_block(question)
        if isinstance(block, Refusal):
            return Effects(block)
        fitted = fit_with_placebos(question, block)
        inference = (_Placebo if question.design.inference == "placebo" else _Conformal)(question, fitted)
        by_period = {f"period {label}": inference.at(place) for place, label in _after(block)}
        counts = {"treated": block.treated_count, "untreated": len(block.donors)}
        return Effects(
            inference.main(), {**by_period, **cross_checks(question, block, fitted)}, counts,
            _numbers(question, fitted), synthetic_exhibits(fitted, list(by_period.values()), question.alpha),
            _notes(question, fitted), fitted,
        )  # fmt: skip


def _after(block: Block) -> list[tuple[int, str]]:
    return list(enumerate(block.periods))[block.starts :]


def fit_with_placebos(question: SyntheticQuestion, block: Block) -> Fitted:
    """The treated units' fit, or their given weights, and that of every group of donors that counts as a placebo."""
    design, method = question.design, asked_method(question.design)
    found = given_weights(block, design.weights) if design.weights else method(block)
    groups = placebo_groups(len(block.donors), block.treated_count, design.draws, question.rng("placebo groups"))
    others = placebos(block, method, groups)
    if design.largest_placebo_mspe_ratio is not None:
        most = design.largest_placebo_mspe_ratio * found.pre_mspe
        kept = [place for place, one in enumerate(others) if one.pre_mspe <= most]
        groups, others = [groups[place] for place in kept], [others[place] for place in kept]
    return Fitted(block, method, found, groups, others, has_levels=design.unit_means)


def _effect(block: Block, tested: Permuted | Refusal, actual: float, method: str) -> Effect | Refusal:
    if isinstance(tested, Refusal):
        return tested
    return Effect(
        tested.value, None, tested.lower, tested.upper, tested.p_value, method, ESTIMAND,
        treated=actual, untreated=actual - tested.value,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Placebo:
    question: SyntheticQuestion
    fitted: Fitted

    def main(self) -> Effect | Refusal:
        tested = placebo_test(self.fitted, self.question.alpha)
        if isinstance(tested, Permuted) and not np.isfinite(tested.upper):
            told = "placebos are fitted without error before the change, so no effect is ruled out"
            tested = Refusal("unbounded_interval", f"{told}; add periods before it, or use fewer donors")
        return _effect(self.fitted.block, tested, float(self._after.mean()), self._method)

    def at(self, period: int) -> Effect | Refusal:
        tested = placebo_test(self.fitted, self.question.alpha, period)
        return _effect(self.fitted.block, tested, float(self.fitted.block.target[period]), self._method)

    @property
    def _after(self) -> Floats:
        return self.fitted.block.target[self.fitted.block.starts :]

    @property
    def _method(self) -> str:
        return f"{self.question.design.method} synthetic control, placebos in space"


def placebo_test(fitted: Fitted, alpha: float, period: int | None = None) -> Permuted | Refusal:
    """The mean gap after the change, or that of one period, against placebos'."""
    found, others = fitted.found, fitted.others
    if is_exact(fitted.block, found):
        told = f"{len(fitted.block.donors)} donors fit the {fitted.block.starts} periods before the change exactly"
        return Refusal("poor_fit", f"{told}, so that nothing tells their error; add periods, or use fewer donors")
    if refused := enough_placebos(len(others), alpha, "donors" if fitted.block.treated_count == 1 else "placebos"):
        return refused
    values = np.array([one.effect if period is None else one.gaps[period] for one in others])
    own = found.effect if period is None else float(found.gaps[period])
    return ratio_test(own, found.error, values, np.array([one.error for one in others]), alpha)


@dataclass(frozen=True, eq=False)
class _Conformal:
    question: SyntheticQuestion
    fitted: Fitted

    def main(self) -> Effect | Refusal:
        block = self.fitted.block
        actual = float(block.target[block.starts :].mean())
        return self._tested(block, self.fitted.found, actual)

    def at(self, period: int) -> Effect | Refusal:
        """With the periods before the change and this one alone."""
        whole = self.fitted.block
        kept = [*range(whole.starts), period]
        block = whole.with_outcomes(whole.outcomes[:, kept], whole.starts)
        found = Counterfactual(self.fitted.found.weights, self.fitted.found.gaps[kept], whole.starts, 0.0)
        return self._tested(block, found, float(whole.target[period]))

    def _tested(self, block: Block, found: Counterfactual, actual: float) -> Effect | Refusal:
        orders = self._orders(block.outcomes.shape[1])
        tested = enough_periods(orders, self.question.alpha) or conformal_effect(
            block, self._method(), found.effect, orders, self.question.alpha
        )
        name = f"{self.question.design.method} synthetic control, conformal ({self.question.design.permutations})"
        return _effect(block, tested, actual, name)

    def _orders(self, periods: int) -> Places:
        if self.question.design.permutations == "moving_block":
            return moving_blocks(periods)
        return drawn_orders(periods, self.question.design.draws, self.question.rng("permutations"))

    def _method(self) -> Method:
        """The design's, with the ridge that was found, so that it does not change with the effect asked about."""
        if self.question.design.method != "augmented":
            return self.fitted.method
        return partial(augmented, ridge=self.fitted.found.numbers["ridge"], unit_means=self.question.design.unit_means)


def _numbers(question: SyntheticQuestion, fitted: Fitted) -> Mapping[str, float]:
    found, weights = fitted.found, fitted.found.weights
    named = {f"v {place}": f"weight of {name}" for place, name in enumerate(predictor_names(question.design))}
    numbers = {
        "pre-period MSPE": found.pre_mspe,
        "placebos": float(len(fitted.others)),
        "largest weight": float(weights.max()),
        "effective donors": float(1 / np.sum(weights**2)),
        **{named.get(name, name): value for name, value in found.numbers.items()},
    }
    if found.held_out_mspe is not None:
        numbers["held-out MSPE"] = found.held_out_mspe
    if np.isfinite(rmspe_ratio(found)):
        numbers["RMSPE ratio"] = rmspe_ratio(found)
        numbers["p-value of RMSPE ratio"] = rmspe_p_value(found, fitted.others)
    return numbers


def _notes(question: SyntheticQuestion, fitted: Fitted) -> tuple[str, ...]:
    design, sample = question.design, question.sample
    told = []
    if design.weights:
        told.append("The treated unit's weights are given; placebos are fitted.")
    if design.method == "augmented":
        told.append(f"Weights may be negative; the ridge, {fitted.found.numbers['ridge']:.4g}, decides how much.")
    if sample.weights is not None:
        told.append("Row weights do not enter: treated units count alike.")
    return tuple(told)

"""Synthetic difference-in-differences, and plain difference-in-differences on the same block as its comparison."""

from __future__ import annotations

from typing import ClassVar

from impact_pipeline.catalog.causal.synthetic_control import DIFFERENCES, SyntheticControl
from impact_pipeline.causal.base import Effects
from impact_pipeline.estimators.causal.synthetic_block import SyntheticQuestion, asked_block, asked_method
from impact_pipeline.estimators.causal.synthetic_cross_checks import cross_checks, normal_effect
from impact_pipeline.estimators.causal.synthetic_exhibits import synthetic_exhibits
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.synthetic_control.block import Block
from impact_pipeline.stats.synthetic_control.fitted import Fitted
from impact_pipeline.stats.synthetic_control.placebo import placebo_groups, placebos
from impact_pipeline.stats.synthetic_control.standard_errors import (
    Spread,
    bootstrap_spread,
    jackknife_spread,
    placebo_spread,
)


class SyntheticDifferenceInDifferences:
    """The change of treated units less that of weighted donors, against periods before that are weighted too.

    Assumes that treated units and donors, so weighted, would have moved alike; levels may differ. Standard errors come
    from placebos, the jackknife or the bootstrap, intervals and p-values from them by the normal distribution.
    Arkhangelsky, Athey, Hirshberg, Imbens, Wager (2021), AER 111.
    """

    name: ClassVar[str] = "synthetic_difference_in_differences"
    designs: ClassVar[frozenset[str]] = frozenset({"synthetic_control"})

    def fits(self, design: SyntheticControl) -> bool:
        return design.method in DIFFERENCES

    def effects(self, question: SyntheticQuestion) -> Effects:
        block = asked_block(question)
        if isinstance(block, Refusal):
            return Effects(block)
        fitted, design = _fitted(question, block), question.design
        error, found = _spread(question, fitted), fitted.found
        method = f"{design.method}, {design.errors} errors"
        by_period = {
            f"period {block.periods[place]}": normal_effect(block, found, error, method, question.alpha, place)
            for place in range(block.starts, len(block.periods))
        }
        main = normal_effect(block, found, error, method, question.alpha)
        counts = {"treated": block.treated_count, "untreated": len(block.donors)}
        return Effects(
            main, {**by_period, **cross_checks(question, block, fitted)}, counts, _numbers(fitted),
            synthetic_exhibits(fitted, list(by_period.values()), question.alpha), _notes(question), fitted,
        )  # fmt: skip


def _fitted(question: SyntheticQuestion, block: Block) -> Fitted:
    method = asked_method(question.design)
    groups = placebo_groups(len(block.donors), block.treated_count, question.design.draws, question.rng("groups"))
    return Fitted(block, method, method(block), groups, placebos(block, method, groups), has_levels=True)


def _spread(question: SyntheticQuestion, fitted: Fitted) -> Spread | Refusal:
    match question.design.errors:
        case "placebo":
            return placebo_spread(fitted.others)
        case "jackknife":
            return jackknife_spread(fitted.block, fitted.found)
        case "bootstrap":
            return bootstrap_spread(fitted.block, fitted.method, question.design.draws, question.rng("bootstrap"))


def _numbers(fitted: Fitted) -> dict[str, float]:
    found = fitted.found
    numbers = {
        "pre-period MSPE": found.pre_mspe,
        "placebos": float(len(fitted.others)),
        "largest weight": float(found.weights.max()),
        "effective donors": float(1 / (found.weights @ found.weights)),
        **found.numbers,
    }
    if found.period_weights is not None:
        numbers["effective periods before"] = float(1 / (found.period_weights @ found.period_weights))
    return numbers


def _notes(question: SyntheticQuestion) -> tuple[str, ...]:
    if question.sample.weights is None:
        return ()
    return ("Row weights do not enter: treated units count alike.",)

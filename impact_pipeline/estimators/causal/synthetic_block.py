"""What a synthetic-control document asks for: the block of its sample, and its method as a function of blocks."""

from __future__ import annotations

from functools import partial

from impact_pipeline.catalog.causal.synthetic_control import PeriodWindow, SyntheticControl
from impact_pipeline.causal.base import Question
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline.stats.synthetic_control.augmented import augmented
from impact_pipeline.stats.synthetic_control.block import Block, block_of
from impact_pipeline.stats.synthetic_control.counterfactual import Method
from impact_pipeline.stats.synthetic_control.outcome_only import outcome_only
from impact_pipeline.stats.synthetic_control.period_means import Span, judged_within, with_period_means
from impact_pipeline.stats.synthetic_control.predictors import with_predictors
from impact_pipeline.stats.synthetic_control.synthetic_differences import differences, synthetic_differences

SyntheticQuestion = Question[Panel, SyntheticControl]

FEWEST_BEFORE = 2
"""Periods before the change that a fit and its error need."""


def asked_block(question: SyntheticQuestion) -> Block | Refusal:
    """The block of the sample with the design's donors, predictors and periods that judge the fit."""
    design = question.design
    block = block_of(question.sample, donors=design.donors, exclude=design.exclude)
    if isinstance(block, Refusal):
        return block
    if block.starts < FEWEST_BEFORE:
        return Refusal("too_few_periods", "one period lies before the change; a fit and its error need two or more")
    if unknown := sorted(set(design.weights) - set(block.donor_names)):
        return Refusal("not_identified", f"`weights` name units that are no donors: {', '.join(unknown)}")
    if design.method == "predictors":
        spans = {name: _span(window) for name, window in design.predictors.items()}
        found = with_period_means(block, question.sample, spans, design.lagged_outcomes)
        if isinstance(found, Refusal):
            return found
        block = found
    return block if design.fit_window is None else judged_within(block, _span(design.fit_window))


def _span(window: PeriodWindow) -> Span:
    return window.first, window.last


def asked_method(design: SyntheticControl) -> Method:
    """The method with its settings."""
    early_stopped = design.weight_search == "early_stopped"
    held_out = design.inference == "placebo" and design.relative_to == "held_out_error"
    match design.method:
        case "outcome_only":
            return partial(outcome_only, early_stopped=early_stopped, held_out=held_out)
        case "predictors":
            return with_predictors
        case "augmented":
            return partial(
                augmented, ridge=design.ridge, rule=design.ridge_rule, unit_means=design.unit_means, held_out=held_out
            )
        case "synthetic_difference_in_differences":
            return partial(synthetic_differences, early_stopped=early_stopped)
        case "difference_in_differences":
            return differences


def predictor_names(design: SyntheticControl) -> tuple[str, ...]:
    """Names of predictors, in the order of a block's columns."""
    return (*design.predictors, *(f"outcome {label}" for label in design.lagged_outcomes))

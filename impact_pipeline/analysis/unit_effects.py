"""Effects of single units: of a randomised comparison, or of a causal design that learns them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.analysis.experiment import Comparison
from impact_pipeline.analysis.labels import Codes, Rows
from impact_pipeline.analysis.metric_questions import MeanMetric, ProportionMetric
from impact_pipeline.analysis.unit_effect_readings import (
    UnitEffectsQuestion,
    UnitEffectsReading,
    adjusted,
    reading_of,
)
from impact_pipeline.analysis.units import Numbers
from impact_pipeline.assessment.ladder import Ladder
from impact_pipeline.assessment.results import TREATED
from impact_pipeline.estimators.base import Contrast
from impact_pipeline.stats.heterogeneous_effects.exploration import Exploration, explored
from impact_pipeline.stats.heterogeneous_effects.fit import CrossFittedFit
from impact_pipeline.stats.heterogeneous_effects.folds import drawn_folds
from impact_pipeline.stats.heterogeneous_effects.nuisances import cross_fitted_nuisances
from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.arms import arms_refusal
from impact_pipeline.stats.refusal import Refusal


@dataclass(frozen=True, eq=False)
class Explored:
    """One metric of one contrast; `rows` are the places of its units among the rows of the file."""

    metric: str
    contrast: Contrast
    method: str
    rows: Codes
    found: Exploration | Refusal


def of_experiment(comparisons: Sequence[Comparison], question: UnitEffectsQuestion, seed: int) -> tuple[Explored, ...]:
    """Each comparison by itself; whatever the number of threads, the same again."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return tuple(_explored(comparison, question, seed) for comparison in comparisons)


def of_ladders(ladders: Mapping[str, Ladder], rows: Mapping[str, Codes]) -> tuple[Explored, ...]:
    """Of each metric whose answer was learnt; `rows` of the samples are by metric."""
    fits = {metric: ladder.answer.assessment.effects.fit for metric, ladder in ladders.items()}
    return tuple(
        Explored(metric, TREATED, ladders[metric].answer.assessment.method, rows[metric], fit.exploration)
        for metric, fit in fits.items()
        if isinstance(fit, CrossFittedFit)
    )


def readings(found: Sequence[Explored], alpha: float) -> tuple[UnitEffectsReading, ...]:
    return adjusted([reading_of(one.metric, one.contrast, one.method, one.found, alpha) for one in found], alpha)


def _explored(comparison: Comparison, question: UnitEffectsQuestion, seed: int) -> Explored:
    name = question.method if question.method == "causal_forest" else f"{question.method}, {question.learner}"
    metric, contrast, numbers = comparison.metric.name, comparison.contrast, comparison.numbers
    if refusal := _not_explored(comparison):
        return Explored(metric, contrast, name, np.empty(0, dtype=np.intp), refusal)
    arms = numbers.labels.arm
    treatment = (arms.codes == arms.names.index(contrast.treatment)).astype(np.float64)
    own = (treatment == 1) | (arms.codes == arms.names.index(contrast.control))
    score = _share(numbers, treatment, own)
    own &= (score > 0) & (score < 1)
    rng = np.random.default_rng([seed, zlib.crc32(f"{metric} {contrast.treatment}".encode())])
    found = _effects(numbers, own, treatment, score, question, rng)
    return Explored(metric, contrast, name, np.flatnonzero(numbers.rows)[own], found)


def _not_explored(comparison: Comparison) -> Refusal | None:
    metric, covariates = comparison.metric, len(comparison.numbers.x)
    if comparison.asked.unit is not None:
        told = "rows are events; effects of single units take a row for each unit: add the rows up in the file"
        return Refusal("not_identified", told)
    if isinstance(metric, MeanMetric | ProportionMetric) and covariates:
        return None
    told = f"'{metric.name}' is a {metric.type} with {covariates} covariates"
    return Refusal(
        "not_identified", f"{told}; effects of single units are those of a mean or proportion, by covariates"
    )


def _share(numbers: Numbers, treatment: Array, own: Rows) -> Array:
    """Of the treated among the units of both arms, by stratum."""
    stratum = numbers.labels.stratum
    units = np.bincount(stratum.codes[own], minlength=len(stratum.names))
    treated = np.bincount(stratum.codes[own], weights=treatment[own], minlength=len(stratum.names))
    return np.asarray((treated / np.maximum(units, 1))[stratum.codes], dtype=np.float64)


def _effects(
    numbers: Numbers, own: Rows, treatment: Array, score: Array, question: UnitEffectsQuestion, rng: np.random.Generator
) -> Exploration | Refusal:
    columns = {text: values[own] for text, values in zip(numbers.x_names, numbers.x, strict=True)}
    y, d = numbers.y[own], treatment[own]
    if refusal := arms_refusal(y, d):
        return refusal
    cluster = None if numbers.labels.cluster is None else numbers.labels.cluster[own]
    fold, seed = drawn_folds(d, question.folds, rng, cluster), int(rng.integers(2**31))
    x = np.column_stack(list(columns.values()))
    nuisances = cross_fitted_nuisances(x, d, y, fold, question.learner, seed, score=score[own])
    if isinstance(nuisances, Refusal):
        return nuisances
    return explored(columns, d, y, nuisances, rng, method=question.method, learner=question.learner, cluster=cluster)
